"""What a training is made from: rows to train on, rows to validate on."""

import pandas as pd
import pytest

from made_cli.config import TrainingConfig
from made_cli.errors import Exit, UserError
from tests.training.small import coins, trainer_of


def test_no_rows_are_refused() -> None:
    with pytest.raises(UserError) as caught:
        trainer_of(pd.DataFrame({"a": []}), TrainingConfig(epochs=3))
    assert caught.value.code == Exit.BAD_DATA


def test_validation_rows_without_any_are_refused() -> None:
    with pytest.raises(UserError) as caught:
        trainer_of(coins(), TrainingConfig(epochs=3), valid=coins().iloc[:0])
    assert caught.value.code == Exit.BAD_DATA


def test_given_validation_rows_are_evaluated_and_not_trained_on() -> None:
    trainer = trainer_of(coins(40), TrainingConfig(epochs=3), valid=pd.DataFrame({"one": [1], "two": [0]}))
    assert (len(trainer.rows.train), len(trainer.rows.valid)) == (40, 1)
