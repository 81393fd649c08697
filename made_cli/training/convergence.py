"""Whether validation had levelled off when steps or time ran out.

Knows: how much lower validation would be after as many steps again, judged from its evaluations on the plateau of the
learning rate, and how little of that is not worth going on for. Learning slows down, so the NLL is taken as linear in
the logarithm of the step: from s to 2s steps it then falls by log 2 times the slope, whatever s is.
"""

import math
from collections.abc import Sequence

import numpy as np

FEWEST_EVALUATIONS = 5
"""Of fewer evaluations nothing can be said: the line through them has no noise to be compared with."""
STANDARD_ERRORS = 2.0
"""Slopes nearer than this to zero are noise."""
LEAST_SHARE = 0.005
"""The share of the NLL that is not worth twice the training,"""
LEAST_GAIN = 0.02
"""nor are so few nats a row: about what another seed makes of a run."""


def levelled_off(evaluations: Sequence[tuple[int, float]]) -> bool:
    """Says whether as many steps again would gain next to nothing.

    Args:
        evaluations: (step, NLL of the validation rows, nats a row) on the plateau, by ascending steps. Their later
            half counts, for the first steps fall steeply in every training.

    Returns:
        False where there are too few evaluations to tell.

    >>> steps = range(100, 3_000, 100)
    >>> levelled_off([(step, 20 - math.log(step)) for step in steps]), levelled_off([(step, 12.5) for step in steps])
    (False, True)
    """
    if len(evaluations) < FEWEST_EVALUATIONS:
        return False
    later = np.array(evaluations[-max(FEWEST_EVALUATIONS, math.ceil(len(evaluations) / 2)) :])
    steps, nlls = np.log(later[:, 0]), later[:, 1]
    centred = steps - steps.mean()
    spread = (centred**2).sum()
    slope = (centred * nlls).sum() / spread
    residuals = nlls - nlls.mean() - slope * centred
    error = math.sqrt((residuals**2).sum() / (len(later) - 2) / spread)
    gain = -slope * math.log(2)
    return bool(-slope <= STANDARD_ERRORS * error or gain <= max(LEAST_SHARE * abs(nlls[-1]), LEAST_GAIN))
