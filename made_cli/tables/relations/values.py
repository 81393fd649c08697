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
    values = codes.astype(np.float64)
    for column, kind in enumerate(kinds):
        if isinstance(kind, Categorical):
            values[values[:, column] == _empty(kind), column] = math.nan
    return values


def _empty(kind: Categorical) -> float:
    """Returns the code of a column's empty cell; NaN, which equals no code, where it has none."""
    return {"seen": kind.seen - 1.0, "unseen": kind.outcomes - 1.0, "unknown": math.nan}[kind.empty]
