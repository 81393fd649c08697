"""Rows with unknown cells score what is known of them, under whichever ordering."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from made_cli.core import known_cells
from made_cli.core.known_cells import KnownCells
from made_cli.core.known_first import KnownFirst
from made_cli.core.made import Made
from made_cli.core.orderings import Ordering, moved_to_front
from made_cli.tables.columns.kinds import Kind
from tests.core.small import BINARY, COLOURS, LETTERS, all_rows, drawn_made, orderings

# In the first and the last column an empty cell is unknown.
KINDS: tuple[Kind, ...] = (replace(COLOURS, marginal=True), LETTERS, replace(BINARY, marginal=True))
UNKNOWN: Sequence[set[int]] = (set(), {0}, {2}, {0, 2})


@pytest.mark.parametrize("ordering", orderings(3))
def test_known_cells_score_the_sum_over_all_that_the_unknown_ones_may_be(ordering: Ordering) -> None:
    made, rows = drawn_made(KINDS), all_rows(KINDS)
    pattern = torch.arange(len(rows)) % len(UNKNOWN)
    unknown = torch.tensor([[column in columns for column in range(3)] for columns in UNKNOWN])[pattern]
    with torch.no_grad():
        terms = KnownCells(made).log_prob(torch.where(unknown, torch.nan, rows), ordering)
    assert (terms[unknown] == 0).all()
    for index, columns in enumerate(UNKNOWN):
        known = sorted({0, 1, 2} - columns)
        with torch.no_grad():
            whole = made.log_prob(rows, moved_to_front(ordering, set(known))).sum(1).exp()
        for row, found in zip(rows[pattern == index], terms[pattern == index].sum(1).exp(), strict=True):
            same = (rows[:, known] == row[known]).all(1)
            assert float(found) == pytest.approx(float(whole[same].sum()), rel=1e-9)


def test_rows_without_unknown_cells_score_as_they_do_under_the_ordering() -> None:
    made, rows, ordering = drawn_made(KINDS), all_rows(KINDS), orderings(3)[2]
    assert torch.equal(KnownCells(made).log_prob(rows, ordering), made.log_prob(rows, ordering))


def test_a_network_refuses_unknown_cells_under_one_ordering() -> None:
    with pytest.raises(AssertionError, match="unknown"):
        drawn_made(KINDS).log_prob(torch.tensor([[0.0, 1.0, torch.nan]]), orderings(3)[0])


def test_batches_of_one_ordering_share_what_is_made_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made_for: list[Ordering] = []

    class Counted(KnownFirst):
        def __init__(self, made: Made, ordering: Ordering, products: torch.dtype | None = None) -> None:
            super().__init__(made, ordering, products)
            made_for.append(ordering)

    monkeypatch.setattr(known_cells, "KnownFirst", Counted)
    cells, first, second = KnownCells(drawn_made(KINDS)), Ordering((0, 1, 2)), Ordering((2, 0, 1), 7)
    for ordering in (first, first, second):
        cells.log_prob(torch.tensor([[0.0, 1.0, torch.nan]]), ordering)
    assert made_for == [first, second]
