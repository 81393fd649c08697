"""`made schema`: the kinds of the columns of a table.

Knows: that it shows what `made train` infers, and trains nothing.
"""

from made_cli.cli.findings import HEADERS, UNDERSTANDING, as_rows, described
from made_cli.cli.messages import Messages, show_json, show_table
from made_cli.cli.options import ColumnOverrides, Data, Json, Reading


def schema(data: Data, *, overrides: ColumnOverrides, reading: Reading, json: Json = False, messages: Messages) -> None:
    """Show the kind of each column of a table, and why.

    `made train` infers the same; --kind and --drop override it in both.

    Example: made schema sample_data/penguins.csv
    """
    from made_cli.tables.columns.inference import infer

    table = reading.table(data, messages)
    with messages.waiting(UNDERSTANDING):
        findings = infer(table, overrides)
    if json:
        show_json({"schema_version": 1, "rows": table.rows, "columns": [described(f) for f in findings]})
    else:
        show_table(f"{table.source}: {table.rows:,} rows", HEADERS, as_rows(findings), left=2)
