"""The settings that a search begins with, the same for every table of a kind.

Knows: them, and that what a person has set is not tried otherwise.
"""

from dataclasses import replace
from typing import Any

from made_cli.config import NetworkConfig, TrainingConfig, with_defaults
from made_cli.training.prepare import Prepared

Settings = dict[str, Any]
TRIED: tuple[Settings, ...] = (
    {"dropout": 0.2, "weight_decay": 0.1, "orderings": 1},
    {"dropout": 0.5, "weight_decay": 0.3, "orderings": 1},
    {"dropout": 0.5, "weight_decay": 1.0, "orderings": 1},
    {"dropout": 0.3, "weight_decay": 0.1, "orderings": 1, "hidden": (1000, 1000)},
    {"dropout": 0.1, "weight_decay": 0.01, "orderings": 4},
    {"dropout": 0.3, "weight_decay": 0.1, "orderings": 4},
    {"dropout": 0.1, "weight_decay": 0.01, "orderings": "all", "connectivity": "resampled"},
    {"dropout": 0.3, "weight_decay": 0.1, "orderings": "all"},
)
TRIED_ON_NUMBERS: tuple[Settings, ...] = (
    {"dropout": 0.0, "weight_decay": 0.01, "orderings": "natural"},
    {"dropout": 0.0, "weight_decay": 0.3, "orderings": "natural"},
    {"dropout": 0.2, "weight_decay": 0.1, "orderings": "natural"},
    {"dropout": 0.0, "weight_decay": 0.01, "orderings": 1},
    {"dropout": 0.2, "weight_decay": 0.1, "orderings": 1},
    {"dropout": 0.0, "weight_decay": 0.01, "orderings": 4},
    {"dropout": 0.1, "weight_decay": 0.01, "orderings": 4},
)
"""Of any table, and of those whose columns are mostly numbers: their dependence is fine, and dropout blurs it; and a
number that follows from others is the easier to learn after them, as people write it."""


def settings_to_try(prepared: Prepared) -> list[tuple[NetworkConfig, TrainingConfig]]:
    """Returns the settings to try on a table, but for what is set; each once."""
    network, training = prepared.asked
    size, numbers = (prepared.rows.count, prepared.rows.train.shape[1]), prepared.mostly_numbers
    found = []
    for tried in TRIED_ON_NUMBERS if numbers else TRIED:
        own = (
            replace(network, **{name: value for name, value in tried.items() if _is_open(network, name)}),
            replace(training, **{name: value for name, value in tried.items() if _is_open(training, name)}),
        )
        filled = with_defaults(*own, *size, numbers=numbers)
        if filled not in found:
            found.append(filled)
    return found


def _is_open(config: NetworkConfig | TrainingConfig, name: str) -> bool:
    """Says whether a configuration has a setting and leaves it open."""
    return hasattr(config, name) and getattr(config, name) in (None, ())
