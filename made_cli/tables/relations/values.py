"""Codes as the values that relations speak of.

Knows: that the empty cell of a column of labels has a code of its own, where relations see NaN. All other codes are
values as they are: that of the bucket, which rare labels share, is one more label.
"""

import math
from collections.abc import Sequence

import numpy as np

from made_cli.tables.columns.categorical import Categorical
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.schema import Codes
from made_cli.tables.relations.quantity import Values


def values_of(codes: Codes, kinds: Sequence[Kind]) -> Values:
    """Returns the values (N, D) of rows of codes (N, D), as the schema encodes them."""
    return without(empty_codes(kinds), codes)


def without(empty: Values, codes: Codes) -> Values:
    """Returns codes (N, D) with NaN for those of empty cells (D,)."""
    return np.where(codes == empty, math.nan, codes)


def empty_codes(kinds: Sequence[Kind]) -> Values:
    """Returns (D,) the codes of empty cells among labels; NaN, which equals no code, where there is none."""
    return np.array([_empty_code(kind) if isinstance(kind, Categorical) else math.nan for kind in kinds])


def _empty_code(kind: Categorical) -> float:
    return {"seen": kind.seen - 1.0, "unseen": kind.outcomes - 1.0, "unknown": math.nan}[kind.empty]
