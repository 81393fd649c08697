"""The rows at either end of a text that is read a piece at a time.

Knows: what looks wrong is asked of the first rows of a table, of its last ones, and of those that repeat the names; so
no others have to be held.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from made_cli.tables.files.delimited import Delimited
from made_cli.tables.files.doubts import doubts, repeated, rows_at_ends


class Ends:
    """The rows that are looked at, from one piece of a text to the next."""

    def __init__(self) -> None:
        self._first: list[Delimited] = []
        self._between: list[Delimited] = []
        self._last: list[Delimited] = []

    def add(self, rows: Delimited) -> None:
        """Takes note of the next rows."""
        count = rows_at_ends(len(rows.names))
        room = count - sum(len(part.lines) for part in self._first)
        self._first.append(_part(rows, slice(0, room)))
        below = _joined([*self._last, _part(rows, slice(room, None))])
        cut = max(0, len(below.lines) - count)
        passed = _part(below, slice(0, cut))
        if again := repeated(passed):
            self._between.append(
                Delimited(passed.names, passed.cells.take(again), passed.lines[again], rows.header_line)
            )
        self._last = [_part(below, slice(cut, None))]

    def doubts(self) -> Iterator[str]:
        """Yields what looks wrong of all rows; see `made_cli.tables.files.doubts`."""
        yield from doubts(_joined([*self._first, *self._between, *self._last]))


def _part(rows: Delimited, wanted: slice) -> Delimited:
    lines = rows.lines[wanted]
    return Delimited(rows.names, rows.cells.slice(wanted.start, len(lines)), lines, rows.header_line)


def _joined(parts: Sequence[Delimited]) -> Delimited:
    first = parts[0]
    lines = np.concatenate([part.lines for part in parts])
    return Delimited(first.names, pa.concat_tables([part.cells for part in parts]), lines, first.header_line)
