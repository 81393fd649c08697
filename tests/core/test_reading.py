"""Rows that were read once have the densities, and the gradients, of their codes."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from made_cli.core import reading
from made_cli.core.made import Made
from made_cli.core.orderings import Ordering, draw, natural
from made_cli.core.reading import ASKED
from made_cli.tables.columns.kinds import Kind, Numeric
from tests.core.distributions.test_embeddings import TOWNS
from tests.core.small import LABELS, MIXED, drawn_made, orderings, sample_in_passes
from tests.core.test_rules import ruled


def rows_of(made: Made, count: int = 40) -> torch.Tensor:
    """Rows of the model, some cells of labels moved to an outcome never seen, some numbers below their bound."""
    uniforms = torch.rand(count, len(made.kinds), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    rows = sample_in_passes(made, orderings(len(made.kinds))[0], uniforms)
    for column, kind in enumerate(made.kinds):
        if isinstance(kind, Numeric):
            rows[column::7, column] = -5.0
        elif kind.unseen:
            rows[column::7, column] = kind.seen
    return rows


@pytest.mark.parametrize("kinds", [MIXED, LABELS], ids=["mixed", "labels"])
def test_a_batch_of_rows_that_were_read_has_the_density_of_its_codes(kinds: Sequence[Kind]) -> None:
    made = drawn_made(kinds)
    rows, batch = rows_of(made), torch.tensor([3, 0, 39, 7, 7])
    read = made.read(rows).take(batch)
    for ordering in orderings(len(kinds)):
        found, expected = (made.under(ordering).log_prob(rows[batch], read=each) for each in (read, None))
        torch.testing.assert_close(found, expected, rtol=0, atol=0)
        weights = list(made.parameters())
        of_found, of_expected = (torch.autograd.grad(each.sum(), weights) for each in (found, expected))
        torch.testing.assert_close(of_found, of_expected, rtol=0, atol=0)


@pytest.mark.parametrize("name", ["labels, some broken", "numbers, some broken"])
def test_what_rules_leave_of_rows_is_read_once_for_each_set_of_known_columns(name: str) -> None:
    made, rows = ruled(name)
    batch, read, rules = torch.tensor([3, 0, 39, 7, 7]), made.read(rows), made.rules.in_training
    own = [Ordering(tuple(torch.randperm(rows.shape[1], generator=torch.Generator().manual_seed(0)).tolist()))]
    for ordering in (*own, natural(rows.shape[1])):
        expected = made.under(ordering).log_prob(rows[batch], rules=rules)
        for _ in range(ASKED + 2):
            found = made.under(ordering).log_prob(rows[batch], rules=rules, read=read.take(batch))
            torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
            weights = list(made.parameters())
            of_found, of_expected = (
                torch.autograd.grad(each.sum(), weights, retain_graph=True) for each in (found, expected)
            )
            torch.testing.assert_close(of_found, of_expected, rtol=1e-9, atol=1e-12)
    assert all(read.kept.made.values())


def test_what_would_be_too_much_is_made_for_each_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    made, rows = ruled("numbers")
    monkeypatch.setattr(reading, "MOST_KEPT", 50_000)
    read, batch = made.read(rows), torch.arange(5)
    for _ in range(ASKED + 2):
        found = made.under(natural(rows.shape[1])).log_prob(rows[batch], read=read.take(batch))
    torch.testing.assert_close(found, made.log_prob(rows[batch], natural(rows.shape[1])), rtol=1e-12, atol=1e-12)
    assert 0 < read.kept.bytes <= 50_000
    assert None in read.kept.made.values()


def test_labels_with_embeddings_are_read_with_the_weights_of_the_moment() -> None:
    made = drawn_made((TOWNS, *LABELS))
    rows = torch.zeros(4, 1 + len(LABELS), dtype=torch.float64)
    read, ordering = made.read(rows), draw(1 + len(LABELS), np.random.default_rng(0))
    assert read.features is None
    with torch.no_grad():
        for weight in made.parameters():
            weight.add_(0.1)
    member = made.under(ordering)
    torch.testing.assert_close(member.log_prob(rows, read=read), member.log_prob(rows), rtol=0, atol=0)
