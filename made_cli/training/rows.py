"""The rows of a training: those to train on, and those held out for validation.

Knows: which rows are held out, and how to tell the rows of an earlier training again; that the training rows of a long
table stand in a file, and some of them, drawn, stand for all.
"""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from made_cli.tables.columns.schema import Codes
from made_cli.training.processes import ALONE, Processes
from made_cli.training.stored_rows import StoredRows, drawn_places

Indices = NDArray[np.int64]
MOST_VALID, MOST_VALID_CELLS = 100_000, 2**24
"""Validation rows of a long table, and their cells: every evaluation goes through all of them."""


@dataclass(frozen=True)
class TrainingRows:
    """The rows of a training.

    Attributes:
        train: codes (N, D) to train on; of rows in a file some that were drawn.
        valid: codes (N', D) to validate on.
        processes: that train on them together; each has all rows, and takes its share of every step and evaluation.
        drawn_of: how many rows those to train on were drawn from; None where they are all.
        stored: all of these, in a file; None where there is none, or none yet.
    """

    train: Tensor
    valid: Tensor
    processes: Processes = ALONE
    drawn_of: int | None = None
    stored: StoredRows | None = None

    @property
    def count(self) -> int:
        """N, how many rows there are to train on."""
        return self.drawn_of or len(self.train)

    @property
    def codes(self) -> Codes | StoredRows:
        """All rows to train on, some of which are asked for at a time."""
        return self.train.cpu().numpy() if self.stored is None else self.stored

    @property
    def has_unknown(self) -> bool:
        """Whether a code is NaN, that of an unknown cell."""
        in_file = self.stored is not None and self.stored.has_unknown
        return in_file or bool(self.train.isnan().any() or self.valid.isnan().any())

    @property
    def sha256(self) -> str:
        """The SHA-256 of the codes of the training rows, then of the validation rows."""
        if self.stored is not None:
            return self.stored.sha256
        return hashlib.sha256(self.train.cpu().numpy().tobytes() + self.valid.cpu().numpy().tobytes()).hexdigest()

    def to(self, device: torch.device) -> "TrainingRows":
        """Returns the rows on a device."""
        return replace(self, train=self.train.to(device), valid=self.valid.to(device))


def split_rows(count: int, share: float, seed: int) -> tuple[Indices, Indices]:
    """Draws which rows are held out for validation.

    Args:
        count: N, how many rows there are.
        share: of them to hold out; at least one row, and never all. A single row is both.
        seed: draws them.

    Returns:
        The indices of the training rows and of the validation rows, each ascending.

    >>> [len(part) for part in split_rows(20, 0.1, seed=0)]
    [18, 2]
    """
    if count == 1:
        return np.arange(1), np.arange(1)
    held_out = min(max(1, round(count * share)), count - 1)
    order = np.random.default_rng([seed, count]).permutation(count)
    return np.sort(order[held_out:]), np.sort(order[:held_out])


def hold_out(count: int, columns: int, share: float, seed: int) -> Indices:
    """Draws which rows of a long table are held out, as `split_rows` does, but no more than an evaluation can take.

    Args:
        count: N, how many rows there are.
        columns: D.
        share: of them to hold out, if that is not too many.
        seed: draws them.

    Returns:
        The indices of the validation rows, ascending.

    >>> (
    ...     len(hold_out(10**9, 20, 0.1, seed=0)),
    ...     len(hold_out(50, 20, 0.1, seed=0)),
    ...     len(hold_out(10**9, 10**5, 0.1, seed=0)),
    ... )
    (100000, 5, 167)
    """
    wanted = min(max(1, round(count * share)), most_valid(columns), max(1, count - 1))
    return drawn_places(count, wanted, [seed, count])


def most_valid(columns: int) -> int:
    """Returns how many validation rows of D columns an evaluation of a long table can take."""
    return min(MOST_VALID, max(1, MOST_VALID_CELLS // columns))
