"""The schema of a table: its columns, each with its kind, and the way from tables to codes and back.

Knows: which columns are modelled and which are left out, by name. Everything downstream sees codes, (N, D) numbers,
one a cell, in the order of `Schema.kinds`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.errors import Exit, UserError
from made_cli.tables.columns import MISSING, read_column
from made_cli.tables.files import Table
from made_cli.tables.kinds import Categorical, Kind

Codes = NDArray[np.float64] | NDArray[np.uint8]


@dataclass(frozen=True)
class LeftOut:
    """A column that is not modelled, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Schema:
    """The columns of a table.

    Attributes:
        kinds: (D,) the kind of each modelled column, in the table's order.
        left_out: the columns that are not modelled.
        rows: rows of the table that the schema was inferred from.
    """

    kinds: tuple[Kind, ...]
    left_out: tuple[LeftOut, ...]
    rows: int

    @property
    def names(self) -> tuple[str, ...]:
        """(D,) the names of the modelled columns."""
        return tuple(kind.name for kind in self.kinds)

    @property
    def compact(self) -> bool:
        """Whether every code fits a byte."""
        return all(isinstance(kind, Categorical) and kind.seen + len(kind.unseen) < 256 for kind in self.kinds)

    def encode(self, table: Table) -> Codes:
        """Turns a table into codes.

        Args:
            table: has all modelled columns, in any order; others are ignored.

        Returns:
            (N, D), uint8 where every code fits a byte, else float64.

        Raises:
            UserError: a column is missing, or a cell of a numeric column is no number.
        """
        missing = [name for name in self.names if name not in table.frame.columns]
        if missing:
            raise UserError(
                f"{table.source}: no column {', '.join(map(repr, missing[:5]))}{' …' * (len(missing) > 5)}"
                f" ({len(missing)} of the {len(self.kinds)} that the model knows are missing)",
                hint="The model scores tables with the columns it was trained on; `made info RUN` lists them.",
                code=Exit.SCHEMA_MISMATCH,
            )
        codes = np.empty((len(table.frame), len(self.kinds)), dtype=np.uint8 if self.compact else np.float64)
        for index, kind in enumerate(self.kinds):
            codes[:, index] = _encode(kind, table)
        return codes

    def decode(self, codes: Codes, rng: np.random.Generator) -> pd.DataFrame:
        """Turns codes (N, D) back into a table with the user's labels, formats and types.

        Args:
            codes: outcomes seen in training.
            rng: draws the label of a cell in the bucket of rare labels.
        """
        columns = {
            kind.name: _typed(kind.decode(codes[:, index].astype(np.float64), rng), kind.dtype)
            for index, kind in enumerate(self.kinds)
        }
        return pd.DataFrame(columns)


def _encode(kind: Kind, table: Table) -> NDArray[np.float64]:
    column = read_column(table.frame[kind.name])
    try:
        return kind.encode(column.texts)[column.inverse]
    except ValueError as error:
        text = str(error.args[0])
        raise UserError(
            f"{table.where(column.first_row(text))}, column {kind.name!r}: {text!r} is not a number",
            hint=f"The model knows {kind.name!r} as a column of numbers; mend the cell, or leave it empty.",
            code=Exit.SCHEMA_MISMATCH,
        ) from None


def _typed(texts: list[str], dtype: str) -> "pd.Series[Any]":
    """Gives texts the type that the column had when it was read; empty cells are missing values there."""
    series: pd.Series[Any] = pd.Series(texts, dtype=object)
    present: pd.Series[Any] = series.where(series != MISSING, None)
    if dtype == "text":
        return present
    if dtype == "boolean":
        present = present.map({"True": True, "False": False, None: None})
        return present.astype("boolean" if present.isna().any() else "bool")
    numbers = pd.to_numeric(present)
    if dtype == "integer" and (numbers.dropna() % 1 == 0).all():
        return numbers.astype("Int64" if numbers.isna().any() else "int64")
    return numbers.astype("float64")
