"""The processes that train a network together: what they sum, and what the first of them tells the others.

Knows: torch's collective operations, in which every process takes part, in the same order. One process by itself is the
same with nobody to ask, and does not import them. What is summed is the same in all processes, bit by bit, so whatever
is decided by sums alone is decided alike.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from made_cli.core.share import Share
from made_cli.errors import Exit, UserError

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Processes:
    """Processes with a group of torch's between them, or one by itself.

    Attributes:
        rank: of this one, from 0.
        count: how many there are.
        device: where numbers are summed.

    >>> Processes().sums(3.5, 2), Processes().is_first
    ((3.5, 2.0), True)
    """

    rank: int = 0
    count: int = 1
    device: torch.device = CPU

    @property
    def is_first(self) -> bool:
        """Whether it is this one that decides, writes and speaks."""
        return self.rank == 0

    @property
    def is_alone(self) -> bool:
        """Whether there is no other."""
        return self.count == 1

    def share(self, rows: int) -> Share:
        """Returns which of some rows are this process's."""
        return Share(rows, self.rank, self.count)

    def sum(self, tensors: Sequence[Tensor]) -> Sequence[Tensor]:
        """Returns the sums over all processes of tensors of one precision, in one message."""
        if self.is_alone:
            return tensors
        flat = torch.cat([each.reshape(-1) for each in tensors])
        with _together(self):
            torch.distributed.all_reduce(flat)
        parts = torch.split(flat, [each.numel() for each in tensors])
        return [part.view_as(each) for part, each in zip(parts, tensors, strict=True)]

    def sums(self, *numbers: float) -> tuple[float, ...]:
        """Returns the sum of each number over all processes."""
        if self.is_alone:
            return tuple(map(float, numbers))
        (summed,) = self.sum([torch.tensor(numbers, dtype=torch.float64, device=self.device)])
        return tuple(summed.tolist())

    def told(self, *numbers: float) -> tuple[float, ...]:
        """Returns the numbers of the first process."""
        return self.sums(*(numbers if self.is_first else [0.0] * len(numbers)))

    def told_text(self, text: str) -> str:
        """Returns the text of the first process."""
        if self.is_alone:
            return text
        own = bytearray(text.encode()) if self.is_first else b""
        (size,) = self.told(len(own))
        data = torch.frombuffer(own, dtype=torch.uint8) if self.is_first else torch.empty(int(size), dtype=torch.uint8)
        return self._from_first(data.to(self.device)).cpu().numpy().tobytes().decode()

    def take_from_first(self, tensors: Sequence[Tensor]) -> None:
        """Gives tensors the values that they have in the first process."""
        if not self.is_alone:
            for each in tensors:
                self._from_first(each.detach())  # which shares its values

    def wait(self) -> None:
        """Waits until all processes have come as far."""
        self.sums(0.0)

    def softmax(self, own: Tensor, share: Share) -> Tensor:
        """Returns the softmax over the rows of all processes, for this one's rows (n,); 0 where it has none."""
        if self.is_alone:
            return own.softmax(0)
        everyone = own.new_zeros(share.rows)
        if share.weight:
            everyone[share.own] = own
        (everyone,) = self.sum([everyone])
        return everyone.softmax(0)[share.own] * bool(share.weight)

    def _from_first(self, values: Tensor) -> Tensor:
        with _together(self):
            torch.distributed.broadcast(values, 0)
        return values


ALONE = Processes()


@contextmanager
def _together(processes: Processes) -> Iterator[None]:
    """Tells in one line of a connection that is lost: a process that has ended takes the others with it."""
    try:
        yield
    except RuntimeError as error:
        raise UserError(
            f"process {processes.rank} of {processes.count} has lost the others",
            hint="What was saved last goes on with --resume.",
            code=Exit.INTERNAL,
        ) from error
