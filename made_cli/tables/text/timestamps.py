"""Timestamps as people write them: dates, dates with times, and times of day.

Knows: which texts are timestamps, by which pattern a column writes them, how finely they were recorded, and how to
write one the way it was read. A timestamp's number is the count of `made_cli.tables.text.patterns`, by a clock at the
column's first offset from UTC where it has offsets, so that a later one is a larger number whatever the daylight
saving time.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from made_cli.tables.text.numbers import largest_step
from made_cli.tables.text.patterns import COMPACT, pattern

_NAMED = ("Mon", "Month", "MON", "MONTH", "mon", "month")
_DATES = (
    *("YYYY-MM-DD", "YYYY-M-D", "YYYY/MM/DD", "YYYY/M/D", "YYYY.MM.DD", COMPACT, "YYYY-MM"),
    # Where all dates can be read both ways, the first is taken: month first after slashes, day first otherwise.
    *("MM/DD/YYYY", "M/D/YYYY", "DD/MM/YYYY", "D/M/YYYY"),
    *("DD-MM-YYYY", "D-M-YYYY", "MM-DD-YYYY", "M-D-YYYY", "DD.MM.YYYY", "D.M.YYYY"),
    *(f"{day}{sign}{name}{sign}YYYY" for name in _NAMED for day in ("DD", "D") for sign in "- "),
    *(f"{name} {day}{sign} YYYY" for name in _NAMED for day in ("DD", "D") for sign in (",", "")),
)
_CLOCK = re.compile(
    r"(?:(?P<date>.*[^ ,T])(?P<between>T|,? ))?[0-9]{1,2}:[0-9]{2}(?P<s>:[0-9]{2}(?:\.(?P<f>[0-9]{1,9}))?)?"
    r"(?P<half> ?[AaPp][Mm])?(?P<z> ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
COMPACT_YEARS = (1900, 2100)
"""Eight digits are dates where all are in these years."""
GLANCE = 1000
"""Texts by which the likeliest patterns are found, before all texts are tried."""
_LEADERS = 20
"""Texts from which patterns are guessed."""
_CHANGES = 2
"""Changes of the offset from UTC a year; where there are more, it is no daylight saving time."""
_MINUTES = 24 * 60
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
        return f"time written {self.pattern}"

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

    def write(self, value: float) -> str:
        """Spells a timestamp."""
        place = bisect_right(self.changes, value, key=lambda change: change[0])
        offset = self.changes[place - 1][1] if place else self.offset
        return pattern(self.pattern).spell(value + self._shift(offset - self.offset), offset)

    def _shift(self, minutes: int) -> float:
        return minutes * pattern(self.pattern).ticks / _MINUTES


@dataclass(frozen=True)
class Reading:
    """How the texts of a column can be read as timestamps.

    Attributes:
        pattern: of most of them.
        timestamps: those that are written by it, with what it reads.
        unparsed: those that are not written by it.
        ambiguity: another pattern by which all could be read, as other timestamps; None without one.
    """

    pattern: str
    timestamps: dict[str, tuple[float, int]]
    unparsed: frozenset[str]
    ambiguity: str | None


def read_timestamps(texts: Iterable[str]) -> Reading | None:
    """Finds the pattern that most texts are written by; None where none of a few is a timestamp.

    >>> found = read_timestamps(["03/01/2019", "12/11/2019"])
    >>> found.pattern, found.ambiguity
    ('MM/DD/YYYY', 'DD/MM/YYYY')
    >>> read_timestamps(["03/01/2019", "31/12/2019"]).pattern
    'DD/MM/YYYY'
    """
    ascending = sorted(texts)
    glance = ascending[:: len(ascending) // GLANCE + 1]
    guesses = dict.fromkeys(guess for text in glance[:: len(glance) // _LEADERS + 1] for guess in _guesses(text))
    fitting = {guess: len(_timestamps(guess, glance)) for guess in guesses}
    likeliest = [guess for guess, count in fitting.items() if count and count == max(fitting.values())]
    if not likeliest:
        return None
    best, timestamps = likeliest[0], _timestamps(likeliest[0], ascending)
    for guess in likeliest[1:]:
        if len(timestamps) == len(ascending):
            break
        others = _timestamps(guess, ascending)
        best, timestamps = (guess, others) if len(others) > len(timestamps) else (best, timestamps)
    unparsed = frozenset(text for text in ascending if text not in timestamps)
    return Reading(
        best, timestamps, unparsed, next((guess for guess in likeliest if _ambiguous(guess, timestamps)), None)
    )


def time_format(reading: Reading) -> TimeFormat | None:
    """Finds how finely a column of timestamps was recorded, and when its clocks were changed.

    Returns:
        The format; None where offsets from UTC contradict each other or change more often than any clock.

    >>> time_format(read_timestamps(["2019-01-01 12:00+01:00", "2019-07-01 12:00+02:00"]))
    TimeFormat(pattern='YYYY-MM-DD hh:mm+hh:mm', resolution=60.0, offset=60, changes=((26032980.0, 120),))
    """
    ticks = pattern(reading.pattern).ticks
    # Sorted by the instant in UTC.
    instants = sorted({(count - offset * ticks / _MINUTES, offset) for count, offset in reading.timestamps.values()})
    first, offset = instants[0]
    counts = [instant + offset * ticks / _MINUTES for instant, _ in instants]
    changes = tuple(
        (count, after)
        for count, (_, before), (_, after) in zip(counts[1:], instants, instants[1:], strict=False)
        if before != after
    )
    years = (instants[-1][0] - first) / (ticks or 1) / 365
    if len(set(counts)) < len(counts) or len(changes) > _CHANGES * (years + 1):
        return None
    return TimeFormat(reading.pattern, float(largest_step(counts, _steps(ticks))), offset, changes)


def _steps(ticks: int) -> Sequence[int]:
    """Returns the steps, in units of which there are `ticks` a day, that clocks are read by."""
    if not ticks:
        return (1, 3, 6, 12)
    parts = [step * 10**power for power in range(9) for step in (1, 2, 5) if step * 10**power * _SECONDS < ticks]
    return [*parts, *(step * ticks // _SECONDS for step in _STEPS if step * ticks % _SECONDS == 0)]


def _guesses(text: str) -> list[str]:
    """Returns the patterns by which a text could have been written."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return [guess for guess in _DATES if pattern(guess).read(text) is not None]
    dates = [date for date in _DATES if match["date"] and pattern(date).read(match["date"]) is not None]
    if match["date"] and not dates:
        return []
    fraction = "." + "f" * len(match["f"]) if match["f"] else ""
    half = re.sub("[AP]M", "AM", re.sub("[ap]m", "am", match["half"] or ""))
    zone = match["z"] or ""
    if not zone.endswith("Z"):
        zone = re.sub("[0-9]{2}$", "mm" if len(zone.strip()) > 3 else "hh", re.sub("[+-][0-9]{2}(?=.)", "+hh", zone))
        zone = zone.replace("-", "+")
    return [
        f"{date}{match['between'] or ''}{hour}:mm{':ss' if match['s'] else ''}{fraction}{half}{zone}"
        for date in dates or [""]
        for hour in ("hh", "h")
    ]


def _timestamps(guess: str, texts: Sequence[str]) -> dict[str, tuple[float, int]]:
    """Returns those of the texts that are timestamps written by a pattern, with what it reads."""
    read = pattern(guess).read_exactly
    found = {text: timestamp for text in texts if (timestamp := read(text)) is not None}
    if guess != COMPACT:
        return found
    return {text: found[text] for text in found if COMPACT_YEARS[0] <= int(text.strip()[:4]) <= COMPACT_YEARS[1]}


def _ambiguous(guess: str, timestamps: Mapping[str, tuple[float, int]]) -> bool:
    """Says whether all texts could be read by a pattern as well, and as other timestamps."""
    ambiguity = pattern(guess)
    if all(ambiguity.read(text) == timestamps[text] for text in islice(timestamps, GLANCE)):
        return False
    return all(ambiguity.read_exactly(text) for text in timestamps)


def _counted(number: float, unit: str) -> str:
    return f"{number:g} {unit}" + "s" * (number != 1)
