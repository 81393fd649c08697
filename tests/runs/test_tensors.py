"""Weights that are not those of the run's networks are refused, and what is wrong with them is named."""

from pathlib import Path

import pytest
import torch

from tests.runs.damage import WEIGHTS, change_weights, refusal, rewrite


def test_a_weight_file_that_is_cut_short_is_refused(run: Path) -> None:
    (run / WEIGHTS).write_bytes((run / WEIGHTS).read_bytes()[:-100])
    assert "SHA-256" in refusal(run)
    rewrite(run, WEIGHTS, (run / WEIGHTS).read_bytes())
    assert WEIGHTS in refusal(run)


def test_a_missing_tensor_is_refused(run: Path) -> None:
    change_weights(run, lambda weights: weights.pop("network.input_weight"))
    assert "network.input_weight is missing" in refusal(run)


def test_an_extra_tensor_is_refused(run: Path) -> None:
    change_weights(run, lambda weights: weights.update(extra=torch.zeros(1)))
    assert "extra is unknown" in refusal(run)


def test_a_wrong_shape_is_refused(run: Path) -> None:
    change_weights(run, lambda weights: weights.update({"network.input_bias": torch.zeros(3)}))
    assert "network.input_bias is F32 (3,), not F32 (8,)" in refusal(run)


def test_a_wrong_dtype_is_refused(run: Path) -> None:
    change_weights(
        run, lambda weights: weights.update({"network.input_weight": weights["network.input_weight"].double()})
    )
    assert "network.input_weight is F64 (8, " in refusal(run)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(run: Path, value: float) -> None:
    def spoil(weights: dict[str, torch.Tensor]) -> None:
        weights["network.output_bias"][0] = value

    change_weights(run, spoil)
    assert "network.output_bias holds values that are not finite" in refusal(run)
