"""The published definitions of similarity, row by row and with no array, to check the fast ones against.

Knows: SDMetrics' formulas as they stand on paper. None is an empty cell.
"""

import math
from collections import Counter
from collections.abc import Hashable, Sequence

Number = float | None


def total_variation(real: Sequence[Hashable], synthetic: Sequence[Hashable]) -> float:
    p, q = Counter(real), Counter(synthetic)
    return 1 - sum(abs(p[x] / len(real) - q[x] / len(synthetic)) for x in p | q) / 2


def kolmogorov_smirnov(real: Sequence[Number], synthetic: Sequence[Number]) -> float:
    r, s = ([x for x in table if x is not None] for table in (real, synthetic))
    return 1 - max(abs(sum(x <= t for x in r) / len(r) - sum(x <= t for x in s) / len(s)) for t in r + s)


def correlation(a: Sequence[Number], b: Sequence[Number]) -> float:
    both = [(x, y) for x, y in zip(a, b, strict=True) if x is not None and y is not None]
    if len({x for x, _ in both}) < 2 or len({y for _, y in both}) < 2:
        return 0.0
    mean_x, mean_y = (sum(column) / len(both) for column in zip(*both, strict=True))
    covariance = math.fsum((x - mean_x) * (y - mean_y) for x, y in both)
    return covariance / math.sqrt(
        math.fsum((x - mean_x) ** 2 for x, _ in both) * math.fsum((y - mean_y) ** 2 for _, y in both)
    )


def decile(value: Number, cuts: Sequence[float]) -> int | None:
    return None if value is None else sum(value > cut for cut in cuts)
