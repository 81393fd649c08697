"""A column whose empty cells are filled, in its own type.

Knows: what was in the column stays as it was, to the bit, and so does its type wherever it can hold what is filled in.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.tables.text.cells import TEXT, Categories, CellType
from made_cli.tables.text.column import read_column, type_of
from made_cli.tables.text.from_texts import typed

_OF_NOTHING = (TEXT, "float64", "null[pyarrow]")
"""The types that a column has of which nothing is known."""


def filled(
    column: "pd.Series[Any]", holes: NDArray[np.bool_], texts: Sequence[str], otherwise: CellType | None = TEXT
) -> "pd.Series[Any]":
    """Returns a column with some of its cells filled.

    Args:
        column: of any type.
        holes: (N,) which cells.
        texts: their texts, in the order of the rows.
        otherwise: the type to take where nothing is in the column that says what it is; None where there is more of
            the column elsewhere.

    >>> ids = pd.Series([2**60 + 1, None], dtype="Int64")
    >>> filled(ids, np.array([False, True]), ["7.0"]).tolist()
    [1152921504606846977, 7]
    """
    own = type_of(column)
    if otherwise is not None and holes.all() and own in _OF_NOTHING:
        return _with_index(typed(texts, otherwise), column)
    try:
        found = typed(texts, own)
    except ValueError:
        if not isinstance(own, Categories):
            return _as_text(column, holes, texts)
        wider = replace(own, categories=(*own.categories, *sorted(set(texts) - set(own.categories))))
        column, found = _with_index(_recast(column, wider), column), typed(texts, wider)
    result = column.copy()
    result.iloc[np.flatnonzero(holes)] = found.astype(object).array if own == TEXT else found.array
    return result


def _recast(column: "pd.Series[Any]", wider: Categories) -> "pd.Series[Any]":
    read = read_column(column)
    return typed([read.texts[place] for place in read.inverse], wider)


def _as_text(column: "pd.Series[Any]", holes: NDArray[np.bool_], texts: Sequence[str]) -> "pd.Series[Any]":
    """Returns the column as text, for its type has no cell of what is filled in."""
    cells = read_column(column).cells()
    cells[holes] = texts
    return _with_index(typed(cells.tolist(), TEXT), column)


def _with_index(cells: "pd.Series[Any]", column: "pd.Series[Any]") -> "pd.Series[Any]":
    return pd.Series(cells.array, index=column.index, name=column.name)
