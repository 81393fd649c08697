"""Whether validation had levelled off when steps or time ran out.

Knows: how much lower validation would be after more steps, judged from its evaluations on the plateau of the learning
rate, and how little of that is not worth going on for. Learning slows down: the NLL is taken to fall as
a + b·step^(−c) towards a floor, or with the logarithm of the step (the limit for c = 0), whichever fits best.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

FEWEST_EVALUATIONS = 5
"""Of fewer evaluations nothing can be said: the line through them has no noise to be compared with."""
STANDARD_ERRORS = 2.0
"""Slopes nearer than this to zero are noise."""
EXPONENTS = (0.0, 0.5, 1.0, 2.0)
"""c, of the curves tried. The logarithm alone foresees several times the gain that comes about."""
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
    slope, error, exponent = _fitted(evaluations)
    gain = -slope * _curve(np.array(2.0), exponent)
    return bool(-slope <= STANDARD_ERRORS * error or gain <= max(LEAST_SHARE * abs(evaluations[-1][1]), LEAST_GAIN))


def expected_gain(evaluations: Sequence[tuple[int, float]], times: float) -> float:
    """Returns how much lower validation would be after so many times the steps, nats a row; negative of fewer steps.

    Args:
        evaluations: as in `levelled_off`.
        times: the steps, in units of those of the last evaluation.

    Returns:
        The gain, 0 where validation does not fall; NaN of too few evaluations to tell.

    >>> steps = range(100, 3_000, 100)
    >>> round(expected_gain([(step, 20 - math.log(step)) for step in steps], 2.0), 3)
    0.693
    """
    if len(evaluations) < FEWEST_EVALUATIONS:
        return math.nan
    slope, _, exponent = _fitted(evaluations)
    return float(max(-slope, 0.0) * _curve(np.array(times), exponent))


def _fitted(evaluations: Sequence[tuple[int, float]]) -> tuple[float, float, float]:
    """Fits the curves to the later half; returns slope, its standard error and c of the one that fits best."""
    later = np.array(evaluations[-max(FEWEST_EVALUATIONS, math.ceil(len(evaluations) / 2)) :])
    steps, nlls = later[:, 0] / later[-1, 0], later[:, 1]
    _, slope, error, exponent = min((*_line(_curve(steps, c), nlls), c) for c in EXPONENTS)
    return slope, error, exponent


def _curve(steps: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """Returns (1 − s^(−c)) / c of steps s in units of the last: 0 there, its slope 1 whatever c is."""
    return (1 - steps**-exponent) / exponent if exponent else np.log(steps)


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float, float]:
    """Fits a line; returns the sum of the squared residuals, its slope, and the standard error of that."""
    centred = x - x.mean()
    spread = float((centred**2).sum())
    slope = float((centred * y).sum()) / spread
    squares = float(((y - y.mean() - slope * centred) ** 2).sum())
    return squares, slope, math.sqrt(squares / (len(x) - 2) / spread)
