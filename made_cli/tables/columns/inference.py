"""What kind a column is, found from its cells.

Knows: the rules by which kinds are recognised, and says for each column which one decided. A person overrides
them with `--kind` and `--drop`.
"""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np

from made_cli.config import Missing, Overrides
from made_cli.errors import Exit, UserError
from made_cli.tables.columns.categorical import categorical
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.numeric import is_marker, numeric
from made_cli.tables.columns.schema import LeftOut, Schema
from made_cli.tables.files.table import Table
from made_cli.tables.text.column import Column
from made_cli.tables.text.patterns import COMPACT
from made_cli.tables.text.timestamp_reading import Reading, read_timestamps
from made_cli.tables.text.timestamps import TimeFormat, time_format

FEW = 20
"""Numbers with at most this many distinct values are labels, where each of them recurs."""
RECURS = 5
"""How often a distinct value must recur on average for numbers to be labels."""
MOST_LABELS = 20_000
"""Labels of a column with an outcome of their own; the rarest beyond that share a bucket."""
COLLISIONS = 10
"""Integers none of which recurs are an identifier where chance would have made this many pairs of them equal."""
MOSTLY = 0.9
"""Where at least this share of the labels are numbers, the others look like typos."""
EMPTY = "every cell is empty"


@dataclass(frozen=True)
class Finding:
    """What was found out about one column.

    Attributes:
        column: its distinct texts.
        kind: its kind, None if it is left out.
        why: the rule that decided.
    """

    column: Column
    kind: Kind | None
    why: str


def infer(table: Table, overrides: Overrides | None = None, *, missing: Missing = "outcome") -> list[Finding]:
    """Finds the kind of every column.

    Args:
        table: the rows to learn from.
        overrides: the columns where the person knows better.
        missing: what an empty cell is.

    Returns:
        A finding for each column, in the table's order.

    Raises:
        UserError: there are no rows, a named column does not exist, or one declared numeric or time holds other text.
    """
    kinds, drop = (overrides.kinds, overrides.drop) if overrides else ({}, frozenset[str]())
    if table.frame.empty:
        raise UserError(f"{table.source}: no rows", hint="A density is learned from rows.", code=Exit.BAD_DATA)
    for name in [*kinds, *drop]:
        if name not in table.frame.columns:
            raise UserError(
                f"{table.source}: no column {name!r}",
                hint=f"The columns are {', '.join(map(repr, table.frame.columns[:20]))}.",
                code=Exit.USAGE,
            )
    columns = (table.column(name) for name in table.frame.columns)
    findings = [
        Finding(column, None, "left out by --drop")
        if column.name in drop
        else _declared(column, kinds[column.name], table)
        if column.name in kinds
        else _recognised(column)
        for column in columns
    ]
    return findings if missing == "outcome" else list(map(_marginal, findings))


def _marginal(finding: Finding) -> Finding:
    """Makes the empty cells of a column unknown; a column of nothing else has no density."""
    column = finding.column
    if finding.kind is None:
        return finding
    if column.missing == column.rows:
        return Finding(column, None, EMPTY)
    return replace(finding, kind=finding.kind.with_empty_unknown(column.missing))


def schema_of(findings: list[Finding], source: str) -> Schema:
    """Makes the schema of the columns that were not left out.

    Raises:
        UserError: none is left.
    """
    kinds = tuple(finding.kind for finding in findings if finding.kind is not None)
    if not kinds:
        raise UserError(
            f"{source}: every column is left out",
            hint="See why with `made schema`, and keep one with --kind NAME=categorical.",
            code=Exit.BAD_DATA,
        )
    left_out = tuple(LeftOut(found.column.name, found.why) for found in findings if found.kind is None)
    return Schema(kinds=kinds, left_out=left_out, rows=findings[0].column.rows)


def _labels(column: Column, why: str) -> Finding:
    return Finding(column, categorical(column, most=MOST_LABELS), why)


# What a person declares ----------------------------------------------------------------------------------------------


def _declared(column: Column, kind: str, table: Table) -> Finding:
    return Finding(column, DECLARED[kind](column, table), "by --kind")


def _declared_labels(column: Column, table: Table) -> Kind:
    return categorical(column, most=MOST_LABELS)


def _declared_numbers(column: Column, table: Table) -> Kind:
    _refuse(_no_numbers(column), column, table, "number", "number")
    return numeric(column)


def _declared_times(column: Column, table: Table) -> Kind:
    reading = read_timestamps(_written(column))
    unparsed = reading.unparsed if reading else _written(column)
    _refuse(unparsed, column, table, "date or time", f"time written {reading.pattern}" if reading else "")
    timestamps = time_format(reading) if reading else None
    if timestamps is None:
        raise UserError(
            f"{table.source}: column {column.name!r} has offsets from UTC that no one clock has",
            hint="Write all times with one offset, or drop the --kind for this column.",
            code=Exit.BAD_DATA,
        )
    return numeric(column, timestamps)


DECLARED: dict[str, Callable[[Column, Table], Kind]] = {
    "categorical": _declared_labels,
    "numeric": _declared_numbers,
    "time": _declared_times,
}
"""What a person may declare a column to be."""


def _refuse(unparsed: Collection[str], column: Column, table: Table, wanted: str, form: str) -> None:
    """Refuses a column that is not what it was declared to be, in all its texts or in some."""
    written = _written(column)
    if len(unparsed) == len(written):
        raise UserError(
            f"{table.source}: column {column.name!r} has no {wanted}",
            hint="Drop the --kind for this column, or the column.",
            code=Exit.BAD_DATA,
        )
    if unparsed:
        text = next(text for text in written if text in unparsed)
        raise UserError(
            f"{table.where(column.first_row(text))}, column {column.name!r}: {text!r} is not a {form}",
            hint="Mend the cell, leave it empty, or drop the --kind for this column.",
            code=Exit.BAD_DATA,
        )


# What is recognised --------------------------------------------------------------------------------------------------


def _recognised(column: Column) -> Finding:
    reading = read_timestamps(_written(column))
    return next(finding for rule in RULES if (finding := rule(column, reading)) is not None)


def _times(column: Column, reading: Reading | None) -> Finding | None:
    timestamps = _timestamps(reading) if reading and not reading.unparsed else None
    if not reading or not timestamps:
        return None
    if _few(len(column.counted), column):
        return _labels(column, "few distinct timestamps")
    but = f", though {reading.ambiguity} fits as well" if reading.ambiguity else ""
    return Finding(column, numeric(column, timestamps), f"times ({reading.pattern}{but})")


def _texts(column: Column, reading: Reading | None) -> Finding | None:
    """Takes a column with a text that is no number for labels, or for none where hardly any text recurs."""
    distinct, present, unparsed = len(column.counted), column.rows - column.missing, _no_numbers(column)
    if not unparsed and _written(column):
        return None
    typo = _typo(column, "numeric", unparsed) or (reading and _typo(column, "time", reading.unparsed))
    if distinct > FEW and 2 * distinct > present:
        free = f"an identifier or free text: {distinct} distinct values in {present} rows"
        return Finding(column, None, typo or free)
    kind = categorical(column, most=MOST_LABELS)
    gathered = len(kind.labels) + len(kind.rare) < distinct
    labels = f"spellings of {' and '.join(kind.labels)}" if gathered else "labels"
    return Finding(column, kind, EMPTY if not distinct else typo or labels)


def _numbers(column: Column, reading: Reading | None) -> Finding:
    numbers = set(column.numbers[~np.isnan(column.numbers)].tolist())
    if _few(len(numbers), column):
        return _labels(column, "few distinct numbers")
    if _counts_rows(numbers, column.rows - column.missing):
        return Finding(column, None, "an identifier: numbers the rows")
    return Finding(column, numeric(column), "numbers")


RULES: tuple[Callable[[Column, Reading | None], Finding | None], ...] = (_times, _texts, _numbers)
"""The first that has a finding decides; the last always has."""


def _written(column: Column) -> list[str]:
    """Returns the texts that mean something even among numbers."""
    return [text for text in column.counted if not is_marker(text)]


def _no_numbers(column: Column) -> set[str]:
    """Returns the texts that mean something and are no numbers."""
    read = zip(column.texts, column.numbers.tolist(), strict=True)
    return {text for text, number in read if math.isnan(number) and not is_marker(text)}


def _few(distinct: int, column: Column) -> bool:
    """Says whether so few numbers or timestamps recur so often that they are labels."""
    present = column.rows - column.missing
    return distinct <= 2 or (distinct <= FEW and present >= RECURS * distinct)


def _timestamps(reading: Reading) -> TimeFormat | None:
    """Returns the format of a column of timestamps; None for offsets of no clock, or for eight digits now and then."""
    return None if reading.pattern == COMPACT and len(reading.timestamps) <= FEW else time_format(reading)


def _typo(column: Column, kind: str, unparsed: Collection[str]) -> str | None:
    """Names a text that is no number, or timestamp, in a column of more than a few labels that nearly all are."""
    good = len(_written(column)) - len(unparsed)
    if not unparsed or good <= FEW or good < MOSTLY * len(column.counted):
        return None
    first = next(text for text in column.counted if text in unparsed)
    name = "times" if kind == "time" else "numbers"
    return f"{name}, but for {first!r} (mend it, or use --kind {column.name}={kind} to find all such cells)"


def _counts_rows(values: set[float], rows: int) -> bool:
    """Says whether N numbers are distinct integers, in any order, within a range too small for that to be chance."""
    if len(values) < rows or not all(value.is_integer() for value in values):
        return False
    pairs = rows * (rows - 1) / 2
    return rows > FEW and pairs / (max(values) - min(values) + 1) >= COLLISIONS
