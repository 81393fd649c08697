"""Files that are written whole or not at all.

Knows: how to put a file in place so that neither a crash nor a full disk leaves half of it behind, and which targets
must not be replaced; what a process that is told to end has to wait for, and what it has to remove. Every file that
`made` writes goes through here.
"""

import contextlib
import os
import secrets
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from made_cli.errors import Exit, UserError

TEMPORARY = ".made-*.tmp"
"""The names of files that are being written; a process that was killed leaves them behind."""
PLACING = threading.RLock()
"""Held while files are put in place that belong together: who ends the process waits for it."""
_unfinished: set[Path] = set()
"""The files that this process is writing now."""


class Closable(Protocol):
    """What writes the last of what it was given when it is closed."""

    def close(self) -> None:
        """Writes what is left."""


def remove_unfinished() -> None:
    """Remove the files that are being written, for the process is about to end."""
    for path in tuple(_unfinished):
        with contextlib.suppress(OSError):
            path.unlink()


def check_target(path: Path | str) -> Path:
    """Say where a write to `path` would end up, so that a bad target is refused before any long work.

    Args:
        path: the target; a symbolic link is followed to the file it points to.

    Returns:
        The real path to replace.

    Raises:
        UserError: the target is a folder, device or FIFO, is write-protected, or its folder is missing.
    """
    target = Path(os.path.realpath(path))
    with refusing(path):
        if not target.parent.is_dir():
            raise _refusal(path, f"the folder {target.parent} does not exist", "Make the folder first.")
        # lstat of a path that is already real: a loop of links is still a link here, and so is refused.
        mode = target.lstat().st_mode if os.path.lexists(target) else stat.S_IFREG
        if stat.S_ISDIR(mode):
            raise _refusal(path, "it is a folder", "Name a file in it.")
        if not stat.S_ISREG(mode):
            raise _refusal(path, "it is not a regular file", "Name a regular file, or '-' for the standard output.")
        if target.exists() and not os.access(target, os.W_OK):
            raise _refusal(path, "it is write-protected", "Name another file, or allow writing with chmod u+w.")
    return target


def check_replaceable(path: Path | str, *, force: bool) -> None:
    """Refuse a file that is there and not empty, unless it may be replaced; and all that `check_target` refuses.

    Raises:
        UserError: it would be lost.
    """
    target = check_target(path)
    if not force and target.exists() and target.stat().st_size:
        raise _refusal(path, "it is there and not empty", "Add --force to replace it, or name another file.")


def same_file(one: Path | str, other: Path | str) -> bool:
    """Say whether two paths are of one file or folder, which is there."""
    return os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)


@contextmanager
def atomic_write(path: Path | str) -> Iterator[BinaryIO]:
    """Yield a binary file that takes the place of `path` when the block ends well, and vanishes when it does not.

    Permissions follow the umask, as they would with `open`. Only the block's writes to this file belong inside it:
    an `OSError` in the block is reported as a failure to write `path`.

    Raises:
        UserError: the target is refused (see `check_target`), the folder forbids writing, the disk is full.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_write(Path(folder, "a.txt")) as file:
    ...         _ = file.write(b"whole")
    ...     Path(folder, "a.txt").read_bytes(), len(os.listdir(folder))
    (b'whole', 1)
    """
    with refusing(path), atomic_file(path) as file:
        yield file


@contextmanager
def atomic_file(path: Path | str) -> Iterator[BinaryIO]:
    """Yield a file as `atomic_write` does, to a block that has other work too: its errors are its own.

    Raises:
        UserError: as `atomic_write`, but for the writes of the block; see `refusing`.
    """
    target = check_target(path)
    # The name is short of its own, for the target's may already be as long as a name can be.
    temporary = target.with_name(TEMPORARY.replace("*", secrets.token_hex(8)))
    _unfinished.add(temporary)
    try:
        # 0o666 is what open() asks for; the system takes the umask off. mkstemp would give 0o600.
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with refusing(path):
            file = os.fdopen(os.open(temporary, flags, 0o666), "w+b")
        with closing(file, path):
            yield file
            with refusing(path):
                file.flush()
                os.fsync(file.fileno())
        with refusing(path):
            os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    finally:
        _unfinished.discard(temporary)
    _sync_folder(target.parent)


def write_bytes(path: Path | str, data: bytes) -> None:
    """Write `data` to `path` in one stroke.

    Raises:
        UserError: as `atomic_write`.
    """
    with atomic_write(path) as file:
        file.write(data)


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the system can; the file itself is already in place."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def closing(file: Closable, path: Path | str) -> Iterator[None]:
    """Close what writes to `path` at the end of the block; where that has failed, what went wrong first is told.

    Raises:
        UserError: what was left could not be written.
    """
    try:
        yield
    except BaseException:
        with contextlib.suppress(Exception):
            file.close()
        raise
    with refusing(path):
        file.close()


@contextmanager
def refusing(path: Path | str) -> Iterator[None]:
    """Report every error of the system in the block as a `UserError`: `path` cannot be written."""
    try:
        yield
    except OSError as error:
        hint = "Check that the folder allows writing and that the disk has room, or name another file."
        raise _refusal(path, error.strerror or str(error), hint) from error


def _refusal(path: Path | str, reason: str, hint: str) -> UserError:
    return UserError(f"cannot write {path}: {reason}", hint=hint, code=Exit.OUTPUT)
