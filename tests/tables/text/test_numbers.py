"""Numbers as people write them."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from made_cli.tables.text.numbers import NumberFormat, decimals_of, exact, number_format, parse

finite = st.floats(-1e300, 1e300)


def found(*texts: str) -> NumberFormat:
    return number_format([*map(decimals_of, texts)], [float(text) for text in texts])


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("-0", 0), ("+5", 5), (".5", 0.5), ("5.", 5), ("1e5", 1e5), ("1E-5", 1e-5), (" 1 ", 1), ("0.10", 0.1)],
)
def test_these_are_numbers(text: str, number: float) -> None:
    assert parse(text) == number


@pytest.mark.parametrize(
    "text",
    ["", " ", "0012", "-01", "00", "nan", "inf", "1_000", "1,5", "1,000", "$5", "5%", "0x10", "1e", "e5", "1e301"],
)
def test_these_are_not(text: str) -> None:
    assert parse(text) is None
    assert exact(text) is None


@given(finite)
@example(5e-324)
@example(-0.0)
def test_whatever_python_spells_is_read(number: float) -> None:
    assert parse(repr(number)) == number


@given(finite, st.integers(0, 400))
@example(5e-324, 0)
def test_a_number_that_is_not_rounded_is_the_decimal_that_was_typed(number: float, zeros: int) -> None:
    assert exact(repr(number)) == Fraction(Decimal(repr(number)))
    assert exact(f"1{'0' * zeros}.5e-{zeros}") == Fraction(10 * 10**zeros + 5, 10 * 10**zeros)
    assert exact(f"{number!r} kg") is None


@given(st.integers(-(10**6), 10**6))
def test_one_number_is_spelled_in_many_ways(number: int) -> None:
    spellings = [str(number), f"{number}.", f"{number}.0", f" {number}.00", f"{number}e0"]
    assert {exact(spelling) for spelling in spellings} == {number}
    assert exact("-0") == exact("0.0")


@pytest.mark.parametrize(
    ("texts", "resolution", "decimals"),
    [
        (("1.10", "2.25"), 0.05, 2),
        (("2.50", "3.17"), 0.01, 2),
        (("2.5", "3.17"), 0.01, 1),
        (("1", "2.5", "4"), 0.5, 0),
        (("3750", "3800"), 50, 0),
        (("1.0", "2.0", "3.0"), 1, 1),
        (("1e5", "3e5"), 100_000, 0),
        (("-7", "0", "4"), 1, 0),
        (("0.000125", "0.00025"), 5e-6, 5),
        (("0.3", "0.30000000000000004", "0.1", "0.2", "0.4"), 0.1, 1),  # what floats do to 0.1 + 0.2
        (("1700000000.123", "1700000001.5"), 0.001, 1),
        (("0",), 5e14, 0),
    ],
)
def test_the_resolution_is_that_of_the_numbers(texts: tuple[str, ...], resolution: float, decimals: int) -> None:
    assert found(*texts) == NumberFormat(resolution, decimals)


def test_a_far_off_number_does_not_blur_the_others() -> None:
    texts = [f"{step}e-6" for step in range(1, 40)]
    assert found(*texts, "1000000").resolution == found(*texts).resolution == 1e-6


def test_numbers_that_are_short_by_chance_do_not_say_what_all_are_multiples_of() -> None:
    values = np.random.default_rng(0).normal(size=100)
    digits = [decimals_of(repr(value)) for value in values]
    assert number_format([0, *digits], [0.0, *values], [900, *[1] * 100]).resolution < 1e-6
    assert number_format([*digits, 2], [*values, 0.48]).resolution == number_format(digits, values).resolution


@given(st.integers(0, 12), st.lists(st.integers(-4 * 10**8, 4 * 10**8), min_size=2, max_size=30, unique=True))
def test_numbers_of_a_fixed_count_of_decimals_are_multiples_of_the_resolution(places: int, steps: list[int]) -> None:
    texts = [f"{step / 10**places:.{places}f}" for step in steps]
    form = found(*texts)
    for text in texts:
        multiple = float(text) / form.resolution
        assert abs(multiple - round(multiple)) <= 1e-3 * max(1, abs(multiple)) ** 0.5


@given(st.integers(0, 6), st.lists(st.integers(-(10**7), 10**7), min_size=2, max_size=30, unique=True))
def test_numbers_are_written_as_they_were_read(places: int, steps: list[int]) -> None:
    texts = [f"{step / 10**places:.{places}f}" for step in steps]
    form = found(*texts)
    assert [form.write(float(text)) for text in texts] == texts


@given(st.lists(finite, min_size=1, max_size=20))
@example([1e300, -1e300, 1e-308])
@example([5e-324, 1e-320])
@example([1e12, 1e-12])
@example([0.0, -0.0])
def test_no_number_is_written_further_off_than_half_a_cell(numbers: list[float]) -> None:
    texts = [repr(number) for number in numbers]
    form = number_format([*map(decimals_of, texts)], numbers)
    assert form.resolution > 0
    assert math.isfinite(form.resolution)
    for number in numbers:
        written = parse(form.write(number))
        assert written is not None
        assert abs(written - number) <= max(form.resolution, 1e-15 * abs(number))


@pytest.mark.parametrize(
    ("form", "number", "text"),
    [
        (NumberFormat(0.01, 2), 2.5, "2.50"),
        (NumberFormat(0.01, 0), 2.5, "2.5"),
        (NumberFormat(0.01, 0), 3.0, "3"),
        (NumberFormat(0.1, 1), 3 * 0.1, "0.3"),
        (NumberFormat(0.01, 2), -0.001, "0.00"),
        (NumberFormat(1.0, 0), -0.0, "0"),
        (NumberFormat(50.0, 0), 1e22, "1" + "0" * 22),
        (NumberFormat(5e-8, 0), 1.5e-7, "0.00000015"),
        (NumberFormat(1.0, 1), 100.0, "100.0"),
    ],
)
def test_a_number_has_the_digits_of_its_column(form: NumberFormat, number: float, text: str) -> None:
    assert form.write(number) == text


@pytest.mark.parametrize(("text", "places"), [("1e+16", -16), ("1.25E-3", 5), (" 2.50 ", 2), (".5", 1), ("7.", 0)])
def test_decimals_are_counted_in_any_notation(text: str, places: int) -> None:
    assert decimals_of(text) == places
