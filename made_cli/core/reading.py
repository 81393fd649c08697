"""What a network reads of rows, made once for rows that are read again and again.

Knows: features and targets of distributions depend on no weight (but where labels have embeddings), so training rows
are read once, and a batch of them is taken by index. What rules leave of a column depends on which columns are known
before it as well; what has been asked for a few times is read of all rows then.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from made_cli.core.distributions.base import Distribution, Targets

ASKED = 4
"""Times that something is asked of a few rows, and made for these alone, before it is made of all."""
MOST_ASKED = 10_000
"""Things of which it is counted how often they are asked."""
MOST_KEPT = 2**27
"""Bytes of what is made of all rows so, at most."""


class Kept:
    """What was made of all rows once it had been asked of some of them a few times.

    Args:
        dtype: the precision of what is kept.
    """

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype, self.bytes = dtype, 0
        self.asked: Counter[Hashable] = Counter()
        self.made: dict[Hashable, _Packed | None] = {}

    def of_all(self, key: Hashable, make: Callable[[], Targets]) -> "_Packed | None":
        """Returns what is kept of all rows; None while it has not been asked often, or where it would be too much.

        Args:
            key: what it is.
            make: makes it of all rows.
        """
        if key not in self.made and self._is_due(key):
            with torch.inference_mode(mode=False):  # kept for whoever asks next
                made = _Packed(make(), self.dtype)
            fits = self.bytes + made.nbytes <= MOST_KEPT
            self.made[key], self.bytes = (made, self.bytes + made.nbytes) if fits else (None, self.bytes)
        return self.made.get(key)

    def _is_due(self, key: Hashable) -> bool:
        if key in self.asked or len(self.asked) < MOST_ASKED:
            self.asked[key] += 1
        return self.asked[key] > ASKED


class _Packed:
    """Arrays (N, …) side by side, those of one type together: what is taken of few arrays takes less time.

    Args:
        targets: the arrays.
        dtype: the precision of all that are numbers, but whole ones.
    """

    def __init__(self, targets: Targets, dtype: torch.dtype) -> None:
        self.places: list[tuple[torch.dtype, slice, Sequence[int]] | None] = []
        arrays, widths = defaultdict[torch.dtype, list[Tensor]](list), Counter[torch.dtype]()
        for each in rounded(targets, dtype):
            if each is None:
                self.places.append(None)
                continue
            flat = each.reshape(len(each), -1)
            start = widths[each.dtype]
            widths[each.dtype] += flat.shape[1]
            arrays[each.dtype].append(flat)
            self.places.append((each.dtype, slice(start, widths[each.dtype]), each.shape[1:]))
        self.arrays = {each: torch.cat(parts, dim=1) for each, parts in arrays.items()}

    @property
    def nbytes(self) -> int:
        """How many bytes they are."""
        return sum(array.nbytes for array in self.arrays.values())

    def take(self, rows: Tensor | None) -> Targets:
        """Returns the arrays of some rows, by their indices (n,); None for all."""
        arrays = self.arrays if rows is None else {key: x.index_select(0, rows) for key, x in self.arrays.items()}
        return tuple(
            None if place is None else arrays[place[0]][:, place[1]].view(-1, *place[2]) for place in self.places
        )


class ReadRows(NamedTuple):
    """What is read of N rows.

    Attributes:
        features: (N, F); None where they depend on weights.
        targets: of each distribution.
        codes: (M, D) of all rows that these are from.
        kept: what else was made of all of them.
        rows: (N,) the indices of these among all; None where they are all.
    """

    features: Tensor | None
    targets: tuple[Targets, ...]
    codes: Tensor
    kept: Kept
    rows: Tensor | None = None

    def take(self, rows: Tensor) -> "ReadRows":
        """Returns what is read of some of these rows, by their indices (n,)."""
        of_all = rows if self.rows is None else self.rows.index_select(0, rows)
        targets = tuple(_taken(own, rows) for own in self.targets)
        (features,) = _taken((self.features,), rows)
        return self._replace(features=features, targets=targets, rows=of_all)

    def given(self, key: Hashable, make: Callable[[], Targets], make_of_all: Callable[[], Targets]) -> Targets:
        """Returns something else of these rows, by what it is; and how it is made of them, and of all rows."""
        found = self.kept.of_all(key, make_of_all)
        return make() if found is None else found.take(self.rows)


def targets_of(distributions: Sequence[Distribution], codes: Tensor) -> tuple[Targets, ...]:
    """Returns what each distribution needs of codes (N, D) for their log-densities."""
    if len(distributions) == 1:
        return (distributions[0].targets(codes),)
    return tuple(part.targets(codes.index_select(1, part.columns)) for part in distributions)


def rounded(targets: Targets, dtype: torch.dtype) -> Targets:
    """Returns the same with all numbers but whole ones in one precision."""
    return tuple(x.to(dtype) if x is not None and x.is_floating_point() else x for x in targets)


def _taken(targets: Targets, rows: Tensor) -> Targets:
    return tuple(None if x is None else x.index_select(0, rows) for x in targets)
