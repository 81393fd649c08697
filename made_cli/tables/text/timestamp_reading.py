"""How the texts of a column can be read as timestamps: by which pattern, and what does not fit it.

Knows: the patterns of dates that are tried, how those of clocks are guessed from a text, and that a pattern must read
and write a text alike to be its own.
"""

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from made_cli.tables.text.bulk_timestamps import written_by
from made_cli.tables.text.distinct import (
    Numbered,
    Texts,
    among,
    bytes_of,
    each,
    in_bulk,
    matching,
    stripped,
    with_digits,
)
from made_cli.tables.text.patterns import CENTURY, COMPACT, pattern

_NAMED = ("Mon", "Month", "MON", "MONTH", "mon", "month")
_DATES = (
    *("YYYY-MM-DD", "YYYY-M-D", "YYYY/MM/DD", "YYYY/M/D", "YYYY.MM.DD", COMPACT, "YYYY-MM"),
    # Where all dates can be read both ways, the first is taken: month first after slashes, day first otherwise.
    *("MM/DD/YYYY", "M/D/YYYY", "DD/MM/YYYY", "D/M/YYYY"),
    *("DD-MM-YYYY", "D-M-YYYY", "MM-DD-YYYY", "M-D-YYYY", "DD.MM.YYYY", "D.M.YYYY"),
    *(f"{day}{sign}{name}{sign}YYYY" for name in _NAMED for day in ("DD", "D") for sign in "- "),
    *(f"{name} {day}{sign} YYYY" for name in _NAMED for day in ("DD", "D") for sign in (",", "")),
)
_DATES += (
    *("MM/DD/YY", "M/D/YY", "DD/MM/YY", "D/M/YY", "YY/MM/DD", "DD.MM.YY", "D.M.YY", "DD-MM-YY", "MM-DD-YY", "YY-MM-DD"),
    *(f"{day}{sign}{name}{sign}YY" for name in _NAMED for day in ("DD", "D") for sign in "- "),
)
_CLOCK = re.compile(
    r"(?:(?P<date>.*[^ ,T])(?P<between>T|,? ))?[0-9]{1,2}:[0-9]{2}(?P<s>:[0-9]{2}(?:\.(?P<f>[0-9]{1,9}))?)?"
    r"(?P<half> ?[AaPp][Mm])?(?P<z> ?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_MAY_BE_DATE = (
    "^(?:[0-9]{8}|[0-9]{4}-[0-9]{1,2}|[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{2,4}"
    "|[0-9]{1,2}[- ][A-Za-z]{3,9}[- ][0-9]{2,4}|[A-Za-z]{3,9} [0-9]{1,2},? [0-9]{4})$"
)
_MAY_BE_CLOCK = "^.*[0-9]{1,2}:[0-9]{2}.*$"
"""Regular expressions, for texts in bulk, of all that is a timestamp by some pattern, and more."""
COMPACT_YEARS = (1900, 2100)
"""Eight digits are dates where nearly all are in these years."""
_NEARLY = 0.9
LATEST = 2040
"""Two digits stand for no year after this, if those of the column allow it."""
_GLANCE = 1000
"""Texts by which the likeliest patterns are found, before all texts are tried."""
_LEADERS = 20
"""Texts from which patterns are guessed."""


@dataclass(frozen=True)
class Reading:
    """How the texts of a column can be read as timestamps.

    Attributes:
        pattern: of most of them.
        timestamps: those that are written by it, in the order given, with what it reads.
        unparsed: those that are not written by it.
        ambiguity: another pattern by which all could be read, as other timestamps; None without one.
        years: the first and the last of the hundred years that two digits stand for; None where years have four.
    """

    pattern: str
    timestamps: Numbered[tuple[float, int]]
    unparsed: Set[str]
    ambiguity: str | None
    years: tuple[int, int] | None = None


def read_timestamps(texts: Iterable[str]) -> Reading | None:
    """Finds the pattern that most texts are written by; None where none of a few is a timestamp.

    >>> found = read_timestamps(["03/01/2019", "12/11/2019"])
    >>> found.pattern, found.ambiguity
    ('MM/DD/YYYY', 'DD/MM/YYYY')
    >>> read_timestamps(["03/01/2019", "31/12/2019"]).pattern
    'DD/MM/YYYY'
    """
    given = in_bulk(texts)
    found = (_throughout(given) or _mostly(given)) if _may_be_timestamps(given) else {}
    if not found:
        return None
    best = max(found, key=lambda guess: len(found[guess]))
    timestamps = found[best]
    ambiguity = next((guess for guess in found if _are_others(found[guess], timestamps)), None)
    best, years = _with_century(best, timestamps)
    if years or (best == COMPACT and len(timestamps) >= _NEARLY * len(given)):  # the few others are far off
        timestamps = written_by(best, given)
    all_read = len(timestamps) == len(given)
    unparsed = Texts(given.slice(0, 0) if all_read else given.filter(pa.array(~among(given, timestamps))))
    return Reading(best, timestamps, unparsed, ambiguity, years)


def _may_be_timestamps(texts: pa.Array) -> bool:
    """Says whether some texts look like timestamps."""
    bare = stripped(texts)
    parts = (bare.slice(0, _GLANCE), bare)
    return any(bytes_of(part).have(":") and matching(part, _MAY_BE_CLOCK).any() for part in parts) or any(
        with_digits(part, _MAY_BE_DATE).any() for part in parts
    )


def _throughout(texts: pa.Array) -> dict[str, Numbered[tuple[float, int]]]:
    """Returns what is read by the patterns that could have written the first text, and have written all others."""
    few = texts.slice(0, _GLANCE)
    guesses = (guess for guess in _guesses(texts[0].as_py()) if len(_timestamps(guess, few)) == len(few))
    read = {guess: _timestamps(guess, texts) for guess in guesses}
    return {guess: found for guess, found in read.items() if len(found) == len(texts)}


def _mostly(texts: pa.Array) -> dict[str, Numbered[tuple[float, int]]]:
    """Returns what is read by the patterns that have written the most of some texts throughout the alphabet."""
    ascending = texts.take(pc.sort_indices(texts))
    glance = ascending.take(np.arange(0, len(ascending), len(ascending) // _GLANCE + 1))
    leaders = glance.take(np.arange(0, len(glance), len(glance) // _LEADERS + 1))
    guesses = dict.fromkeys(guess for text in each(leaders) for guess in _guesses(text))
    fitting = {guess: len(_timestamps(guess, glance)) for guess in guesses}
    most = max(fitting.values(), default=0)
    return {guess: _timestamps(guess, texts) for guess, count in fitting.items() if 0 < count == most}


def _with_century(guess: str, timestamps: Numbered[tuple[float, int]]) -> tuple[str, tuple[int, int] | None]:
    """Chooses the hundred years that two digits stand for: they begin in the middle of the longest gap between years.

    >>> read_timestamps(["07.04.86", "30.01.19"]).pattern
    'DD.MM.YY{1953}'
    """
    found = pattern(guess)
    if found.first_year is None:
        return guess, None
    digits = sorted({found.year(count) % 100 for count in np.unique(timestamps.numbers[0]).tolist()})
    following = zip(digits, [*digits[1:], *digits], strict=False)
    gap, before = max(((after - year - 1) % 100, year) for year, after in following)
    last = LATEST - (LATEST - before) % 100
    first = last + gap // 2 - 99 if gap else CENTURY
    return guess.replace("YY", f"YY{{{first}}}"), (first, first + 99)


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
    zones = (zone, zone[:-1] + "+hh:mm") if zone.endswith("Z") else (zone,)  # others may have an offset in full
    return [
        f"{date}{match['between'] or ''}{hour}:mm{':ss' if match['s'] else ''}{fraction}{half}{zone}"
        for zone in zones
        for date in dates or [""]
        for hour in ("hh", "h")
    ]


def _timestamps(guess: str, texts: pa.Array) -> Numbered[tuple[float, int]]:
    """Returns those of the texts that are timestamps of likely years, written by a pattern, with what it reads."""
    found = written_by(guess, texts)
    if guess != COMPACT:
        return found
    ends = written_by(COMPACT, in_bulk([f"{COMPACT_YEARS[0]}0101", f"{COMPACT_YEARS[1]}1231"])).numbers[0]
    return found.those((ends[0] <= found.numbers[0]) & (found.numbers[0] <= ends[1]))


def is_of_our_time(text: str) -> bool:
    """Says whether eight digits are a date of the years in which such digits are meant as dates.

    >>> is_of_our_time("20190301"), is_of_our_time("15550217")
    (True, False)
    """
    return COMPACT_YEARS[0] <= int(text.strip()[:4]) <= COMPACT_YEARS[1]


def _are_others(found: Numbered[tuple[float, int]], timestamps: Numbered[tuple[float, int]]) -> bool:
    """Says whether the same texts are other timestamps."""
    same = found.texts.equals(timestamps.texts)
    return same and any((own != other).any() for own, other in zip(found.numbers, timestamps.numbers, strict=True))
