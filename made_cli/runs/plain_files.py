"""Files of a folder that anybody may have made, read where that cannot hang, lead elsewhere or fill the memory.

Knows: only regular files count, in the folder itself and not through links, and only up to a size.
"""

import os
import stat
from pathlib import Path

MOST_TEXT = 2**26
"""Bytes of a file of JSON, at most: Python's objects take some five times as many."""
MOST_TENSORS = 2**34
"""Bytes of a file of tensors, at most."""


def read_plain(folder: Path, name: str, most: int) -> bytes:
    """Reads a regular file within a folder.

    Args:
        folder: the folder.
        name: the file's name within it.
        most: bytes that it may have.

    Raises:
        ValueError: it is no regular file, or longer; its argument says which.
        OSError: it cannot be read.
    """
    path = folder / name
    for inner in path.relative_to(folder).parents[:-1]:
        if not stat.S_ISDIR((folder / inner).lstat().st_mode):
            raise ValueError(f"{inner} is not a folder of its own")
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ValueError("it is not a regular file")
    # Between the two looks it may become a FIFO, which must not be waited for, or a link.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("it is not a regular file")
        if found.st_size > most:
            raise ValueError(f"{found.st_size:,} bytes, which is more than the {most:,} that such a file has at most")
        return file.read(found.st_size)


def is_plain(path: Path) -> bool:
    """Says whether there is a regular file, and no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
