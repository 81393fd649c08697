"""Timestamps of a column: dates, dates with times, and times of day, as numbers.

Knows: how finely they were recorded, and how to write one the way it was read. A timestamp's number is the count of
`made_cli.tables.text.patterns`, by a clock at the column's first offset from UTC where it has offsets, so that a later
one is a larger number whatever the daylight saving time.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.text.moments import moment_of_iso
from made_cli.tables.text.numbers import largest_step
from made_cli.tables.text.patterns import pattern

if TYPE_CHECKING:
    from made_cli.tables.text.timestamp_reading import Reading

_CHANGES = 2
"""Changes of the offset from UTC a year; where there are more, it is no daylight saving time."""
_MINUTES = 24 * 60
"""Of a day: offsets from UTC are counted in them."""
_SECONDS = 24 * 60 * 60
_STEPS = tuple(unit * step for unit in (1, 60) for step in (1, 2, 5, 10, 15, 20, 30))
_STEPS += tuple(3600 * hours for hours in (1, 2, 3, 4, 6, 8, 12, 24))


@dataclass(frozen=True)
class TimeFormat:
    """How a column writes its timestamps.

    Attributes:
        pattern: as in `made_cli.tables.text.patterns`.
        resolution: the step that all timestamps are multiples of, in the pattern's unit.
        offset: from UTC, in minutes, of the clock that timestamps are counted by; the offset they are written with.
        changes: from each of these counts on, timestamps are written with another offset: where the clocks are changed.

    >>> form = TimeFormat("YYYY-MM-DD hh:mm", resolution=15.0)
    >>> form.parse("1970-01-02 00:15"), form.write(1455.0), form.step
    (1455.0, '1970-01-02 00:15', '15 minutes')
    """

    pattern: str
    resolution: float
    offset: int = 0
    changes: tuple[tuple[float, int], ...] = ()

    @property
    def noun(self) -> str:
        """What a cell is, for a message."""
        return f"time written {shown(self.pattern)}"

    @property
    def described(self) -> str:
        """The kind of the column, as people read it."""
        return "time"

    @property
    def unit(self) -> str:
        """The unit of the count, and of the density."""
        return pattern(self.pattern).unit

    @property
    def step(self) -> str:
        """The resolution as people read it."""
        ticks = pattern(self.pattern).ticks
        if not ticks:
            return _counted(self.resolution, "month")
        seconds = self.resolution * _SECONDS / ticks
        units = (("day", _SECONDS), ("hour", 3600), ("minute", 60), ("second", 1))
        name, size = next((unit for unit in units if seconds % unit[1] == 0), units[-1])
        return _counted(seconds / size, name)

    @property
    def from_zero(self) -> bool:
        """Whether no timestamp is negative: a time of day is not."""
        return not pattern(self.pattern).dated

    def parse(self, text: str) -> float | None:
        """Returns the count of the timestamp that a text spells, None if it spells none."""
        found = pattern(self.pattern).read(text)
        return None if found is None else found[0] + self._shift(self.offset - found[1])

    def complete(self, text: str) -> str:
        """Returns a text that a person typed as the column would have it; a day alone is its midnight.

        >>> TimeFormat("YYYY-MM-DD hh:mm", resolution=15.0).complete("1970-01-02")
        '1970-01-02 00:00'
        """
        found = self.literal(text)
        # What is left out stands as in the first timestamp of all.
        return found if self.parse(found) is not None else text + self.write(0.0)[len(text) :]

    def literal(self, text: str) -> str:
        """Returns a timestamp as programs and typed columns write it as the column writes it; other texts as they are.

        >>> form = TimeFormat("DD.MM.YY{1950}", resolution=1.0)
        >>> form.literal("1970-01-02"), form.literal("1949-12-31"), form.literal("1970-01-02 12:00:00")
        ('02.01.70', '1949-12-31', '1970-01-02 12:00:00')
        """
        form = pattern(self.pattern)
        found = None if form.read(text) or not form.ticks else moment_of_iso(text)
        if found is None or (found.dated, found.zoned) != (form.dated, bool(form.zone)):
            return text
        count = found.days * form.ticks + (Fraction(self.offset * form.ticks, _MINUTES) if form.zone else 0)
        written = self.write(float(count))
        # A pattern may be too coarse for it, or have no such year.
        return written if count.denominator == 1 and self.parse(written) == float(count) else text

    def steps(self, text: str) -> Fraction | None:
        """Returns how many times the resolution a text spells, not rounded; None if it spells no timestamp."""
        found = pattern(self.pattern).read_unrounded(text)
        if found is None:
            return None
        count, offset = found
        shift = Fraction((self.offset - offset) * pattern(self.pattern).ticks, _MINUTES)
        return (count + shift) / Fraction(self.resolution)

    def write(self, value: float) -> str:
        """Spells a timestamp."""
        place = bisect_right(self.changes, value, key=lambda change: change[0])
        offset = self.changes[place - 1][1] if place else self.offset
        return pattern(self.pattern).spell(value + self._shift(offset - self.offset), offset)

    def by_its_clock(self, counts: NDArray[np.float64], offsets: NDArray[np.int64]) -> NDArray[np.float64]:
        """Returns counts (n,) of clocks at some offsets (n,) from UTC as the column counts them."""
        return counts + (self.offset - offsets) * pattern(self.pattern).ticks / _MINUTES

    def _shift(self, minutes: int) -> float:
        return minutes * pattern(self.pattern).ticks / _MINUTES


def time_format(reading: "Reading") -> TimeFormat:
    """Finds how finely a column of timestamps was recorded, and when its clocks were changed.

    Returns:
        The format. Where offsets from UTC contradict each other, or change more often than any clock, timestamps are
        counted by the commonest of them, and written with it: they are instants.

    >>> from made_cli.tables.text.timestamp_reading import read_timestamps
    >>> time_format(read_timestamps(["2019-01-01 12:00+01:00", "2019-07-01 12:00+02:00"]))
    TimeFormat(pattern='YYYY-MM-DD hh:mm+hh:mm', resolution=60.0, offset=60, changes=((26032980.0, 120),))
    """
    ticks = pattern(reading.pattern).ticks
    written, written_offsets = reading.timestamps.numbers
    if (written_offsets == written_offsets[0]).all():
        return TimeFormat(reading.pattern, float(largest_step(written, _steps(ticks))), int(written_offsets[0]))
    instants = written - written_offsets * ticks / _MINUTES  # in UTC
    order = np.lexsort((written_offsets, instants))
    instants, of_instants = instants[order], written_offsets[order]
    own = np.concatenate([[True], (np.diff(instants) != 0) | (np.diff(of_instants) != 0)])
    instants, of_instants = instants[own], of_instants[own]
    offset = int(of_instants[0])
    counts = instants + offset * ticks / _MINUTES
    later = np.flatnonzero(np.diff(of_instants)) + 1
    changes = tuple(zip(counts[later].tolist(), of_instants[later].tolist(), strict=True))
    years = float(instants[-1] - instants[0]) / (ticks or 1) / 365
    if not np.diff(counts).all() or len(changes) > _CHANGES * (years + 1):
        offsets = Counter(written_offsets.tolist())
        offset, changes = min(offsets, key=lambda minutes: (-offsets[minutes], abs(minutes), minutes)), ()
        counts = instants + offset * ticks / _MINUTES
    return TimeFormat(reading.pattern, float(largest_step(counts, _steps(ticks))), offset, changes)


def shown(written: str) -> str:
    """Returns a pattern as people read it.

    >>> shown("DD.MM.YY{1953}")
    'DD.MM.YY'
    """
    return re.sub(r"\{.*?\}", "", written)


def _steps(ticks: int) -> Sequence[int]:
    """Returns the steps, in units of which there are `ticks` a day, that clocks are read by."""
    if not ticks:
        return (1, 3, 6, 12)
    parts = [step * 10**power for power in range(9) for step in (1, 2, 5) if step * 10**power * _SECONDS < ticks]
    return [*parts, *(step * ticks // _SECONDS for step in _STEPS if step * ticks % _SECONDS == 0)]


def _counted(number: float, unit: str) -> str:
    return f"{number:g} {unit}" + "s" * (number != 1)
