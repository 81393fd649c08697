"""What a kind answers for itself: what typed values mean, the code to fill in, what is said of it."""

import math
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_cli.errors import UserError
from made_cli.tables.columns.categorical import UNSEEN
from made_cli.tables.columns.kinds import Categorical, Numeric, unseen_mass
from made_cli.tables.columns.regions import Region, cells
from tests.tables.small import found

LETTERS = Categorical("letters", ("a", "b", "c"), {"d": 2, "e": 1}, missing=True, rows=50)
"""Codes 0, 1, 2, then the bucket of d and e, then the empty cell."""


def numbers(cells: list[str]) -> Numeric:
    kind = found(cells, "numeric").kind
    assert isinstance(kind, Numeric)
    return kind


def labels(cells: list[str]) -> Categorical:
    kind = found(cells, "categorical").kind
    assert isinstance(kind, Categorical)
    return kind


MONEY = numbers([f"{place / 20:.2f}" for place in range(7, 90)])
DAYS = found([f"2024-{1 + place // 28:02d}-{1 + place % 28:02d}" for place in range(60)]).kind


# What is said of it ------------------------------------------------------------------------------------------------


def test_a_cell_is_as_wide_as_its_resolution_and_a_label_has_none() -> None:
    assert DAYS is not None
    assert (MONEY.cell_width, MONEY.resolution, MONEY.unit, MONEY.step) == (0.05, 0.05, None, "0.05")
    assert (DAYS.cell_width, DAYS.resolution, DAYS.unit, DAYS.step) == (1.0, 1.0, "day", "1 day")
    assert (LETTERS.cell_width, LETTERS.resolution, LETTERS.unit, LETTERS.step) == (1, None, None, "")
    assert (MONEY.noun, DAYS.noun, LETTERS.noun) == ("number", "time written YYYY-MM-DD", "label")
    assert (MONEY.described, DAYS.described, LETTERS.described) == ("numeric", "time", "categorical")
    assert (MONEY.is_numeric, DAYS.is_numeric, LETTERS.is_numeric) == (True, True, False)


def test_outcomes_are_counted_and_fit_a_byte_up_to_256_of_them() -> None:
    assert (LETTERS.outcomes, replace(LETTERS, rare={}, missing=False).outcomes, MONEY.outcomes) == (5, 5, None)
    wide = Categorical("x", tuple(map(str, range(253))), {}, missing=False, rows=999)
    assert (wide.outcomes, wide.fits_byte) == (255, True)
    assert not replace(wide, labels=(*wide.labels, "y")).fits_byte
    assert not wide.with_empty_unknown(0).fits_byte
    assert not MONEY.fits_byte


def test_text_is_written_as_it_was_typed_and_numbers_as_their_column_writes_them() -> None:
    numbers = replace(LETTERS, labels=("1", "2"), rare={"7": 1, "8": 1})
    assert [numbers.as_written(text) for text in ("1.0", "7", "")] == ["1.0", "7", ""]
    assert [replace(numbers, dtype="int8").as_written(text) for text in ("1.0", "7", "")] == ["1", "7", ""]
    assert [MONEY.as_written(text) for text in ("2.50", "2.5", "0.123")] == ["2.50", "2.50", "0.123"]
    assert DAYS is not None
    assert DAYS.as_written("2020-01-31") == "2020-01-31"


def test_without_rare_labels_each_has_an_outcome() -> None:
    assert LETTERS.without_rare().labels == ("a", "b", "c", "d", "e")
    assert LETTERS.without_rare().encode(["d", "e", ""]).tolist() == [3, 4, 5]
    assert MONEY.without_rare() == MONEY


def test_where_empty_cells_are_unknown_they_are_no_outcome() -> None:
    unknown = LETTERS.with_empty_unknown(8)
    assert (unknown.empty, unknown.seen, unknown.rows, unknown.outcomes) == ("unknown", 4, 42, 4)
    assert MONEY.with_empty_unknown(8) == replace(MONEY, marginal=True)


def test_the_probability_of_what_was_never_seen_is_counted_but_for_constants() -> None:
    constant = Categorical("x", ("0",), {}, missing=False, rows=50)
    assert constant.unseen_mass == 0
    assert LETTERS.unseen_mass == 0
    assert replace(LETTERS, rare={}).unseen_mass == UNSEEN
    assert MONEY.unseen_mass == 2 * UNSEEN  # an empty cell, a negative number
    assert unseen_mass([constant, MONEY, LETTERS]) == 2 * UNSEEN


# What a typed value means ------------------------------------------------------------------------------------------


def test_a_typed_text_has_the_code_of_the_cell_and_its_cell_a_whole_number() -> None:
    assert [MONEY.cell(MONEY.code(text)) for text in ("0.15", "100", "-0.05")] == [3, 2000, -1]
    assert math.isnan(MONEY.cell(MONEY.code("NA")))
    assert [LETTERS.cell(LETTERS.code(text)) for text in ("b", "e", "")] == [1, 3, 4]
    assert DAYS is not None
    assert DAYS.cell(DAYS.code("1970-01-03")) == 2


def test_blanks_and_how_letters_are_put_together_make_no_other_label() -> None:
    kind = labels(["Bad Urach", "Bad Urach", " Bad\u00a0Urach", "Küln", "Ku\u0308ln", "Ulm\nDonau", "Ulm Donau"] * 2)
    assert kind.labels == ("Bad Urach", "Küln", "Ulm\nDonau", "Ulm Donau")
    assert kind.encode(["Bad  Urach ", "K\u0075\u0308ln", "Ulm"]).tolist() == [0, 1, kind.seen]


def test_a_number_within_a_range_is_asked_for_by_the_range() -> None:
    kind = labels(["84", "85+", "<5"] * 3)
    with pytest.raises(UserError, match="no label '87' of its own; '85\\+' stands for it") as refused:
        kind.equal_to("87")
    assert refused.value.hint == "Ask for == '85+': the table tells no more."
    with pytest.raises(UserError, match=r"no label '70'$"):
        kind.equal_to("70")


@pytest.mark.parametrize("text", ["x", "a a", "0"])
def test_a_label_that_training_had_none_of_has_no_code(text: str) -> None:
    for ask in (replace(LETTERS, rare={}).code, replace(LETTERS, rare={}).equal_to):
        with pytest.raises(UserError, match=f"letters: training had no label '{text}'"):
            ask(text)


def test_the_opposite_of_a_constant_has_a_probability_but_is_nothing_to_condition_on() -> None:
    constant = Categorical("x", ("no",), {}, missing=False, rows=50)
    assert constant.equal_to("yes") == cells({1})
    with pytest.raises(UserError, match="x: training had no label 'yes'"):
        constant.code("yes")
    with pytest.raises(UserError, match="x: training had no label 'maybe'"):
        constant.equal_to("maybe")


def test_numbers_are_ordered_by_their_cells() -> None:
    assert MONEY.ordered("<", "0.15") == Region(((-math.inf, 2),))
    assert MONEY.ordered("<=", "0.15") == Region(((-math.inf, 3),))
    assert MONEY.ordered(">", "0.16") == MONEY.ordered(">=", "0.16") == Region(((4, math.inf),))
    assert MONEY.equal_to("0.16") == Region(())
    assert MONEY.equal_to("?") == Region((), empty=True)


# The code to fill in -----------------------------------------------------------------------------------------------

weighted = st.lists(st.tuples(st.integers(0, LETTERS.seen - 1), st.floats(0, 1)), min_size=1, max_size=12)


@given(st.lists(weighted, min_size=1, max_size=4).map(lambda rows: [row[: min(map(len, rows))] for row in rows]))
def test_the_label_to_fill_in_is_the_most_probable_one(rows: list[list[tuple[int, float]]]) -> None:
    values, weights = np.array(rows, dtype=np.float64).transpose(2, 0, 1)
    expected = []
    for row in rows:
        chances: dict[int, float] = defaultdict(float)
        for code, weight in row:
            chances[code] += weight
        chances[3] /= 2  # the bucket: each of its two labels has half of it
        expected.append(max(range(4), key=lambda code: (chances[code], -code)))  # never the empty cell
    assert LETTERS.central(values, weights).tolist() == expected


def test_in_a_tie_the_first_label_is_filled_in_and_an_empty_cell_only_where_there_is_nothing_else() -> None:
    assert LETTERS.central(np.array([[2.0, 1.0]]), np.array([[0.5, 0.5]])).tolist() == [1]
    assert LETTERS.central(np.array([[4.0, 2.0]]), np.array([[0.9, 0.1]])).tolist() == [2]
    nothing = Categorical("x", (), {}, missing=True, rows=50)
    assert nothing.central(np.array([[0.0]]), np.array([[1.0]])).tolist() == [0]


@given(st.lists(st.tuples(st.integers(-20, 20), st.integers(1, 8)), min_size=1, max_size=12), st.integers(1, 3))
def test_the_number_to_fill_in_is_the_weighted_median(row: list[tuple[int, int]], copies: int) -> None:
    values, weights = np.array([row] * copies, dtype=np.float64).transpose(2, 0, 1)
    repeated = sorted(value for value, weight in row for _ in range(weight))
    assert MONEY.central(values, weights / 16).tolist() == [repeated[(len(repeated) - 1) // 2]] * copies


def test_no_rows_have_nothing_to_fill_in() -> None:
    nothing = np.empty((0, 3))
    assert LETTERS.central(nothing, nothing).shape == MONEY.central(nothing, nothing).shape == (0,)
