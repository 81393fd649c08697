"""The fixed monotone scaling of a numeric column.

Knows: two strictly increasing maps, one after the other. The first is affine, or `asinh((x − a) / b)`, a logarithm away
from a, on both sides of it, so that incomes and prices spread out. The second is piecewise linear through quantiles of
the column, as far as there are rows to tell it: it gives the column about the distribution of a standard logistic,
whatever its shape, and makes edges and gaps easy. Beyond the outermost quantiles it goes on as a straight line. Every
number has a finite image.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROWS_A_KNOT = 20
"""Rows beyond each outermost knot, and between any two in the midst."""
SPACING = 0.5
"""Between two knots, in logits of the share of rows below."""
MOST_EVEN = 32
"""Shares of rows that the knots in the midst are apart, at the finest."""
LOGISTIC_DEVIATION = math.pi / math.sqrt(3)
NARROWEST = 1e-9
"""Least distance between two knots, as a share of that between the outermost."""


@dataclass(frozen=True)
class Scaling:
    """A strictly increasing map from the user's units to z, of about mean 0 and deviation 1.

    Attributes:
        origin: a, in the user's units.
        width: b, in the user's units; None where the first map is affine.
        transformed: (Q,) ascending images of the knots under the first map.
        z: (Q,) ascending images of the knots under both.

    >>> scaling = Scaling(origin=0.0, width=2.0, transformed=(0.0, 1.0, 4.0), z=(-1.0, 0.5, 1.0))
    >>> bool(np.allclose(scaling.inverse(scaling.forward(np.array([-7.0, 0.0, 1e6]))), [-7.0, 0.0, 1e6]))
    True
    """

    origin: float
    width: float | None
    transformed: tuple[float, ...]
    z: tuple[float, ...]

    def forward(self, x: Floats) -> Floats:
        """Maps numbers in the user's units to z."""
        return _interpolate(transform(x, self.origin, self.width), np.array(self.transformed), np.array(self.z))

    def slope(self, x: Floats) -> Floats:
        """Returns dz/dx > 0, the Jacobian of the map; that to the right at a knot."""
        return np.broadcast_to(self._slope(x, transform(x, self.origin, self.width)), np.shape(x))

    def _slope(self, x: Floats, transformed: Floats) -> Floats:
        knots, z = np.array(self.transformed), np.array(self.z)
        piece = (np.diff(z) / np.diff(knots))[_piece(transformed, knots)]
        return np.asarray(piece if self.width is None else piece / np.hypot(x - self.origin, self.width))

    def log_likelihood(self, x: Floats, transformed: Floats, log_base: Callable[[Floats], Floats]) -> float:
        """Returns the mean log-density of x, nats, if z had the base density.

        Args:
            x: (N,) in the user's units.
            transformed: (N,) their images under the first map.
            log_base: the log of the base density.
        """
        z = _interpolate(transformed, np.array(self.transformed), np.array(self.z))
        mean = float(np.mean(np.log(self._slope(x, transformed)) + log_base(z)))
        return mean if np.isfinite(mean) else -math.inf

    def inverse(self, z: Floats) -> Floats:
        """Maps z back to the user's units."""
        t = _interpolate(z, np.array(self.z), np.array(self.transformed))
        return np.asarray(t if self.width is None else self.origin + self.width * np.sinh(t))


def transform(x: Floats, origin: float, width: float | None) -> Floats:
    """Applies the first map to numbers in the user's units."""
    return np.asarray(x if width is None else np.arcsinh((x - origin) / width))


def standardising(origin: float, width: float | None, mean: float, deviation: float) -> Scaling:
    """Makes the scaling whose second map is affine: (t − mean) / deviation.

    >>> standardising(0.0, None, mean=3.0, deviation=2.0).forward(np.array([7.0])).tolist()
    [2.0]
    """
    deviation = max(deviation, 4 * float(np.spacing(abs(mean))))  # of huge numbers, a deviation of 1 would be none
    return Scaling(origin, width, (mean - deviation, mean + deviation), (-1.0, 1.0))


AS_IT_IS = standardising(0.0, None, mean=0.0, deviation=1.0)
"""The scaling that leaves numbers as they are."""


def fit_scaling(x: Floats) -> Scaling:
    """Chooses a scaling by likelihood: the first map by that of a normal sample, the second by that of rows held out.

    Args:
        x: (N,) numbers, ties included, atoms left out.

    Returns:
        The best of the family; the second map is affine where quantiles do not pay, as with few rows.
    """
    # The affine map of numbers like 1e200 has no finite deviation.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        plain = _best_plain(x)
        shuffled = np.random.default_rng(len(x)).permutation(np.sort(x))
        halves = shuffled[::2], shuffled[1::2]
        gain = 0.0
        for fitted, held_out in (halves, halves[::-1]):
            quantiles = _through_quantiles(fitted, plain)
            if quantiles is None:
                return plain
            transformed = transform(held_out, plain.origin, plain.width)
            better = quantiles.log_likelihood(held_out, transformed, _log_logistic)
            gain += better - plain.log_likelihood(held_out, transformed, _log_normal)
        return (_through_quantiles(x, plain) or plain) if gain > 0 else plain


def _best_plain(x: Floats) -> Scaling:
    """Chooses the first map by the likelihood of a normal sample; the second is affine."""
    best, most = None, -math.inf
    for origin, width in _candidates(x):
        transformed = transform(x, origin, width)
        scaling = _standardised(transformed, origin, width)
        if np.isfinite(scaling.transformed).all():
            found = scaling.log_likelihood(x, transformed, _log_normal)
            best, most = (scaling, found) if best is None or found > most else (best, most)
    return best or standardising(0.0, None, 0.0, float(np.abs(x).max()))


def _piece(at: Floats, knots: Floats) -> NDArray[np.int64]:
    """Returns which piece between knots each number is in, or the only one; the outermost pieces have no end."""
    if len(knots) == 2:
        return np.zeros((1,) * np.ndim(at), dtype=np.int64)
    return np.asarray(np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2))


def _interpolate(at: Floats, knots: Floats, images: Floats) -> Floats:
    piece = _piece(at, knots)
    slopes = np.diff(images) / np.diff(knots)
    return np.asarray(images[piece] + (at - knots[piece]) * slopes[piece])


def _through_quantiles(x: Floats, plain: Scaling) -> Scaling | None:
    """Makes the scaling that gives x about a standard logistic distribution; None where there are too few rows."""
    values, counts = np.unique(transform(x, plain.origin, plain.width), return_counts=True)
    below = (counts.cumsum() - counts / 2) / len(x)  # of a value that many rows have, to its middle
    top = math.log(max(len(x) / ROWS_A_KNOT, 1))
    steps = round(top / SPACING)
    if steps < 1 or len(values) < 2:
        return None
    logits = np.linspace(-top, top, 2 * steps + 1)
    even = np.linspace(0, 1, min(MOST_EVEN, len(x) // ROWS_A_KNOT) + 1)[1:-1]
    wanted = np.union1d(1 / (1 + np.exp(-logits)), even)
    places = np.unique(np.searchsorted(below, wanted).clip(max=len(values) - 1))
    apart = NARROWEST * (values[-1] - values[0])
    kept = [places[0]]
    for place in places[1:]:
        if values[place] - values[kept[-1]] > apart:
            kept.append(place)
    if len(kept) < 2 or not np.isfinite(values[kept]).all():
        return None
    z = (np.log(below[kept]) - np.log1p(-below[kept])) / LOGISTIC_DEVIATION
    return Scaling(plain.origin, plain.width, tuple(values[kept].tolist()), tuple(z.tolist()))


def _candidates(x: Floats) -> Iterator[tuple[float, float | None]]:
    """Yields origins and widths of first maps."""
    yield 0.0, None
    low, quarter, median, three_quarters, high = np.quantile(x, [0, 0.25, 0.5, 0.75, 1])
    spread = (three_quarters - quarter) or (high - low)
    for origin in (low, median, high):
        for share in (0.003, 0.01, 0.03, 0.1, 0.3, 1.0):
            if share * spread > 0:
                yield float(origin), float(share * spread)


def _standardised(transformed: Floats, origin: float, width: float | None) -> Scaling:
    # The deviation of numbers that are all the same is 0 but for rounding.
    deviation = float(transformed.std()) if transformed.min() < transformed.max() else 0.0
    return standardising(origin, width, float(transformed.mean()), deviation or 1.0)


def _log_normal(z: Floats) -> Floats:
    return np.asarray(-(z**2) / 2 - math.log(2 * math.pi) / 2)


def _log_logistic(z: Floats) -> Floats:
    u = np.abs(z) * LOGISTIC_DEVIATION
    return np.asarray(math.log(LOGISTIC_DEVIATION) - u - 2 * np.log1p(np.exp(-u)))
