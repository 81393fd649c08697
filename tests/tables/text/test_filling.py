"""Columns whose empty cells are filled: nothing else changes."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_cli.tables.text.filling import filled

WIDE = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(WIDE | st.none(), min_size=1, max_size=20), st.sampled_from(["Int64", "int64[pyarrow]", "object"]))
def test_integers_that_no_float_holds_stay_as_they_are(cells: list[int | None], dtype: str) -> None:
    column = pd.Series(cells, dtype=dtype, index=[7] * len(cells), name="id")
    holes = column.isna().to_numpy()
    after = filled(column, holes, ["3"] * int(holes.sum()), "int64")
    assert after.tolist() == [3 if cell is None else cell for cell in cells]
    assert after.index.tolist() == [7] * len(cells)
    if not holes.all():
        assert after.dtype == column.dtype


@pytest.mark.parametrize(
    ("cells", "dtype", "text", "cell"),
    [
        ([0.1, None], "float32", "0.2", np.float32(0.2)),
        ([True, None], "boolean", "0", False),
        ([1, None], "Int8", "True", 1),
        ([1, None], "UInt8", "2.4", 2),
        (["a", None], "str", "b", "b"),
        (["a", None], "object", "b", "b"),
        (
            [pd.Timestamp("2020-01-01 00:00:00.000000001"), pd.NaT],
            "datetime64[ns]",
            "2021-01-01",
            pd.Timestamp(2021, 1, 1),
        ),
        ([1, None], pd.ArrowDtype(pa.decimal128(9, 2)), "2.5", 2.5),
    ],
)
def test_a_hole_is_filled_in_the_type_of_the_column(
    cells: list[Any], dtype: "pd.Int64Dtype", text: str, cell: object
) -> None:
    column = pd.Series(cells, dtype=dtype)
    after = filled(column, column.isna().to_numpy(), [text])
    assert after.dtype == column.dtype
    assert (after[0], after[1]) == (column[0], cell)


def test_a_category_that_the_column_lacks_is_added_behind_its_own() -> None:
    column = pd.Series(pd.Categorical(["b", None], categories=["b", "a"], ordered=True))
    after = filled(column, np.array([False, True]), ["c"])
    assert after.tolist() == ["b", "c"]
    assert (after.cat.categories.tolist(), after.cat.ordered) == (["b", "a", "c"], True)


def test_a_column_without_a_cell_takes_the_type_of_the_run() -> None:
    for empty in (pd.Series([None, None], dtype=object), pd.Series([np.nan, np.nan])):
        assert filled(empty, np.array([True, True]), ["1", "2"], "int16").dtype == np.dtype("int16")


def test_where_a_type_has_no_such_cell_the_column_becomes_text() -> None:
    column = pd.Series([2**60 + 1, None], dtype="Int64")
    assert filled(column, np.array([False, True]), ["x"]).tolist() == [str(2**60 + 1), "x"]
