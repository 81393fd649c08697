"""`made sample`: synthetic rows.

Knows: which options exclude each other.
"""

from typing import Annotated, Literal

import typer

from made_cli.cli.messages import Messages
from made_cli.cli.options import GivenCells, Machine, Permutations, Reading, RunFolder, Seed
from made_cli.cli.output import Output
from made_cli.cli.sharding import Sharding


def sample(
    run: RunFolder,
    *,
    rows: Annotated[
        int | None,
        typer.Option(
            "-n",
            "--rows",
            min=1,
            metavar="N",
            help="How many rows; with --given-file, how many for each of its rows, by default 1.",
        ),
    ] = None,
    output: Output,
    combine: Annotated[
        Literal["mixture", "weighted", "product", "pool"],
        typer.Option(help="The equal mixture, or what `made ensemble-eval --save` saved."),
    ] = "mixture",
    permutations: Permutations = None,
    member: Annotated[
        int | None, typer.Option(min=1, metavar="K", help="Draw all rows from member K by itself.")
    ] = None,
    given: GivenCells = None,
    given_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A table of known columns: rows are drawn for each of its rows."),
    ] = None,
    sharding: Sharding,
    reading: Reading,
    seed: Seed = 0,
    machine: Machine,
    messages: Messages,
) -> None:
    """Draw synthetic rows, exactly, from a combination of the members.

    A row of a mixture picks a member at random and is drawn from it, column after column; a row of a product is a row
    of the mixture that is accepted with the right probability. With --given, known columns come first and the others
    are drawn given them. Labels, formats and empty cells are those of the table that the run was trained on. The same
    seed gives the same rows.

    Example: made sample runs/digits -n 100 > rows.csv
    """
    for wrong, why in (
        (member and combine != "mixture", f"--member draws from one member, --combine {combine} from all"),
        (member and permutations, "--member draws from one member: --permutations says nothing then"),
        (rows is None and given_file is None, "-n: say how many rows"),
        (given and given_file, "--given and --given-file: put all known columns into the file"),
        ((given or given_file) and combine != "mixture", f"--combine {combine} draws whole rows, given nothing"),
    ):
        if wrong:
            raise typer.BadParameter(why)
    sharding.check(output.output)
    output.check(*([] if given_file is None else [given_file]))
    with messages.waiting():
        from made_cli.ensemble.sampling import Rejection
        from made_cli.inference.blocks import in_one_block, rows_drawn
        from made_cli.inference.sampling import sample_rows, sample_rows_given
        from made_cli.runs.saved import combined, member_alone
        from made_cli.tables.events.evidence import evidence_from_table, evidence_from_texts

    loaded = machine.load(run, messages)
    schema = loaded.record.schema
    found = combined(loaded, combine, permutations, seed) if member is None else member_alone(loaded, member, seed)
    known, count = None, rows or 1
    if given:
        known = evidence_from_texts(schema, given).repeated(count)
    elif given_file is not None:
        known = evidence_from_table(schema, reading.table(given_file, messages)).repeated(count)
        count = known.rows
    wanted, rejections = sharding.rows(count), list[Rejection | None]()
    whole = in_one_block(count, wanted)
    with (
        output.progress(messages, "sampling", rows_drawn(count, wanted)) as bar,
        output.writing(schema, header=sharding.header, whole=whole) as write,
    ):

        def on_progress(drawn: int) -> None:
            bar.update(drawn, f"sampled {drawn:,} rows")

        if known is None:
            blocks = sample_rows(loaded, found, count, seed, on_progress, wanted=wanted)
        else:
            blocks = sample_rows_given(loaded, found, known, seed, on_progress, wanted=wanted)
        for table, rejection in blocks:
            write(table)
            rejections.append(rejection)
    if accepted := Rejection.of(rejections):
        messages.say(f"accepted {100 * accepted.acceptance:.2f} % of {accepted.tried:,} rows of the mixture")
