"""The types that texts mean, where a table comes a block of rows at a time.

Knows: the first block and the schema decide, since what is written stays written; what the run does not know of stays
text, for rows to come may hold anything.
"""

from typing import Any

import pandas as pd

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.meant_types import STRING, with_meant_type
from made_cli.tables.columns.schema import Schema
from made_cli.tables.text.cell_types import ARROW
from made_cli.tables.text.cells import TEXT
from made_cli.tables.text.column import type_of
from made_cli.tables.text.typed_columns import TypedColumn, TypedTable

_ROOM = 2
"""How many times the numbers of the first block an integer type is to hold."""


class BlockTypes:
    """Types of the columns of text, decided once.

    Args:
        schema: of the run that has drawn or filled the rows.
        target: the file they are written to. One of Parquet has one type a column; in another, what is of no such type
            is text.

    >>> from made_cli.tables.text.typed_columns import columns_of
    >>> table = columns_of(pd.DataFrame({"n": ["1", ""]}, dtype=object))
    >>> str(BlockTypes(Schema((), (), 2), "a.jsonl").of(table)["n"].cells.dtype)
    'string[pyarrow]'
    """

    def __init__(self, schema: Schema, target: str) -> None:
        self._kinds, self._target = {kind.name: kind for kind in schema.kinds}, target
        self._decided = dict[str, str]()

    def of(self, table: TypedTable) -> TypedTable:
        """Gives the columns of text of a block the types of those before; all others keep theirs.

        Raises:
            UserError: a cell is of another type, in a file that has one a column.
        """
        return {
            name: self._column(name, column.cells).within(column.places) if type_of(column.cells) == TEXT else column
            for name, column in table.items()
        }

    def _column(self, name: str, cells: "pd.Series[Any]") -> TypedColumn:
        kind = self._kinds.get(name)
        found, column = with_meant_type(cells, kind, self._decided.get(name, None if kind else STRING), room=_ROOM)
        decided = self._decided.setdefault(name, found)
        if found != decided and self._target.lower().endswith(".parquet"):
            raise UserError(
                f"cannot write {self._target}: column {name!r} has a cell that is no {decided.removesuffix(ARROW)},"
                " as those before are",
                hint="Write .csv instead.",
                code=Exit.OUTPUT,
            )
        return column
