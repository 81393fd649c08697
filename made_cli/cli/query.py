"""`made query`: how probable something is.

Knows: what is shown of a probability, and its names in JSON.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from made_cli.cli.messages import Messages, show_json, show_lines
from made_cli.cli.options import GivenCells, Json, Machine, Permutations, RunFolder, Seed
from made_cli.cli.uncertainty import described, shown

if TYPE_CHECKING:
    from made_cli.inference.queries import Probability


def query(
    run: RunFolder,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="What is asked, such as 'age > 50 and sex == \"F\"'.")],
    *,
    given: GivenCells = None,
    samples: Annotated[
        int,
        typer.Option(
            min=2,
            metavar="S",
            help="Rows to draw; the standard error falls with their square root. Fewer for thousands of ranges.",
        ),
    ] = 20_000,
    permutations: Permutations = None,
    seed: Seed = 0,
    machine: Machine,
    json: Json = False,
    messages: Messages,
) -> None:
    """Estimate the probability that a row is as EVENT says.

    EVENT compares columns with values by ==, !=, <, <=, >, >=, in, not in, `between 3 and 5`, `is empty` and
    `is not empty`, or with each other ('ship < order'), joined by and, or, not and brackets; capitals will do.
    Names that are no plain words stand in `backticks`, labels and dates in quotes. An empty cell equals "" alone: it
    differs from every value, and is neither more nor less than any. Columns are drawn within the event, and
    the probability of that is averaged (progressive sampling): rare events are estimated as well as common ones. Where
    columns are compared with each other, rows are drawn and counted, and what is rarer than one in S is not seen.

    The ± is one standard deviation: how far the members disagree, each asked by itself, and the error of sampling.

    Example: made query runs/penguins 'body_mass_g > 5000 and species != "Adelie"' --given sex=male
    """
    with messages.waiting():
        from made_cli.inference import queries

    loaded = machine.load(run, messages)
    with messages.waiting("drawing rows"):
        found = queries.query(loaded, event, given or [], samples, permutations, seed)
    if json:
        show_json({"schema_version": 1, "event": event, "given": given or []} | as_json(found))
    else:
        condition = f" given {', '.join(given)}" if given else ""
        members = f"{found.permutations} member{'s' if found.permutations > 1 else ''}"
        counted = "; counted among them, for columns are compared with each other" if found.counted else ""
        show_lines(f"P({event}){condition}", shown(found), f"{found.samples:,} rows drawn, {members}{counted}")


def as_json(found: "Probability") -> dict[str, object]:
    """Returns a probability as JSON holds it; "uncertainty" is the ± that is shown, "se" that of sampling alone."""
    return {
        "probability": found.estimate,
        "uncertainty": found.uncertainty,
        "se": found.se,
        "members": described(found.permutations, found.disagreement),
        "samples": found.samples,
        "permutations": found.permutations,
        "counted": found.counted,
    }
