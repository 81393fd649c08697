"""How a cell of any type is spelled."""

import datetime
import decimal
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from made_cli.errors import UserError
from made_cli.tables.text.cells import Categories, CellType
from made_cli.tables.text.column import read_column


def series(values: list[Any], dtype: Any) -> "pd.Series[Any]":  # noqa: ANN401 (whatever pandas takes)
    made: pd.Series[Any] = pd.Series(values, dtype=dtype, name="x")
    return made


@pytest.mark.parametrize(
    ("values", "dtype", "texts", "name"),
    [
        ([3, 1, 3], "int64", ["3", "1", "3"], "int64"),
        ([2**63 - 1, 5], "int64", ["9223372036854775807", "5"], "int64"),
        ([1.0, 2.5, np.nan], "float64", ["1", "2.5", ""], "float64"),
        ([0.1, 1 / 3, np.nan], "float32", ["0.1", "0.33333334", ""], "float32"),
        ([0.1, None], "Float32", ["0.1", ""], "Float32"),
        ([-0.0, 1e22, np.inf], "float64", ["0", "1e+22", "inf"], "float64"),
        ([True, False], "bool", ["True", "False"], "bool"),
        ([True, None], "boolean", ["True", ""], "boolean"),
        ([1, None], "Int64", ["1", ""], "Int64"),
        (["a", None, "", " a"], "str", ["a", "", "", " a"], "str"),
        (["a", None, "", "nan"], "object", ["a", "", "", "nan"], "text"),
        (["b", None, "a"], "category", ["b", "", "a"], Categories("str", ("a", "b"), ordered=False)),
        ([1, None, 2], "category", ["1", "", "2"], Categories("int64", ("1", "2"), ordered=False)),
        ([1, None, 90_000], "timedelta64[ms]", ["0.001", "", "90"], "timedelta64[ms]"),
        (
            [datetime.time(9, 30), datetime.time(9, 30, 0, 500), None],
            "object",
            ["09:30:00.000000", "09:30:00.000500", ""],
            "time",
        ),
        ([decimal.Decimal("1E+2"), None, decimal.Decimal("NaN")], "object", ["100", "", ""], "decimal"),
        ([1, None], "object", ["1", ""], "object: integer"),
        (["2020-01-31", None], "datetime64[ns]", ["2020-01-31 00:00:00", ""], "datetime64[ns]"),
        (["2020-01-31 10:00:00.5"], "datetime64[us]", ["2020-01-31 10:00:00.500"], "datetime64[us]"),
        (["0900-01-31 10:00:00.000001"], "datetime64[us]", ["0900-01-31 10:00:00.000001"], "datetime64[us]"),
        (
            ["2020-01-31 10:00+01:00"],
            "datetime64[s, Asia/Tokyo]",
            ["2020-01-31 09:00:00+00:00"],
            "datetime64[s, Asia/Tokyo]",
        ),
        ([], "datetime64[s]", [], "datetime64[s]"),
        ([datetime.date(2020, 1, 31), None], "object", ["2020-01-31", ""], "date"),
        ([decimal.Decimal("2.50"), datetime.date(2020, 1, 31), 7], "object", ["2.50", "2020-01-31", "7"], "text"),
        ([], "object", [], "text"),
    ],
)
def test_a_cell_of_any_type_is_spelled_as_a_person_would(
    values: list[object], dtype: str, texts: list[str], name: CellType
) -> None:
    column = read_column(series(values, dtype))
    assert [column.texts[index] for index in column.inverse] == texts
    assert column.dtype == name


@pytest.mark.parametrize(
    ("cells", "dtype", "kind"),
    [
        ([[1], [2]], None, "list"),
        ([{"a": 1}, None], None, "dict"),
        ([b"a", "b"], None, "bytes"),
        ([(1, 2), (3, 4)], "category", "tuple"),
        ([1 + 2j, 3j], None, "complex128"),
        ([1, 0, 0], "Sparse[int]", r"Sparse\[int64, 0\]"),
        ([b"ab", b"cd"], pd.ArrowDtype(pa.binary(2)), r"fixed_size_binary\[2\]"),
        ([Path("a"), uuid.UUID(int=5)], None, "PosixPath, UUID"),
    ],
)
def test_a_column_that_no_text_stands_for_is_refused_by_name(
    cells: list[object],
    dtype: Any,  # noqa: ANN401
    kind: str,
) -> None:
    with pytest.raises(UserError, match=f"column 'x' holds cells of type {kind}$"):
        read_column(series(cells, dtype))


def test_days_and_moments_in_one_column_keep_the_time_of_day() -> None:
    column = read_column(series([datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1, 5)], "object"))
    assert (column.texts, column.dtype) == (("2020-01-01", "2020-01-01 05:00:00"), "text")


def test_texts_are_distinct_in_order_of_appearance_with_their_counts() -> None:
    column = read_column(series(["b", "", "a", None, "b"], "object"))
    assert column.texts == ("b", "", "a")
    assert column.counts.tolist() == [2, 2, 1]
    assert column.counted == {"b": 2, "a": 1}
    assert (column.rows, column.missing) == (5, 2)
    assert (column.first_row("a"), column.first_row("")) == (2, 1)


def test_the_name_is_text() -> None:
    assert read_column(pd.Series([1], name=7)).name == "7"
