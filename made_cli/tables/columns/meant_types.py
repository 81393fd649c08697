"""The types that the cells of a text mean, for files that have types.

Knows: what a modelled column is written as follows from its kind, so that every table of a run has the same types, and
that no known cell may change: where a cell does not fit, the column stays text. Other columns go by their texts alone.
"""

from collections.abc import Collection, Iterator, Sequence, Set
from typing import Any

import pandas as pd

from made_cli.tables.columns.kinds import Kind, Numeric
from made_cli.tables.columns.label_times import label_times
from made_cli.tables.columns.schema import Schema
from made_cli.tables.text.cells import MISSING, TEXT
from made_cli.tables.text.column import read_column, type_of
from made_cli.tables.text.moments import moment
from made_cli.tables.text.numbers import exact, parse
from made_cli.tables.text.patterns import Pattern, pattern
from made_cli.tables.text.timestamp_reading import read_timestamps
from made_cli.tables.text.timestamps import TimeFormat
from made_cli.tables.text.typed_columns import TypedColumn, TypedTable, typed_column

STRING = "string[pyarrow]"
"""The type of texts that mean nothing else."""
_INTEGERS = (("int64[pyarrow]", 2**63), ("decimal128(38, 0)[pyarrow]", 10**38))
"""Types of integers, and what those that fit are smaller than."""
_DAY = 24 * 60 * 60


def with_meant_types(table: TypedTable, schema: Schema) -> TypedTable:
    """Gives the columns of text of a table the types that their cells mean; all others keep theirs.

    Args:
        table: rows that a run has drawn or filled.
        schema: of the run.

    >>> from made_cli.tables.text.typed_columns import columns_of
    >>> table = columns_of(pd.DataFrame({"n": ["1", ""], "x": ["a", "1"]}, dtype=object))
    >>> [str(column.cells.dtype) for column in with_meant_types(table, Schema((), (), 2)).values()]
    ['int64[pyarrow]', 'string[pyarrow]']
    """
    kinds = {kind.name: kind for kind in schema.kinds}
    return {
        name: with_meant_type(column.cells, kinds.get(name))[1].within(column.places)
        if type_of(column.cells) == TEXT
        else column
        for name, column in table.items()
    }


def plain_texts(kind: Kind, texts: Sequence[str]) -> list[str]:
    """Returns the texts of cells as columns of any type read them: plain numbers, timestamps as ISO 8601 writes them.

    Args:
        kind: how the texts are written.
        texts: of known or drawn cells.
    """
    form = _pattern(kind)
    return [MISSING if kind.is_empty(text) else _plain(kind, form, text) for text in texts]


def with_meant_type(
    column: "pd.Series[Any]", kind: Kind | None, decided: str | None = None, *, room: int = 1
) -> tuple[str, TypedColumn]:
    """Gives a column of text the type that its cells mean.

    Args:
        column: of text.
        kind: of the column; None where the run does not know it.
        decided: the only type that it may have, beside text; None for any.
        room: an integer type is to hold so many times the numbers that there are.

    Returns:
        The name of the type, and the column.
    """
    read = read_column(column)
    gaps = {text for text in read.texts if text == MISSING or (kind is not None and kind.is_empty(text))}
    plain = {text: _plain(kind, None, text) for text in read.texts if text not in gaps}
    for name, form in _meant(kind, list(plain.values()), 1 if decided else room):
        if decided not in (None, name) and name != STRING:
            continue
        try:
            cells = plain if form is None else {text: _plain(kind, form, text) for text in plain}
            cells = dict(zip(plain, plain, strict=True)) if name == STRING else cells
            return name, typed_column([cells.get(text, MISSING) for text in read.texts], name).within(read.inverse)
        except (ValueError, OverflowError):  # a cell of another kind than all in training, or a time too far off
            continue
    raise AssertionError


def _meant(kind: Kind | None, present: Sequence[str], room: int) -> Iterator[tuple[str, Pattern | None]]:
    """Yields the types that cells may have, the likelier first, each with the pattern of its timestamps."""
    form = _pattern(kind) if kind else None
    if form is not None:
        yield from _time_types(form)
    elif isinstance(kind, Numeric):
        yield from _number_types(present if kind.resolution % 1 == 0 else ["0.5"], room)
    else:
        # Of labels all that training had, for a table may have a few of them only.
        labels = [_plain(kind, None, label) for label in (*kind.labels, *kind.rare)] if kind else []
        yield from _types_by({*present, *labels}, times=kind is None)
    yield STRING, None


def _types_by(texts: Set[str], *, times: bool) -> Iterator[tuple[str, Pattern | None]]:
    """Yields the types of texts that say by themselves what they are, times if these are wanted."""
    reading = read_timestamps(texts) if times else None
    if texts and all(text.lower() in ("true", "false") for text in texts):
        yield "bool[pyarrow]", None
    elif texts and all(parse(text) is not None for text in texts):
        yield from _number_types(texts)
    elif reading and not reading.unparsed:
        yield from _time_types(pattern(reading.pattern))


def _number_types(texts: Collection[str], room: int = 1) -> Iterator[tuple[str, None]]:
    """Yields the types of numbers: of integers one that holds each of them exactly, with room, if there is any."""
    numbers = [exact(text) for text in texts]
    if all(number is not None and number.denominator == 1 for number in numbers):
        most = max((abs(number) for number in numbers if number is not None), default=0)
        yield from ((name, None) for name, limit in _INTEGERS if most * room < limit)
    yield "double[pyarrow]", None


def _time_types(form: Pattern) -> Iterator[tuple[str, Pattern]]:
    """Yields the type of timestamps; there is none for months."""
    if form.ticks == 1:
        yield "date32[day][pyarrow]", form
    elif form.ticks and not form.dated:
        yield "time64[us][pyarrow]", form
    elif form.ticks:
        unit = "us" if form.ticks <= _DAY * 10**6 else "ns"
        yield f"timestamp[{unit}{', tz=UTC' if form.zone else ''}][pyarrow]", form


def _pattern(kind: Kind) -> Pattern | None:
    """Returns how the timestamps of a column are written; None for a column of anything else."""
    if isinstance(kind, Numeric):
        return pattern(kind.format.pattern) if isinstance(kind.format, TimeFormat) else None
    return label_times((*kind.labels, *kind.rare)).form


def _plain(kind: Kind | None, form: Pattern | None, text: str) -> str:
    """Returns a text as columns of any type read it, given the pattern of timestamps.

    Raises:
        ValueError: it is no timestamp.
        OverflowError: its year in UTC is not between 1 and 9999.
    """
    if form is not None and form.ticks:
        found = moment(text, form)
        if found is None:
            raise ValueError(text)
        return found.iso
    format_of = kind.format if isinstance(kind, Numeric) else kind
    return text if format_of is None or isinstance(format_of, TimeFormat) else format_of.notation.plain(text) or text
