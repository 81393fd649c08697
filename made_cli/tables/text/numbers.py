"""Numbers as people write them.

Knows: which texts are numbers, how finely they were recorded, and how to write one the way it was read.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from made_cli.tables.text.notation import PLAIN, Notation

_NUMBER = re.compile(r"[+-]?(?!0[0-9])([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
LARGEST = 1e300
"""Beyond this, sums of numbers would not be numbers."""
DIGITS = 15
"""Decimal digits that a float holds for certain."""
STRAY = 0.01
"""Share of the rows whose numbers may be finer than the resolution."""
SPREAD_DIGITS = 9
"""Digits to which the middle half of a column is told apart; nobody means the ones after them."""
SMALLEST_PLACE = 300
"""Decimals that a float can still count in."""
_AT_ONCE = 4096
"""Numbers that are looked at together."""


def parse(text: str) -> float | None:
    """Returns the number that a text spells, None if it spells none; 0012 is a label, not a number.

    >>> parse("12.50"), parse("-1e3"), parse("0012"), parse("nan"), parse("1_000")
    (12.5, -1000.0, None, None, None)
    """
    stripped = text.strip()
    if _NUMBER.fullmatch(stripped) is None:
        return None
    value = float(stripped)
    return value if abs(value) <= LARGEST else None


def exact(text: str) -> Fraction | None:
    """Returns the number that a text spells, not rounded to a float; None if it spells none.

    >>> exact("1600000000.4"), exact("-.5e1"), exact("0012")
    (Fraction(8000000002, 5), Fraction(-5, 1), None)
    """
    if parse(text) is None:
        return None
    mantissa, _, exponent = text.strip().lower().partition("e")
    number = Fraction(mantissa)
    if not exponent or not number:
        return number
    # No resolution is as fine as the last place kept: whether a number is a multiple of one, and the order, stay.
    places = max(int(exponent), -2 * SMALLEST_PLACE - len(mantissa))
    return number * Fraction(10) ** places


@dataclass(frozen=True)
class NumberFormat:
    """How a column writes its numbers.

    Attributes:
        resolution: the step that all numbers are multiples of, in the user's units; 1 for integers, 0.01 for money.
        decimals: digits that are always written after the point.
        notation: the signs that numbers are written with.
    """

    resolution: float
    decimals: int
    notation: Notation = PLAIN

    @property
    def noun(self) -> str:
        """What a cell is, for a message."""
        return "number"

    @property
    def described(self) -> str:
        """The kind of the column, as people read it."""
        return "numeric"

    @property
    def unit(self) -> None:
        """The unit is the user's, whatever that is."""

    @property
    def step(self) -> str:
        """The resolution as people read it."""
        return f"{self.resolution:g}"

    @property
    def from_zero(self) -> bool:
        """Whether numbers none of which is negative are bounded by 0."""
        return True

    def parse(self, text: str) -> float | None:
        """Returns the number that a text spells, None if it spells none."""
        plain = self.notation.plain(text)
        return None if plain is None else parse(plain)

    def complete(self, text: str) -> str:
        """Returns a text that a person typed as the column would have it: a number may be typed as programs write it.

        >>> NumberFormat(0.1, 1, Notation(",", positive="# %")).complete("2.5")
        '2,5 %'
        """
        if self.notation.is_plain or self.parse(text) is not None or parse(text) is None:
            return text
        return self.notation.spell(text)

    def literal(self, text: str) -> str:
        """Returns a number as programs write it as the column writes it."""
        return text if self.notation.is_plain or parse(text) is None else self.notation.spell(text)

    def steps(self, text: str) -> Fraction | None:
        """Returns how many times the resolution a text spells, not rounded; None if it spells no number.

        >>> NumberFormat(0.05, 2).steps("0.15"), NumberFormat(50.0, 0).steps("75")
        (Fraction(3, 1), Fraction(3, 2))
        """
        plain = self.notation.plain(text)
        number = None if plain is None else exact(plain)
        return None if number is None else number / _as_found(self.resolution)

    def write(self, value: float) -> str:
        """Spells a number with no more digits than the resolution has, and no fewer than the column always has.

        >>> NumberFormat(0.01, 0).write(2.5), NumberFormat(0.01, 2).write(2.5), NumberFormat(50.0, 0).write(3700.0)
        ('2.5', '2.50', '3700')
        """
        places = max(self.decimals, decimals_of(repr(self.resolution)))
        text = f"{value:.{places}f}"
        while places > self.decimals and text.endswith("0"):
            text, places = text[:-1], places - 1
        text = text.removesuffix(".")
        return self.notation.spell(text.removeprefix("-") if not any(digit in text for digit in "123456789") else text)


@lru_cache(maxsize=1024)
def _as_found(resolution: float) -> Fraction:
    """Returns the decimal that a resolution was found as: 10.0**-k may be off by a last bit."""
    return Fraction(f"{resolution:.{DIGITS}g}")


def decimals_of(text: str) -> int:
    """Returns how many digits after the point a spelled number has; negative for tens and hundreds in exponents.

    >>> decimals_of("2.50"), decimals_of("3"), decimals_of("1.5e-07"), decimals_of("1e-05")
    (2, 0, 8, 5)
    """
    mantissa, _, exponent = text.strip().lower().partition("e")
    return len(mantissa.partition(".")[2]) - int(exponent or 0)


def number_format(
    places: ArrayLike,
    values: ArrayLike,
    counts: ArrayLike | None = None,
    notation: Notation = PLAIN,
) -> NumberFormat:
    """Finds how finely a column of numbers was recorded.

    Args:
        places: (U,) digits after the point of the distinct spellings, as `decimals_of` counts them.
        values: (U,) their numbers.
        counts: (U,) how many rows have each; None for one row each.
        notation: of the spellings.

    Returns:
        The format. The resolution is the largest 1, 2 or 5 times a power of ten that divides the numbers of all rows
        but `STRAY`, for a few numbers with many digits say nothing about the others; or, where they have more digits
        than that, the power of ten that tells a billionth of their spread apart. The spread is that of the middle
        half: a far-off number must not blur the others.

    >>> number_format([2, 2], [1.1, 2.25]) == NumberFormat(resolution=0.05, decimals=2)
    True
    >>> number_format([0, 0], [3750.0, 3800.0]).resolution
    50.0
    """
    numbers, digits = np.asarray(values, dtype=np.float64), np.maximum(np.asarray(places, dtype=np.int64), 0)
    written = _usual(digits, np.ones_like(digits) if counts is None else np.asarray(counts))
    decimals = min(
        written,
        DIGITS - _magnitude(float(np.abs(numbers).max())),
        SPREAD_DIGITS - _magnitude(_spread(numbers)),
        SMALLEST_PLACE,
    )
    decimals = max(decimals, 0)
    # Numbers with more digits than nearly all others are no multiples of anything. Where many have more than can be
    # told apart, those that have fewer, perhaps by chance, do not say what all are multiples of.
    usual = numbers if decimals < written else numbers[digits <= decimals]
    multiple = largest_step(np.rint(usual * 10.0**decimals), _multiples())
    return NumberFormat(
        resolution=multiple / 10.0**decimals, decimals=min(int(digits.min()), decimals), notation=notation
    )


def largest_step(numbers: ArrayLike, steps: Iterable[int]) -> int:
    """Returns the largest of the steps that all numbers, which are whole, are multiples of.

    >>> largest_step([30, 45], [1, 10, 15])
    15
    """
    whole, common = np.abs(np.asarray(numbers, dtype=np.float64)), 0
    for start in range(0, len(whole), _AT_ONCE):  # the first few may tell that there is no such step
        some = whole[start : start + _AT_ONCE]
        # A float beyond the integers of NumPy is one of Python's.
        own = int(np.gcd.reduce(some.astype(np.int64))) if some.max() < 2**63 else math.gcd(*map(int, some))
        if (common := math.gcd(common, own)) == 1:
            break
    return max(step for step in steps if common % step == 0)


def _usual(places: NDArray[np.int64], counts: NDArray[np.int64]) -> int:
    """Returns the digits after the point that all rows but `STRAY` make do with."""
    rows = np.bincount(places, counts)
    allowed = STRAY * float(counts.sum())
    for digits in np.flatnonzero(rows)[::-1].tolist():
        allowed -= float(rows[digits])
        if allowed < 0:
            return int(digits)
    return 0


def _spread(numbers: NDArray[np.float64]) -> float:
    """Returns how far the middle half of the numbers reaches, or all of them where that is nowhere."""
    last = len(numbers) - 1
    quarter = last // 4
    partly = np.partition(numbers, [quarter, last - quarter])
    return float(partly[last - quarter] - partly[quarter]) or float(numbers.max() - numbers.min())


def _magnitude(value: float) -> int:
    """Returns how many digits stand before the point, negative for zeros after it; 0 for 0."""
    return math.floor(math.log10(value)) + 1 if value else 0


def _multiples() -> Iterable[int]:
    """Yields 1, 2, 5, 10, 20, 50 and so on."""
    for power in range(DIGITS):
        yield from (10**power, 2 * 10**power, 5 * 10**power)
