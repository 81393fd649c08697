"""Orderings: permutations of the columns, as values.

Knows: an `Ordering` names the columns in the order in which the chain rule takes them, and the connectivity
of the hidden units that goes with it. It is stored, passed as an argument and compared; it is never hidden
state. Everything random here comes from the generator that the caller hands in. A question takes an ordering with the
known columns moved to the front, then those that are asked; each part keeps the order that it has in the ordering.

Reference: Germain, Gregor, Murray, Larochelle, *MADE*, ICML 2015, sections 4.2 (order-agnostic training) and
4.3 (connectivity-agnostic training). That any question needs few orderings is the thought of Shih, Sadigh, Ermon,
*Training and Inference on Any-Order Autoregressive Models the Right Way*, NeurIPS 2022.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

CONNECTIVITY_SEEDS = 2**31
FEW = 4
"""Columns that a person names in a question, mostly at most."""
Origin = Literal["base", "known-first", "drawn"]
"""Where an ordering comes from: trained as it is; a base ordering with columns moved to the front, drawn for one
ensemble; or drawn from all, for a network trained for all."""


@dataclass(frozen=True)
class Ordering:
    """The columns in order, and which connectivity the hidden units have under them.

    Attributes:
        columns: (D,) column indices; `columns[0]` is modelled first, given nothing.
        connectivity: None for degrees spread evenly over the hidden units, else the seed that draws them.

    >>> Ordering((2, 0, 1)).positions
    (1, 2, 0)
    """

    columns: tuple[int, ...]
    connectivity: int | None = None

    def __post_init__(self) -> None:
        assert sorted(self.columns) == list(range(len(self.columns))), f"not a permutation: {self.columns}"

    @cached_property
    def positions(self) -> tuple[int, ...]:
        """(D,) the place of each column in the ordering: the inverse permutation."""
        return tuple(np.argsort(self.columns).tolist())


def natural(size: int) -> Ordering:
    """Returns the table's own order of `size` columns."""
    return Ordering(tuple(range(size)))


def draw(size: int, rng: np.random.Generator, *, resample_connectivity: bool = False) -> Ordering:
    """Returns an ordering of `size` columns drawn uniformly, with fresh connectivity if asked for."""
    columns = tuple(rng.permutation(size).tolist())
    connectivity = int(rng.integers(CONNECTIVITY_SEEDS)) if resample_connectivity else None
    return Ordering(columns, connectivity)


def draws(size: int, rng: np.random.Generator, *, resample_connectivity: bool = False) -> Iterator[Ordering]:
    """Yields orderings drawn uniformly, without end; the first of them are the same for the same generator."""
    while True:
        yield draw(size, rng, resample_connectivity=resample_connectivity)


def moved_to_front(ordering: Ordering, columns: Set[int]) -> Ordering:
    """Returns an ordering with some columns moved to the front; among them, and among the others, the order stays.

    >>> moved_to_front(Ordering((2, 0, 3, 1)), {3, 2}).columns
    (2, 3, 0, 1)
    """
    return replace(ordering, columns=tuple(sorted(ordering.columns, key=lambda column: column not in columns)))


def known_first(ordering: Ordering, rng: np.random.Generator) -> Ordering:
    """Draws a question, and returns an ordering with what it takes as known first, then what it asks, then the others.

    A quarter of the questions know a few columns, the others any number; half ask all other columns, the rest a few or
    any number of them. Which columns is drawn uniformly; each of the three parts keeps the order of the ordering.
    """
    size = len(ordering.columns)
    drawn = rng.permutation(size).tolist()
    known = _few_or_any(0, size - 1, rng)
    asked = size - known if rng.random() < 0.5 else _few_or_any(1, size - known, rng)
    return moved_to_front(moved_to_front(ordering, {*drawn[known : known + asked]}), {*drawn[:known]})


def _few_or_any(least: int, most: int, rng: np.random.Generator) -> int:
    """Draws a number from `least` to `most`; a quarter of the time it is at most `FEW`."""
    return int(rng.integers(least, (min(FEW, most) if rng.random() < 0.25 else most) + 1))


def distinct(size: int, count: int, rng: np.random.Generator, *, resample_connectivity: bool = False) -> list[Ordering]:
    """Draws `count` orderings whose columns differ as far as there are that many permutations of `size` columns.

    Args:
        size: D, the number of columns.
        count: how many orderings.
        rng: where the randomness comes from.
        resample_connectivity: whether each ordering draws the degrees of the hidden units as well.

    Returns:
        The orderings. The first n of them do not depend on `count`.

    >>> len({o.columns for o in distinct(3, 6, np.random.default_rng(0))})
    6
    """
    orderings: list[Ordering] = []
    seen: set[tuple[int, ...]] = set()
    permutations = _factorial_up_to(size, count)
    for ordering in draws(size, rng, resample_connectivity=resample_connectivity):
        if len(orderings) == count:
            break
        if ordering.columns not in seen or len(seen) == permutations:
            seen.add(ordering.columns)
            orderings.append(ordering)
    return orderings


def _factorial_up_to(size: int, limit: int) -> int:
    """Returns size!, or some number above `limit` once it is passed."""
    product = 1
    for factor in range(2, size + 1):
        product *= factor
        if product > limit:
            break
    return product
