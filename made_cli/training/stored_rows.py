"""The rows of a long table, encoded once into files that a training reads again and again, a few blocks at a time.

Knows: the files' form, that of NumPy; how a file is told to be that of a run; and which rows of it are drawn to stand
for all where a few are enough. Files are read, not mapped: pages of a mapping would count as memory of the process.
"""

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from made_cli.errors import Exit, UserError
from made_cli.runs.names import TRAIN_ROWS, VALID_ROWS
from made_cli.runs.plain_files import is_plain
from made_cli.tables.columns.schema import Codes

MOST_DRAWN, MOST_DRAWN_CELLS = 2**17, 2**22
"""Training rows that stand for all, at most, and their cells."""
MOST_MIXED, MOST_MIXED_CELLS = 2**16, 2**22
"""Rows of a file that are in memory at a time, and mixed, at most, and their cells."""


@dataclass(frozen=True)
class StoredRows:
    """Training rows in a file.

    Attributes:
        path: of the file.
        shape: (N, D).
        dtype: of the codes, as NumPy writes it.
        offset: where they begin, in bytes.
        sha256: of the codes of all rows, training rows first.
        has_unknown: whether the code of any is NaN.
    """

    path: Path
    shape: tuple[int, int]
    dtype: str
    offset: int
    sha256: str = ""
    has_unknown: bool = False

    def __len__(self) -> int:
        """Returns N."""
        return self.shape[0]

    @property
    def nbytes(self) -> int:
        """How many bytes the codes have."""
        return self.shape[0] * self.shape[1] * np.dtype(self.dtype).itemsize

    def __getitem__(self, rows: slice) -> Codes:
        """Returns the codes (n, D) of rows that follow each other."""
        return self.read([rows])

    def read(self, parts: Sequence[slice]) -> Codes:
        """Returns the codes (n, D) of some stretches of rows, one after another.

        Raises:
            UserError: the file is no longer what it was.
        """
        try:
            with self.path.open("rb") as file:
                read = [self._part(file, part) for part in parts]
        except (OSError, ValueError) as error:
            raise UserError(
                f"{self.path}: the rows of the training cannot be read any more",
                hint="What was saved last goes on with --resume, which encodes the rows again.",
                code=Exit.RUN_REFUSED,
            ) from error
        return below(read)

    def _part(self, file: IO[bytes], rows: slice) -> Codes:
        start, stop, _ = rows.indices(len(self))
        columns, dtype = self.shape[1], np.dtype(self.dtype)
        file.seek(self.offset + start * columns * dtype.itemsize)
        codes: NDArray[Any] = np.fromfile(file, dtype, (stop - start) * columns)
        return codes.reshape(stop - start, columns)

    def blocks(self) -> Iterator[Codes]:
        """Yields all rows, so many at a time that they fit."""
        step = most_rows(self.shape[1])
        for start in range(0, len(self), step):
            yield self[start : start + step]

    def remove(self) -> None:
        """Removes the files, where they are still there."""
        folder = self.path.parent
        for name in (TRAIN_ROWS, VALID_ROWS):
            (folder.parent / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()


class Passing:
    """What is gathered of training rows as they pass, from the first to the last.

    Args:
        shape: (N, D) of them.
        seed: draws those that stand for all.
    """

    def __init__(self, shape: tuple[int, int], seed: int) -> None:
        rows, columns = shape
        wanted = min(rows, MOST_DRAWN, max(1, MOST_DRAWN_CELLS // columns))
        self.wanted = drawn_places(rows, wanted, [seed, rows, 1])
        self.rows, self.has_unknown, self._hash = 0, False, hashlib.sha256()
        self._drawn: list[Codes] = []

    def add(self, codes: Codes) -> None:
        """Takes up the next rows."""
        first, last = np.searchsorted(self.wanted, [self.rows, self.rows + len(codes)])
        self._drawn.append(codes[self.wanted[first:last] - self.rows])
        self.rows += len(codes)
        self.has_unknown |= codes.dtype.kind == "f" and bool(np.isnan(codes).any())
        self._hash.update(in_bytes(codes))

    @property
    def drawn(self) -> Codes:
        """The rows that stand for all."""
        return below(self._drawn)

    def sha256(self, valid: Codes) -> str:
        """Returns the SHA-256 of the codes of all rows, then of the validation rows."""
        found = self._hash.copy()
        found.update(in_bytes(valid))
        return found.hexdigest()


def most_rows(columns: int) -> int:
    """Returns how many rows of D columns are in memory at a time.

    >>> most_rows(20), most_rows(1_000)
    (65536, 4194)
    """
    return min(MOST_MIXED, max(1, MOST_MIXED_CELLS // columns))


def below(parts: Sequence[Codes]) -> Codes:
    """Returns codes one below the other."""
    found: Any = parts[0] if len(parts) == 1 else np.concatenate(parts)
    return cast("Codes", found)


def in_bytes(codes: Codes) -> memoryview:
    """Returns the bytes of codes, row by row."""
    return np.ascontiguousarray(codes).data


def drawn_places(count: int, wanted: int, seed: Sequence[int]) -> NDArray[np.int64]:
    """Draws some of N places, each with the same chance, ascending; without a list of all.

    >>> drawn_places(10**12, 3, [0]).shape
    (3,)
    """
    return np.sort(np.random.default_rng(seed).choice(count, wanted, replace=False, shuffle=False))


def write_header(file: Any, shape: tuple[int, int], dtype: str) -> None:  # noqa: ANN401 (NumPy's own type of a file)
    """Begins a file of codes (N, D)."""
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})


def opened(path: Path) -> StoredRows | None:
    """Returns the rows in a file, None where it is none, or not all of one."""
    if not is_plain(path):
        return None
    try:
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
            rows, columns = shape
            found = StoredRows(path, (rows, columns), dtype.str, file.tell())
    except (OSError, ValueError):
        return None
    whole = not fortran and path.stat().st_size == found.offset + found.nbytes
    return found if whole else None
