"""Columns that are held as distinct cells are the columns that they were made of."""

import numpy as np
import pandas as pd
import pytest

from made_cli.tables.text.from_texts import typed
from made_cli.tables.text.typed_columns import blocks, columns_of, frame_of, typed_column

TEXTS = ["3", "", "12", "3", "3", "12", ""]


@pytest.mark.parametrize("name", ["text", "int8", "Int16", "float32", "int64[pyarrow]", "decimal128(4, 1)[pyarrow]"])
def test_a_column_of_distinct_cells_is_the_column_that_is_made_cell_by_cell(name: str) -> None:
    column, whole = typed_column(TEXTS, name), typed(TEXTS, name)
    assert len(column) == len(TEXTS)
    assert len(column.cells) == 3
    pd.testing.assert_series_equal(column.rows(), whole)
    pd.testing.assert_series_equal(column.rows(slice(2, 5)), whole.iloc[2:5].reset_index(drop=True))


def test_few_distinct_cells_take_a_byte_each() -> None:
    places = typed_column(["a", "b"] * 50, "text").places
    assert places is not None
    assert places.dtype == np.uint8


def test_places_within_a_column_are_found_in_it() -> None:
    column = typed_column(["a", "b", "a"], "text")
    assert column.within(np.array([2, 1], dtype=np.uint8)).rows().tolist() == ["a", "b"]
    assert column.within(None) is column


def test_a_frame_comes_back_as_it_was() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    pd.testing.assert_frame_equal(frame_of(columns_of(frame)), frame)


def test_blocks_are_all_rows_in_turn_and_none_of_no_rows() -> None:
    table = columns_of(pd.DataFrame({"a": range(5), "b": range(5)}))
    assert [table["a"].rows(rows).tolist() for rows in blocks(table, 4)] == [[0, 1], [2, 3], [4]]
    assert [table["a"].rows(rows).tolist() for rows in blocks(table, 1)] == [[0], [1], [2], [3], [4]]
    assert list(blocks({}, 4)) == []
