"""Orderings are values."""

from itertools import pairwise, permutations

import numpy as np
import pytest

from made_cli.core.orderings import Ordering, distinct, draw, known_first, natural


def test_positions_are_the_inverse_of_the_columns() -> None:
    ordering = draw(9, np.random.default_rng(0))
    assert [ordering.columns[place] for place in ordering.positions] == list(range(9))


def test_the_natural_ordering_is_that_of_the_table() -> None:
    assert natural(4) == Ordering((0, 1, 2, 3), None)


@pytest.mark.parametrize("columns", [(0, 0), (1, 2), (0, 2)])
def test_what_is_no_permutation_is_no_ordering(columns: tuple[int, ...]) -> None:
    with pytest.raises(AssertionError, match="not a permutation"):
        Ordering(columns)


def test_distinct_orderings_differ_and_the_first_do_not_depend_on_how_many_are_asked_for() -> None:
    many = distinct(5, 100, np.random.default_rng(2))
    assert len({ordering.columns for ordering in many}) == 100
    assert distinct(5, 7, np.random.default_rng(2)) == many[:7]


def test_more_orderings_than_permutations_hold_each_permutation() -> None:
    orderings = distinct(3, 8, np.random.default_rng(0), resample_connectivity=True)
    assert len(orderings) == 8
    assert {ordering.columns for ordering in orderings} == set(permutations(range(3)))
    assert len({ordering.connectivity for ordering in orderings}) == 8


def test_connectivity_is_drawn_only_where_asked_for() -> None:
    rng = np.random.default_rng(0)
    assert draw(4, rng).connectivity is None
    assert draw(4, rng, resample_connectivity=True).connectivity is not None


BASE = Ordering((4, 0, 6, 2, 5, 1, 3), 9)


@pytest.fixture(scope="module")
def variants() -> list[Ordering]:
    rng = np.random.default_rng(0)
    return [known_first(BASE, rng) for _ in range(20_000)]


def parts(ordering: Ordering) -> list[int]:
    """The lengths of the runs of columns that come in the order of the base ordering."""
    places = [BASE.positions[column] for column in ordering.columns]
    cuts = [place for place in range(1, len(places)) if places[place] < places[place - 1]]
    return [after - before for before, after in pairwise([0, *cuts, len(places)])]


def test_what_is_known_is_first_and_what_is_asked_next_each_in_the_base_ordering(variants: list[Ordering]) -> None:
    assert max(len(parts(variant)) for variant in variants) == 3
    assert {variant.connectivity for variant in variants} == {9}


def test_any_column_may_be_asked_given_any_others(variants: list[Ordering]) -> None:
    """Among the drawn orderings are all 7 × 2⁶ pairs of a column and what comes before it."""
    found = {
        (column, frozenset(variant.columns[:place]))
        for variant in variants
        for place, column in enumerate(variant.columns)
    }
    assert len(found) == 7 * 2**6


@pytest.mark.parametrize("size", [1, 2, 3])
def test_few_columns_have_known_first_variants_too(size: int) -> None:
    rng = np.random.default_rng(1)
    found = {known_first(natural(size), rng).columns for _ in range(300)}
    assert found == set(permutations(range(size)))
