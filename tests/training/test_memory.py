"""The memory of a training, known before it is allocated."""

import numpy as np
import pandas as pd
import pytest

from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.core import memory
from made_cli.core.made import Made
from made_cli.errors import Exit, UserError
from made_cli.training.costs import costs_of
from made_cli.training.memory import refuse_too_large, training_bytes
from tests.training.small import CPU, coins, trainer_of


def test_the_estimate_grows_with_the_copies_of_the_weights() -> None:
    small, large = (
        trainer_of(coins(), TrainingConfig(), network=NetworkConfig(hidden=(width, width))) for width in (1, 4_000)
    )
    grown = training_bytes(large.record, large.rows) - training_bytes(small.record, small.rows)
    assert 4 * 7 * 4_000**2 < grown < 4 * 24 * 4_000**2


def test_what_is_too_large_is_refused_or_counted_without_any_weight_being_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a network is made")

    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 30)).round(2)).rename(columns=str)
    trainer = trainer_of(frame, TrainingConfig(), network=NetworkConfig(hidden=(100_000, 100_000)))
    monkeypatch.setattr(Made, "__init__", never)
    monkeypatch.setattr(memory, "memory_of", lambda device: 16 * 10**9)
    with pytest.raises(UserError, match=r"30 columns .* 100,000 units needs about [\d,.]+ GB .* 16\.0 GB") as caught:
        refuse_too_large(trainer.record, trainer.rows, CPU)
    assert (caught.value.code, "--hidden" in caught.value.hint) == (Exit.USAGE, True)
    costs = costs_of(trainer)
    assert costs.parameters > 10**10
    assert costs.memory > 7 * 4 * costs.parameters
    assert (costs.step_seconds, str(costs.refusal)) == (None, str(caught.value))
