"""What kind a column is, found from its cells.

Knows: the rules by which kinds are recognised, and says for each column which one decided. A person overrules
them with `--kind` and `--drop`.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from made_cli.config import Missing, Overrides
from made_cli.errors import Exit, UserError
from made_cli.tables.columns.categorical import categorical
from made_cli.tables.columns.kinds import Kind, unknown_where_empty
from made_cli.tables.columns.numeric import is_marker, numeric
from made_cli.tables.columns.schema import LeftOut, Schema
from made_cli.tables.files.table import Table
from made_cli.tables.text.column import Column, read_column
from made_cli.tables.text.numbers import parse
from made_cli.tables.text.patterns import COMPACT
from made_cli.tables.text.timestamps import Reading, TimeFormat, read_timestamps, time_format

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
KINDS = ("categorical", "numeric", "time")
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
    columns = (read_column(table.frame[name]) for name in table.frame.columns)
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
    return replace(finding, kind=unknown_where_empty(finding.kind, column.missing))


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


def _declared(column: Column, kind: str, table: Table) -> Finding:
    if kind not in KINDS:
        raise UserError(
            f"--kind {column.name}={kind}: no such kind", hint=f"Kinds are {', '.join(KINDS)}.", code=Exit.USAGE
        )
    if kind == "categorical":
        return Finding(column, categorical(column, most=MOST_LABELS), "by --kind")
    written = _written(column)
    found = read_timestamps(written) if kind == "time" else None
    unparsed = found.unparsed if found else {text for text in written if kind == "time" or parse(text) is None}
    if len(unparsed) == len(written):
        raise UserError(
            f"{table.source}: column {column.name!r} has no {'date or time' if kind == 'time' else 'number'}",
            hint="Drop the --kind for this column, or the column.",
            code=Exit.BAD_DATA,
        )
    if unparsed:
        text = next(text for text in written if text in unparsed)
        raise UserError(
            f"{table.where(column.first_row(text))}, column {column.name!r}: {text!r} is not a "
            + (f"time written {found.pattern}" if found else "number"),
            hint="Mend the cell, leave it empty, or drop the --kind for this column.",
            code=Exit.BAD_DATA,
        )
    timestamps = time_format(found) if found else None
    if found and not timestamps:
        raise UserError(
            f"{table.source}: column {column.name!r} has offsets from UTC that no one clock has",
            hint="Write all times with one offset, or drop the --kind for this column.",
            code=Exit.BAD_DATA,
        )
    return Finding(column, numeric(column, timestamps), "by --kind")


def _written(column: Column) -> list[str]:
    """Returns the texts that mean something even among numbers."""
    return [text for text in column.counted if not is_marker(text)]


def _recognised(column: Column) -> Finding:
    counted = column.counted
    present, distinct = column.rows - column.missing, len(counted)
    written = _written(column)
    reading = read_timestamps(written)
    if reading and not reading.unparsed and (timestamps := _timestamps(reading)):
        if _few(distinct, present):
            return Finding(column, categorical(column, most=MOST_LABELS), "few distinct timestamps")
        but = f", though {reading.ambiguity} fits as well" if reading.ambiguity else ""
        return Finding(column, numeric(column, timestamps), f"times ({reading.pattern}{but})")
    numbers = {value for text in written if (value := parse(text)) is not None}
    unparsed = [text for text in written if parse(text) is None]
    if not numbers or unparsed:
        typo = _typo(column, "numeric", unparsed) or (reading and _typo(column, "time", reading.unparsed))
        if distinct > FEW and 2 * distinct > present:
            free = f"an identifier or free text: {distinct} distinct values in {present} rows"
            return Finding(column, None, typo or free)
        kind = categorical(column, most=MOST_LABELS)
        gathered = len(kind.labels) + len(kind.rare) < distinct
        labels = f"spellings of {' and '.join(kind.labels)}" if gathered else "labels"
        return Finding(column, kind, EMPTY if not distinct else typo or labels)
    if _few(len(numbers), present):
        return Finding(column, categorical(column, most=MOST_LABELS), "few distinct numbers")
    if _counts_rows(numbers, present):
        return Finding(column, None, "an identifier: numbers the rows")
    return Finding(column, numeric(column), "numbers")


def _few(distinct: int, present: int) -> bool:
    """Says whether so few numbers or timestamps recur so often that they are labels."""
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
