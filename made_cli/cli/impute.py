"""`made impute`: empty cells, filled."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from made_cli.cli.console import People
from made_cli.cli.options import (
    Data,
    Delimiter,
    Device,
    Encoding,
    NoHeader,
    Output,
    Permutations,
    Quiet,
    RunFolder,
    Seed,
    Threads,
)
from made_cli.errors import Exit, UserError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

DRAW = "draw"
"""The column that numbers the tables of a multiple imputation."""


def impute(
    run: RunFolder,
    data: Data,
    output: Output = None,
    mode: Annotated[
        Literal["sample", "most-likely"],
        typer.Option(help="Draw what is unknown, or fill each cell by itself: the likeliest label, the median."),
    ] = "sample",
    draws: Annotated[
        int, typer.Option(min=1, metavar="M", help=f"Tables to draw, one below the other, numbered in column {DRAW}.")
    ] = 1,
    permutations: Permutations = None,
    no_header: NoHeader = False,
    delimiter: Delimiter = None,
    encoding: Encoding = "utf-8",
    seed: Seed = 0,
    threads: Threads = None,
    device: Device = "auto",
    quiet: Quiet = False,
) -> None:
    """Fill the empty cells of a table, given the other cells of their rows.

    All other cells, and the columns that the run does not know, stay as they are. A drawn table is right on average,
    for all that is computed from it; several of them (--draws) show how uncertain the result is. The most likely
    values are best cell by cell, and too even as a whole.

    Example: made impute runs/penguins sample_data/penguins.csv -o filled.csv
    """
    if mode == "most-likely" and draws > 1:
        raise typer.BadParameter("--draws: the most likely values are the same every time; draw with --mode sample")
    from made_cli.tables.files import check_output, read_table, write_table

    check_output(output)
    import numpy as np
    import pandas as pd

    from made_cli.cli.torch_setup import set_up
    from made_cli.ensemble.completing import Completion
    from made_cli.ensemble.partial import GIVEN, UNKNOWN, able
    from made_cli.training.checkpoint import load_run

    people, rng = People(quiet=quiet), np.random.default_rng(seed)
    loaded = load_run(run, set_up(device, threads))
    schema = loaded.record.schema
    table = read_table(data, header=not no_header, delimiter=delimiter, encoding=encoding)
    if draws > 1 and DRAW in table.frame.columns:
        raise UserError(
            f"{table.source}: a column is named {DRAW}, as the one that numbers the tables is",
            hint="Rename it, or impute once for each --seed.",
            code=Exit.USAGE,
        )
    known = ~schema.empty(table)
    codes = schema.encode(table).astype(np.float64)
    members = able(loaded.members(permutations, seed=seed), np.where(known, GIVEN, UNKNOWN))
    steps = len(members) + (draws if mode == "sample" else len(schema.names))
    with people.progress("imputing", steps) as bar:
        completion = Completion(members, codes, known, bar.advance)
        filled = []
        for _ in range(draws):
            found = completion.draw(rng) if mode == "sample" else completion.likeliest(bar.advance)
            filled.append(_filled(table.frame, schema.decode(found, rng), known))
            bar.advance()
    people.say(f"filled {int((~known).sum()):,} cells of {int((~known).any(axis=1).sum()):,} rows")
    if draws > 1:
        filled = [frame.assign(**{DRAW: place + 1}) for place, frame in enumerate(filled)]
    write_table(pd.concat(filled, ignore_index=True), output)


def _filled(frame: "pd.DataFrame", found: "pd.DataFrame", known: "NDArray[np.bool_]") -> "pd.DataFrame":
    """Puts what was found into the empty cells, and nowhere else."""
    columns = {}
    for place, name in enumerate(found.columns):
        unknown = ~known[:, place]
        if unknown.any():
            cells = frame[name].astype(object)
            cells[unknown] = found[name].astype(object)[unknown]
            columns[name] = cells if frame[name].dtype == object else cells.astype(found[name].dtype)
    return frame.assign(**columns)
