"""`made query`: how probable something is.

Knows: names and rounding of what is shown of a probability.
"""

from typing import Annotated

import typer

from made_cli.cli.messages import show_json, show_table
from made_cli.cli.options import GivenCells, Json, Machine, Permutations, RunFolder, Seed


def query(
    run: RunFolder,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="What is asked, such as 'age > 50 and sex == \"F\"'.")],
    *,
    given: GivenCells = None,
    samples: Annotated[
        int, typer.Option(min=2, metavar="S", help="Rows to draw; the standard error falls with their square root.")
    ] = 20_000,
    permutations: Permutations = None,
    seed: Seed = 0,
    machine: Machine,
    json: Json = False,
) -> None:
    """Estimate the probability that a row is as EVENT says.

    EVENT compares columns with values by ==, !=, <, <=, >, >=, in and not in, joined by and, or, not and brackets.
    Names that are no plain words stand in `backticks`, labels and dates in quotes. An empty cell equals "" alone: it
    differs from every value, and is neither more nor less than any. Columns are drawn within the event, and
    the probability of that is averaged (progressive sampling): rare events are estimated as well as common ones.

    Example: made query runs/penguins 'body_mass_g > 5000 and species != "Adelie"' --given sex=male
    """
    from made_cli.inference import queries

    found = queries.query(machine.load(run), event, given or [], samples, permutations, seed)
    if json:
        report = {"schema_version": 1, "event": event, "given": given or [], "probability": found.estimate}
        show_json(report | {"se": found.se, "samples": found.samples, "permutations": found.permutations})
    else:
        condition = f" given {', '.join(given)}" if given else ""
        row = [f"{found.estimate:.6g}", f"{found.se:.2g}", f"{found.samples:,}", str(found.permutations)]
        show_table(f"P({event}){condition}", ("probability", "± s.e.", "samples", "permutations"), [row], left=0)
