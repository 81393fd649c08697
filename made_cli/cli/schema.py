"""`made schema`: the kinds of the columns of a table, and the relations between them.

Knows: that it shows what `made train` infers, and trains nothing.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from made_cli.cli import relations
from made_cli.cli.findings import HEADERS, UNDERSTANDING, as_rows
from made_cli.cli.messages import Messages, show_json, show_table
from made_cli.cli.options import ColumnOverrides, Data, Json, Reading
from made_cli.cli.training_tables import columns_learned

if TYPE_CHECKING:
    from made_cli.tables.columns.counted import CountedTable
    from made_cli.tables.columns.kinds import Kind
    from made_cli.tables.columns.recognition import Finding
    from made_cli.tables.files.table import Table
    from made_cli.tables.relations.found import Found

SEED = 0
"""Of the rows and shuffles of the search for relations: the same table has the same ones."""
BROKEN = 3
"""Rows that are named of those that break a relation."""


def schema(data: Data, *, overrides: ColumnOverrides, reading: Reading, json: Json = False, messages: Messages) -> None:
    """Show the kind of each column of a table, and why; and the relations between columns.

    `made train` infers the same kinds; --kind and --drop override them in both, and so does --schema FILE, what --json
    writes here as you edited it. A relation is listed where every row
    keeps it, or nearly every one, and columns independent of each other would not show it.

    Example: made schema sample_data/penguins.csv
    """
    columns = columns_learned(data, reading, messages)
    with messages.waiting(UNDERSTANDING):
        from made_cli.tables.columns.inference import infer
        from made_cli.tables.columns.schema_file import schema_json
        from made_cli.tables.files.table import Table

        findings = infer(columns, overrides)
    if isinstance(columns, Table):
        columns = columns.without_cells()  # the findings have the distinct texts, and where each stands
    with messages.waiting("finding the relations between the columns"):
        found, kinds = _relations(findings, columns, messages)
    if json:
        named = [
            relations.named(each.relation, kinds) | relations.counts(each.count) | {"broken_in": where}
            for each, where in found
        ]
        show_json(schema_json(findings, columns.rows) | {"relations": named})
        return
    show_table(f"{columns.source}: {columns.rows:,} rows", HEADERS, as_rows(findings), left=2, prose=True)
    if found:
        rows = relations.as_rows([each for each, _ in found], kinds)
        places = [", ".join(where) + " …" * (each.count.breaks > len(where)) for each, where in found]
        rows = [[*row, place] for row, place in zip(rows, places, strict=True)]
        show_table("relations", (*relations.HEADERS, ""), rows, prose=True)


def _relations(
    findings: "Sequence[Finding]", columns: "Table | CountedTable", messages: Messages
) -> "tuple[list[tuple[Found, list[str]]], Sequence[Kind]]":
    """Finds the relations between the columns that are not left out, of a long table in rows that were drawn.

    Returns:
        Each with the places of the first rows that break it, where these are known; and the kinds of these columns.
    """
    import numpy as np

    from made_cli.tables.columns.values import Values, about_rows
    from made_cli.tables.files.table import Table
    from made_cli.tables.relations.finding import find_in, first_broken

    if all(finding.form is None for finding in findings):
        return [], ()
    if isinstance(columns, Table):
        rows = columns
    else:
        rows = columns.drawn.table()
        findings = about_rows(findings, rows)
        if rows.rows < columns.rows:
            messages.say(f"relations are those of {rows.rows:,} rows that were drawn")
    values, rng = Values(findings), np.random.default_rng(SEED)

    def broken_in(found: "Found") -> list[str]:
        if rows.rows < columns.rows or not found.count.breaks:
            return []
        places = first_broken(values.of, rows.rows, found.relation, BROKEN)
        return [rows.where(row).removeprefix(f"{rows.source}, ") for row in places]

    found = find_in(values.of, rows.rows, values.kinds, rng, messages.say)
    return [(each, broken_in(each)) for each in found], values.kinds
