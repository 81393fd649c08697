"""Evidence: cells that a person knows, given which the rest of their rows is drawn or asked about.

Knows: known cells come as NAME=VALUE or as a table of known columns, the same columns in every row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.encoding import texts_of
from made_cli.tables.columns.names import column_of, some_of
from made_cli.tables.columns.schema import Schema
from made_cli.tables.files.table import Table
from made_cli.tables.text.from_texts import typed
from made_cli.tables.text.typed_columns import TypedTable, columns_of


@dataclass(frozen=True)
class Evidence:
    """Known columns of N rows.

    Attributes:
        columns: their indices, in the order in which they are named.
        codes: (N, D); only the known columns count.
        cells: (N) the known columns as they are written: exactly what was given, in the type of the column.
    """

    columns: tuple[int, ...]
    codes: NDArray[np.float64]
    cells: pd.DataFrame

    def repeated(self, times: int) -> "Evidence":
        """Returns each row several times."""
        places = np.repeat(np.arange(len(self.codes)), times)
        return Evidence(self.columns, self.codes[places], self.cells.iloc[places].reset_index(drop=True))

    def part(self, rows: slice) -> "Evidence":
        """Returns some rows."""
        return Evidence(self.columns, self.codes[rows], self.cells.iloc[rows].reset_index(drop=True))

    def written_into(self, table: TypedTable) -> TypedTable:
        """Puts what was given in the place of what its codes spell: rare labels, or far-off numbers, share a code."""
        return {**table, **columns_of(self.cells)}


def evidence_texts(schema: Schema, texts: Sequence[str]) -> dict[int, str]:
    """Reads NAME=VALUE; both may hold "=", and the longest name that the run knows is taken.

    Raises:
        UserError: there is no such column, or it is given twice.
    """
    found: dict[int, str] = {}
    for text in texts:
        places = [place for place, letter in enumerate(text) if letter == "="]
        if not places:
            raise UserError(
                f"--given {text!r}: there is no =",
                hint="Write --given NAME=VALUE; names alone are for `made score`, whose rows have the values.",
                code=Exit.USAGE,
            )
        place = next((p for p in reversed(places) if text[:p] in schema.names), places[0])
        index = column_of(schema, text[:place])
        if index in found:
            raise UserError(f"--given: {text[:place]!r} is given twice", hint="Leave one out.", code=Exit.USAGE)
        found[index] = text[place + 1 :]
    return found


def evidence_codes(schema: Schema, texts: Sequence[str]) -> dict[int, float]:
    """Reads NAME=VALUE into the code of each known column.

    Raises:
        UserError: there is no such column, or training had nothing of the kind in it.
    """
    return _codes(schema, evidence_texts(schema, texts))


def evidence_from_texts(schema: Schema, texts: Sequence[str]) -> Evidence:
    """Reads NAME=VALUE into the known columns of a single row.

    Raises:
        UserError: as `evidence_codes`.
    """
    cells = evidence_texts(schema, texts)
    codes = _codes(schema, cells)
    row = np.array([[codes.get(index, 0.0) for index in range(len(schema.kinds))]])
    return Evidence(tuple(codes), row, _as_typed(schema, {index: [text] for index, text in cells.items()}, rows=1))


def evidence_from_table(schema: Schema, table: Table) -> Evidence:
    """Takes all columns of a table that the run knows.

    Raises:
        UserError: there is none or no row, or a cell that training had nothing like.
    """
    columns = tuple(schema.names.index(name) for name in table.names if name in schema.names)
    if not columns or not table.rows:
        what = "no rows" if columns else "none of its columns is one of the run's"
        hint = f"The columns of the run are {some_of(schema.names)}."
        raise UserError(f"{table.source}: {what}", hint=hint, code=Exit.SCHEMA_MISMATCH)
    codes = schema.encode(table, unseen="error", only=frozenset(columns)).astype(np.float64)
    if schema.missing == "marginal" and (empty := schema.empty(table, only=frozenset(columns))).any():
        row, column = (int(place[0]) for place in empty.nonzero())
        raise UserError(
            f"{table.where(row)}, column {schema.names[column]!r}: the cell is empty, and empty cells are unknown",
            hint="Fill it, or use `made impute` where each row lacks other cells.",
            code=Exit.SCHEMA_MISMATCH,
        )
    read = {index: table.column(schema.names[index]) for index in columns}
    written = {index: texts_of(schema.kinds[index], column).to_pylist() for index, column in read.items()}
    texts = {index: [written[index][place] for place in column.inverse] for index, column in read.items()}
    return Evidence(columns, codes, _as_typed(schema, texts, rows=len(codes)))


def _codes(schema: Schema, cells: Mapping[int, str]) -> dict[int, float]:
    return {index: schema.kinds[index].code(text) for index, text in cells.items()}


def _as_typed(schema: Schema, texts: Mapping[int, list[str]], *, rows: int) -> pd.DataFrame:
    """Returns (rows) known cells in the types of their columns."""
    columns = {}
    for kind, cells in ((schema.kinds[index], cells) for index, cells in texts.items()):
        written = {text: kind.as_written(text) for text in dict.fromkeys(cells)}
        columns[kind.name] = typed([written[text] for text in cells], kind.dtype)
    return pd.DataFrame(columns, index=pd.RangeIndex(rows))
