"""`made score`: a log-likelihood for each row, or for some columns of it, and the surprisal of each cell.

Knows: what is said of all scores together.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from made_cli.cli.completion import columns_of_run
from made_cli.cli.listing import Listing
from made_cli.cli.messages import Messages, show_json
from made_cli.cli.options import Data, Json, Machine, Permutations, Reading, RunFolder, Seed
from made_cli.cli.output import Output
from made_cli.cli.relations import counts, named
from made_cli.cli.sharding import Sharding
from made_cli.cli.uncertainty import described
from made_cli.config import Missing

if TYPE_CHECKING:
    from made_cli.inference.block_scores import ScoreTotals
    from made_cli.tables.columns.kinds import Kind

SHOWN = 5
"""Columns that a message lists at most."""
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
        str | None,
        _some_columns(
            metavar="A,B,…",
            autocompletion=columns_of_run,
            help="Score these columns, in this order, whatever the others hold; names with commas in quotes.",
        ),
    ] = None,
    given: Annotated[
        str | None,
        _some_columns(
            metavar="X,Y,…", autocompletion=columns_of_run, help="Score the others given these columns, in this order."
        ),
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
        int | None,
        _cell_by_cell(
            min=1, metavar="T", help="Also name the T oddest columns of each row, and the relations it breaks."
        ),
    ] = None,
    listing: Listing,
    sharding: Sharding,
    spread: Annotated[bool, typer.Option("--spread", help="Also how far the members lie apart in each row.")] = False,
    reading: Reading,
    seed: Seed = 0,
    machine: Machine,
    json: Json = False,
    messages: Messages,
) -> None:
    """Write the log-likelihood of each row, in nats.

    One line a row, in the order of DATA, under the header log_prob; --id carries columns of DATA along, --sort odd has
    the least probable rows first. Columns are found by name; columns that the run
    does not know are ignored. --columns A,B scores log p(A, B), --given X log p(the others | X), both together
    log p(A, B | X). The chain rule takes columns in the order named, so that the scores of parts add up.

    The surprisal of a cell is -log of its probability given the columns before it, averaged over the members by their
    weights. --top names the cells whose surprisal is furthest above what the model expects of their column, with what
    they hold and their surprisal; where the run has relations between columns, `breaks` names those that the row
    breaks.

    How far the members disagree is said in a line, --spread adds it to each row: the standard deviation of their own
    log-likelihoods, the least and the greatest. --json reports the means over the rows, which go to a file by -o then.

    Example: made score runs/digits new.csv > scores.csv
    """
    if json and output.output is None:
        raise typer.BadParameter("--json: standard output holds the report, so name a file for the rows with -o")
    sharding.check(output.output, json=json, sort=listing.sort)
    output.check(*data)
    with messages.waiting():
        from made_cli.inference.block_scores import ScoreTotals, score_blocks
        from made_cli.inference.table_scores import ScoreOptions, TableScorer
        from made_cli.tables.columns.names import columns_listed

    loaded = machine.load(run, messages)
    schema = loaded.record.schema
    per_column = per_column or (leave_one_out and top is None)
    options = ScoreOptions(
        combine=combine,
        columns=None if columns is None else columns_listed(schema, columns, "--columns"),
        given=() if given is None else columns_listed(schema, given, "--given"),
        missing=missing,
        unseen=unseen,
        permutations=permutations,
        seed=seed,
    )
    scorer = TableScorer(loaded, options, leave_one_out=leave_one_out)
    blocks = reading.blocks(data, messages)
    listing.check(blocks, scorer.names(surprisals=per_column, top=top, spread=spread))
    wanted, totals = sharding.rows_of(blocks, messages), ScoreTotals()
    is_one = blocks.is_whole or listing.sort is not None
    with (
        output.progress(messages, "scoring", scorer.passes(surprisals=per_column, top=top)) as bar,
        output.writing(schema, header=sharding.header, whole=is_one) as write,
        listing.to(write) as list_rows,
    ):
        scored = score_blocks(scorer, blocks, wanted=wanted, surprisals=per_column, top=top, on_progress=bar.advance)
        for first, table, scores in scored:
            totals.add(scores)
            list_rows(table, scores.frame(spread=spread), first)
    if totals.never_seen:
        messages.say(_never_seen(totals.never_seen))
    if totals.rows:
        messages.say(_disagreement(totals))
    if json:
        show_json(_report(totals, schema.kinds))


def _disagreement(totals: "ScoreTotals") -> str:
    """Says how far the members disagree."""
    if totals.disagreement is None:
        who = "one member" if totals.members == 1 else f"{totals.members} members that take these columns alike"
        return f"{who}: how far others would disagree cannot be told"
    mean, most = (f"{float(f'{std:.2g}'):g}" for std in (totals.disagreement.std, totals.greatest_std))
    return f"{totals.members} members disagree by {mean} nats a row on average, {most} at most (standard deviation)"


def _never_seen(counts: Mapping[str, int]) -> str:
    """Says which columns have labels that training had none of.

    >>> _never_seen({"city": 2, "flag": 1})
    'labels that training had none of: 3 cells (city 2, flag 1); each has a small fixed probability'
    """
    total = sum(counts.values())
    shown = ", ".join(f"{name} {count:,}" for name, count in list(counts.items())[:SHOWN]) + ", …" * (
        len(counts) > SHOWN
    )
    cells = "1 cell" if total == 1 else f"{total:,} cells"
    return f"labels that training had none of: {cells} ({shown}); each has a small fixed probability"


def _report(totals: "ScoreTotals", kinds: "Sequence[Kind]") -> dict[str, object]:
    """Returns the means over the rows, and with --top the rows that break relations, as JSON holds them."""
    found, apart = totals.estimate, totals.disagreement
    members, counted = described(totals.members, apart), zip(totals.relations, totals.counts, strict=True)
    return {
        "schema_version": 1,
        "rows": totals.rows,
        "unit": "nats",
        "log_prob": -found.nll if found else None,
        "se": found.se if found else None,
        "members": members | {"greatest_std": totals.greatest_std if apart else None},
        "relations": [named(relation, kinds) | counts(count) for relation, count in counted],
    }
