"""A column of a table, boiled down to its distinct texts.

Knows: how a cell of any pandas type is spelled, and nothing of kinds. Everything that is inferred, encoded or
checked about a column looks at its distinct texts only, so a million cells of five labels cost five look-ups.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MISSING = ""
"""The text of an empty cell."""


@dataclass(frozen=True)
class Column:
    """The cells of one column as distinct texts.

    Attributes:
        name: the user's label of the column.
        texts: (U,) distinct texts in order of appearance; an empty cell is the text "".
        inverse: (N,) for every row the index of its text.
        counts: (U,) how many rows have each text.
        dtype: what the cells were before they became text: "text", "integer", "number" or "boolean".
    """

    name: str
    texts: tuple[str, ...]
    inverse: NDArray[np.int64]
    counts: NDArray[np.int64]
    dtype: str

    @property
    def rows(self) -> int:
        """N, the number of rows."""
        return len(self.inverse)

    @cached_property
    def counted(self) -> dict[str, int]:
        """How many rows have each text, empty cells left out."""
        return {text: int(n) for text, n in zip(self.texts, self.counts, strict=True) if text != MISSING}

    @property
    def missing(self) -> int:
        """How many cells are empty."""
        return self.rows - sum(self.counted.values())

    def first_row(self, text: str) -> int:
        """Returns the first row (from 0) that has this text."""
        return int(np.argmax(self.inverse == self.texts.index(text)))


def read_column(series: "pd.Series[Any]") -> Column:
    """Boils a pandas Series of any type down to its distinct texts.

    >>> column = read_column(pd.Series(["b", "a", None, "b"], name="x"))
    >>> column.texts, column.inverse.tolist(), column.missing
    (('b', 'a', ''), [0, 1, 2, 0], 1)
    >>> read_column(pd.Series([1.0, 2.5, float("nan")])).texts
    ('1', '2.5', '')
    """
    codes, values = pd.factorize(series, use_na_sentinel=False)
    if str(values.dtype).lower() == "float32":
        # As Python floats, which is what comes of pandas' own, 0.1 of single precision would be 0.10000000149011612.
        spelled = [_spell(value) for value in values.to_numpy(dtype="float32", na_value=np.nan)]
    else:
        spelled = [_spell(value) for value in values]
    texts = tuple(dict.fromkeys(spelled))
    if len(texts) < len(spelled):  # None and "", or 1 and 1.0, are one text
        place = {text: index for index, text in enumerate(texts)}
        codes = np.array([place[text] for text in spelled], dtype=np.int64)[codes]
    return Column(
        name=str(series.name),
        texts=texts,
        inverse=codes.astype(np.int64),
        counts=np.bincount(codes, minlength=len(texts)),
        dtype=_type_name(series.dtype),
    )


def _spell(value: object) -> str:
    """Returns the text of one cell: a string as it is, a number in its shortest form, a missing value as ""."""
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value is pd.NaT:
        return MISSING
    if isinstance(value, float | np.floating):
        number = float(value)
        if math.isnan(number):
            return MISSING
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else str(value)
    return str(value)


def _type_name(dtype: object) -> str:
    if pd.api.types.is_bool_dtype(dtype):  # type: ignore[arg-type]
        return "boolean"
    if pd.api.types.is_integer_dtype(dtype):  # type: ignore[arg-type]
        return "integer"
    return "number" if pd.api.types.is_float_dtype(dtype) else "text"  # type: ignore[arg-type]
