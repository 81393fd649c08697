"""Evidence: cells that a person knows, given which the rest of their rows is drawn or asked about.

Knows: known cells come as NAME=VALUE or as a table of known columns, the same columns in every row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.encoding import distinct_codes, empty_texts, texts_of
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.names import column_of, some_of
from made_cli.tables.columns.schema import Schema
from made_cli.tables.files.table import Table
from made_cli.tables.text.typed_columns import TypedColumn, TypedTable, typed_column


@dataclass(frozen=True, eq=False)
class KnownColumn:
    """The known cells of a column, each distinct one held once.

    Attributes:
        name: of the column.
        codes: (U,) of the distinct cells.
        cells: (U,) as they are written: exactly what was given, in the type of the column.
        places: (N,) for every row the index of its cell.
    """

    name: str
    codes: NDArray[np.float64]
    cells: TypedColumn
    places: NDArray[np.unsignedinteger]


@dataclass(frozen=True, eq=False)
class Evidence:
    """Known columns of rows.

    Attributes:
        columns: (C,) their indices, in the order in which they are named.
        known: (C,) their cells.
        width: D, of how many columns the codes are.
        times: how often each row of the cells comes, one after the other.
    """

    columns: tuple[int, ...]
    known: tuple[KnownColumn, ...]
    width: int
    times: int = 1

    @property
    def rows(self) -> int:
        """N, how many rows there are."""
        return len(self.known[0].places) * self.times

    @property
    def codes(self) -> NDArray[np.float64]:
        """(N, D); only the known columns count."""
        codes = np.zeros((self.rows, self.width))
        for index, column in zip(self.columns, self.known, strict=True):
            codes[:, index] = column.codes[column.places].repeat(self.times)
        return codes

    @property
    def cells(self) -> TypedTable:
        """(N) the known columns as they are written."""
        return {column.name: column.cells.within(column.places.repeat(self.times)) for column in self.known}

    def repeated(self, times: int) -> "Evidence":
        """Returns each row several times."""
        return replace(self, times=self.times * times)

    def part(self, rows: slice) -> "Evidence":
        """Returns some rows."""
        of = np.arange(rows.start, rows.stop) // self.times
        known = tuple(replace(column, places=column.places[of]) for column in self.known)
        return replace(self, known=known, times=1)

    def written_into(self, table: TypedTable) -> TypedTable:
        """Puts what was given in the place of what its codes spell: rare labels, or far-off numbers, share a code."""
        return {**table, **self.cells}


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
    only = np.zeros(1, dtype=np.uint8)
    known = [
        _known(schema.kinds[index], np.array([code]), [cells[index]], only)
        for index, code in _codes(schema, cells).items()
    ]
    return Evidence(tuple(cells), tuple(known), len(schema.kinds))


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
    known = {index: _known_of_table(schema.kinds[index], table) for index in sorted(columns)}
    if schema.missing == "marginal":
        _refuse_unknown([schema.kinds[index] for index in known], table)
    return Evidence(columns, tuple(known[index] for index in columns), len(schema.kinds))


def _known_of_table(kind: Kind, table: Table) -> KnownColumn:
    column = table.column(kind.name)
    return _known(
        kind, distinct_codes(kind, column, table, "outcome"), texts_of(kind, column).to_pylist(), column.inverse
    )


def _refuse_unknown(kinds: Sequence[Kind], table: Table) -> None:
    """Refuses a table that gives a cell which is empty.

    Raises:
        UserError: there is one.
    """
    gaps = list[tuple[int, str]]()
    for kind in kinds:
        column = table.column(kind.name)
        empty = empty_texts(kind, column)[column.inverse]
        gaps += [(int(empty.argmax()), kind.name)] if empty.any() else []
    if gaps:
        row, name = min(gaps, key=itemgetter(0))
        raise UserError(
            f"{table.where(row)}, column {name!r}: the cell is empty, and empty cells are unknown",
            hint="Fill it, or use `made impute` where each row lacks other cells.",
            code=Exit.SCHEMA_MISMATCH,
        )


def _codes(schema: Schema, cells: Mapping[int, str]) -> dict[int, float]:
    return {index: schema.kinds[index].code(text) for index, text in cells.items()}


def _known(
    kind: Kind, codes: NDArray[np.float64], texts: Sequence[str], places: NDArray[np.unsignedinteger]
) -> KnownColumn:
    cells = typed_column([kind.as_written(text) for text in texts], kind.dtype)
    return KnownColumn(kind.name, codes, cells, places)
