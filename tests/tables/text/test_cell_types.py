"""Cells of every type through text and back."""

import datetime
import decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_cli.tables.text.cell_types import family
from made_cli.tables.text.cells import Categories
from made_cli.tables.text.column import read_column
from made_cli.tables.text.from_texts import typed

INTEGERS = {f"{sign}int{bits}": (bits, sign) for bits in (8, 16, 32, 64) for sign in ("", "u")}
BOUNDS = {
    name: (0, 2**bits - 1) if sign else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    for name, (bits, sign) in INTEGERS.items()
}
DAYS = st.dates(datetime.date(1700, 1, 1), datetime.date(2200, 1, 1))
MOMENTS = st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1))


def integers() -> st.SearchStrategy[tuple[str, st.SearchStrategy[object]]]:
    def forms(name: str) -> list[str]:
        return [name, name.replace("u", "U").replace("i", "I") if "u" in name else name.title(), f"{name}[pyarrow]"]

    return st.sampled_from([(form, st.integers(*BOUNDS[name])) for name in BOUNDS for form in forms(name)])


OTHERS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    ("float64", st.floats(allow_nan=False)),
    ("Float64", st.floats(allow_nan=False)),
    ("float32", st.floats(width=32, allow_nan=False)),
    ("float[pyarrow]", st.floats(width=32, allow_nan=False)),
    ("bool", st.booleans()),
    ("boolean", st.booleans()),
    ("bool[pyarrow]", st.booleans()),
    ("str", st.text(min_size=1)),
    ("string", st.text(min_size=1)),
    ("large_string[pyarrow]", st.text(st.characters(exclude_categories=["Cs"]), min_size=1)),
    (pd.ArrowDtype(pa.decimal128(12, 3)), st.decimals(-(10**8), 10**8, places=3)),
    (pd.ArrowDtype(pa.decimal256(50, 0)), st.decimals(-(10**40), 10**40, places=0)),
    (pd.ArrowDtype(pa.date32()), DAYS),
    (pd.ArrowDtype(pa.time64("us")), st.times()),
    (pd.ArrowDtype(pa.time32("s")), st.times().map(lambda time: time.replace(microsecond=0))),
    (pd.ArrowDtype(pa.timestamp("us")), MOMENTS),
    (pd.ArrowDtype(pa.timestamp("us", tz="Asia/Tokyo")), MOMENTS.map(lambda at: at.replace(tzinfo=datetime.UTC))),
    (pd.ArrowDtype(pa.duration("ms")), st.integers(-(10**12), 10**12).map(lambda ms: datetime.timedelta(0, 0, 0, ms))),
    ("datetime64[us]", MOMENTS),
    ("datetime64[us, Europe/Rome]", MOMENTS.map(lambda at: at.replace(tzinfo=datetime.UTC))),
    ("timedelta64[us]", st.integers(-(10**15), 10**15).map(lambda us: datetime.timedelta(0, 0, us))),
]


@given(st.data())
def test_cells_of_every_type_come_back_as_they_were(data: st.DataObject) -> None:
    dtype, values = data.draw(integers() | st.sampled_from(OTHERS))
    missing = not (isinstance(dtype, str) and dtype[0] in "biu" and dtype not in ("boolean",) and "[" not in dtype)
    cells = data.draw(st.lists(values | st.none() if missing else values, min_size=1, max_size=8))
    before = pd.Series(cells, dtype=object).astype(pd.api.types.pandas_dtype(dtype))
    column = read_column(before)
    after = typed([column.texts[place] for place in column.inverse], column.dtype)
    pd.testing.assert_series_equal(after, before)


@pytest.mark.parametrize(
    "cells",
    [
        [datetime.date(2020, 2, 29), None],
        [datetime.time(9, 30), datetime.time(9, 30, 0, 5), None],
        [decimal.Decimal("2.50"), None, decimal.Decimal("-1")],
        [2**70, None, -1],
        [True, None, False],
        [0.1, None, 1e300],
        [datetime.datetime(1066, 10, 14, 9), datetime.datetime(9999, 1, 1, 0, 0, 0, 500), None],
        [datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=hours))) for hours in (0, 5)],
        [datetime.timedelta(days=-2, microseconds=1), None, datetime.timedelta(hours=30)],
    ],
)
def test_objects_of_python_come_back_as_they_were(cells: list[object]) -> None:
    before = pd.Series(cells, dtype=object)
    column = read_column(before)
    after = typed([column.texts[place] for place in column.inverse], column.dtype)
    assert after.tolist() == cells
    assert [type(cell) for cell in after] == [type(cell) for cell in cells]


@pytest.mark.parametrize(
    "before",
    [
        pd.Series(pd.period_range("2000-01", periods=3, freq="M")),
        pd.Series([pd.Period("2000Q2", "Q-NOV"), pd.NaT]),
        pd.Series(pd.period_range("2000-01-03", periods=2, freq="W-WED")),
        pd.Series(pd.arrays.IntervalArray.from_breaks([0, 1, 5], closed="both")),
        pd.Series(pd.arrays.IntervalArray.from_arrays([0.1, np.nan], [0.1 + 0.2, np.nan], closed="left")),
        pd.Series(pd.interval_range(pd.Timestamp("2020-01-01 05:00"), periods=2)),
        pd.cut(pd.Series([1, 5, 9, None]), [0, 2.5, 6, 10]),
        pd.qcut(pd.Series(range(9)), 3),
    ],
)
def test_periods_and_intervals_come_back_as_they_were(before: "pd.Series[Any]") -> None:
    column = read_column(before)
    after = typed([column.texts[place] for place in column.inverse], column.dtype)
    pd.testing.assert_series_equal(after, before)


@pytest.mark.parametrize("ordered", [True, False])
def test_categories_keep_their_order_and_those_that_no_cell_has(ordered: bool) -> None:
    of_pandas = pd.Series(pd.Categorical(["b", None], categories=["c", "b", "a"], ordered=ordered))
    indices = pa.array([1, None], pa.int16())
    array = pa.DictionaryArray.from_arrays(indices, pa.array([7, 9]), ordered=ordered)
    of_arrow = pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([array])))
    numbers = pd.Series(pd.Categorical([2.5, None], categories=[1.0, 2.5], ordered=ordered))
    for before in (of_pandas, of_arrow, numbers):
        column = read_column(before)
        after = typed([column.texts[place] for place in column.inverse], column.dtype)
        assert after.dtype == before.dtype
        assert after.equals(before)


@pytest.mark.parametrize(
    ("texts", "name", "cells"),
    [
        (["300", "-300", "2.6"], "int8", [127, -128, 3]),
        (["-1", "1e3"], "uint8", [0, 255]),
        (["True", "no"], "int64", [1, 0]),
        (["1", "False"], "bool", [True, False]),
        (["1e300"], "float32", [float(np.finfo(np.float32).max)]),
        (["123456", "0.004"], "decimal128(4, 2)[pyarrow]", [decimal.Decimal("99.99"), decimal.Decimal("0.00")]),
        (["2020-02-03 00:00:00"], "date32[day][pyarrow]", [datetime.date(2020, 2, 3)]),
        (["2020-02-03 10:00:00+00:00"], "timestamp[s][pyarrow]", [pd.Timestamp("2020-02-03 10:00:00")]),
        (["x"], "of no program", ["x"]),
        (["x"], "decimal128(900, 2)[pyarrow]", ["x"]),
    ],
)
def test_what_a_type_cannot_hold_becomes_the_nearest_that_it_can(
    texts: list[str], name: str, cells: list[object]
) -> None:
    assert typed(texts, name).tolist() == cells


@pytest.mark.parametrize(("name", "text"), [("int64", "x"), ("bool", "2"), ("date", "x"), ("float64", "x")])
def test_a_text_that_is_no_cell_of_a_type_is_an_error(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        typed([text], name)
    with pytest.raises(ValueError, match="z"):
        typed(["z"], Categories("str", ("a",), ordered=False))


def test_types_in_run_folders_of_before_are_still_known() -> None:
    assert [family(name) for name in ("text", "integer", "number", "boolean", "date")] == [
        "text", "integer", "number", "boolean", "date",
    ]  # fmt: skip
    assert (typed(["3"], "integer").dtype, typed(["3", ""], "integer").dtype) == (np.dtype("int64"), pd.Int64Dtype())
    assert typed(["3"], "number").dtype == np.dtype("float64")
