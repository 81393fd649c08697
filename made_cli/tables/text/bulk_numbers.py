"""Numbers of many texts at once.

Knows: the rules of `made_cli.tables.text.numbers` as regular expressions of Arrow, whose numbers are rounded as
Python's are. A text with a character beyond ASCII is asked for by itself.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from made_cli.tables.text.distinct import are_ascii, each, holding, matching, stripped
from made_cli.tables.text.numbers import LARGEST, decimals_of, parse

_PLAIN = r"^[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
"""A number, but for labels such as 0012."""


def parse_all(texts: pa.Array) -> NDArray[np.float64]:
    """Returns (U,) the number that each text spells, as `parse` does; NaN where it spells none.

    >>> parse_all(pa.array([" 12.50", "-1e3", "0012", "x", "٣"])).tolist()
    [12.5, -1000.0, nan, nan, nan]
    """
    plain_texts = stripped(texts)
    plain = matching(plain_texts, _PLAIN)
    numbers = np.full(len(texts), np.nan)
    numbers[plain] = pc.cast(plain_texts.filter(pa.array(plain)), pa.float64()).to_numpy()
    numbers[np.abs(numbers) > LARGEST] = np.nan
    foreign = ~are_ascii(texts)
    if foreign.any():
        found = (parse(text) for text in each(texts.filter(pa.array(foreign))))
        numbers[foreign] = [np.nan if number is None else number for number in found]
    return numbers


def decimals_of_all(texts: pa.Array) -> NDArray[np.int64]:
    """Returns (U,) how many digits after the point each spelled number has, as `decimals_of` does.

    >>> decimals_of_all(pa.array(["2.50", "3", "1.5e-07"])).tolist()
    [2, 0, 8]
    """
    plain_texts = stripped(texts)
    points = pc.find_substring(plain_texts, ".").to_numpy()
    # What stands behind the point are digits, of a byte each.
    places: NDArray[np.int64] = np.where(points < 0, 0, pc.binary_length(plain_texts).to_numpy() - points - 1)
    others = holding(texts, "e") | holding(texts, "E") | ~are_ascii(texts)
    if others.any():
        places[others] = [decimals_of(text) for text in each(texts.filter(pa.array(others)))]
    return places.astype(np.int64)
