"""Rows that each have an ordering."""

import pytest
import torch

from made_cli.config import Direct
from made_cli.core.orderings import Ordering
from made_cli.core.per_row import PerRowOrderings, positions_by_role
from tests.core.small import LABELS, MIXED, all_rows, drawn_made, orderings, sample_in_passes


def rows_of(made: torch.nn.Module, count: int) -> torch.Tensor:
    uniforms = torch.rand(count, len(MIXED), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return sample_in_passes(made, orderings(len(MIXED))[0], uniforms)  # type: ignore[arg-type]


@pytest.mark.parametrize("hidden", [(9,), (12, 12), (12, 5, 5), (3, 3)])
@pytest.mark.parametrize("conditioning", [True, False])
@pytest.mark.parametrize("direct", ["all", "few"])
def test_rows_of_different_orderings_score_as_they_would_alone(
    hidden: tuple[int, ...], conditioning: bool, direct: Direct
) -> None:
    made = drawn_made(MIXED, hidden, conditioning=conditioning, direct=direct)
    codes, drawn = rows_of(made, 40), [o for o in orderings(len(MIXED)) if o.connectivity is None]
    order = [drawn[index % len(drawn)] for index in range(len(codes))]
    terms = PerRowOrderings(made).log_prob(codes, torch.tensor([ordering.positions for ordering in order]))
    for row, ordering in enumerate(order):
        torch.testing.assert_close(terms[row], made.log_prob(codes[row : row + 1], ordering)[0], rtol=1e-9, atol=1e-9)


def test_the_connectivity_may_be_drawn() -> None:
    made, ordering = drawn_made(MIXED), Ordering((3, 0, 6, 1, 5, 2, 4), 11)
    codes = rows_of(made, 10)
    terms = PerRowOrderings(made, 11).log_prob(codes, torch.tensor([ordering.positions]).expand(10, -1))
    torch.testing.assert_close(terms, made.log_prob(codes, ordering), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("direct", ["all", "few"])
def test_gradients_are_those_of_the_rows_alone(direct: Direct) -> None:
    made, codes = drawn_made(MIXED, direct=direct), rows_of(drawn_made(MIXED), 6)
    drawn = [o for o in orderings(len(MIXED)) if o.connectivity is None]
    order = [drawn[index % len(drawn)] for index in range(6)]
    together = PerRowOrderings(made).log_prob(codes, torch.tensor([o.positions for o in order])).sum()
    alone = torch.stack([made.log_prob(codes[i : i + 1], o).sum() for i, o in enumerate(order)]).sum()
    for a, b in zip(
        torch.autograd.grad(together, list(made.parameters())),
        torch.autograd.grad(alone, list(made.parameters())),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("unknown", [(), (0,), (2, 4), (1, 3, 5), (0, 1, 2, 3, 4)])
def test_known_cells_score_the_sum_over_all_that_the_unknown_ones_may_be(unknown: tuple[int, ...]) -> None:
    made, rows = drawn_made(LABELS), all_rows(LABELS)
    base = torch.tensor(Ordering((4, 1, 5, 0, 3, 2)).positions)
    known = torch.ones(len(rows), 6, dtype=torch.bool)
    known[:, list(unknown)] = False
    per_row, positions = PerRowOrderings(made), positions_by_role((~known).long(), base)
    with torch.no_grad():
        whole = per_row.log_prob(rows, positions).sum(1)
        holes = torch.where(known, rows, torch.nan)
        part = per_row.log_prob(holes, positions, known).sum(1)
    patterns, which = torch.unique(rows[:, [c for c in range(6) if c not in unknown]], dim=0, return_inverse=True)
    summed = torch.zeros(len(patterns), dtype=torch.float64).index_add(0, which, whole.exp())
    torch.testing.assert_close(part.exp(), summed[which], rtol=1e-9, atol=1e-12)
