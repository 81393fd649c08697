"""`made impute`: empty cells, filled.

Knows: how several tables are told apart.
"""

from typing import Annotated, Literal

import typer

from made_cli.cli.messages import Messages
from made_cli.cli.options import Data, Machine, Output, Permutations, Reading, RunFolder, Seed
from made_cli.errors import Exit, UserError

DRAW = "draw"
"""The column that numbers the tables of a multiple imputation."""


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
    permutations: Permutations = None,
    reading: Reading,
    seed: Seed = 0,
    machine: Machine,
    messages: Messages,
) -> None:
    """Fill the empty cells of a table, given the other cells of their rows.

    All other cells, and the columns that the run does not know, stay as they are. A drawn table is right on average,
    for all that is computed from it; several of them (--draws) show how uncertain the result is. The most likely
    values are best cell by cell, and too even as a whole.

    Example: made impute runs/penguins sample_data/penguins.csv -o filled.csv
    """
    if mode == "most-likely" and draws > 1:
        raise typer.BadParameter("--draws: the most likely values are the same every time; draw with --mode sample")
    output.check()
    import numpy as np
    import pandas as pd

    from made_cli.inference.table_imputation import impute as prepare

    loaded, rng, table = machine.load(run), np.random.default_rng(seed), reading.table(data)
    if draws > 1 and DRAW in table.frame.columns:
        raise UserError(
            f"{table.source}: a column is named {DRAW}, as the one that numbers the tables is",
            hint="Rename it, or impute once for each --seed.",
            code=Exit.USAGE,
        )
    with messages.progress("imputing", None) as bar:
        imputation = prepare(loaded, table, permutations, seed, bar.advance)
        tables = [imputation.filled(mode, rng, bar.advance) for _ in range(draws)]
    cells, rows = int(imputation.empty.sum()), int(imputation.empty.any(axis=1).sum())
    messages.say(f"filled {cells:,} cells of {rows:,} rows")
    if draws > 1:
        tables = [frame.assign(**{DRAW: place + 1}) for place, frame in enumerate(tables)]
    output.write(pd.concat(tables, ignore_index=True))
