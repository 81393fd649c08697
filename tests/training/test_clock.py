"""The time limit, where steps and evaluations are long beside it."""

import time

import pytest
import torch

from made_cli.config import TrainingConfig
from made_cli.core.known_cells import KnownCells
from made_cli.runs.metrics import ValidationNll
from made_cli.training import clock, run_trainer
from made_cli.training.network_trainer import NetworkTrainer
from tests.training.small import CPU, coins, finish, trainer_of


@pytest.mark.slow
def test_a_long_evaluation_is_begun_early_enough_to_end_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "GRACE", 0.0)
    validate = NetworkTrainer._validate

    def slow(self: NetworkTrainer) -> ValidationNll:
        time.sleep(0.4)
        return validate(self)

    monkeypatch.setattr(NetworkTrainer, "_validate", slow)
    trainer = trainer_of(coins(), TrainingConfig(time_limit=2.0, steps=10**6))
    trainer.trainer_of(0)  # what torch imports for the first optimiser is not what is measured
    seconds = finish(trainer).metrics().seconds
    assert 1.2 < seconds < 2.35


def test_an_evaluation_is_cut_short_once_the_limit_is_long_past(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "CUT", (0.2, 0.0))
    log_prob = KnownCells.log_prob
    seen = []

    def slow(self: KnownCells, codes: torch.Tensor, *rest: object, **rules: object) -> torch.Tensor:
        time.sleep(0.25 if len(rest) == 1 else 0.0)  # with more it is a step
        seen.append(len(rest) == 1)
        return log_prob(self, codes, *rest, **rules)  # type: ignore[arg-type]

    monkeypatch.setattr(KnownCells, "log_prob", slow)
    trainer = trainer_of(coins(), TrainingConfig(time_limit=0.3, orderings=2, questions="any"))
    result = finish(trainer).metrics()
    assert result.networks[0].valid_nll is not None
    assert result.seconds < 1.2
    assert seen.count(True) <= 3


def test_an_evaluation_cut_short_does_not_replace_the_best_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    network_trainer = trainer_of(coins(), TrainingConfig(time_limit=0.5)).trainer_of(0)
    network_trainer.progress.best = ValidationNll(1.3)
    monkeypatch.setattr(clock, "CUT", (-10.0, 0.0))
    best = {name: weight.clone() for name, weight in network_trainer.best_weights.items()}
    found = network_trainer.train_until_evaluation()
    assert found is not None
    assert (found.best, network_trainer.progress.best.nll) == (False, 1.3)
    assert all(torch.equal(weight, network_trainer.best_weights[name]) for name, weight in best.items())


def test_what_preparing_takes_counts_against_the_limit_but_for_half_of_it() -> None:
    trainer = trainer_of(coins(), TrainingConfig(time_limit=60.0))
    usual = run_trainer.PREPARING
    ends = [
        run_trainer.RunTrainer(trainer.record, trainer.rows, CPU, spent=spent).cycle.ends
        for spent in (0.0, usual, usual + 10, 1_000.0)
    ]
    assert ends == [60.0, 60.0, 50.0, 30.0]
