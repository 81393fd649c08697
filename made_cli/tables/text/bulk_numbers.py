"""Numbers of many texts at once.

Knows: the rules of `made_cli.tables.text.numbers` as regular expressions of Arrow, whose numbers are rounded as
Python's are; and that texts without any letter, all of which Arrow takes for numbers, need no expression but for their
zeros. A text with a character beyond ASCII is asked for by itself.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from made_cli.tables.text.distinct import are_ascii, bytes_of, each, holding, stripped, with_digits
from made_cli.tables.text.numbers import LARGEST, decimals_of, parse

_PLAIN = r"^[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
"""A number, but for labels such as 0012."""
_LAST_DIGIT = ord("9")
"""The byte beyond which are letters, and all that is not of ASCII."""


def parse_all(texts: pa.Array) -> NDArray[np.float64]:
    """Returns (U,) the number that each text spells, as `parse` does; NaN where it spells none.

    >>> parse_all(pa.array([" 12.50", "-1e3", "0012", "x", "٣"])).tolist()
    [12.5, -1000.0, nan, nan, nan]
    """
    plain_texts = stripped(texts)
    numbers = _without_letters(plain_texts)
    if numbers is not None:
        return numbers
    numbers, plain = np.full(len(texts), np.nan), with_digits(plain_texts, _PLAIN)
    numbers[plain] = pc.cast(plain_texts.filter(pa.array(plain)), pa.float64()).to_numpy()
    numbers[np.abs(numbers) > LARGEST] = np.nan
    foreign = ~are_ascii(texts)
    if foreign.any():
        found = (parse(text) for text in each(texts.filter(pa.array(foreign))))
        numbers[foreign] = [np.nan if number is None else number for number in found]
    return numbers


def _without_letters(texts: pa.Array) -> NDArray[np.float64] | None:
    """Returns (U,) the numbers of texts; None where one of them has letters, or is no number, or might be none."""
    signs, starts, ends = bytes_of(texts)
    if not len(signs) or signs.max() > _LAST_DIGIT or (starts == ends).any():
        return None
    # Arrow reads numbers that begin with a needless zero; the last text has no byte behind it.
    first = np.minimum(starts + (signs[starts] == ord("-")), len(signs) - 1)
    second = np.minimum(first + 1, len(signs) - 1)
    if ((signs[first] == ord("0")) & (signs[second] >= ord("0")) & (second < ends) & (second > first)).any():
        return None
    try:
        numbers: NDArray[np.float64] = pc.cast(texts, pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        return None
    return numbers if np.abs(numbers).max() <= LARGEST else None


def decimals_of_all(texts: pa.Array) -> NDArray[np.int64]:
    """Returns (U,) how many digits after the point each spelled number has, as `decimals_of` does.

    >>> decimals_of_all(pa.array(["2.50", "3", "1.5e-07"])).tolist()
    [2, 0, 8]
    """
    signs, _, ends = bytes_of(stripped(texts))
    places, points = np.zeros(len(texts), dtype=np.int64), np.flatnonzero(signs == ord("."))
    own = np.searchsorted(ends, points, side="right") if len(points) < len(texts) else slice(None)
    # What stands behind the point are digits, of a byte each.
    places[own] = ends[own] - points - 1
    if len(signs) and signs.max() > _LAST_DIGIT:
        others = holding(texts, "e") | holding(texts, "E") | ~are_ascii(texts)
        places[others] = [decimals_of(text) for text in each(texts.filter(pa.array(others)))]
    return places
