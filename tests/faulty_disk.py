"""A disk that fails: the n-th write, flush to disk, rename or removal of a process goes wrong.

Knows: everything that `made` asks the file system to change goes through functions of `os` that can be replaced, and
through the files that it opens to write.
"""

import builtins
import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal
from unittest.mock import patch

Fault = Literal["fails", "dies"]
"""The operation is refused with an `OSError`; or the process ends there and then, as by SIGKILL."""
DEAD = 99
"""The exit code of a process that died."""
CHANGES = ("fsync", "replace", "rename", "unlink", "mkdir", "rmdir")


class FaultyDisk:
    """Counts the changes, and fails at one of them.

    Args:
        at: which, counted from 0; -1 for none.
        fault: in what way.
    """

    def __init__(self, at: int = -1, fault: Fault = "fails") -> None:
        self.at, self.fault, self.count = at, fault, 0

    def change(self, before: Callable[[], object] = lambda: None) -> None:
        """Takes note of a change that is about to be made; `before` is what happens of it where it fails."""
        self.count += 1
        if self.count - 1 == self.at:
            before()
            if self.fault == "dies":
                os._exit(DEAD)
            raise OSError(errno.ENOSPC, "No space left on device")

    def watched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Returns a function of `os` that may fail."""

        def instead(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 (whatever the function takes)
            self.change()
            return function(*arguments, **options)

        return instead

    def opened(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Returns a function that opens files, whose writes may fail and leave half of what was to be written."""

        def instead(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401
            file = function(*arguments, **options)
            if isinstance(file, io.BufferedWriter):
                return _FaultyFile(file, self)
            return file

        return instead

    @contextmanager
    def in_place(self) -> Iterator["FaultyDisk"]:
        """Replaces the functions of `os`, `io` and the builtin `open`."""
        functions = [(os, name, self.watched(getattr(os, name))) for name in CHANGES]
        functions += [(os, "fdopen", self.opened(os.fdopen)), (io, "open", self.opened(io.open))]
        functions += [(builtins, "open", self.opened(builtins.open))]
        patches = [patch.object(where, name, instead) for where, name, instead in functions]
        for each in patches:
            each.start()
        try:
            yield self
        finally:
            for each in patches:
                each.stop()


class _FaultyFile:
    """A file whose writes may fail; the rest is the file's."""

    def __init__(self, file: io.BufferedWriter, disk: FaultyDisk) -> None:
        self._file, self._disk = file, disk

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever a file has)
        return getattr(self._file, name)

    def __enter__(self) -> "_FaultyFile":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> int:
        """Writes, or fails halfway."""

        def half() -> None:
            self._file.write(data[: len(data) // 2])
            self._file.flush()

        self._disk.change(half)
        return self._file.write(data)
