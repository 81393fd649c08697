"""Defaults that depend on the data, and ranges."""

import math
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from made_cli.config import (
    DROPOUT_SHOWN,
    STEPS_SHOWN,
    EnsembleConfig,
    NetworkConfig,
    Overrides,
    Preset,
    TrainingConfig,
    with_defaults,
)
from made_cli.errors import Exit, SettingError

ONE, SEVERAL = TrainingConfig(orderings=1, questions="none"), TrainingConfig()
"""Of one ordering a network, and of several."""


@pytest.mark.parametrize("training", [ONE, SEVERAL])
@pytest.mark.parametrize("rows", [10, 100_000])
def test_what_is_left_open_gets_a_default(training: TrainingConfig, rows: int) -> None:
    found, filled = with_defaults(NetworkConfig(), training, rows, 20, numbers=False)
    assert found.hidden
    assert found.dropout is not None
    assert None not in (filled.weight_decay, filled.steps, filled.networks, filled.orderings)


@pytest.mark.parametrize(("preset", "limit"), [("fast", 45.0), ("default", None), ("best", 600.0)])
def test_a_preset_decides_the_time_unless_it_is_given(preset: Preset, limit: float | None) -> None:
    def filled(time_limit: float | None) -> TrainingConfig:
        training = TrainingConfig(preset=preset, time_limit=time_limit)
        return with_defaults(NetworkConfig(), training, 10, 20, numbers=False)[1]

    assert filled(None).time_limit == limit
    assert filled(7.0).time_limit == 7.0


def test_what_was_given_is_kept() -> None:
    network, training = with_defaults(
        NetworkConfig(dropout=0.0), TrainingConfig(weight_decay=0.0, steps=7), 10, 20, numbers=False
    )
    assert (network.dropout, training.weight_decay, training.steps) == (0.0, 0.0, 7)


def test_few_rows_under_one_ordering_get_the_most_dropout() -> None:
    few, many, several = (
        with_defaults(NetworkConfig(), training, rows, 20, numbers=False)[0].dropout or 0.0
        for training, rows in ((ONE, 2_000), (ONE, 50_000), (SEVERAL, 2_000))
    )
    assert few > many > several


@pytest.mark.parametrize("rows", [2_000, 50_000])
def test_numbers_get_less_dropout_than_labels(rows: int) -> None:
    labels, numbers = (
        with_defaults(NetworkConfig(), ONE, rows, 20, numbers=numbers)[0].dropout or 0.0 for numbers in (False, True)
    )
    assert numbers < labels


def test_a_single_ordering_needs_no_mask_conditioning() -> None:
    assert not with_defaults(NetworkConfig(), ONE, 10, 20, numbers=False)[0].conditioning
    for training in (SEVERAL, TrainingConfig(orderings=1), TrainingConfig(orderings=2, questions="none")):
        assert with_defaults(NetworkConfig(), training, 10, 20, numbers=False)[0].conditioning


def test_what_help_shows_of_the_defaults_is_what_they_are() -> None:
    found: dict[bool, list[tuple[float | None, int | None]]] = {}
    for one_ordering, rows, numbers in product((True, False), (9_999, 10_000), (True, False)):
        defaults = with_defaults(NetworkConfig(), ONE if one_ordering else SEVERAL, rows, 20, numbers=numbers)
        found.setdefault(one_ordering, []).append((defaults[0].dropout, defaults[1].steps))
    (low, high), (low_one, high_one) = (
        (min(dropouts), max(dropouts))
        for dropouts in ([dropout or 0.0 for dropout, _ in found[one]] for one in (False, True))
    )
    assert f"{low:g} to {high:g}; for one ordering {low_one:g} to {high_one:g};" in DROPOUT_SHOWN
    (steps,), (steps_one,) = ({steps for _, steps in found[one]} for one in (False, True))
    assert STEPS_SHOWN.startswith(f"{steps:,} steps; for one ordering {steps_one:,};")


Config = NetworkConfig | TrainingConfig | EnsembleConfig | Overrides
WRONG: list[tuple[type[Config], str, object, str]] = [
    (NetworkConfig, "hidden", (8, 0), "greater than 0"),
    (NetworkConfig, "hidden", 500, "tuple"),
    (NetworkConfig, "dropout", 1.0, "less than 1"),
    (TrainingConfig, "epochs", -1, "greater than 0"),
    (TrainingConfig, "networks", 0, "greater than 0"),
    (TrainingConfig, "networks", 1.5, "integer"),
    (TrainingConfig, "orderings", 0, "'natural' or 'all', or greater than 0"),
    (TrainingConfig, "orderings", "some", "'natural' or 'all', or a valid integer"),
    (TrainingConfig, "orderings_per_step", 1, "greater than or equal to 2"),
    (TrainingConfig, "objective", "produkt", "'bound', 'mixture' or 'product'"),
    (TrainingConfig, "averaging", 2.0, "less than 1"),
    (TrainingConfig, "learning_rate", math.inf, "less than inf"),
    (TrainingConfig, "learning_rate", math.nan, "less than inf"),
    (TrainingConfig, "time_limit", "5s", "number"),
    (TrainingConfig, "seed", 2**63, "less than or equal to"),
    (EnsembleConfig, "confidence", 1.0, "less than 1"),
    (EnsembleConfig, "samples", 1, "greater than or equal to 2"),
    (Overrides, "drop", "age", "set"),
    (Overrides, "kinds", ["age"], "dictionary"),
]


@pytest.mark.parametrize(("config", "setting", "value", "problem"), WRONG)
def test_a_setting_out_of_its_range_is_refused_where_it_is_set(
    config: type[Config], setting: str, value: object, problem: str
) -> None:
    values: dict[str, Any] = {setting: value}
    with pytest.raises(SettingError) as caught:
        config(**values)
    with pytest.raises(SettingError):
        replace(config(), **values)
    error = caught.value
    assert (error.setting, error.value, error.code) == (setting, value, Exit.USAGE)
    assert str(error).startswith(f"{config.__name__}: {setting} {value}: ")
    assert problem in error.problem
    assert config.__name__ in error.hint


def test_an_unknown_kind_is_refused_with_its_column() -> None:
    with pytest.raises(SettingError, match="Overrides: kinds x=ordinal: no such kind") as caught:
        Overrides(kinds={"y": "numeric", "x": "ordinal"})
    assert "categorical, numeric or time" in caught.value.problem


def test_values_take_the_type_of_their_setting() -> None:
    values: dict[str, Any] = {"hidden": [8, "16"], "dropout": 0}
    network = NetworkConfig(**values)
    assert (network.hidden, network.dropout, type(network.dropout)) == ((8, 16), 0.0, float)
    orderings: Any = "4"
    assert TrainingConfig(orderings=orderings).orderings == 4
    assert Overrides(drop=["age"]).drop == {"age"}  # type: ignore[arg-type]
