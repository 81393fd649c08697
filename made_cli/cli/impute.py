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
    from made_cli.inference.table_imputation import FilledColumn
    from made_cli.tables.files.in_blocks import TableBlocks

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

        from made_cli.inference.block_imputation import BlockImputer, joined
        from made_cli.tables.columns.names import columns_listed
        from made_cli.tables.text.typed_columns import columns_of

    loaded, blocks = machine.load(run, messages), reading.blocks(data, messages)
    schema = loaded.record.schema
    named = None if columns is None else columns_listed(schema, columns, "--columns")
    if draws > 1:
        _check_several(blocks)
    wanted = sharding.rows_of(blocks, messages)
    with messages.waiting(f"looking for empty cells in {blocks.source}"):
        imputer = BlockImputer(loaded, blocks, permutations, seed, columns=named)
    cells, rows, sure = 0, 0, list["list[FilledColumn]"]()
    with (
        output.progress(messages, "imputing", None if blocks.is_whole else 1.0) as bar,
        output.writing(schema, header=sharding.header, whole=blocks.is_whole) as write,
    ):
        filled = imputer.filled(mode, draws, seed, bar.advance, wanted=wanted, how_sure=draws > 1 or json)
        for empty, tables, found in filled:
            numbered = [frame.assign(**{DRAW: place + 1}) for place, frame in enumerate(tables)]
            write(columns_of(tables[0] if draws == 1 else pd.concat(numbered, ignore_index=True)))
            sure.append(found)
            cells, rows = cells + int(empty.sum()), rows + int(empty.any(axis=1).sum())
    messages.say(f"filled {cells:,} cells of {rows:,} rows")
    for column, count in imputer.not_filled if columns is None else ():
        messages.say(
            f"not filled: {count:,} empty cells of column {column.name!r}, which the run leaves out: {column.why};"
            f" to have it filled, train with --kind {shlex.quote(f'{column.name}=categorical')}"
        )
    if columns_sure := joined(sure):
        messages.table(TITLE, HEADERS, [_row(column) for column in columns_sure])
    if json:
        report = {"schema_version": 1, "rows": rows, "cells": cells, "draws": draws}
        show_json(report | {"columns": _columns(len(imputer.imputer.members), columns_sure)})


def _check_several(blocks: "TableBlocks") -> None:
    """Refuses several tables, one below the other, where they cannot be told apart or are too large to be held.

    Raises:
        UserError: they are refused.
    """
    if DRAW in blocks.names:
        reason = f"a column is named {DRAW}, as the one that numbers the tables is"
        hint = "Rename it, or impute once for each --seed."
    elif not blocks.is_whole:
        reason, hint = "too large for --draws, which holds all that it draws", "Impute once for each --seed."
    else:
        return
    raise UserError(f"{blocks.source}: {reason}", hint=hint, code=Exit.USAGE)


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


def _columns(members: int, found: "list[FilledColumn]") -> list[dict[str, object]]:
    """Returns what was found of each column by so many members, as JSON holds it."""
    return [
        {
            "name": column.kind.name,
            "unit": column.kind.unit,
            "cells": column.cells,
            "probability": column.probability,
            "members": described(members, column.disagreement),
            "draws_differ": column.draws_differ,
            "draws_std": column.draws_std,
        }
        for column in found
    ]
