"""`made score`: a log-likelihood for each row, or for some columns of it, and the surprisal of each cell."""

from typing import TYPE_CHECKING, Annotated, Literal

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

if TYPE_CHECKING:
    from made_cli.config import Missing
    from made_cli.inference.conditionals import Question
    from made_cli.tables.columns.schema import Schema

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
    import numpy as np
    import pandas as pd

    from made_cli.cli.torch_setup import set_up
    from made_cli.inference.scoring import Scorer
    from made_cli.inference.surprisal import oddest
    from made_cli.runs.loading import load_run
    from made_cli.runs.saved import combined

    messages = Messages(quiet=quiet)
    loaded = load_run(run, set_up(device, threads))
    schema = loaded.record.schema
    question = question_of(schema, columns, given)
    per_column = per_column or (leave_one_out and top is None)
    _check_names(schema, run, per_column, top)
    table = read_table(data, header=not no_header, delimiter=delimiter, encoding=encoding)
    only = None if question.asked is None else question.asked | question.given
    empties = _missing(schema, missing, run)
    codes = schema.encode(table, unseen=unseen, only=only, missing=empties)
    known = ~schema.empty(table, only=only) if empties == "marginal" else np.ones(codes.shape, dtype=np.bool_)
    found = combined(loaded, combine, permutations, seed)
    scorer = Scorer(found.members, found.combination, question, leave_one_out=leave_one_out)
    with messages.progress("scoring", len(found.members)) as bar:
        scores = scorer.score(codes, known, bar.advance)
    frame = pd.DataFrame({"log_prob": scores.log_prob})
    if per_column or top:
        asked = range(len(schema.names)) if question.asked is None else sorted(question.asked)
        asked = [column for column in asked if column not in question.given]
        surprisals = scorer.surprisals(codes, known, scores.terms)
        if top:
            odd = oddest(surprisals, scorer.expected_surprisals(seed), min(top, len(asked)))
            named = np.array(schema.names, dtype=object)[odd]
            named[np.isnan(np.take_along_axis(surprisals, odd, 1))] = None  # no more cells are in question
            for place in range(odd.shape[1]):
                frame[f"odd_{place + 1}"] = named[:, place]
        if per_column:
            cells = pd.DataFrame(surprisals[:, asked], columns=[schema.names[column] for column in asked])
            frame = pd.concat([frame, cells], axis=1)
    write_table(frame, output)


def question_of(schema: "Schema", columns: str | None, given: str | None) -> "Question":
    """Reads --columns and --given.

    Raises:
        UserError: they name the same column.
    """
    from made_cli.inference.conditionals import Question

    asked, known = (
        frozenset(map(schema.names.index, listed(text, schema.names, option)))
        for text, option in ((columns, "--columns"), (given, "--given"))
    )
    if both := asked & known:
        raise typer.BadParameter(f"--columns and --given both name {schema.names[min(both)]!r}")
    if len(known) == len(schema.names):
        raise typer.BadParameter("--given names all columns: it leaves nothing to ask")
    return Question(asked if columns else None, known)


def _missing(schema: "Schema", missing: "Missing | None", run: str) -> "Missing":
    """Returns what an empty cell is."""
    if missing == "outcome" and schema.missing == "marginal":
        raise UserError(
            f"{run}: it was trained with --missing marginal, and knows of no empty cell",
            hint="Leave --missing out, or train with --missing outcome.",
            code=Exit.USAGE,
        )
    return missing or schema.missing


def _check_names(schema: "Schema", run: str, per_column: bool, top: int | None) -> None:
    """Refuses columns named as those that hold the scores."""
    own = ["log_prob", *(f"odd_{place + 1}" for place in range(top or 0))]
    taken = next((name for name in own if per_column and name in schema.names), None)
    if taken:
        raise UserError(
            f"{run}: a column is named {taken}, as one of the scores is",
            hint="Score without --per-column, or train on the table with that column renamed.",
            code=Exit.USAGE,
        )
