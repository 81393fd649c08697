"""Which columns share one distribution, and how wide each makes the network, in numbers alone.

Knows: the form that goes with a kind of column, and which columns are alike enough to be side by side. No torch: how
large a network is can be told before there is one, and its weights checked without.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from made_cli.tables.columns.categorical import Categorical
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.numeric import Numeric

MOST_ONE_HOT = 256
"""Columns with more outcomes than this have embeddings; the others a feature and a logit for each outcome."""
EMBEDDING_SIZE = 48
"""V, numbers in an embedding."""
COMPONENTS = 8
"""Logistics in the mixture of each column of numbers."""

K = TypeVar("K", Categorical, Numeric)


@dataclass(frozen=True)
class Form:
    """Columns that share one distribution.

    Attributes:
        name: of the distribution.
        columns: their indices in the table, ascending.
        features: F, what the network reads of them.
        outputs: O, what it says of them.
        read: the features that direct weights read, where these are few.
        moved: the groups of outputs that direct weights move, where these are few.
        own: shapes of the weights of the distribution's own, by their names.
    """

    name: Literal["bernoulli", "softmax", "embeddings", "logistics"]
    columns: tuple[int, ...]
    features: int
    outputs: int
    read: int
    moved: int
    own: tuple[tuple[str, tuple[int, ...]], ...] = ()


def forms_of(kinds: Sequence[Kind], columns: Sequence[int]) -> list[Form]:
    """Finds the forms of some columns, those of one form together.

    Args:
        kinds: the kind of every column of the table.
        columns: which of them.

    Returns:
        Forms whose columns are together all of `columns`. Columns share one where they are of like size, so that little
        is spent on padding; those of very many labels stand alone, for they have weights.
    """
    labels = {index: kind for index in columns if isinstance(kind := kinds[index], Categorical)}
    numbers = {index: kind for index in columns if isinstance(kind := kinds[index], Numeric)}
    binary = tuple(index for index, kind in labels.items() if kind.seen == 2)
    few = {index: kind for index, kind in labels.items() if kind.seen != 2 and kind.seen <= MOST_ONE_HOT}
    forms = [_alike("bernoulli", binary, len(binary))] if binary else []
    forms += [_alike("softmax", tuple(group), _logits(group)) for group in _similar(few, ratio=2)]
    forms += [_embedded(index, kind.seen) for index, kind in labels.items() if kind.seen > MOST_ONE_HOT]
    # Each form of its own costs some dozens of small operations, as much as a good deal of padding.
    return forms + [_logistics(group) for group in _similar(numbers, ratio=8)]


def _alike(name: Literal["bernoulli", "softmax"], columns: tuple[int, ...], width: int) -> Form:
    """Returns the form of columns of labels that have a feature for each output."""
    return Form(name, columns, features=width, outputs=width, read=width, moved=width)


def _embedded(column: int, labels: int) -> Form:
    table, width = (labels, EMBEDDING_SIZE), EMBEDDING_SIZE
    own = (("input_embeddings", table), ("output_embeddings", table), ("bias", (labels,)))
    return Form("embeddings", (column,), features=width, outputs=width, read=width, moved=width, own=own)


def _logistics(kinds: Mapping[int, Numeric]) -> Form:
    discrete, columns = _logits(kinds), len(kinds)
    return Form(
        "logistics",
        tuple(kinds),
        features=sum(len(kind.knots) for kind in kinds.values()) + discrete,
        outputs=discrete + 3 * COMPONENTS * columns,
        read=columns + discrete,
        moved=discrete + columns,
    )


def _logits(kinds: Mapping[int, K]) -> int:
    """Returns how many discrete outcomes have a logit: those of a column that has but one need none."""
    return sum(kind.seen for kind in kinds.values() if kind.seen > 1)


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
