"""The cells of a column as codes.

Knows: that a cell of a type means what it is, however the kind writes it; and how a cell is named that has no code.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from made_cli.config import Missing
from made_cli.errors import Exit, UserError
from made_cli.tables.columns.kinds import Kind, Numeric
from made_cli.tables.files.table import Table
from made_cli.tables.text.cell_types import family
from made_cli.tables.text.column import Column
from made_cli.tables.text.distinct import Texts, among, each, in_bulk, marked
from made_cli.tables.text.numbers import NumberFormat
from made_cli.tables.text.typed_columns import TypedColumn, typed_column


def texts_of(kind: Kind, column: Column) -> pa.Array:
    """Returns (U,) the distinct texts of a column as its kind writes them: a cell of a type means what it is."""
    written_so = isinstance(kind, Numeric) and isinstance(kind.format, NumberFormat) and kind.format.notation.is_plain
    return column.distinct if family(column.dtype) == "text" or written_so else in_bulk(map(kind.literal, column.texts))


def codes_of(kind: Kind, column: Column) -> NDArray[np.float64]:
    """Returns (U,) the code of each distinct text of a column.

    Raises:
        ValueError: with the first text that the kind does not know, as its argument.
    """
    return kind.encode(Texts(texts_of(kind, column)))


def empty_texts(kind: Kind, column: Column) -> NDArray[np.bool_]:
    """Says (U,) which distinct texts of a column mean an empty cell; a mark for that does, too."""
    return column.is_missing if kind.marks is None else marked(column.distinct, kind.marks)


def encoded(kind: Kind, column: Column, table: Table, refused: Missing | None) -> NDArray[np.float64]:
    """Returns (N,) the codes of a column; see `distinct_codes`."""
    return np.asarray(distinct_codes(kind, column, table, refused)[column.inverse])


def distinct_codes(kind: Kind, column: Column, table: Table, refused: Missing | None) -> NDArray[np.float64]:
    """Encodes (U,) the distinct texts of a column of a table.

    Args:
        kind: of the column.
        column: of the table.
        table: names the place of a cell that is refused.
        refused: which of the texts never seen are errors: all, all but empty cells, or None.

    Raises:
        UserError: a cell is such a text, or none of a column of numbers.
    """
    written = texts_of(kind, column)
    if refused is not None:
        unseen = kind.never_seen(each(written))
        if unseen := [text for text in unseen if refused == "outcome" or not kind.is_empty(text)]:
            what = "an empty cell" if kind.is_empty(unseen[0]) else repr(unseen[0])
            raise UserError(
                f"{_place(kind, column, table, written, unseen[0])}: {what}, of which training had none",
                hint="Mend the cell; `made score --unseen other` gives what was never seen a small fixed probability.",
                code=Exit.SCHEMA_MISMATCH,
            )
    try:
        return kind.encode(Texts(written))
    except ValueError as error:
        text = str(error.args[0])
        raise UserError(
            f"{_place(kind, column, table, written, text)}: {text!r} is not a {kind.noun}",
            hint=f"The model knows {kind.name!r} as a column of such cells; mend the cell, or leave it empty.",
            code=Exit.SCHEMA_MISMATCH,
        ) from None


def never_seen(kind: Kind, column: Column) -> int:
    """Returns how many cells of a column are not empty, and of a text that training had none of."""
    written = texts_of(kind, column)
    unseen = [text for text in kind.never_seen(each(written)) if not kind.is_empty(text)]
    return int(column.counts[among(written, unseen)].sum())


def decoded(kind: Kind, codes: NDArray[np.generic], rng: np.random.Generator) -> TypedColumn:
    """Decodes a column: each distinct code once, and each cell of an outcome whose text is drawn."""
    drawn = codes == kind.bucket
    distinct, found = np.unique(codes[~drawn], return_inverse=True)
    texts = kind.decode(distinct.astype(np.float64), rng)
    places = np.empty(len(codes), dtype=np.min_scalar_type(len(texts) + int(drawn.sum())))
    places[~drawn], places[drawn] = found, np.arange(len(texts), len(texts) + int(drawn.sum()))
    return typed_column([*texts, *kind.decode(codes[drawn].astype(np.float64), rng)], kind.dtype).within(places)


def _place(kind: Kind, column: Column, table: Table, written: pa.Array, text: str) -> str:
    """Names the first cell that its kind writes so."""
    place = pc.index(written, pa.scalar(text, written.type)).as_py()
    return f"{table.where(int((column.inverse == place).argmax()))}, column {kind.name!r}"
