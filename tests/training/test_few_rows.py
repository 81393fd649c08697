"""Few rows are trained for few steps, and evaluated often; what the person set stays."""

import math

import pytest

from made_cli.config import TrainingConfig
from made_cli.training.costs import costs_of
from made_cli.training.few_rows import FEW_ROWS, evaluation_steps, most_steps
from tests.training.small import coins, evaluations, trainer_of


def test_few_rows_take_few_steps_and_many_as_many_as_ever() -> None:
    few, many = (trainer_of(coins(rows), TrainingConfig()).record.training.steps for rows in (40, 1_200))
    assert (few, many) == (200, 20_000)


def test_a_time_limit_takes_the_place_of_the_most_steps() -> None:
    trainer = trainer_of(coins(1_200), TrainingConfig(time_limit=100.0, networks=2))
    assert trainer.record.training.steps is None
    costs = costs_of(trainer)
    assert costs.step_seconds is not None
    assert costs.steps == math.ceil(50.0 / costs.step_seconds)
    assert costs_of(trainer_of(coins(1_200), TrainingConfig(time_limit=100.0, steps=7))).steps == 7


def test_the_most_steps_grow_with_the_rows_and_end_where_rows_are_not_few() -> None:
    found = [most_steps(rows) for rows in range(1, FEW_ROWS)]
    assert found == sorted(found, key=lambda steps: steps or 0)
    assert most_steps(FEW_ROWS) is None


@pytest.mark.parametrize("config", [TrainingConfig(steps=700), TrainingConfig(epochs=500)])
def test_steps_and_epochs_that_were_set_stay(config: TrainingConfig) -> None:
    trainer = trainer_of(coins(40), config)
    assert costs_of(trainer).steps == max(config.steps or 0, config.epochs or 0)


def test_few_rows_are_evaluated_more_often() -> None:
    found = evaluations(trainer_of(coins(40), TrainingConfig(steps=60)))
    assert [evaluation.step for evaluation in found][:2] == [20, 40]
    assert (evaluation_steps(999, 100), evaluation_steps(1_000, 100)) == (20, 100)
