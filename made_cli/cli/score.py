"""`made score`: a log-likelihood for each row, or for some columns of it, and the surprisal of each cell."""

from collections.abc import Sequence
from typing import Annotated, Literal

import typer

from made_cli.cli.messages import Messages
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
    listed,
)
from made_cli.errors import Exit, UserError

PARTS = "Some columns"
CELLS = "Cell by cell"


def score(
    run: RunFolder,
    data: Data,
    output: Output = None,
    permutations: Permutations = None,
    combine: Annotated[
        Literal["mixture", "bound", "weighted", "product", "pool"],
        typer.Option(help="The equal mixture, the bound, or what `made ensemble-eval --save` found."),
    ] = "mixture",
    unseen: Annotated[
        Literal["other", "error"], typer.Option(help="What becomes of a label that training had none of.")
    ] = "other",
    columns: Annotated[
        str | None,
        typer.Option(metavar="A,B,…", help="Score these columns, whatever the others hold.", rich_help_panel=PARTS),
    ] = None,
    given: Annotated[
        str | None,
        typer.Option(metavar="X,Y,…", help="Score the others given these columns.", rich_help_panel=PARTS),
    ] = None,
    missing: Annotated[
        Literal["outcome", "marginal"] | None,
        typer.Option(
            help="Whether an empty cell is an outcome, or unknown: then what is known is scored.",
            show_default="as the run was trained",
            rich_help_panel=PARTS,
        ),
    ] = None,
    per_column: Annotated[
        bool, typer.Option("--per-column", help="Also the surprisal of each cell.", rich_help_panel=CELLS)
    ] = False,
    leave_one_out: Annotated[
        bool,
        typer.Option("--leave-one-out", help="Surprisals given all other cells in question.", rich_help_panel=CELLS),
    ] = False,
    top: Annotated[
        int | None,
        typer.Option(min=1, metavar="T", help="Also name the T oddest columns of each row.", rich_help_panel=CELLS),
    ] = None,
    no_header: NoHeader = False,
    delimiter: Delimiter = None,
    encoding: Encoding = "utf-8",
    seed: Seed = 0,
    threads: Threads = None,
    device: Device = "auto",
    quiet: Quiet = False,
) -> None:
    """Write the log-likelihood of each row, in nats.

    One line a row, in the order of DATA, under the header log_prob. Columns are found by name; columns that the run
    does not know are ignored. --columns A,B scores log p(A, B), --given X log p(the others | X), both together
    log p(A, B | X).

    The surprisal of a cell is -log of its probability given the columns before it, averaged over the members. --top
    names the cells whose surprisal is furthest above what the model expects of their column.

    Example: made score runs/digits new.csv > scores.csv
    """
    from made_cli.tables.files.reading import read_table
    from made_cli.tables.files.writing import check_output, write_table

    check_output(output)
    from made_cli.cli.torch_setup import set_up
    from made_cli.inference.table_scores import ScoreOptions, TableScorer
    from made_cli.runs.loading import load_run

    messages = Messages(quiet=quiet)
    loaded = load_run(run, set_up(device, threads))
    names = loaded.record.schema.names
    per_column = per_column or (leave_one_out and top is None)
    _check_names(names, run, per_column, top)
    options = ScoreOptions(
        combine=combine,
        columns=None if columns is None else listed(columns, names, "--columns"),
        given=listed(given, names, "--given"),
        missing=missing,
        unseen=unseen,
        permutations=permutations,
        seed=seed,
    )
    scorer = TableScorer(loaded, options, leave_one_out=leave_one_out)
    table = read_table(data, header=not no_header, delimiter=delimiter, encoding=encoding)
    with messages.progress("scoring", len(scorer.members)) as bar:
        scores = scorer.score(table, surprisals=per_column, top=top, on_progress=bar.advance)
    write_table(scores.frame(), output)


def _check_names(names: Sequence[str], run: str, per_column: bool, top: int | None) -> None:
    """Refuses columns named as those that hold the scores."""
    own = ["log_prob", *(f"odd_{place + 1}" for place in range(top or 0))]
    taken = next((name for name in own if per_column and name in names), None)
    if taken:
        raise UserError(
            f"{run}: a column is named {taken}, as one of the scores is",
            hint="Score without --per-column, or train on the table with that column renamed.",
            code=Exit.USAGE,
        )
