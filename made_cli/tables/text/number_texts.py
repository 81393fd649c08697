"""Numbers of typed columns as texts, in bulk.

Knows: a number is spelled in as few digits as its own precision takes, without ".0" where it is whole. Within a range
Arrow writes what Python does, an object a cell less.
"""

import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from made_cli.tables.text.cells import MISSING

WHOLE = 1e15
"""Below this, a float that is whole is written as an integer."""
_ALIKE = {"float64": (1e-4, 1e10), "float32": (1e-3, 1e6)}
"""From where to where Arrow spells floats as Python does; beyond it one of them takes exponents."""


def integer_texts(numbers: pa.Array) -> pa.Array:
    """Returns the texts of integers of Arrow, as its strings.

    >>> integer_texts(pa.array([7, None])).to_pylist()
    ['7', '']
    """
    return numbers.cast(pa.large_string()).fill_null(MISSING)


def float_texts(numbers: NDArray[np.floating]) -> pa.Array:
    """Returns the texts of floats, as strings of Arrow; NaN is an empty cell.

    >>> float_texts(np.array([-0.0, 0.1, 1e-7, 2e14, np.nan])).to_pylist()
    ['0', '0.1', '1e-07', '200000000000000', '']
    """
    least, beyond = _ALIKE.get(str(numbers.dtype), (0, 0))
    size = np.abs(numbers)
    plain = ((size >= least) | (size == 0)) & (size < beyond)
    by_arrow = pa.array(np.where(numbers == 0, 0, numbers)).cast(pa.large_string())  # 0 for -0.0
    others = [float_text(number) for number in numbers[~plain]]
    return pc.replace_with_mask(by_arrow, ~plain, pa.array(others, pa.large_string())) if others else by_arrow


def float_text(number: float | np.floating) -> str:
    """Returns the text of a float.

    >>> float_text(3.0), float_text(np.float32(0.1)), float_text(1e15), float_text(math.nan)
    ('3', '0.1', '1000000000000000.0', '')
    """
    exact = float(number)
    if math.isnan(exact):
        return MISSING
    return str(int(exact)) if exact.is_integer() and abs(exact) < WHOLE else str(number)
