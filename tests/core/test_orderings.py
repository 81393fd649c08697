"""Orderings are values."""

from itertools import permutations

import numpy as np
import pytest

from made_cli.core.orderings import Ordering, distinct, draw, natural


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
