"""The rows of a training: those to train on, and those held out for validation.

Knows: which rows are held out, and how to tell the rows of an earlier training again.
"""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from made_cli.training.processes import ALONE, Processes

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class TrainingRows:
    """The rows of a training.

    Attributes:
        train: codes (N, D) to train on.
        valid: codes (N', D) to validate on.
        processes: that train on them together; each has all rows, and takes its share of every step and evaluation.
    """

    train: Tensor
    valid: Tensor
    processes: Processes = ALONE

    @property
    def sha256(self) -> str:
        """The SHA-256 of the codes of the training rows, then of the validation rows."""
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
