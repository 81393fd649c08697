"""The types that tables of text are given in files that have types."""

import datetime
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.meant_types import plain_texts, with_meant_types
from made_cli.tables.columns.schema import Schema
from made_cli.tables.text.typed_columns import columns_of
from tests.tables.small import table

NOTHING = Schema(kinds=(), left_out=(), rows=0)
DAYS = [datetime.date(2021, 1, 1) + datetime.timedelta(place * 3) for place in range(90)]


def meant(cells: Sequence[str], trained: Sequence[str] | None = None) -> "pd.Series[Any]":
    """The column after a run whose training had these cells, or that knows nothing of it."""
    frame = pd.DataFrame({"x": pd.Series(cells, dtype=object)})
    schema = NOTHING if trained is None else schema_of(infer(table(x=list(trained))), "t.csv")
    return with_meant_types(columns_of(frame), schema)["x"].rows()


@pytest.mark.parametrize(
    ("cells", "name", "values"),
    [
        (["9007199254740993", "-4", ""], "int64", [2**53 + 1, -4, None]),
        (["9223372036854775808", "1"], "decimal128(38, 0)", [2**63, 1]),
        (["1.5", "2", ""], "double", [1.5, 2.0, None]),
        (["true", "FALSE", ""], "bool", [True, False, None]),
        (["yes", "no"], "string", ["yes", "no"]),
        (["0012", "12"], "string", ["0012", "12"]),
        (["3 Feb 2021", ""], "date32[day]", [datetime.date(2021, 2, 3), None]),
        (["2021-02-03 10:00+02:00"], "timestamp[us, tz=UTC]", [pd.Timestamp("2021-02-03 08:00", tz="UTC")]),
        (["1970-01-02 10:00:00.000000001"], "timestamp[ns]", [pd.Timestamp("1970-01-02 10:00:00.000000001")]),
        (["9:30 PM"], "time64[us]", [datetime.time(21, 30)]),
        (["2021-02"], "string", ["2021-02"]),
        (["", ""], "string", [None, None]),
        (["a", "1"], "string", ["a", "1"]),
    ],
)
def test_a_column_that_no_run_knows_goes_by_its_texts(cells: list[str], name: str, values: list[object]) -> None:
    found = meant(cells)
    assert str(found.dtype) == f"{name}[pyarrow]"
    assert found.astype(object).where(found.notna(), None).tolist() == values


def test_a_column_of_a_run_has_one_type_whatever_cells_a_table_has() -> None:
    numbers, halves = [str(n * n) for n in range(60)], [str(n / 2) for n in range(60)]
    assert str(meant(["4", ""], numbers).dtype) == "int64[pyarrow]"
    assert str(meant(["4", "NA"], halves).dtype) == "double[pyarrow]"
    assert str(meant(["1", "2"], ["1", "2", "x"] * 20).dtype) == "string[pyarrow]"
    assert str(meant(["1", "2"], ["1", "2", "3"] * 20).dtype) == "int64[pyarrow]"
    assert meant(["31.12.2021"], [f"{day:%d.%m.%Y}" for day in DAYS]).tolist() == [datetime.date(2021, 12, 31)]


def test_no_known_cell_changes_for_a_type() -> None:
    numbers = [str(n * n) for n in range(60)]
    assert meant(["2.5", "3"], numbers).tolist() == [2.5, 3.0]
    assert meant(["x", "1"], ["1", "2", "3"] * 20).tolist() == ["x", "1"]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integers_are_exact(cells: list[int]) -> None:
    assert meant([str(cell) for cell in cells]).tolist() == cells


@given(st.lists(st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1)), min_size=1))
def test_times_are_exact(cells: list[datetime.datetime]) -> None:
    found = meant([f"{cell:%Y-%m-%d %H:%M:%S.%f}" for cell in cells])
    assert found.tolist() == cells


def test_timestamps_are_read_by_typed_columns_and_numbers_are_as_they_are() -> None:
    days = schema_of(infer(table(x=[f"{day:%d.%m.%Y}" for day in DAYS])), "t.csv").kinds[0]
    assert plain_texts(days, ["03.02.2021", ""]) == ["2021-02-03 00:00:00", ""]
    numbers = schema_of(infer(table(x=[str(n * n) for n in range(60)])), "t.csv").kinds[0]
    assert plain_texts(numbers, ["4", ""]) == ["4", ""]
