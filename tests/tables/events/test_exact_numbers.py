"""Order and equality are decided on cells, by the number that was typed and not by a float near it."""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from made_cli.tables.columns.numeric import Numeric
from made_cli.tables.columns.regions import Region
from made_cli.tables.columns.schema import Schema
from made_cli.tables.events.expressions import event_of
from made_cli.tables.text.numbers import NumberFormat
from made_cli.tables.text.timestamps import TimeFormat
from tests.tables.small import found

COMPARE = {
    "==": Fraction.__eq__, "<": Fraction.__lt__, "<=": Fraction.__le__, ">": Fraction.__gt__, ">=": Fraction.__ge__,
}  # fmt: skip


def numbers(form: NumberFormat | TimeFormat) -> Numeric:
    kind = found([str(place) for place in range(60)], "numeric").kind
    assert isinstance(kind, Numeric)
    return replace(kind, format=form)


def region(form: NumberFormat | TimeFormat, event: str) -> Region:
    boxes = event_of(Schema((numbers(form),), (), 60), event)
    return boxes[0][0] if boxes else Region(())


def spelled(hundredths: int, step: Fraction) -> str:
    """A hundredth of a step so many times, as a decimal number."""
    number = hundredths * step / 100
    return f"{'-' * (number < 0)}{abs(number) // 1}.{abs(number) % 1 * 10**4 // 1:04d}"


@given(
    st.sampled_from([("1", 0), ("0.01", 2), ("0.05", 2), ("50.0", 0)]),
    st.sampled_from([0, 7, 10**9, 16 * 10**8, 10**11, -(10**9), -(10**11)]),
    st.integers(-300, 300),
)
@example(("1", 0), 16 * 10**8, 40)
@example(("0.01", 2), 10**11, 50)
@example(("0.05", 2), 10**9, 1)
def test_a_cell_is_in_the_region_if_its_number_compares_so_with_the_typed_one(
    form: tuple[str, int], around: int, hundredths: int
) -> None:
    step, typed = Fraction(form[0]), 100 * around + hundredths
    for sign, holds in COMPARE.items():
        asked = region(NumberFormat(float(form[0]), form[1]), f"x {sign} {spelled(typed, step)}")
        for cell in range(around - 5, around + 6):
            assert (cell in asked) == holds(Fraction(cell), Fraction(typed, 100)), (sign, cell)


def test_a_number_just_above_a_large_one_does_not_include_it() -> None:
    form = NumberFormat(1.0, 0)
    assert region(form, "x >= 1600000000.4") == Region(((1600000001, math.inf),))
    assert region(form, "x <= -1600000000.4") == Region(((-math.inf, -1600000001),))
    assert region(form, "x == 1600000000.0000001") == Region(())
    assert region(NumberFormat(0.01, 2), "x > 1000000000.005") == Region(((100000000001, math.inf),))


def test_what_a_float_would_round_is_taken_as_it_was_typed() -> None:
    # 2**53 + 0.5 is no float, and the float next to it is 2**53.
    assert region(NumberFormat(1.0, 0), "x >= 9007199254740992.5") == Region(((9007199254740993, math.inf),))
    assert region(NumberFormat(1.0, 0), "x == 1_000.0") == Region(((1000, 1000),))


@pytest.mark.parametrize("exponent", [999, 999_999_999])
def test_a_number_finer_than_any_resolution_lies_between_two_cells(exponent: int) -> None:
    for step in (1.0, 1e-300):
        assert region(NumberFormat(step, 0), f"x > 1e-{exponent}") == Region(((1, math.inf),))
        assert region(NumberFormat(step, 0), f"x >= -1e-{exponent}") == Region(((0, math.inf),))
        assert region(NumberFormat(step, 0), f"x == '1e-{exponent}'") == Region(())
    assert region(NumberFormat(1.0, 0), f"x == '0e{exponent}'") == Region(((0, 0),))


def test_a_number_beyond_all_cells_has_all_of_them_below_it() -> None:
    form = NumberFormat(1e-9, 9)
    assert region(form, "x < 1e300") == Region(((-math.inf, math.inf),))
    assert region(form, "x > -1e300") == Region(((-math.inf, math.inf),))


@pytest.mark.parametrize("decimals", range(1, 40))
def test_the_resolution_is_the_decimal_number_that_was_meant(decimals: int) -> None:
    for multiple in (1, 2, 5):
        form = NumberFormat(multiple / 10.0**decimals, decimals)
        assert region(form, f"x == '{7 * multiple}e-{decimals}'") == Region(((7, 7),))
        assert region(form, f"x < '{7 * multiple}.1e-{decimals}'") == Region(((-math.inf, 7),))


def test_times_finer_than_those_of_the_column_lie_between_two_of_its_cells() -> None:
    seconds = TimeFormat("YYYY-MM-DD hh:mm:ss", 1.0)
    count = 1_704_067_200  # of the first second of 2024
    assert region(seconds, 'x >= "2024-01-01 00:00:00.4"') == Region(((count + 1, math.inf),))
    assert region(seconds, 'x == "2024-01-01 00:00:00.000001"') == Region(())
    assert region(seconds, 'x < "2024-01-01 00:00:00"') == Region(((-math.inf, count - 1),))
    quarters = TimeFormat("YYYY-MM-DD hh:mm+hh:mm", 15.0, offset=60)
    quarter = (count // 60 + 60) // 15
    assert region(quarters, 'x == "2024-01-01 00:00+00:00"') == Region(((quarter, quarter),))
    assert region(quarters, 'x > "2024-01-01 01:14:59.999999999+01:00"') == Region(((quarter + 1, math.inf),))
    assert region(TimeFormat("YYYY-MM", 3.0), 'x <= "1969-11"') == Region(((-math.inf, -1),))


def test_a_time_of_so_many_digits_that_no_float_holds_it_is_in_the_cell_of_its_code() -> None:
    kind, text = numbers(TimeFormat("YYYY-MM-DD hh:mm:ss.fffffffff", 1.0)), "2024-01-01 00:00:00.123456789"
    assert kind.cell(kind.code(text)) in kind.equal_to(text)
    assert kind.cell(kind.code(text)) not in kind.ordered("<", text)
    assert kind.cell(kind.code(text)) not in kind.ordered(">", text)
