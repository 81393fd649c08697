"""Training learns, keeps its best weights, keeps its budgets, and says why it ended."""

import math
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from made_cli.config import TrainingConfig
from made_cli.core.made import OrderedMade
from made_cli.errors import Exit, UserError
from made_cli.runs.loading import load_run
from made_cli.runs.metrics import ValidationNll
from made_cli.training.network_trainer import NetworkTrainer
from tests.training.small import (
    coins,
    densities,
    evaluations,
    finish,
    trainer_of,
    twins,
)


def test_the_loss_goes_down_and_two_equal_columns_are_learned(short: None) -> None:
    trainer = trainer_of(coins(), TrainingConfig(epochs=300, learning_rate=0.01))
    found = evaluations(trainer)
    assert found[-1].train_nll < found[0].train_nll - 0.3
    assert found[-1].valid_nll < found[0].valid_nll - 0.3
    equal, unequal = densities(trainer, pd.DataFrame({"one": [1, 1], "two": [1, 0]}))
    assert equal > 0.35
    assert unequal < 0.05


def test_the_best_weights_are_kept_not_the_last(short: None, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = trainer_of(coins(), TrainingConfig(epochs=200, learning_rate=0.01))
    seen: list[tuple[float, torch.Tensor]] = []
    figures = iter([3.0, 2.0, 1.0, *range(4, 400)])
    monkeypatch.setattr(NetworkTrainer, "_validate", lambda self: ValidationNll(float(next(figures))))
    for _, evaluation in trainer.train_and_evaluate(lambda: False):
        average = trainer.network_trainer.average if trainer.network_trainer else None
        seen.append((evaluation.valid_nll, average.network.input_weight.clone() if average else torch.zeros(0)))
    kept = trainer.networks[0].network.input_weight
    assert torch.equal(kept, next(weights for figure, weights in seen if figure == 1.0))
    assert trainer.metrics().networks[0].valid_nll == 1.0
    assert not torch.equal(kept, seen[-2][1])


def test_training_goes_on_while_questions_are_learned(short: None, monkeypatch: pytest.MonkeyPatch) -> None:
    falling = iter(range(1_000, 0, -1))
    monkeypatch.setattr(NetworkTrainer, "_validate", lambda self: ValidationNll(1.0, float(next(falling))))
    trainer = finish(trainer_of(coins(), TrainingConfig(patience=3, steps=500)))
    result = trainer.metrics().networks[0]
    assert (result.stopped, result.best_step) == ("the last step", 500)
    assert (result.valid_nll, result.target_nll) == (1.0, next(falling) + 1)


def test_early_stopping_ends_training_and_says_so(short: None, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = iter([1.0, *range(2, 400)])
    monkeypatch.setattr(NetworkTrainer, "_validate", lambda self: ValidationNll(float(next(figures))))
    trainer = finish(trainer_of(coins(), TrainingConfig(patience=3)))
    result = trainer.metrics().networks[0]
    assert result.stopped == "validation stopped improving"
    assert result.best_step == 10
    assert 40 < result.steps <= 40 + max(10, math.ceil(0.3 * 40)) + 10


def test_the_decay_of_what_stopped_improving_begins_from_the_best_weights(
    short: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = iter([1.0, *range(2, 400)])
    monkeypatch.setattr(NetworkTrainer, "_validate", lambda self: ValidationNll(float(next(figures))))
    trainer = trainer_of(coins(), TrainingConfig(patience=3)).trainer_of(0)
    trainer.train_until_evaluation()
    begun = {name: weight.clone() for name, weight in trainer.average.state_dict().items()}
    for _ in range(3):
        assert trainer.schedule.decay_start is None
        trainer.train_until_evaluation()
    assert trainer.schedule.decay_start == trainer.progress.step
    for made in (trainer.made, trainer.average):
        assert all(torch.equal(weight, begun[name]) for name, weight in made.state_dict().items())


@pytest.mark.parametrize(("epochs", "batch"), [(1, 1000), (1, 7), (2, 60), (13, 9)])
def test_there_are_exactly_as_many_epochs_as_allowed(epochs: int, batch: int) -> None:
    trainer = trainer_of(twins(), TrainingConfig(epochs=epochs, batch_size=batch))
    found = evaluations(trainer)
    result = trainer.metrics().networks[0]
    assert result.stopped == "the last epoch"
    assert result.epochs == epochs == found[-1].epoch
    assert result.steps == epochs * -(-len(trainer.rows.train) // batch)


def test_without_epochs_the_number_of_steps_is_the_budget() -> None:
    trainer = finish(trainer_of(coins(), TrainingConfig(steps=17)))
    result = trainer.metrics().networks[0]
    assert (result.steps, result.stopped) == (17, "the last step")


def test_every_training_row_is_seen_once_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"a": np.arange(50) ** 1.5})
    network_trainer = trainer_of(frame, TrainingConfig(epochs=3, batch_size=7)).trainer_of(0)
    seen: list[float] = []
    log_prob = OrderedMade.log_prob

    def noted(self: OrderedMade, codes: torch.Tensor, *rest: object) -> torch.Tensor:
        seen.extend(codes[:, 0].tolist())
        return log_prob(self, codes, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(OrderedMade, "log_prob", noted)
    for _ in range(2 * -(-len(network_trainer.rows.train) // 7)):
        network_trainer._step()
    rows = sorted(network_trainer.rows.train[:, 0].tolist())
    assert sorted(seen[: len(rows)]) == sorted(seen[len(rows) :]) == rows
    assert seen[: len(rows)] != seen[len(rows) :]  # in another order


def test_a_time_limit_shorter_than_an_epoch_still_leaves_a_run(tmp_path: Path) -> None:
    trainer = trainer_of(coins(5000), TrainingConfig(time_limit=0.05, batch_size=2), tmp_path / "run")
    started = time.monotonic()
    finish(trainer)
    assert time.monotonic() - started < 5
    result = trainer.metrics().networks[0]
    assert result.stopped == "the time limit"
    assert result.epochs == 0
    assert 1 <= result.steps < 1000
    assert len(load_run(tmp_path / "run").members()) == 4


def test_a_slow_step_does_not_make_the_decay_pass_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = trainer_of(coins(), TrainingConfig(time_limit=0.5, steps=60))
    step = NetworkTrainer._step

    def slow(self: NetworkTrainer) -> None:
        time.sleep(0.05)
        step(self)

    monkeypatch.setattr(NetworkTrainer, "_step", slow)
    result = finish(trainer).metrics().networks[0]
    assert result.steps <= 11
    assert result.stopped == "the time limit"


def test_the_decay_takes_as_many_steps_as_the_time_limit_leaves() -> None:
    trainer = trainer_of(coins(), TrainingConfig(time_limit=5.0))
    network_trainer = trainer.trainer_of(0)
    network_trainer.progress.step, network_trainer.progress.seconds = 100, 4.0
    network_trainer._consider_decay()
    assert (network_trainer.schedule.decay_start, network_trainer.schedule.decay_end) == (100, 125)


def test_a_decay_that_turns_out_too_slow_is_cut_off_by_the_time_limit() -> None:
    trainer = trainer_of(coins(), TrainingConfig(time_limit=5.0))
    network_trainer = trainer.trainer_of(0)
    network_trainer.schedule.start_decay(100, "validation stopped improving")
    network_trainer.progress.step, network_trainer.progress.seconds = 150, 5.1
    network_trainer._consider_decay()
    assert network_trainer.stopped == "the time limit"


def test_a_loss_that_is_no_number_is_told_with_exit_code_7() -> None:
    with pytest.raises(UserError) as caught:
        finish(trainer_of(twins(), TrainingConfig(epochs=50, learning_rate=1e30)))
    assert caught.value.code == Exit.DIVERGED
    assert "nan" in str(caught.value)
    assert "--learning-rate" in caught.value.hint
