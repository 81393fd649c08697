"""Rows whose unknown columns come last, whichever they are."""

import pytest
import torch
from torch import Tensor

from made_cli.config import Direct
from made_cli.core import earlier, known_first
from made_cli.core.known_first import KnownFirst
from made_cli.core.made import Made
from made_cli.core.orderings import Ordering
from tests.core.small import LABELS, MIXED, all_rows, drawn_made, orderings, sample_in_passes


def rows_with_holes(count: int = 12) -> tuple[Tensor, Tensor]:
    """Returns rows of a drawn model, and which cells are known: all of one row, none of another."""
    generator = torch.Generator().manual_seed(0)
    uniforms = torch.rand(count, len(MIXED), generator=generator, dtype=torch.float64)
    known = torch.rand(count, len(MIXED), generator=generator) > 0.3
    known[0], known[1] = True, False
    return sample_in_passes(drawn_made(MIXED), orderings(len(MIXED))[0], uniforms), known


def alone(made: Made, ordering: Ordering, codes: Tensor, known: Tensor) -> Tensor:
    """Returns the terms of one row (D,) under the ordering that has its unknown columns last."""
    columns = tuple(sorted(ordering.columns, key=lambda column: not bool(known[column])))
    whole = torch.where(known, codes, 0).unsqueeze(0)
    return torch.where(known, made.log_prob(whole, Ordering(columns, ordering.connectivity))[0], 0)


@pytest.mark.parametrize("positions", [1, 2, 16])
@pytest.mark.parametrize("hidden", [(9,), (16, 16), (12, 5, 5), (3, 3)])
@pytest.mark.parametrize("conditioning", [True, False])
@pytest.mark.parametrize("direct", ["all", "few"])
def test_rows_score_as_they_would_alone(
    positions: int, hidden: tuple[int, ...], conditioning: bool, direct: Direct, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(earlier, "POSITIONS", positions)
    made, (codes, known) = drawn_made(MIXED, hidden, conditioning=conditioning, direct=direct), rows_with_holes()
    for ordering in (orderings(len(MIXED))[2], orderings(len(MIXED))[4]):
        expected = torch.stack([alone(made, ordering, *row) for row in zip(codes, known, strict=True)])
        terms = KnownFirst(made, ordering).log_prob(codes, known)
        torch.testing.assert_close(terms, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("direct", ["all", "few"])
def test_gradients_are_those_of_the_rows_alone(direct: Direct) -> None:
    made, ordering = drawn_made(MIXED, direct=direct), orderings(len(MIXED))[3]
    codes, known = rows_with_holes(8)
    together = KnownFirst(made, ordering).log_prob(codes, known).sum()
    one_by_one = torch.stack([alone(made, ordering, *row).sum() for row in zip(codes, known, strict=True)]).sum()
    for a, b in zip(
        torch.autograd.grad(together, list(made.parameters())),
        torch.autograd.grad(one_by_one, list(made.parameters())),
        strict=True,
    ):
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("unknown", [(), (0,), (2, 4), (1, 3, 5), (0, 1, 2, 3, 4)])
def test_known_cells_score_the_sum_over_all_that_the_unknown_ones_may_be(unknown: tuple[int, ...]) -> None:
    made, rows, ordering = drawn_made(LABELS), all_rows(LABELS), Ordering((4, 1, 5, 0, 3, 2))
    known = torch.ones(len(rows), 6, dtype=torch.bool)
    known[:, list(unknown)] = False
    last = Ordering(tuple(sorted(ordering.columns, key=lambda column: column in unknown)))
    with torch.no_grad():
        whole = made.log_prob(rows, last).sum(1)
        part = KnownFirst(made, ordering).log_prob(torch.where(known, rows, torch.nan), known).sum(1)
    patterns, which = torch.unique(rows[:, [c for c in range(6) if c not in unknown]], dim=0, return_inverse=True)
    summed = torch.zeros(len(patterns), dtype=torch.float64).index_add(0, which, whole.exp())
    torch.testing.assert_close(part.exp(), summed[which], rtol=1e-9, atol=1e-12)


def test_rows_do_not_depend_on_how_many_go_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made, ordering, (codes, known) = drawn_made(MIXED), orderings(len(MIXED))[2], rows_with_holes()
    whole = KnownFirst(made, ordering).log_prob(codes, known)
    monkeypatch.setattr(known_first, "ROWS", 7)
    torch.testing.assert_close(KnownFirst(made, ordering).log_prob(codes, known), whole, rtol=1e-9, atol=1e-9)
    assert KnownFirst(made, ordering).log_prob(codes[:0], known[:0]).shape == (0, len(MIXED))
