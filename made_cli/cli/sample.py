"""`made sample`: synthetic rows."""

from typing import Annotated, Literal

import typer

from made_cli.cli.console import People
from made_cli.cli.options import Device, Output, Permutations, Quiet, RunFolder, Seed, Threads
from made_cli.errors import Exit, UserError


def sample(
    run: RunFolder,
    rows: Annotated[int, typer.Option("-n", "--rows", min=1, metavar="N", help="How many rows.")],
    output: Output = None,
    combine: Annotated[
        Literal["mixture", "weighted", "product", "pool"],
        typer.Option(help="The equal mixture, or what `made ensemble-eval --save` found."),
    ] = "mixture",
    permutations: Permutations = None,
    member: Annotated[
        int | None, typer.Option(min=1, metavar="K", help="Draw all rows from member K by itself.")
    ] = None,
    seed: Seed = 0,
    threads: Threads = None,
    device: Device = "auto",
    quiet: Quiet = False,
) -> None:
    """Draw synthetic rows, exactly, from a combination of the members.

    A row of a mixture picks a member at random and is drawn from it, column after column; a row of a product is a row
    of the mixture that is accepted with the right probability. Labels, formats and empty cells are those of the table
    that the run was trained on. The same seed gives the same rows.

    Example: made sample runs/digits -n 100 > rows.csv
    """
    if member is not None and combine != "mixture":
        raise typer.BadParameter(f"--member draws from one member, --combine {combine} from all: leave one out")
    from made_cli.tables.files import check_output, write_table

    check_output(output)
    import numpy as np

    from made_cli.cli.torch_setup import set_up
    from made_cli.ensemble.sampling import sample_mixture, sample_product
    from made_cli.training.checkpoint import load_run
    from made_cli.training.saved import combined

    people, rng = People(quiet=quiet), np.random.default_rng(seed)
    loaded = load_run(run, set_up(device, threads))
    with people.progress("sampling", rows) as bar:

        def done(count: int) -> None:
            bar.update(count, f"sampled {count:,} rows")

        if member is not None:
            codes = sample_mixture([loaded.members(member, seed=seed)[-1]], rows, rng, done=done).codes
        else:
            found = combined(loaded, combine, permutations, seed)
            if found.combination.form == "mixture":
                weights = np.array(found.combination.weights)
                codes = sample_mixture(found.members, rows, rng, weights=weights, done=done).codes
            elif found.combination.form == "product" and found.combination.guaranteed:
                accepted = sample_product(found.members, rows, rng, np.array(found.combination.exponents), done=done)
                people.say(f"accepted {100 * accepted.acceptance:.2f} % of {accepted.tried:,} rows of the mixture")
                codes = accepted.codes
            else:
                raise UserError(
                    f"{run}: the {combine} has free exponents, which rejection cannot sample exactly",
                    hint="Learn it without --free-exponents, or sample with --combine product.",
                    code=Exit.USAGE,
                )
    write_table(loaded.record.schema.decode(codes, rng), output)
