"""`made score`: a log-likelihood for each row, or for some columns of it, and the surprisal of each cell.

Knows: how columns are named with commas between, and which names the scores have taken.
"""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal

import typer

from made_cli.cli.messages import Messages
from made_cli.cli.options import Data, Machine, Output, Permutations, Reading, RunFolder, Seed
from made_cli.config import Missing
from made_cli.errors import Exit, UserError

_some_columns = partial(typer.Option, rich_help_panel="Some columns")
_cell_by_cell = partial(typer.Option, rich_help_panel="Cell by cell")


def score(
    run: RunFolder,
    data: Data,
    *,
    output: Output,
    permutations: Permutations = None,
    combine: Annotated[
        Literal["mixture", "bound", "weighted", "product", "pool"],
        typer.Option(help="The equal mixture, the bound, or what `made ensemble-eval --save` saved."),
    ] = "mixture",
    unseen: Annotated[
        Literal["other", "error"],
        typer.Option(help="Whether a label that training had none of is one more outcome, or an error."),
    ] = "other",
    columns: Annotated[
        str | None, _some_columns(metavar="A,B,…", help="Score these columns, in this order, whatever the others hold.")
    ] = None,
    given: Annotated[
        str | None, _some_columns(metavar="X,Y,…", help="Score the others given these columns, in this order.")
    ] = None,
    missing: Annotated[
        Missing | None,
        _some_columns(
            help="Whether an empty cell is an outcome, or unknown: then what is known is scored.",
            show_default="as the run was trained",
        ),
    ] = None,
    per_column: Annotated[bool, _cell_by_cell("--per-column", help="Also the surprisal of each cell.")] = False,
    leave_one_out: Annotated[
        bool, _cell_by_cell("--leave-one-out", help="Surprisals given all other cells in question.")
    ] = False,
    top: Annotated[
        int | None, _cell_by_cell(min=1, metavar="T", help="Also name the T oddest columns of each row.")
    ] = None,
    reading: Reading,
    seed: Seed = 0,
    machine: Machine,
    messages: Messages,
) -> None:
    """Write the log-likelihood of each row, in nats.

    One line a row, in the order of DATA, under the header log_prob. Columns are found by name; columns that the run
    does not know are ignored. --columns A,B scores log p(A, B), --given X log p(the others | X), both together
    log p(A, B | X). The chain rule takes columns in the order named, so that the scores of parts add up.

    The surprisal of a cell is -log of its probability given the columns before it, averaged over the members by their
    weights. --top names the cells whose surprisal is furthest above what the model expects of their column.

    Example: made score runs/digits new.csv > scores.csv
    """
    output.check()
    from made_cli.inference.table_scores import ScoreOptions, TableScorer

    loaded = machine.load(run)
    names = loaded.record.schema.names
    per_column = per_column or (leave_one_out and top is None)
    if per_column:
        _check_names(names, run, top or 0)
    options = ScoreOptions(
        combine=combine,
        columns=None if columns is None else _listed(columns, names, "--columns"),
        given=() if given is None else _listed(given, names, "--given"),
        missing=missing,
        unseen=unseen,
        permutations=permutations,
        seed=seed,
    )
    scorer = TableScorer(loaded, options, leave_one_out=leave_one_out)
    table = reading.table(data)
    with messages.progress("scoring", len(scorer.members)) as bar:
        scores = scorer.score(table, surprisals=per_column, top=top, on_progress=bar.advance)
    output.write(scores.frame())


def _check_names(names: Sequence[str], run: str, top: int) -> None:
    """Refuses columns named as those that hold the scores."""
    for own in ("log_prob", *(f"odd_{place + 1}" for place in range(top))):
        if own in names:
            raise UserError(
                f"{run}: a column is named {own}, as one of the scores is",
                hint="Score without --per-column, or train on the table with that column renamed.",
                code=Exit.USAGE,
            )


def _listed(text: str, columns: Sequence[str], option: str) -> list[str]:
    """Reads names of columns with commas between; a name may hold a comma itself.

    >>> _listed("a,b,c", ["a", "b,c"], "--columns")
    ['a', 'b,c']
    """
    found: list[str] = []
    parts = text.split(",")
    while parts:
        # The longest name that the text goes on with.
        count = next((n for n in range(len(parts), 0, -1) if ",".join(parts[:n]).strip() in columns), 0)
        if not count:
            raise typer.BadParameter(
                f"{option}: the run has no column {parts[0].strip()!r}; it has {', '.join(map(repr, columns[:20]))}"
            )
        found.append(",".join(parts[:count]).strip())
        parts = parts[count:]
    return found
