"""Several processes train as one does: the same steps, the same figures, one folder.

All are trained in float64, where sums of other shares of the rows differ by no more than rounding.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.core.activations import Dropout
from made_cli.core.share import Share
from made_cli.training.beginning import untrained
from made_cli.training.clock import Clock
from made_cli.training.network_trainer import NetworkTrainer
from made_cli.training.prepare import prepare
from made_cli.training.processes import ALONE, Processes
from made_cli.training.progress import Cycle
from made_cli.training.run_trainer import RunTrainer
from tests.training.small import CPU, brisk, finish, resumed, table, trainer_of, twins
from tests.training.together import together

# 61 rows: 55 to train on, in batches of 9 of which the last has one row, so that not every process has one; and 6 to
# validate on, or 7.
NETWORK = NetworkConfig(hidden=(6, 6), dropout=0.2)
CONFIG = TrainingConfig(epochs=3, batch_size=9, learning_rate=0.01)
CASES = {
    "bound": CONFIG,
    "bound, seven validation rows": replace(CONFIG, validation=0.115),
    "mixture": replace(CONFIG, objective="mixture"),
    "product": replace(CONFIG, objective="product"),
    "unknown cells": replace(CONFIG, missing="marginal"),
    "all orderings": replace(CONFIG, orderings="all", connectivity="resampled"),
    "with a time limit": replace(CONFIG, epochs=None, steps=21, time_limit=1_000.0),
}


@dataclass(frozen=True)
class Trained:
    """Weights, their average, and the validation NLL of each evaluation."""

    weights: list[NDArray[np.float64]]
    average: list[NDArray[np.float64]]
    nlls: list[float]


def trained(config: TrainingConfig, processes: Processes = ALONE) -> Trained:
    prepared = prepare(table(twins(61)), None, NETWORK, config)
    rows = replace(prepared.rows, processes=processes)
    made = untrained(prepared.record, 0).double()
    # Output weights start at zero, and what gradients are behind them is rounding, which Adam takes for directions.
    for each in made.parameters():
        torch.nn.init.normal_(each, std=0.3, generator=torch.Generator().manual_seed(2))
    training, orderings = prepared.record.training, prepared.record.orderings[0]
    cycle = Cycle(seed=3, epochs=config.epochs, steps=config.steps, seconds=config.time_limit)
    trainer, nlls = NetworkTrainer(made, rows, orderings, training, seed=1, cycle=cycle), []
    while trainer.stopped is None:
        found = trainer.train_until_evaluation()
        assert found is not None
        nlls += [found.valid_nll, found.train_nll]
    weights, average = ([each.detach().numpy() for each in of.parameters()] for of in (made, trainer.average))
    return Trained(weights, average, nlls)


def all_trained(processes: Processes = ALONE) -> dict[str, Trained]:
    with brisk():
        return {case: trained(config, processes) for case, config in CASES.items()}


@pytest.fixture(scope="module")
def alone() -> dict[str, Trained]:
    return all_trained()


@pytest.mark.parametrize("count", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_several_processes_train_as_one_does(count: int, alone: dict[str, Trained], tmp_path: Path) -> None:
    for found in together(count, all_trained, tmp_path):
        for case, one in alone.items():
            several = found[case]
            assert several.nlls == pytest.approx(one.nlls, abs=1e-9), case
            for own, other in zip([*one.weights, *one.average], [*several.weights, *several.average], strict=True):
                np.testing.assert_allclose(other, own, rtol=0, atol=1e-9, err_msg=case)


def test_every_process_has_the_same_weights_bit_by_bit(tmp_path: Path) -> None:
    one, other = together(2, partial(trained, CONFIG), tmp_path)
    assert all(np.array_equal(*pair) for pair in zip(one.weights, other.weights, strict=True))
    assert one.nlls == other.nlls


def test_shares_are_every_row_once() -> None:
    for rows in range(1, 8):
        shares = [Share(rows, rank, 3) for rank in range(3)]
        held = [row for share in shares for row in range(rows)[share.own] if share.weight]
        assert sorted(held) == list(range(rows))
        assert sum(share.weight for share in shares) == pytest.approx(1)


def test_what_is_dropped_of_a_row_does_not_depend_on_the_processes() -> None:
    whole = Dropout(0.5, torch.Generator().manual_seed(0)).kept(torch.empty(7, 5))
    for rank in range(3):
        share = Share(7, rank, 3)
        dropout = Dropout(0.5, torch.Generator().manual_seed(0), share)
        assert torch.equal(dropout.kept(torch.empty(share.size, 5)), whole[share.own])


# What the clock decides ------------------------------------------------------------------------------------------


def agreed(processes: Processes) -> tuple[bool, bool, float, dict[str, float]]:
    """Where the second process is interrupted, and its clock and its steps are others than those of the first."""
    clock = Clock(-100.0 * processes.rank, processes)
    with clock.timed("step"):
        pass
    seconds = clock._own_seconds
    interrupted = clock.agree(interrupted=processes.rank == 1)
    assert (clock.seconds > seconds) == processes.is_first
    return interrupted, clock.agree(), clock.seconds, clock.taken


def test_all_have_the_time_of_the_first_and_any_may_be_interrupted(tmp_path: Path) -> None:
    first, second = together(2, agreed, tmp_path)
    assert first == second
    assert first[:2] == (True, False)


def interrupted_at_once(path: Path, processes: Processes) -> bool:
    with brisk():
        prepared = prepare(table(twins(61)), None, NETWORK, CONFIG)
        training = trainer_of(twins(61), CONFIG, path, network=NETWORK) if processes.is_first else None
        folder = training.folder if training else None
        own = RunTrainer(prepared.record, replace(prepared.rows, processes=processes), CPU, folder)
        # Only the second process is told to stop.
        calls = iter(range(5))
        for _ in own.train_and_evaluate(lambda: processes.rank == 1 and next(calls, None) is None):
            pass
        return own.finished


def test_a_training_goes_on_by_another_number_of_processes(tmp_path: Path) -> None:
    assert together(2, partial(interrupted_at_once, tmp_path / "run"), tmp_path) == [False, False]
    with brisk():
        (other,) = finish(resumed(twins(61), tmp_path / "run")).networks
        (one,) = finish(trainer_of(twins(61), CONFIG, network=NETWORK)).networks
    for own, weight in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(weight, own, rtol=0, atol=1e-5)
