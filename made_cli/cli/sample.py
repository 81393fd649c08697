"""`made sample`: synthetic rows."""

from typing import Annotated

import typer

from made_cli.cli.console import People
from made_cli.cli.options import Device, Output, Permutations, Quiet, RunFolder, Seed, Threads


def sample(
    run: RunFolder,
    rows: Annotated[int, typer.Option("-n", "--rows", min=1, metavar="N", help="How many rows.")],
    output: Output = None,
    permutations: Permutations = None,
    member: Annotated[
        int | None, typer.Option(min=1, metavar="K", help="Draw all rows from member K instead of the equal mixture.")
    ] = None,
    seed: Seed = 0,
    threads: Threads = None,
    device: Device = "auto",
    quiet: Quiet = False,
) -> None:
    """Draw synthetic rows, exactly, from the equal mixture of the members.

    Each row picks a member at random and is drawn from it, column after column. Labels, formats and empty cells are
    those of the table that the run was trained on. The same seed gives the same rows.

    Example: made sample runs/digits -n 100 > rows.csv
    """
    from made_cli.tables.files import check_output, write_table

    check_output(output)
    import numpy as np

    from made_cli.cli.torch_setup import set_up
    from made_cli.ensemble.sampling import sample_mixture
    from made_cli.training.checkpoint import load_run

    people = People(quiet=quiet)
    loaded = load_run(run, set_up(device, threads))
    members = loaded.members(max(permutations or 0, member or 0) or None, seed=seed)
    if member is not None:
        members = members[member - 1 : member]
    rng = np.random.default_rng(seed)
    with people.progress("sampling", rows) as bar:
        codes = sample_mixture(members, rows, rng, done=lambda count: bar.update(count, f"sampled {count:,} rows"))
    write_table(loaded.record.schema.decode(codes, rng), output)
