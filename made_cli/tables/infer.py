"""What kind a column is, found from its cells.

Knows: the rules by which kinds are recognised, and says for each column which one decided. A person overrules
them with `--kind` and `--drop`.
"""

from dataclasses import dataclass

from made_cli.config import Overruled
from made_cli.errors import Exit, UserError
from made_cli.tables.columns import Column, read_column
from made_cli.tables.files import Table
from made_cli.tables.kinds import Kind
from made_cli.tables.kinds.categorical import categorical
from made_cli.tables.kinds.numeric import is_number, numeric
from made_cli.tables.numbers import parse
from made_cli.tables.schema import LeftOut, Schema

FEW = 20
"""Numbers with at most this many distinct values are labels, where each of them recurs."""
RECURS = 5
"""How often a distinct value must recur on average for numbers to be labels."""
MOST_LABELS = 1000
"""Labels of a column with an outcome of their own; the rarest beyond that share a bucket."""
COLLISIONS = 10
"""Integers none of which recurs are an identifier where chance would have made this many pairs of them equal."""
MOSTLY = 0.9
"""Where at least this share of the labels are numbers, the others look like slips."""
KINDS = ("categorical", "numeric")


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


def infer(table: Table, overruled: Overruled | None = None) -> list[Finding]:
    """Finds the kind of every column.

    Args:
        table: the rows to learn from.
        overruled: the columns where the person knows better.

    Returns:
        A finding for each column, in the table's order.

    Raises:
        UserError: there are no rows, a named column does not exist, or one declared numeric holds other text.
    """
    kinds, drop = (overruled.kinds, overruled.drop) if overruled else ({}, frozenset[str]())
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
    return [
        Finding(column, None, "left out by --drop")
        if column.name in drop
        else _declared(column, kinds[column.name], table)
        if column.name in kinds
        else _recognised(column)
        for column in columns
    ]


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
    if kind == "categorical":
        return Finding(column, categorical(column, most=MOST_LABELS), "by --kind")
    if kind != "numeric":
        raise UserError(
            f"--kind {column.name}={kind}: no such kind", hint=f"Kinds are {', '.join(KINDS)}.", code=Exit.USAGE
        )
    if not any(parse(text) is not None for text in column.counted):
        raise UserError(
            f"{table.source}: column {column.name!r} has no number",
            hint="Drop the --kind for this column, or the column.",
            code=Exit.BAD_DATA,
        )
    try:
        return Finding(column, numeric(column), "by --kind")
    except ValueError as error:
        text = str(error.args[0])
        raise UserError(
            f"{table.where(column.first_row(text))}, column {column.name!r}: {text!r} is not a number",
            hint="Mend the cell, leave it empty, or drop the --kind for this column.",
            code=Exit.BAD_DATA,
        ) from None


def _recognised(column: Column) -> Finding:
    counted = column.counted
    present, distinct = column.rows - column.missing, len(counted)
    numbers = {text: value for text in counted if (value := parse(text)) is not None}
    if not numbers or not all(map(is_number, counted)):
        if distinct > FEW and 2 * distinct > present:
            return Finding(column, None, _text_why(column, len(numbers), present))
        why = "every cell is empty" if not distinct else _slip(column, len(numbers)) or "labels"
        return Finding(column, categorical(column, most=MOST_LABELS), why)
    values = set(numbers.values())
    if len(values) <= 2 or (len(values) <= FEW and present >= RECURS * len(values)):
        return Finding(column, categorical(column, most=MOST_LABELS), "few distinct numbers")
    if _counts_rows(values, present):
        return Finding(column, None, "an identifier: numbers the rows")
    return Finding(column, numeric(column), "numbers")


def _text_why(column: Column, numbers: int, present: int) -> str:
    free = f"an identifier or free text: {len(column.counted)} distinct values in {present} rows"
    return _slip(column, numbers) or free


def _slip(column: Column, numbers: int) -> str | None:
    """Names a text that is no number in a column of more than a few labels that are nearly all numbers."""
    if numbers <= FEW or numbers < MOSTLY * len(column.counted):
        return None
    stranger = next(text for text in column.counted if not is_number(text))
    return f"numbers, but for {stranger!r} (mend it, or use --kind {column.name}=numeric to find all such cells)"


def _counts_rows(values: set[float], rows: int) -> bool:
    """Says whether N numbers are distinct integers, in any order, within a range too small for that to be chance."""
    if len(values) < rows or not all(value.is_integer() for value in values):
        return False
    pairs = rows * (rows - 1) / 2
    return rows > FEW and pairs / (max(values) - min(values) + 1) >= COLLISIONS
