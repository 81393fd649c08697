"""`made query`: how probable something is."""

from typing import Annotated

import typer

from made_cli.cli.console import show_json, show_table
from made_cli.cli.options import Device, Given, Json, Permutations, RunFolder, Seed, Threads


def query(
    run: RunFolder,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="What is asked, such as 'age > 50 and sex == \"F\"'.")],
    given: Given = None,
    samples: Annotated[
        int, typer.Option(min=2, metavar="S", help="Rows to draw; the standard error falls with their square root.")
    ] = 20_000,
    permutations: Permutations = None,
    seed: Seed = 0,
    threads: Threads = None,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Estimate the probability that a row is as EVENT says.

    EVENT compares columns with values by ==, !=, <, <=, >, >=, in and not in, joined by and, or, not and brackets.
    Names that are no plain words stand in `backticks`, labels and dates in quotes; == "" asks for an empty cell, and
    any other comparison with one is false. The columns in question are drawn from within what is asked and the
    probability of that is averaged, so that rare events are found as surely as common ones.

    Example: made query runs/penguins 'body_mass_g > 5000 and species != "Adelie"' --given sex=Male
    """
    import numpy as np

    from made_cli.cli.torch_setup import set_up
    from made_cli.ensemble.partial import GIVEN, UNKNOWN, able
    from made_cli.ensemble.query import probability
    from made_cli.tables.given import given_codes
    from made_cli.tables.questions import event_of, given_in
    from made_cli.training.checkpoint import load_run

    loaded = load_run(run, set_up(device, threads))
    schema = loaded.record.schema
    known = given_codes(schema, given or [])
    boxes = given_in(schema, event_of(schema, event), known)
    stages = np.array([[GIVEN if column in known else UNKNOWN for column in range(len(schema.names))]])
    members = able(loaded.members(permutations, seed=seed), stages)
    found = probability(members, boxes, known, samples, np.random.default_rng(seed))
    if json:
        report = {"probability": found.estimate, "se": found.se, "samples": found.samples, "permutations": len(members)}
        show_json({"schema_version": 1, "event": event, "given": given or [], **report})
    else:
        condition = f" given {', '.join(given)}" if given else ""
        row = [f"{found.estimate:.6g}", f"{found.se:.2g}", f"{found.samples:,}", str(len(members))]
        show_table(f"P({event}){condition}", ("probability", "± s.e.", "samples", "permutations"), [row], left=0)
