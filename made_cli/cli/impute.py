"""`made impute`: empty cells, filled.

Knows: how several tables are told apart, and what is said of how sure their filled cells are.
"""

import shlex
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from made_cli.cli.completion import columns_of_run
from made_cli.cli.messages import Messages, show_json
from made_cli.cli.options import Data, Json, Machine, Permutations, Reading, RunFolder, Seed
from made_cli.cli.output import Output
from made_cli.cli.sharding import Sharding
from made_cli.cli.uncertainty import described
from made_cli.errors import Exit, UserError

if TYPE_CHECKING:
    from made_cli.inference.table_imputation import FilledColumn, Imputation

DRAW = "draw"
"""The column that numbers the tables of a multiple imputation."""
TITLE = "how sure, on average: of labels the likeliest one's probability, of numbers the median, in the column's unit"
HEADERS = ("column", "filled", "likeliest", "± over members", "draws differ by")


def impute(
    run: RunFolder,
    data: Data,
    *,
    output: Output,
    mode: Annotated[
        Literal["sample", "most-likely"],
        typer.Option(help="Draw what is unknown, or fill each cell by itself: the most likely label, the median."),
    ] = "sample",
    draws: Annotated[
        int, typer.Option(min=1, metavar="M", help=f"Tables to draw, one below the other, numbered in column {DRAW}.")
    ] = 1,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,…",
            autocompletion=columns_of_run,
            help="Fill the cells of these columns alone.",
            show_default="all",
        ),
    ] = None,
    permutations: Permutations = None,
    sharding: Sharding,
    reading: Reading,
    seed: Seed = 0,
    machine: Machine,
    json: Json = False,
    messages: Messages,
) -> None:
    """Fill the empty cells of a table, given the other cells of their rows.

    All other cells, and the columns that the run does not know, stay as they are. A drawn table is right on average,
    for all that is computed from it; several of them (--draws) show how uncertain the result is, and beside that it is
    said how far the members disagree. The most likely values are best cell by cell, and too even as a whole.

    Example: made impute runs/penguins sample_data/penguins.csv -o filled.csv
    """
    if mode == "most-likely" and draws > 1:
        raise typer.BadParameter("--draws: the most likely values are the same every time; draw with --mode sample")
    if json and output.output is None:
        raise typer.BadParameter("--json: standard output holds the report, so name a file for the table with -o")
    sharding.check(output.output, json=json, draws=draws > 1)
    output.check(*data)
    with messages.waiting():
        import pandas as pd

        from made_cli.inference.table_imputation import impute as prepare
        from made_cli.tables.columns.names import columns_listed
        from made_cli.tables.text.typed_columns import columns_of

    loaded, table = machine.load(run, messages), reading.table(data, messages)
    schema = loaded.record.schema
    wanted = None if columns is None else columns_listed(schema, columns, "--columns")
    if draws > 1 and DRAW in table.names:
        raise UserError(
            f"{table.source}: a column is named {DRAW}, as the one that numbers the tables is",
            hint="Rename it, or impute once for each --seed.",
            code=Exit.USAGE,
        )
    with messages.progress("imputing", None) as bar:
        imputation = prepare(
            loaded, table, permutations, seed, bar.advance, columns=wanted, wanted=sharding.rows(table.rows)
        )
        drawn, tables = imputation.several(mode, draws, seed, bar.advance)
        found = imputation.how_sure(drawn, bar.advance) if draws > 1 or json else []
    cells, rows = int(imputation.empty.sum()), int(imputation.empty.any(axis=1).sum())
    messages.say(f"filled {cells:,} cells of {rows:,} rows")
    for column, count in schema.not_filled(table) if columns is None else ():
        messages.say(
            f"not filled: {count:,} empty cells of column {column.name!r}, which the run leaves out: {column.why};"
            f" to have it filled, train with --kind {shlex.quote(f'{column.name}=categorical')}"
        )
    if found:
        messages.table(TITLE, HEADERS, [_row(column) for column in found])
    if draws > 1:
        tables = [frame.assign(**{DRAW: place + 1}) for place, frame in enumerate(tables)]
    written = columns_of(tables[0] if draws == 1 else pd.concat(tables, ignore_index=True))
    output.write(written, messages, schema, header=sharding.header)
    if json:
        report = {"schema_version": 1, "rows": rows, "cells": cells, "draws": draws}
        show_json(report | {"columns": _columns(imputation, found)})


def _row(column: "FilledColumn") -> list[str]:
    """Returns what a line shows of a column, under `HEADERS`."""
    unit = f" {column.kind.unit}" if column.kind.unit else ""
    draws = column.draws_differ if column.draws_std is None else column.draws_std
    return [
        column.kind.name,
        f"{column.cells:,}",
        "" if column.probability is None else f"{column.probability:.2f}",
        "not told" if column.disagreement is None else f"{column.disagreement.std:.2g}{unit}",
        "" if draws is None else f"{draws:.2g}{unit}",
    ]


def _columns(imputation: "Imputation", found: "list[FilledColumn]") -> list[dict[str, object]]:
    """Returns what was found of each column, as JSON holds it."""
    count = imputation.members
    return [
        {
            "name": column.kind.name,
            "unit": column.kind.unit,
            "cells": column.cells,
            "probability": column.probability,
            "members": described(count, column.disagreement),
            "draws_differ": column.draws_differ,
            "draws_std": column.draws_std,
        }
        for column in found
    ]
