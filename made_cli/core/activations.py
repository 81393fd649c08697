"""Activations of hidden units: rectified, and in training some of them dropped.

Knows: how what is dropped is drawn, and the way of a gradient back.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from made_cli.core.masks import as_masked
from made_cli.core.share import Share


class Dropout(NamedTuple):
    """Sets each activation to zero with probability `rate`, to the next of 256 steps, and scales up the others.

    Where rows are a process's share, what is dropped is drawn for all of them, so that it does not depend on how many
    processes there are.
    """

    rate: float
    generator: torch.Generator
    share: Share = Share(1)

    @property
    def dropped(self) -> int:
        """Of 256, how many are set to zero."""
        return min(255, round(self.rate * 256))

    @property
    def scale(self) -> float:
        """What the others are multiplied by."""
        return 256 / (256 - self.dropped)

    def kept(self, like: Tensor) -> Tensor:
        """Draws (N, H) for activations `like` these: 1 for what is kept and 0 for the others."""
        if self.share.processes == 1:
            return self._drawn(like.shape, like.device).to(like.dtype)
        share = self.share if len(like) == self.share.size else self.share.among(len(like) * self.share.processes)
        return self._drawn((share.rows, *like.shape[1:]), like.device)[share.own].to(like.dtype)

    def _drawn(self, shape: Sequence[int], device: torch.device) -> Tensor:
        """Draws 1 for what is kept and 0 for the others."""
        count = math.prod(shape)
        # Eight decisions from each random word: a word for every activation would cost as much as a layer.
        words = torch.empty(-(-count // 8), dtype=torch.long, device=device)
        drawn = words.random_(-(2**63), None, generator=self.generator).view(torch.uint8)
        # Compared into numbers: several times as fast as by way of truth values.
        return torch.ge(drawn, self.dropped, out=drawn)[:count].view(*shape)


class Activation(NamedTuple):
    """What becomes of the pre-activations of a hidden layer."""

    dropout: Dropout | None = None

    @property
    def scale(self) -> float:
        """What `unscaled` leaves to whoever takes a product with the activations: to multiply it by this."""
        return 1.0 if self.dropout is None else self.dropout.scale

    def __call__(self, hidden: Tensor) -> Tensor:
        """Returns activations (N, H); what is dropped is drawn anew each time."""
        active = hidden.relu()
        return active if self.dropout is None else active * self.dropout.kept(active).mul_(self.scale)

    def unscaled(self, hidden: Tensor, dtype: torch.dtype) -> Tensor:
        """Returns activations (N, H) in a precision, those that are kept not scaled up; see `__call__`."""
        active = hidden.relu() if hidden.dtype == dtype else hidden.to(dtype).relu_()
        if self.dropout is not None:
            numbers = as_masked(active)
            numbers.mul_(self.dropout.kept(numbers))
        return active

    def gradient(self, gradient: Tensor, active: Tensor) -> Tensor:
        """Returns that of the pre-activations, from that of the activations and these themselves, unscaled, (N, H)."""
        through: Tensor = torch.ops.aten.threshold_backward(gradient, active, 0)
        return through
