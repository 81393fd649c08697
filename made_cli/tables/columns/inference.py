"""What kind a column is, found from its cells.

Knows: what a person may say of the columns of a table, which goes before what is recognised: `--kind` and `--drop`. The
rules are in `made_cli.tables.columns.recognition`.
"""

from collections.abc import Callable, Collection
from dataclasses import replace

from made_cli.config import Missing, Overrides
from made_cli.errors import Exit, UserError
from made_cli.tables.columns.counted import Columns
from made_cli.tables.columns.edits import Edits
from made_cli.tables.columns.kinds import Categorical
from made_cli.tables.columns.recognition import EMPTY, Finding, as_labels, as_numbers, as_times, recognised
from made_cli.tables.columns.schema import LeftOut, Schema
from made_cli.tables.columns.schema_file import GivenSchema
from made_cli.tables.columns.understanding import Understood, understand, usual_marks
from made_cli.tables.text.at_once import at_once
from made_cli.tables.text.column import Column
from made_cli.tables.text.distinct import Texts
from made_cli.tables.text.timestamps import shown


def infer(table: Columns, overrides: Overrides | None = None, *, missing: Missing = "outcome") -> list[Finding]:
    """Finds the kind of every column.

    Args:
        table: the rows to learn from, or what was counted of them.
        overrides: the columns where the person knows better.
        missing: what an empty cell is.

    Returns:
        A finding for each column, in the table's order.

    Raises:
        UserError: there are no rows, a named column does not exist, or one declared numeric or time holds other text.
    """
    overrides = overrides or Overrides()
    if not table.rows:
        raise UserError(f"{table.source}: no rows", hint="A density is learned from rows.", code=Exit.BAD_DATA)
    for name in [*overrides.kinds, *overrides.drop]:
        if name not in table.names:
            raise UserError(
                f"{table.source}: no column {name!r}",
                hint=f"The columns are {', '.join(map(repr, table.names[:20]))}.",
                code=Exit.USAGE,
            )
    findings = _found(table, overrides, Edits(overrides.kinds, overrides.drop))
    if overrides.schema is not None:
        given = GivenSchema(overrides.schema)
        edits = given.edits(findings, usual_marks(overrides), table.source)
        kinds, drop = {**edits.kinds, **overrides.kinds}, (edits.drop - overrides.kinds.keys()) | overrides.drop
        findings = _found(table, overrides, replace(edits, kinds=kinds, drop=drop))
        given.check(findings)
    return findings if missing == "outcome" else list(map(_marginal, findings))


def _found(table: Columns, overrides: Overrides, edits: Edits) -> list[Finding]:
    """Finds the kind of every column that is not declared or left out."""
    columns = at_once(table.column, table.names)
    read = understand([column for column in columns if column.name not in edits.drop], overrides, edits)
    by_name = {each.column.name: each for each in read}

    def found(column: Column) -> Finding:
        if column.name in edits.drop:
            return Finding(column, None, None, "left out by --drop")
        if column.name in edits.kinds:
            return _declared(by_name[column.name], edits.kinds[column.name], table)
        return recognised(by_name[column.name])

    return at_once(found, columns)


def _marginal(finding: Finding) -> Finding:
    """Makes the empty cells of a column unknown; a column of nothing else has no density."""
    column, codec = finding.column, finding.codec
    if codec is None:
        return finding
    if column.missing == column.rows:
        return replace(finding, form=None, codec=None, why=EMPTY)
    form = finding.form
    if isinstance(form, Categorical):
        form = form.with_empty_unknown(column.missing)
    return replace(finding, form=form, codec=lambda scaled: codec(scaled).with_empty_unknown(column.missing))


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
    left_out = tuple(LeftOut(found.column.name, found.why, found.marks) for found in findings if found.kind is None)
    return Schema(kinds=kinds, left_out=left_out, rows=findings[0].column.all_rows)


def _declared(read: Understood, kind: str, table: Columns) -> Finding:
    return DECLARED[kind](read, table)


def _declared_labels(read: Understood, table: Columns) -> Finding:
    if drawn := read.column.drawn:
        raise UserError(
            f"{table.source}: column {read.column.name!r} has more than {drawn.more_than:,} distinct labels,"
            " more than are counted where a table is read in blocks",
            hint="Leave the column out with --drop, or train with --rows memory, which reads the table as a whole.",
            code=Exit.BAD_DATA,
        )
    return as_labels(read, _BY_KIND)


def _declared_numbers(read: Understood, table: Columns) -> Finding:
    _refuse(read.numbers.unread, read.column, table, "number", "number")
    return as_numbers(read, _BY_KIND)


def _declared_times(read: Understood, table: Columns) -> Finding:
    times = read.times
    unparsed = times.unparsed if times else Texts(read.column.counted.texts)
    _refuse(unparsed, read.column, table, "date or time", f"time written {shown(times.pattern)}" if times else "")
    return as_times(read, _BY_KIND)


_BY_KIND = "by --kind"
DECLARED: dict[str, Callable[[Understood, Columns], Finding]] = {
    "categorical": _declared_labels,
    "numeric": _declared_numbers,
    "time": _declared_times,
}
"""What a person may declare a column to be."""


def _refuse(unparsed: Collection[str], column: Column, table: Columns, wanted: str, form: str) -> None:
    """Refuses a column that is not what it was declared to be, in all its texts or in some."""
    if len(unparsed) == len(column.counted):
        raise UserError(
            f"{table.source}: column {column.name!r} has no {wanted}",
            hint="Drop the --kind for this column, or the column.",
            code=Exit.BAD_DATA,
        )
    if unparsed:
        text = next(text for text in column.counted if text in unparsed)
        raise UserError(
            f"{table.place_of(column.name, text)}, column {column.name!r}: {text!r} is not a {form}",
            hint="Mend the cell, leave it empty, name it with --na, or drop the --kind for this column.",
            code=Exit.BAD_DATA,
        )
