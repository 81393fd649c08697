"""Products of bfloat16: where they pay, what stays float32, and that a run goes on with what it was begun with."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.core.products import Staircase
from made_cli.training import precision
from made_cli.training.precision import products_of, with_precision
from tests.core.small import BINARY
from tests.training.small import brisk, contents, evaluations, finish, resumed, run_until, trainer_of, twins

FRAME = twins(30)
CONFIG = TrainingConfig(epochs=6, batch_size=6, precision="bfloat16", learning_rate=0.01)
LARGE, SMALL = NetworkConfig(hidden=(1000, 1000)), NetworkConfig(hidden=(50, 50))


def decided(network: NetworkConfig, device: str = "cpu", asked: str = "auto") -> str:
    training = TrainingConfig(precision=asked, batch_size=200)  # type: ignore[arg-type]
    return with_precision(network, training, [BINARY] * 100, torch.device(device)).precision


def test_bfloat16_is_for_processors_with_units_for_it_and_networks_that_are_large_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(precision, "has_matrix_units", lambda: True)
    assert (decided(LARGE), decided(SMALL), decided(LARGE, "meta")) == ("bfloat16", "float32", "float32")
    monkeypatch.setattr(precision, "has_matrix_units", lambda: False)
    assert decided(LARGE) == "float32"
    assert decided(SMALL, asked="bfloat16") == "bfloat16"


def test_what_is_decided_stands_in_the_record() -> None:
    assert trainer_of(FRAME, TrainingConfig(epochs=1)).record.training.precision == "float32"


def test_a_run_from_before_there_was_a_choice_goes_on_in_float32() -> None:
    assert products_of(TrainingConfig()) is None


def test_steps_are_in_bfloat16_and_evaluations_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[torch.dtype] = []
    product = Staircase.product

    def noted(self: Staircase, values: torch.Tensor, parts: list[torch.Tensor], scale: float) -> torch.Tensor:
        used.append(values.dtype)
        return product(self, values, parts, scale)

    monkeypatch.setattr(Staircase, "product", noted)
    trainer = trainer_of(FRAME, CONFIG).trainer_of(0)
    trainer._step()
    assert set(used) == {torch.bfloat16}
    used.clear()
    trainer._validate()
    assert set(used) == {torch.float32}
    assert {weight.dtype for weight in trainer.made.parameters()} == {torch.float32}


def test_a_training_in_bfloat16_ends_near_to_where_one_in_float32_does() -> None:
    with brisk():
        one, other = (
            evaluations(trainer_of(FRAME, replace(CONFIG, precision=each))) for each in ("bfloat16", "float32")
        )
    assert one[-1].valid_nll != other[-1].valid_nll
    assert one[-1].valid_nll == pytest.approx(other[-1].valid_nll, rel=0.01)


def test_an_interrupted_training_in_bfloat16_ends_bit_for_bit_as_one_that_was_not(tmp_path: Path) -> None:
    with brisk():
        finish(trainer_of(FRAME, CONFIG, tmp_path / "whole"))
        assert not run_until(trainer_of(FRAME, CONFIG, tmp_path / "cut"), 7)
        finish(resumed(FRAME, tmp_path / "cut"))
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")
    assert resumed(FRAME, tmp_path / "whole", epochs=1).record.training.precision == "bfloat16"


def test_there_are_matrix_units_or_not_and_an_older_torch_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    assert precision.has_matrix_units() in (True, False)
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not precision.has_matrix_units()
