"""The batches of a training, epoch by epoch: every row once, in an order that is drawn.

Knows: rows in memory are drawn one by one from all. Rows in a file, which are in no order to begin with, are not, for a
disk is slow at that: an epoch goes through the stretches of the file in an order that is drawn, some of them at a time,
and mixes the rows of these. What is left of an epoch is state, and small: the order of the stretches, and that of the
rows in memory.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from made_cli.core.made import Made
from made_cli.core.share import Share
from made_cli.training.objectives import Batch, read_once
from made_cli.training.rows import TrainingRows
from made_cli.training.stored_rows import StoredRows, most_rows

STRETCH = 1_024
"""Rows of a file that follow each other and are read together."""
ROWS_A_VALIDATION_ROW = 9
"""Rows of a file that are trained on for each that an evaluation goes through: as with a tenth held out."""


class Epochs:
    """The batches of one network's training.

    Args:
        made: the network, which reads the rows.
        rows: of the training.
        batch_size: rows in a batch; the last of an epoch may have fewer.
        rng: draws the order of rows.
    """

    def __init__(self, made: Made, rows: TrainingRows, batch_size: int, rng: np.random.Generator) -> None:
        self.made, self.rows, self.batch_size, self.rng = made, rows, batch_size, rng
        self.stored = rows.stored
        self.in_part = batch_size * max(1, most_rows(rows.train.shape[1]) // batch_size)
        self.part: Batch | None = read_once(made, rows.train) if self.stored is None else None
        self.stretches = torch.empty(0, dtype=torch.long)  # of the file, in the order of this epoch
        self.parts_left = 0
        self.order = torch.empty(0, dtype=torch.long)  # what is left of the part

    @property
    def is_over(self) -> bool:
        """Whether the last epoch is through, or none has begun."""
        return len(self.order) == 0 and self.parts_left == 0

    def may_pause(self, steps: int) -> bool:
        """Says whether to evaluate, so many steps after the last evaluation: between epochs, or parts of a file."""
        many = steps * self.batch_size >= ROWS_A_VALIDATION_ROW * len(self.rows.valid)
        return self.is_over or (len(self.order) == 0 and many)

    def next(self) -> tuple[Batch, int]:
        """Returns this process's share of the next batch, and how many rows the whole batch has."""
        if len(self.order) == 0:
            self._go_on()
        batch, self.order = self.order[: self.batch_size], self.order[self.batch_size :]
        share: Share = self.rows.processes.share(len(batch))
        assert self.part is not None
        return self.part.take(batch[share.own])._replace(share=share), len(batch)

    def state(self) -> dict[str, Tensor]:
        """Returns what is left of the epoch."""
        state = {"order": self.order}
        if self.stored is not None:
            state |= {"stretches": self.stretches, "parts_left": torch.tensor(self.parts_left)}
        return state

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Takes up what `state` returned."""
        self.order = state["order"]
        if self.stored is not None:
            self.stretches, self.parts_left = state["stretches"], int(state["parts_left"])
            if len(self.order):
                self.part = self._read(self.stored)

    def _go_on(self) -> None:
        """Begins the next part of the epoch, or a new epoch where the last one is through."""
        if self.stored is None:
            self.order = torch.from_numpy(self.rng.permutation(len(self.rows.train)))
            return
        if self.parts_left == 0:
            self.stretches = torch.from_numpy(self.rng.permutation(-(-len(self.stored) // STRETCH)))
            self.parts_left = -(-len(self.stored) // self.in_part)
        self.parts_left -= 1
        self.part = None  # which makes room
        self.part = self._read(self.stored)
        self.order = torch.from_numpy(self.rng.permutation(len(self.part.codes)))

    def _read(self, stored: StoredRows) -> Batch:
        """Reads the rows of the present part: the next ones where the stretches follow each other in their order."""
        starts = self.stretches.numpy() * STRETCH
        ends = np.minimum(starts + STRETCH, len(stored))
        places = np.concatenate([[0], (ends - starts).cumsum()])  # of the stretches in the epoch
        part = -(-len(stored) // self.in_part) - 1 - self.parts_left
        first, last = part * self.in_part, min((part + 1) * self.in_part, len(stored))
        some = range(int(places.searchsorted(first, "right")) - 1, int(places.searchsorted(last, "left")))
        wanted = [
            slice(int(starts[i] + max(0, first - places[i])), int(ends[i] - max(0, places[i + 1] - last))) for i in some
        ]
        codes = torch.from_numpy(stored.read(wanted)).to(self.made.device)
        return read_once(self.made, codes)
