"""The log-likelihood of every row under every member.

Knows: how to fill the matrix L (N rows × K members) that everything in this package works on, in batches, with the
masked weights of a member made once. A member is a pair of network and ordering.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.core.made import Made
from made_cli.core.orderings import Ordering, Origin
from made_cli.ensemble.mixture import Matrix

T = TypeVar("T", bound=np.generic)
OnPass = Callable[[float], object]
"""Told, now and then, which further share is done of a pass of all rows through a member, in all a 1 for each."""

BATCH_NUMBERS = 8_000_000
"""Numbers in the widest array that a batch makes: what it needs of memory does not grow with the table."""
SCORING_COPIES = 4
"""Of the widest array where rows are scored: some of what is made of codes and terms has eight bytes a number."""
ROWS_AT_ONCE = 256
"""Batches that are scored are filled up to a multiple of so many rows. What a processor's matrix products make of a row
then depends neither on the rows beside it nor on where it stands: fewer rows, or a part of a tile, take other ways."""


@dataclass(frozen=True)
class Member:
    """One ordering under one network: one normalised density.

    Attributes:
        run: the run, as it was named.
        network: the number of the network in its run.
        made: that network.
        ordering: the order of the columns.
        any_question: whether the network is trained for the ordering with any columns moved to the front.
        origin: where the ordering comes from.
    """

    run: str
    network: int
    made: Made
    ordering: Ordering
    any_question: bool = False
    origin: Origin = "base"


def row_batches(rows: NDArray[np.int64], made: Made, copies: int = 1) -> Iterator[NDArray[np.int64]]:
    """Cuts the indices of rows into batches that fit in memory.

    Args:
        rows: (N,).
        made: the model that they go through.
        copies: how often each row does at once.
    """
    size = _batch_size(copies * made.peak_width)
    yield from (rows[start : start + size] for start in range(0, len(rows), size))


def scored_batches(rows: NDArray[np.int64], made: Made) -> Iterator[NDArray[np.int64]]:
    """Cuts the indices of rows (N,) into batches to be scored: smaller ones, for their codes and terms are copied."""
    size = max(_batch_size(SCORING_COPIES * made.peak_width), _tile(made))
    yield from (rows[start : start + size] for start in range(0, len(rows), size))


def filled(rows: NDArray[T], made: Made) -> NDArray[T]:
    """Fills a batch up with copies of its first row, whose scores are left out again.

    Args:
        rows: (n, D) of a batch of `scored_batches`.
        made: the model that they go through.

    Returns:
        (n', D), n' ≥ n.
    """
    return np.concatenate([rows, np.repeat(rows[:1], -len(rows) % _tile(made), axis=0)])


def _tile(made: Made) -> int:
    """Returns the rows that batches are filled up to a multiple of: fewer where so many do not fit in memory."""
    return min(ROWS_AT_ONCE, _batch_size(made.peak_width))


def _batch_size(width: int) -> int:
    """Returns how many rows of a width fit in memory: whole tiles, where at least one does."""
    size = max(1, BATCH_NUMBERS // width)
    return size - size % ROWS_AT_ONCE if size >= ROWS_AT_ONCE else size


def log_likelihoods(
    members: Sequence[Member],
    codes: NDArray[np.generic],
    *,
    terms: Callable[[int, int, torch.Tensor], None] | None = None,
    on_progress: OnPass = lambda share: None,
) -> Matrix:
    """Computes the matrix of log-likelihoods.

    Args:
        members: K of them.
        codes: (N, D).
        terms: if given, it is shown each batch of the terms of the chain rule: the index of the member, the first row
            of the batch and (n, D) nats.
        on_progress: told after each batch.

    Returns:
        L (N, K): log q(x_n | π_k), nats.
    """
    matrix = np.empty((len(codes), len(members)))
    with torch.no_grad():
        for index, member in enumerate(members):
            ordered = member.made.under(member.ordering)
            for batch in scored_batches(np.arange(len(codes)), member.made):
                rows = torch.from_numpy(filled(codes[batch], member.made))
                log_prob = ordered.log_prob(rows)[: len(batch)].double().cpu()
                matrix[batch, index] = log_prob.sum(1).numpy()
                if terms is not None:
                    terms(index, int(batch[0]), log_prob)
                on_progress(len(batch) / len(codes))
    return matrix


UNITS = 2**20
"""Of a nat: a sum of whole units is the same however the rows are cut. In nats it is off by less than a millionth."""


@dataclass(frozen=True)
class Scored:
    """Rows under every member.

    Attributes:
        matrix: L (N, K) nats.
        units: (D,) the NLL, summed over rows and members, of the column at each position of the ordering, in units.
    """

    matrix: Matrix
    units: NDArray[np.int64]

    @property
    def by_position(self) -> NDArray[np.float64]:
        """(D,) the mean NLL, over rows and members, of the column at each position of the ordering.

        The columns that come first are given little, and are the vague ones.
        """
        return np.asarray(self.units / (UNITS * max(1, self.matrix.size)))


def score_rows(
    members: Sequence[Member], codes: NDArray[np.generic], on_progress: OnPass = lambda share: None
) -> Scored:
    """Computes the matrix of log-likelihoods and, on the way, the NLL by position."""
    units = np.zeros(codes.shape[1], dtype=np.int64)

    def add(index: int, start: int, log_prob: torch.Tensor) -> None:
        in_units = (log_prob * UNITS).round_().long().sum(0)
        units[:] -= in_units.numpy()[list(members[index].ordering.columns)]

    matrix = log_likelihoods(members, codes, terms=add, on_progress=on_progress)
    return Scored(matrix, units)
