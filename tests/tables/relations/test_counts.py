"""When a relation is more than chance."""

import math

import pytest

from made_cli.tables.relations.counts import RARER, Count, log_chance, stands_out


@pytest.mark.parametrize(("rows", "breaks", "likely"), [(40, 0, 0.3), (200, 3, 0.1), (1000, 12, 0.02), (50, 10, 0.25)])
def test_the_chance_of_so_few_breaks_is_bounded(rows: int, breaks: int, likely: float) -> None:
    exact = sum(math.comb(rows, b) * likely**b * (1 - likely) ** (rows - b) for b in range(breaks + 1))
    bound = math.exp(log_chance(Count(rows - breaks, breaks), rows * likely))
    assert exact <= bound <= exact * 2 * rows


def test_as_many_breaks_as_expected_are_no_surprise() -> None:
    assert log_chance(Count(70, 30), 30.0) == log_chance(Count(60, 40), 30.0) == 0.0


def test_one_break_more_would_still_be_a_hundredth_of_what_chance_has() -> None:
    assert stands_out(Count(995, 5), 6.0 * RARER, 0.0)
    assert not stands_out(Count(994, 6), 6.0 * RARER, 0.0)


def test_a_relation_of_no_rows_has_no_share() -> None:
    assert Count(0, 0).share is None
    assert not Count(0, 0).is_near
