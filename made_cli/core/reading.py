"""What a network reads of rows, made once for rows that are read again and again.

Knows: features and targets of distributions depend on no weight (but where labels have embeddings), so training rows
are read once, and a batch of them is taken by index.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from made_cli.core.distributions.base import Distribution, Targets


class ReadRows(NamedTuple):
    """What is read of N rows.

    Attributes:
        features: (N, F); None where they depend on weights.
        targets: of each distribution.
    """

    features: Tensor | None
    targets: tuple[Targets, ...]

    def take(self, rows: Tensor) -> "ReadRows":
        """Returns what is read of some of the rows, by their indices (n,)."""
        return ReadRows(_taken(self.features, rows), tuple(tuple(_taken(x, rows) for x in own) for own in self.targets))

    def rounded(self, dtype: torch.dtype) -> "ReadRows":
        """Returns the same with all numbers but whole ones in one precision."""
        targets = (
            tuple(x.to(dtype) if x is not None and x.is_floating_point() else x for x in own) for own in self.targets
        )
        return ReadRows(self.features, tuple(targets))


def targets_of(distributions: Sequence[Distribution], codes: Tensor) -> tuple[Targets, ...]:
    """Returns what each distribution needs of codes (N, D) for their log-densities."""
    if len(distributions) == 1:
        return (distributions[0].targets(codes),)
    return tuple(part.targets(codes.index_select(1, part.columns)) for part in distributions)


def _taken(values: Tensor | None, rows: Tensor) -> Tensor | None:
    return None if values is None else values.index_select(0, rows)
