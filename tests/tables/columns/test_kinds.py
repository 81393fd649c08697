"""Codecs: text to codes and back."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from made_cli.tables.columns.categorical import UNSEEN
from made_cli.tables.columns.kinds import Categorical, Numeric
from made_cli.tables.columns.labels import RARE, categorical
from made_cli.tables.columns.quantities import numeric
from made_cli.tables.text.booleans import is_boolean, meaning, truth
from made_cli.tables.text.column import read_column
from made_cli.tables.text.marks import MARKS, is_mark
from made_cli.tables.text.numbers import parse
from made_cli.tables.text.spacing import spaced

HOSTILE = ["", '"', ",", "\n", "\r\n", "🦆", "NA", "nan", "None", "0012", " ", " 1", "1 ", "1.0", "1", "-0", "0", "1e5"]
HOSTILE += ["100000", "1e999", "1e-300", "True", "no", "Yes", "\ufeff", "é", "e\u0301", "\x00", "=1+1", "'", "-", "?"]

cells = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
columns_of_labels = st.lists(cells, min_size=1, max_size=40)
finite = st.floats(-1e300, 1e300)


def labels(texts: list[str], most: int = 1000) -> Categorical:
    return categorical(read_column(pd.Series(texts, dtype=object, name="x")), most=most)


def numbers(texts: list[str]) -> Numeric:
    column = read_column(pd.Series(texts, dtype=object, name="x"))
    return numeric(column.with_empty([text for text in texts if is_mark(text, MARKS)]))


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@given(columns_of_labels, st.integers(2, 5))  # of two labels none is rare
@example(["1", "1", "1.0"], 5)
@example(["1.0", "1"], 1)
@example(["Yes", "no", "yes"], 5)
@example([" 1", "no", "Yes"], 2)
@example(["\u00e9", "e\u0301"], 1)
def test_labels_come_back_from_their_codes(texts: list[str], most: int) -> None:
    kind = labels(texts, most)
    codes = kind.encode(texts)
    assert ((codes >= 0) & (codes < kind.seen)).all()
    of_truths = len(set(texts) - {""}) > 2 and is_boolean(set(texts) - {""})

    def alike(one: str, other: str) -> bool:
        same_truth = of_truths and truth(one) is truth(other)
        return spaced(one) == spaced(other) or same_truth or parse(one) == parse(other) is not None

    for text, decoded in zip(texts, kind.decode(codes, rng()), strict=True):
        in_bucket = decoded in kind.rare and any(alike(text, label) for label in kind.rare)
        assert alike(decoded, text) or in_bucket


@given(columns_of_labels, st.integers(1, 5))
def test_what_is_written_for_a_code_has_that_code(texts: list[str], most: int) -> None:
    kind = labels(texts, most)
    codes = np.repeat(np.arange(kind.seen, dtype=np.float64), 20)
    assert kind.encode(kind.decode(codes, rng())).tolist() == codes.tolist()


@given(columns_of_labels, cells, st.integers(1, 5))
@example(["Yes", "no"], "True", 5)
@example(["no"], "NO", 5)
@example(["no"], "0", 5)
def test_any_text_has_a_code(texts: list[str], other: str, most: int) -> None:
    assume(all(spaced(text) for text in {*texts, other} - {""}))  # cells of blanks alone are empty: no labels
    kind = labels(texts, most)
    (code,) = kind.encode([other])
    assert 0 <= code < kind.seen + len(kind.unseen)
    assert (code < kind.seen) == (
        spaced(other) in map(spaced, texts)
        or (bool(kind.rare) and spaced(other) != "")
        or parse(other) in {parse(label) for label in kind.labels} - {None}
        or meaning(other) in {meaning(label) for label in kind.labels if len(kind.labels) == 1} - {None}
        or (is_boolean(kind.labels) and truth(other) is not None)
    )


@given(columns_of_labels)
def test_every_code_is_that_of_some_text(texts: list[str]) -> None:
    kind = labels(texts)
    codes = kind.encode([*texts, "", kind.opposite or "", "never seen"])
    assert set(codes) == set(range(kind.seen + len(kind.unseen)))


@given(columns_of_labels)
def test_fixed_probabilities_are_small_and_leave_most_to_the_outcomes_seen(texts: list[str]) -> None:
    assert 0 <= sum(labels(texts).unseen) <= 1 / 3 + 2 * UNSEEN


def test_rare_labels_share_a_bucket_that_is_drawn_by_their_counts() -> None:
    kind = labels([*"aaabb", "c", "d"], most=1)
    assert (kind.labels, kind.rare) == (("a",), {"b": 2, "c": 1, "d": 1})
    assert kind.encode(["a", "b", "c", "d", "never seen"]).tolist() == [0, 1, 1, 1, 1]
    drawn = pd.Series(kind.decode(np.ones(4000), rng())).value_counts(normalize=True)
    assert drawn["b"] == pytest.approx(0.5, abs=0.03)
    assert drawn["c"] == pytest.approx(0.25, abs=0.03)


def test_a_label_of_a_single_row_is_rare_unless_all_are_or_there_are_only_two() -> None:
    assert RARE == 2
    assert labels([*"aabbc"]).rare == {"c": 1}
    assert labels([*"aab"]).labels == ("a", "b")
    assert labels([*"ab"]).labels == ("a", "b")


@pytest.mark.parametrize(
    ("label", "opposite"),
    [("0", "1"), ("1", "0"), ("0.0", "1.0"), ("yes", "no"), ("No", "Yes"), ("TRUE", "FALSE"), ("f", "t"), ("x", None)],
)
def test_a_constant_column_knows_its_opposite(label: str, opposite: str | None) -> None:
    kind = labels([label] * 8)
    assert kind.opposite == opposite
    assert kind.unseen == ((1 / 10, UNSEEN, UNSEEN) if opposite else (UNSEEN, UNSEEN))
    if opposite:
        assert kind.encode([label, opposite, "other", ""]).tolist() == [0, 1, 2, 3]


def test_a_number_is_one_label_however_it_is_written() -> None:
    kind = labels(["0", "1"] * 5)
    assert kind.encode(["1", "1.0", " 1", "1e0", "-0", "01"]).tolist() == [1, 1, 1, 1, 0, 2]
    assert labels(["0"] * 5).encode(["1.0"]).tolist() == [1]


def test_numbers_written_in_several_ways_in_training_are_one_label_written_as_most_are() -> None:
    kind = labels([*["3", "4.0", "0012", "12"] * 5, *["3.0"] * 6, "3.00"])
    assert kind.labels == ("3.0", "4.0", "12", "0012")
    assert kind.encode(["3", "3.0", "3.00", "4", "12.0", "0012"]).tolist() == [0, 0, 0, 1, 2, 3]
    assert kind.decode(np.array([0.0]), rng()) == ["3.0"]
    assert labels([*["9", "9.0"] * 5, "9.00", "7"]).rare == {}


def test_versions_are_no_numbers_in_several_spellings() -> None:
    assert labels(["1.1", "1.10", "1.1.2"] * 5).labels == ("1.1", "1.10", "1.1.2")


def test_labels_are_sorted_numbers_first_by_their_value() -> None:
    assert labels(["10", "9", "b", "-1", "a"] * 2).labels == ("-1", "9", "10", "a", "b")


@pytest.mark.parametrize(
    ("texts", "described"),
    [(["a", "b"] * 3, "binary"), (["a", "b", ""] * 3, "binary"), (["a"], "constant"), ([*"aabbc"], "categorical")],
)
def test_two_labels_are_binary(texts: list[str], described: str) -> None:
    assert labels(texts).described == described


@given(st.lists(finite, min_size=1, max_size=30), st.booleans())
@example([1e300, -1e300], False)
@example([5e-324, 1.0], True)
@example([0.1, 0.1, 0.1], False)
def test_numbers_are_read_and_written_to_half_their_resolution(values: list[float], with_empty: bool) -> None:
    texts = [repr(value) for value in values] + [""] * with_empty
    kind = numbers(texts)
    codes = kind.encode(texts)
    again = kind.encode(kind.decode(codes, rng()))
    for value, first, second in zip([*values, *[math.nan] * with_empty], codes, again, strict=True):
        assert first == value or math.isnan(value)
        assert math.isnan(second) == math.isnan(value)
        assert math.isnan(value) or abs(second - value) <= max(kind.format.resolution, 1e-15 * abs(value))


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=30), st.integers(0, 4))
def test_numbers_are_written_as_they_were_read(steps: list[int], places: int) -> None:
    texts = [f"{step / 10**places:.{places}f}" for step in steps]
    kind = numbers(texts)
    assert kind.decode(kind.encode(texts), rng()) == texts


@pytest.mark.parametrize("marker", ["", " ", "?", " ?", *sorted(MARKS)])
def test_marks_for_missing_numbers_are_empty_cells_written_as_most_were(marker: str) -> None:
    texts = ["1", "2", marker, marker, "-" if marker == "?" else "?"]
    kind = numbers(texts)
    assert np.isnan(kind.encode(texts)).tolist() == [False, False, True, True, True]
    assert kind.decode(np.array([math.nan, 1.0]), rng()) == [marker, "1"]


def test_a_column_of_numbers_without_missing_ones_knows_no_empty_cell() -> None:
    kind = numbers(["1", "2"])
    assert (kind.missing, kind.seen) == (None, 1)
    assert np.isnan(kind.encode([""])).all()


@pytest.mark.parametrize("text", ["abc", "0012", "1,5", "inf"])
def test_what_is_no_number_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=text) as caught:
        numbers(["1", "2"]).encode(["1", text])
    assert caught.value.args == (text,)


def test_a_value_that_many_rows_share_is_an_atom_and_the_scaling_is_that_of_the_others() -> None:
    spread = [f"{x:.2f}" for x in np.random.default_rng(0).normal(50, 5, 300)]
    kind, without = numbers([*spread, *["0"] * 200]), numbers(spread)
    assert kind.atoms == (0.0,)
    assert without.atoms == ()
    assert kind.scaling == without.scaling
    assert kind.seen == 2


@pytest.mark.parametrize(("least", "lower"), [("0", 0.0), ("3", 0.0), ("-0.5", None)])
def test_numbers_none_of_which_is_negative_are_bounded_by_0(least: str, lower: float | None) -> None:
    assert numbers([least, "4", "5.5"]).lower == lower


@given(st.lists(finite, min_size=1, max_size=12))
@example([0.0, 0.0, 0.0, 1.8e293, 1e-15])  # squares overflow, and so do quotients by the distance of the quartiles
def test_knots_ascend(values: list[float]) -> None:
    knots = numbers([repr(value) for value in values]).knots
    assert np.isfinite(knots).all()
    assert (np.diff(knots) > 0).all()
