"""The distribution of each kind of column: features in, outputs out, log-probabilities and draws.

Knows: which distribution goes with which kind, and which columns share one set of tensor operations.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from made_cli.core.distributions.base import Distribution, WeightedCodes
from made_cli.core.distributions.bernoulli import Bernoulli
from made_cli.core.distributions.embeddings import MOST_ONE_HOT, EmbeddingSoftmax
from made_cli.core.distributions.logistics import MixtureOfLogistics
from made_cli.core.distributions.softmax import Softmax
from made_cli.tables.columns.categorical import Categorical
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.numeric import Numeric

__all__ = ["Distribution", "WeightedCodes", "distributions_of"]

K = TypeVar("K", Categorical, Numeric)


def distributions_of(kinds: Sequence[Kind], columns: Sequence[int]) -> list[Distribution]:
    """Makes the distributions of some columns, those of one form together.

    Args:
        kinds: the kind of every column of the table.
        columns: which of them.

    Returns:
        Distributions whose columns are together all of `columns`, ascending within each. Columns share one where they
        are of like size, so that little is spent on padding; those of very many labels stand alone, for they have
        weights.
    """
    labels = {index: kind for index in columns if isinstance(kind := kinds[index], Categorical)}
    numbers = {index: kind for index in columns if isinstance(kind := kinds[index], Numeric)}
    binary = {index: kind for index, kind in labels.items() if kind.seen == 2}
    distributions: list[Distribution] = []
    if binary:
        distributions.append(Bernoulli(binary))
    few = {index: kind for index, kind in labels.items() if kind.seen != 2 and kind.seen <= MOST_ONE_HOT}
    distributions += [Softmax(group) for group in _similar(few, ratio=2)]
    distributions += [EmbeddingSoftmax(index, kind) for index, kind in labels.items() if kind.seen > MOST_ONE_HOT]
    # Each form of its own costs some dozens of small operations, as much as a good deal of padding.
    distributions += [MixtureOfLogistics(group) for group in _similar(numbers, ratio=8)]
    return distributions


def _similar(kinds: Mapping[int, K], ratio: int) -> list[dict[int, K]]:
    """Splits columns into groups within which the largest has at most `ratio` times the outcomes of the smallest."""
    groups: list[dict[int, K]] = []
    smallest = 0
    for index, kind in sorted(kinds.items(), key=lambda item: item[1].seen):
        if not groups or kind.seen > ratio * smallest:
            groups.append({})
            smallest = kind.seen
        groups[-1][index] = kind
    return [dict(sorted(group.items())) for group in groups]
