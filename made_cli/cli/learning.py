"""How the networks of a run learned, as a small picture.

Knows: which evaluations are drawn: what is far above at the start would hide all others.
"""

import math
from collections.abc import Mapping, Sequence

from made_cli.cli.pictures import Line, show_picture
from made_cli.runs.metrics import Evaluation

NETWORKS = 6
"""Networks that are drawn."""
SHOWN = 0.9
"""The share of the evaluations that is drawn at least."""


def show_learning(curves: Mapping[int, Sequence[Evaluation]], objective: str) -> None:
    """Shows the NLL of the validation rows by training step, in a terminal and where it was measured more than once."""
    drawn = {network: kept for network, found in sorted(curves.items())[:NETWORKS] if len(kept := _drawn(found)) > 1}
    names = {network: f"network {network}" if len(drawn) > 1 else "validation" for network in drawn}
    lines = [Line(names[network], [(each.step, each.valid_nll) for each in kept]) for network, kept in drawn.items()]
    steps = [step for line in lines for step, _ in line.points]
    marks = [(end, f"{end:,.0f}") for end in (min(steps), max(steps))] if steps else []
    show_picture(f"learning: {objective} of the validation rows, nats a row", lines, marks, "steps")


def _drawn(found: Sequence[Evaluation]) -> list[Evaluation]:
    """Leaves out what is far above at the start."""
    kept = [each for each in found if each.has_size]
    levels = sorted(each.valid_nll for each in kept)
    most = levels[math.ceil(SHOWN * len(levels)) - 1] if levels else 0.0
    return [each for each in kept if each.valid_nll <= most]
