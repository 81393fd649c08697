"""Rows in one pass are those of D passes."""

import pytest
import torch

from made_cli.config import Direct, NetworkConfig
from made_cli.core import sampler
from made_cli.core.made import Made
from made_cli.core.orderings import Ordering, natural
from made_cli.core.sampler import sample
from made_cli.tables.columns.kinds import Kind, Numeric
from made_cli.tables.relations.counts import Count
from made_cli.tables.relations.found import Found
from made_cli.tables.relations.implications import Condition, Implication
from made_cli.tables.relations.rules import Rules
from tests.core.small import (
    BINARY,
    COLOURS,
    LABELS,
    LETTERS,
    MIXED,
    OFTEN_EMPTY,
    all_rows,
    bell,
    chi_square,
    drawn_made,
    few_steps,
    orderings,
    sample_in_passes,
    skewed_counts,
)


def drawn_uniforms(rows: int, columns: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(rows, columns, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("kinds", [LABELS, MIXED, (bell(), few_steps(), skewed_counts()), (BINARY,), (bell(), LETTERS)])
@pytest.mark.parametrize("hidden", [(9,), (12, 12), (7, 12), (8, 8, 8), (12, 5, 5), (2, 2)])
@pytest.mark.parametrize("direct", ["all", "few"])
def test_one_pass_draws_what_a_pass_for_each_column_draws(
    kinds: tuple[Kind, ...], hidden: tuple[int, ...], direct: Direct
) -> None:
    made, uniforms = drawn_made(kinds, hidden, direct=direct), drawn_uniforms(60, len(kinds))
    for ordering in orderings(len(kinds)):
        expected = sample_in_passes(made, ordering, uniforms)
        torch.testing.assert_close(sample(made, ordering, uniforms), expected, rtol=1e-9, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("block", [1, 10, 20, 50])
@pytest.mark.parametrize("hidden", [(9,), (12, 12, 5)])
def test_rows_are_the_same_however_large_the_blocks(
    block: int, hidden: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampler, "BLOCK", block)
    for kinds, direct in ((MIXED, "few"), (LABELS, "all"), ((BINARY,), "all")):
        made, uniforms = drawn_made(kinds, hidden, direct=direct), drawn_uniforms(30, len(kinds))  # type: ignore[arg-type]
        for ordering in orderings(len(kinds)):
            expected = sample_in_passes(made, ordering, uniforms)
            torch.testing.assert_close(sample(made, ordering, uniforms), expected, rtol=1e-9, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("given", [0, 1, 3, 7])
def test_known_columns_are_kept_and_the_others_drawn_given_them(given: int) -> None:
    made, uniforms = drawn_made(MIXED), drawn_uniforms(60, len(MIXED))
    for ordering in orderings(len(MIXED)):
        rows = sample(made, ordering, drawn_uniforms(60, len(MIXED), seed=1))
        known = rows[:, list(ordering.columns[:given])]
        drawn = sample(made, ordering, uniforms, known)
        torch.testing.assert_close(drawn[:, list(ordering.columns[:given])], known, rtol=0, atol=0, equal_nan=True)
        expected = sample_in_passes(made, ordering, uniforms, known)
        torch.testing.assert_close(drawn, expected, rtol=1e-9, atol=1e-9, equal_nan=True)


def test_labels_never_seen_may_be_known() -> None:
    made, uniforms = drawn_made(LABELS), drawn_uniforms(40, len(LABELS))
    known = torch.tensor([2.0, 3.0, 3.0]).expand(40, 3)  # columns 3, 1, 4: a new label, a new label, none
    ordering = Ordering((3, 1, 4, 0, 5, 2))
    assert torch.equal(sample(made, ordering, uniforms, known), sample_in_passes(made, ordering, uniforms, known))


@pytest.mark.parametrize("ordering", orderings(4))
def test_frequencies_are_the_probabilities(ordering: Ordering) -> None:
    kinds = (LETTERS, BINARY, OFTEN_EMPTY, COLOURS)
    made, rows = drawn_made(kinds), all_rows(kinds, unseen=False)
    with torch.no_grad():
        probabilities = made.log_prob(rows, ordering).sum(1).softmax(0)
    draws = sample(made, ordering, drawn_uniforms(20_000, 4))
    sizes = torch.tensor([[12.0], [6.0], [3.0], [1.0]], dtype=torch.float64)
    counts = torch.bincount((draws @ sizes).flatten().long(), minlength=len(rows)).double()
    assert chi_square(counts, probabilities) < 4


def test_a_column_of_two_outcomes_is_known_to_the_rules_of_another() -> None:
    kinds = (BINARY, COLOURS, BINARY)
    where = Implication(Condition(0, (1.0,)), Condition(1, (2.0,)))
    rules = Rules([Found(where, Count(support=900, breaks=100))], kinds, "soft")  # which say nothing of columns 0 and 2
    assert list(rules.columns) == [1]
    made = Made(kinds, NetworkConfig(hidden=(12, 12)), torch.Generator().manual_seed(0), rules).double()
    rows, ordering = all_rows(kinds, unseen=False), Ordering((2, 0, 1))
    with torch.no_grad():
        probabilities = made.log_prob(rows, ordering).sum(1).softmax(0)
    draws = sample(made, ordering, drawn_uniforms(20_000, 3))
    sizes = torch.tensor([[6.0], [2.0], [1.0]], dtype=torch.float64)
    counts = torch.bincount((draws @ sizes).flatten().long(), minlength=len(rows)).double()
    assert chi_square(counts, probabilities) < 4


def test_the_same_uniforms_give_the_same_rows_and_batches_do_not_matter() -> None:
    made, uniforms = drawn_made(MIXED), drawn_uniforms(50, len(MIXED))
    rows = sample(made, natural(7), uniforms)
    parts = torch.cat([sample(made, natural(7), part) for part in uniforms.chunk(3)])
    torch.testing.assert_close(parts, rows, rtol=1e-9, atol=1e-9, equal_nan=True)


def test_float32_draws_rows_that_have_a_score() -> None:
    made = drawn_made(MIXED)
    single = type(made)(made.kinds, made.config, torch.Generator())
    single.load_state_dict(made.state_dict())
    rows = sample(single, natural(7), drawn_uniforms(200, 7))
    assert rows.dtype == torch.float64
    assert single.log_prob(rows, natural(7)).isfinite().all()
    for column, kind in enumerate(MIXED):
        if not isinstance(kind, Numeric):
            assert set(rows[:, column].tolist()) <= set(range(kind.seen))


def test_no_rows_are_drawn_from_no_uniforms() -> None:
    assert sample(drawn_made(MIXED), natural(7), drawn_uniforms(0, 7)).shape == (0, 7)


def test_a_network_goes_on_learning_from_rows_that_it_drew() -> None:
    made = drawn_made((BINARY, COLOURS, bell()))
    rows = sample(made, natural(3), drawn_uniforms(1, 3))
    made.log_prob(rows, natural(3)).sum().backward()  # type: ignore[no-untyped-call]
    outputs = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    torch.autograd.grad(made.single(1).log_prob(outputs, rows[:, 1:2]).sum(), [outputs])
    assert all(weight.grad is not None for weight in made.network.parameters())
