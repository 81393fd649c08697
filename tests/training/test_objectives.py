"""The objectives of training: their gradients, and what is carried from step to step."""

import math
from itertools import product
from typing import Literal

import numpy as np
import pytest
import torch
from torch import Tensor

from made_cli.config import TrainingConfig
from made_cli.core.known_cells import KnownCells
from made_cli.core.made import Made
from made_cli.core.orderings import Ordering, distinct
from made_cli.tables.columns.kinds import Categorical
from made_cli.training.objectives import (
    Batch,
    MixtureObjective,
    Objective,
    ProductObjective,
    objective_of,
    ordering_log_likelihoods,
)
from tests.core.small import drawn_made
from tests.training.small import finish, trainer_of, twins

KINDS = [Categorical(f"c{column}", ("0", "1"), {}, missing=False, rows=50) for column in range(4)]


def _case() -> tuple[Made, Tensor, list[Ordering]]:
    """A model of four columns whose members differ, some rows, and two orderings."""
    made = drawn_made(KINDS, (12, 12))
    with torch.no_grad():
        for weight in made.parameters():
            weight.mul_(0.3)
    rows = torch.randint(0, 2, (40, 4), generator=torch.Generator().manual_seed(1)).double()
    return made, rows, distinct(4, 2, np.random.default_rng(2))


def _everything() -> Tensor:
    return torch.tensor(list(product((0.0, 1.0), repeat=4)), dtype=torch.float64)


def _gradient(loss: Tensor, made: Made) -> Tensor:
    made.zero_grad()
    torch.autograd.backward(loss)
    return torch.cat([weight.grad.flatten() for weight in made.parameters() if weight.grad is not None])


def test_the_mixture_objective_is_a_tighter_bound_than_the_bound() -> None:
    made, rows, orderings = _case()
    bound = objective_of(TrainingConfig(), torch.Generator()).loss(KnownCells(made), Batch(rows), orderings, None)
    assert MixtureObjective(2).loss(KnownCells(made), Batch(rows), orderings, None) < bound


def test_the_mixture_objective_is_the_nll_of_the_equal_mixture() -> None:
    made, rows, orderings = _case()
    likelihood = ordering_log_likelihoods(KnownCells(made), Batch(rows), orderings, None).exp().mean(1)
    loss = MixtureObjective(2).loss(KnownCells(made), Batch(rows), orderings, None)
    assert float(loss.detach()) == pytest.approx(-float(likelihood.log().mean().detach()))


def test_the_gradient_of_the_product_objective_is_that_of_the_enumerated_product(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("made_cli.training.objectives.GRADIENT_ROWS", 400_000)
    made, rows, orderings = _case()
    everything = ordering_log_likelihoods(KnownCells(made), Batch(_everything()), orderings, None).mean(1)
    exact = everything.logsumexp(0) - ordering_log_likelihoods(KnownCells(made), Batch(rows), orderings, None).mean()
    wanted = _gradient(exact, made)
    objective = ProductObjective(2, torch.Generator().manual_seed(0))
    # As many rows as the pool holds, so that all of it is used.
    repeated = rows.repeat(10_000, 1)
    found = _gradient(objective.loss(KnownCells(made), Batch(repeated), orderings, None), made)
    without_z = _gradient(-ordering_log_likelihoods(KnownCells(made), Batch(rows), orderings, None).mean(), made)
    assert torch.norm(found - wanted) < 0.05 * torch.norm(without_z - wanted)


def test_the_product_objective_estimates_its_nll_near_the_enumerated_one() -> None:
    made, rows, orderings = _case()
    matrix = ordering_log_likelihoods(KnownCells(made), Batch(rows), orderings, None)
    log_z = ordering_log_likelihoods(KnownCells(made), Batch(_everything()), orderings, None).mean(1).logsumexp(0)
    found = ProductObjective(2, torch.Generator().manual_seed(0)).nll(made, matrix, orderings)
    assert found == pytest.approx(float((log_z - matrix.mean()).detach()), abs=0.02)
    assert found < -float(matrix.mean().detach())


@pytest.mark.parametrize("steps", [1, 3])
def test_a_restored_product_objective_goes_on_as_if_nothing_had_happened(steps: int) -> None:
    made, rows, orderings = _case()

    def go_on(objective: Objective) -> list[float]:
        return [
            float(_gradient(objective.loss(KnownCells(made), Batch(rows), orderings, None), made).norm())
            for _ in range(25)
        ]

    generator = torch.Generator().manual_seed(0)
    first = ProductObjective(2, generator)
    for _ in range(steps):
        first.loss(KnownCells(made), Batch(rows), orderings, None)
    state, drawn = first.state(), generator.get_state()
    second = ProductObjective(2, torch.Generator())
    second.restore(state)
    second.generator.set_state(drawn)
    assert go_on(first) == go_on(second)


def test_equal_members_make_all_three_objectives_agree() -> None:
    made, rows, orderings = _case()
    same = [orderings[0], orderings[0]]
    bound, mixture = (
        float(
            objective_of(TrainingConfig(objective=name), torch.Generator())
            .loss(KnownCells(made), Batch(rows), same, None)
            .detach()
        )
        for name in ("bound", "mixture")
    )
    assert bound == pytest.approx(mixture)
    assert math.isfinite(bound)


@pytest.mark.parametrize("objective", ["bound", "mixture", "product"])
def test_the_metrics_name_the_objective_that_was_validated(objective: Literal["bound", "mixture", "product"]) -> None:
    trainer = finish(trainer_of(twins(), TrainingConfig(epochs=3, objective=objective)))
    assert list(trainer.metrics().valid) == [objective]
    nll = trainer.metrics().valid[objective].nll
    assert nll is not None
    assert math.isfinite(nll)
