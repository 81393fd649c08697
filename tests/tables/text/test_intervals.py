"""Labels that mean ranges of numbers."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_cli.tables.text.intervals import Range, is_range, meaning


@pytest.mark.parametrize(
    ("label", "low", "high", "ends"),
    [
        *((label, 65, None, "[") for label in ("65+", "65 and over", "65 years and over", ">= 65", "≥65")),
        *((label, 65, None, "(") for label in ("> 65", ">65", "over 65", "more than 65", "older than 65 years")),
        *((label, None, 5, ")") for label in ("<5", "< 5", "under 5", "less than 5", "< 5 years")),
        *((label, None, 5, "]") for label in ("<=5", "≤ 5", "up to 5", "5 or less", "5 and under", "at most 5")),
        *((label, 10, 19, "[]") for label in ("10-19", "10–19", "10 - 19", "10 to 19", "[10, 19]", "10-19 years")),
        *((label, 10, 19, ends) for label, ends in (("(10, 19]", "(]"), ("[10,19)", "[)"))),
        *((label, 1000, 2500, "[]") for label in ("$1,000-$2,500", "1000-2500", "€ 1000 to € 2500")),
        ("-5--1", -5, -1, "[]"),
        ("12", 12, 12, "[]"),
        ("1 year", 1, 1, "[]"),
    ],
)  # fmt: skip
def test_a_label_means_these_numbers(label: str, low: int | None, high: int | None, ends: str) -> None:
    assert meaning(label) == Range(
        None if low is None else Fraction(low),
        None if high is None else Fraction(high),
        "(" not in ends,
        ")" not in ends,
    )


@pytest.mark.parametrize(
    "label",
    ["", "word", "0012", "2001-02", "19-10", "85++", "A+", "B-", "<=50K", "10-", "-", "+", "1-2-3x", "over the hill"],
)
def test_a_label_means_none(label: str) -> None:
    assert meaning(label) is None
    assert not is_range(label)


@given(st.integers(-9, 9), st.integers(0, 9), st.booleans(), st.booleans(), st.fractions(-20, 20, max_denominator=4))
def test_a_range_decides_what_holds_of_all_its_numbers_or_of_none(
    low: int, width: int, low_in: bool, high_in: bool, value: Fraction
) -> None:
    between = Range(Fraction(low), Fraction(low + width + 1), low_in, high_in)
    step = Fraction(1, 100)
    numbers = [low + step * place for place in range(100 * (width + 1) + 1)]
    numbers = numbers[not low_in : len(numbers) - (not high_in)]
    holds = {">": value.__lt__, ">=": value.__le__, "<": value.__gt__, "<=": value.__ge__}
    for operator, compares in holds.items():
        said = {bool(compares(number)) for number in numbers}
        assert between.decides(operator, value) == (said.pop() if len(said) == 1 else None)
    assert Range(None, between.high, True, high_in).decides(">", value) in (False, None)
