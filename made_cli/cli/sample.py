"""`made sample`: synthetic rows."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from made_cli.cli.messages import Messages
from made_cli.cli.options import Device, Given, Output, Permutations, Quiet, RunFolder, Seed, Threads
from made_cli.errors import Exit, UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from made_cli.runs.saved import Combined


def sample(
    run: RunFolder,
    rows: Annotated[
        int | None,
        typer.Option("-n", "--rows", min=1, metavar="N", help="How many rows; for each of --given-file's."),
    ] = None,
    output: Output = None,
    combine: Annotated[
        Literal["mixture", "weighted", "product", "pool"],
        typer.Option(help="The equal mixture, or what `made ensemble-eval --save` found."),
    ] = "mixture",
    permutations: Permutations = None,
    member: Annotated[
        int | None, typer.Option(min=1, metavar="K", help="Draw all rows from member K by itself.")
    ] = None,
    given: Given = None,
    given_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A table of known columns: rows are drawn for each of its rows."),
    ] = None,
    seed: Seed = 0,
    threads: Threads = None,
    device: Device = "auto",
    quiet: Quiet = False,
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
    from made_cli.tables.files.reading import read_table
    from made_cli.tables.files.writing import check_output, write_table

    check_output(output)
    import numpy as np

    from made_cli.cli.torch_setup import set_up
    from made_cli.ensemble.combination import Mixture
    from made_cli.inference.answers import rows_given
    from made_cli.runs.loading import load_run
    from made_cli.runs.saved import Combined, combined
    from made_cli.tables.events.evidence import evidence_from_table, evidence_from_texts

    messages, rng = Messages(quiet=quiet), np.random.default_rng(seed)
    loaded = load_run(run, set_up(device, threads))
    schema = loaded.record.schema
    found = combined(loaded, combine, permutations if member is None else member, seed)
    if member is not None:
        found = Combined(found.members[-1:], Mixture((1.0,)))
    known, count = None, rows or 1
    if given:
        known = evidence_from_texts(schema, given).repeated(count)
    elif given_file is not None:
        known = evidence_from_table(schema, read_table(given_file)).repeated(count)
        count = len(known.codes)
    with messages.progress("sampling", count) as bar:

        def on_progress(drawn: int) -> None:
            bar.update(drawn, f"sampled {drawn:,} rows")

        if known is None:
            frame = schema.decode(_draw(run, found, count, rng, on_progress, messages), rng)
        else:
            frame = rows_given(loaded, found.members, known, rng, on_progress)
    write_table(frame, output)


def _draw(
    run: str,
    found: "Combined",
    rows: int,
    rng: "np.random.Generator",
    on_progress: "Callable[[int], None]",
    messages: Messages,
) -> "NDArray[np.float64]":
    """Draws rows (N, D) of codes from a combination."""
    import numpy as np

    from made_cli.ensemble.sampling import sample_mixture, sample_product

    if found.combination.form == "mixture":
        weights = np.array(found.combination.weights)
        return sample_mixture(found.members, rows, rng, weights=weights, on_progress=on_progress).codes
    if found.combination.form == "product" and found.combination.guaranteed:
        accepted = sample_product(
            found.members, rows, rng, np.array(found.combination.exponents), on_progress=on_progress
        )
        messages.say(f"accepted {100 * accepted.acceptance:.2f} % of {accepted.tried:,} rows of the mixture")
        return accepted.codes
    raise UserError(
        f"{run}: the {found.combination.form} has free exponents, which rejection cannot sample exactly",
        hint="Learn it without --free-exponents, or sample with --combine product.",
        code=Exit.USAGE,
    )
