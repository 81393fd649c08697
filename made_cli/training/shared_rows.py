"""The rows of a training for the processes that train its networks: written once, and mapped by each.

Knows: that the file has no name, so that nothing is left of it whatever becomes of the processes. Its pages are those
of the system's cache, which all of them share.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.reduction import DupFd
from pathlib import Path
from typing import Any

import numpy as np
import torch

from made_cli.runs.manifest import writing
from made_cli.training.rows import TrainingRows


class SharedRows:
    """Rows in a file without a name, given to a process as it is started.

    Args:
        rows: codes to train on, and to validate on.
        file: the descriptor of the file that they are in, one after the other.
    """

    def __init__(self, rows: TrainingRows, file: int) -> None:
        self.parts = [(str(each.numpy().dtype), tuple(each.shape)) for each in (rows.train, rows.valid)]
        self.file, self.drawn_of, self.stored = file, rows.drawn_of, rows.stored

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "file": DupFd(self.file)}

    def opened(self) -> TrainingRows:
        """Returns the rows, in a process that was given them."""
        start, tensors = 0, []
        with os.fdopen(self.file.detach(), "rb") as file:  # type: ignore[attr-defined]  # what `DupFd` has become
            for dtype, shape in self.parts:
                # Torch wants to be able to write; what is written would be this process's own.
                mapped = np.memmap(file, dtype, "c", start, shape)
                start += mapped.nbytes
                tensors.append(torch.from_numpy(mapped))
        train, valid = tensors
        return TrainingRows(train, valid, drawn_of=self.drawn_of, stored=self.stored)


@contextmanager
def shared(rows: TrainingRows, beside: Path | None) -> Iterator[SharedRows]:
    """Yields rows for processes that are started within the block.

    Args:
        rows: on the processor.
        beside: a folder on a disk that has room for them; None for that of temporary files.

    Raises:
        UserError: they cannot be written.
    """
    folder = beside or Path(tempfile.gettempdir())
    with ExitStack() as opened:
        with writing(folder):
            # Without a buffer, which would be written once more where a full disk has had it left over.
            file = opened.enter_context(tempfile.TemporaryFile(buffering=0, dir=folder))
            for each in (rows.train, rows.valid):
                left = each.numpy().data.cast("B")
                while left:
                    left = left[file.write(left) :]
        yield SharedRows(rows, file.fileno())
