"""One way of writing a timestamp: a pattern such as "YYYY-MM-DD hh:mm:ss", "D Mon YYYY" or "h:mm AM".

Knows: the signs of patterns, the names of the months in English whatever the locale, and the Gregorian calendar
from year 1 to 9999. A timestamp is counted from 1970-01-01 00:00 by the clock it was written by, in the pattern's
finest unit: months, days, minutes, seconds or a decimal part of a second. A time of day is counted from midnight.
"""

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache

_MONTHS: tuple[str, ...] = ("January", "February", "March", "April", "May", "June", "July", "August")
_MONTHS += ("September", "October", "November", "December")
_PLACES = {name[:length].lower(): place for place, name in enumerate(_MONTHS, 1) for length in (3, len(name))}
_EPOCH = date(1970, 1, 1).toordinal()
_DAY = 24 * 60 * 60
_SIGNS = (
    # A sign, what it matches, how it is written. Hours, days and months are read with and without a leading zero,
    # seconds and fractions wherever there are minutes: a finer number is no typo among integers either.
    ("YYYY", "(?P<y>[0-9]{4})", "%(y)04d"),
    (r"YY(?:\{[0-9]{4}\})?", "(?P<y>[0-9]{2})", "%(yy)02d"),
    ("MONTH|MON|Month|Mon|month|mon", "(?P<name>[A-Za-z]{3,9})", "%(name)s"),
    ("MM", "(?P<mo>[0-9]{1,2})", "%(mo)02d"),
    ("M", "(?P<mo>[0-9]{1,2})", "%(mo)d"),
    ("DD", "(?P<d>[0-9]{1,2})", "%(d)02d"),
    ("D", "(?P<d>[0-9]{1,2})", "%(d)d"),
    (r"Z|\+hh:mm|\+hhmm|\+hh", "(?P<z>[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)", "%(z)s"),
    ("hh", "(?P<h>[0-9]{1,2})", "%(h)02d"),
    ("h", "(?P<h>[0-9]{1,2})", "%(h)d"),
    (":mm", r":(?P<mi>[0-9]{2})(?::(?P<s>[0-9]{2})(?:\.(?P<f>[0-9]{1,18}))?)?", ":%(mi)02d"),
    (":ss", "", ":%(s)02d"),
    (r"\.f+", "", ".%(f)0*d"),
    ("AM|am", "(?P<half>[AaPp][Mm])", "%(half)s"),
)
_SIGN = re.compile("|".join(f"({sign})" for sign, _, _ in _SIGNS))


@dataclass(frozen=True)
class Pattern:
    """A pattern, compiled.

    Attributes:
        regex: matches what is written so, or a little differently.
        template: for `%` with the fields of a timestamp.
        ticks: units a day; 0 where the unit is the month.
        dated: whether there is a date.
        names: of the months; none where they are numbers.
        halves: of the day, where hours count to 12.
        zone: how the offset from UTC is written; "" where it is not.
        first_year: the first of the hundred years that two digits tell apart; None where years have four.
    """

    regex: re.Pattern[str]
    template: str
    ticks: int
    dated: bool
    names: tuple[str, ...]
    halves: tuple[str, ...]
    zone: str
    first_year: int | None

    @property
    def unit(self) -> str:
        """The name of the unit."""
        names = {0: "month", 1: "day", _DAY // 60: "minute", _DAY: "second"}
        return names.get(self.ticks) or f"{_DAY / self.ticks:g} second"

    def read(self, text: str) -> tuple[float, int] | None:
        """Returns the count of a timestamp, and its offset from UTC in minutes, 0 where none is written.

        >>> pattern("YYYY-MM-DD hh:mm+hh:mm").read("1970-01-02 00:30+02:00")
        (1470.0, 120)
        >>> pattern("D Mon YYYY").read("29 Feb 2023")
        """
        found = self._parts(text)
        if found is None:
            return None
        whole, numerator, denominator, offset = found
        # One division of integers: a sum of decimal parts would be off by its rounding.
        return float(whole) + numerator / denominator, offset

    def read_unrounded(self, text: str) -> tuple[Fraction, int] | None:
        """Returns what `read` does, the count not rounded to a float."""
        found = self._parts(text)
        return None if found is None else (found[0] + Fraction(found[1], found[2]), found[3])

    def _parts(self, text: str) -> tuple[int, int, int, int] | None:
        """Returns the units until midnight, numerator and denominator of those since, and the offset from UTC."""
        match = self.regex.fullmatch(text.strip())
        if match is None:
            return None
        found = match.groupdict()
        days = self._days(found) if self.dated else 0
        if days is None or self.ticks <= 1:
            return None if days is None else (days, 0, 1, 0)
        since_midnight, offset = self._clock(found), _offset(found.get("z") or "Z")
        if since_midnight is None or offset is None:
            return None
        return days * self.ticks, *since_midnight, offset

    def _days(self, found: dict[str, str]) -> int | None:
        """Returns the days, or months, since January 1970."""
        month = _PLACES.get(found["name"].lower(), 0) if self.names else int(found["mo"])
        year, day = int(found["y"]), int(found["d"]) if self.ticks else 1
        if self.first_year is not None:
            year = self.first_year + (year - self.first_year) % 100
        try:
            days = date(year, month, day).toordinal() - _EPOCH
        except ValueError:
            return None
        return days if self.ticks else 12 * (year - 1970) + month - 1

    def _clock(self, found: dict[str, str]) -> tuple[int, int] | None:
        """Returns the numerator and the denominator of the units since midnight."""
        hour, minute, second = int(found["h"]), int(found["mi"]), int(found["s"] or 0)
        if self.halves:
            if not 1 <= hour <= 12:
                return None
            hour = hour % 12 + 12 * (found["half"] in ("PM", "pm"))
        if hour > 23 or minute > 59 or second > 59:
            return None
        digits = found["f"] or ""
        scale: int = 10 ** len(digits)
        return (((hour * 60 + minute) * 60 + second) * scale + int(digits or 0)) * self.ticks, _DAY * scale

    def spell(self, count: float, offset: int) -> str:
        """Writes a timestamp, rounded to the unit; one beyond the calendar on its first or last day.

        >>> pattern("Month D, YYYY").spell(-1.0, 0), pattern("h:mm am").spell(13 * 60.0, 0)
        ('December 31, 1969', '1:00 pm')
        """
        units = round(count)
        if not self.ticks:
            years, months = divmod(min(max(units, -12 * 1969), 12 * 8030 - 1), 12)
            return self.template % {"y": 1970 + years, "mo": months + 1}
        days, units = divmod(units, self.ticks)
        fields: dict[str, int | str] = {}
        if self.dated:
            day = self._day(days)
            fields = {"y": day.year, "yy": day.year % 100, "mo": day.month, "d": day.day}
            if self.names:
                fields["name"] = self.names[day.month - 1]
        if self.ticks > 1:
            seconds = units * _DAY // self.ticks
            hour = seconds // 3600
            fields["h"], fields["mi"], fields["s"] = hour, seconds // 60 % 60, seconds % 60
            fields["f"] = units % max(self.ticks // _DAY, 1)
            fields["z"] = _spell_offset(self.zone, offset)
            if self.halves:
                fields["h"], fields["half"] = (hour - 1) % 12 + 1, self.halves[hour // 12]
        return self.template % fields

    def year(self, count: float) -> int:
        """Returns the year of a timestamp with a day."""
        return self._day(int(count // self.ticks)).year

    def _day(self, days: int) -> date:
        """Returns a day by its count, the nearest one that can be written."""
        first, last = date.min, date.max
        if self.first_year is not None:
            first, last = date(self.first_year, 1, 1), date(self.first_year + 99, 12, 31)
        return date.fromordinal(min(max(days + _EPOCH, first.toordinal()), last.toordinal()))

    def read_exactly(self, text: str) -> tuple[float, int] | None:
        """Returns what `read` does, None for what this pattern would write otherwise, blanks around it aside."""
        found, stripped = self.read(text), text.strip()
        if found is None:
            return None
        if self.zone.startswith("+") and stripped[-1] in "Zz":  # no offset, written shorter than the others
            stripped = stripped[:-1] + _spell_offset(self.zone, 0)
        return found if self.spell(*found) == stripped else None


@lru_cache(maxsize=1024)
def pattern(text: str) -> Pattern:
    """Compiles a pattern.

    Its signs are YYYY, YY for two digits, YY{1950} for two digits of the years from 1950 to 2049; MM and DD, or M and D
    without a leading zero; Mon and Month, also in capitals or small letters; hh or h, :mm, :ss, and an f for each
    digit of a fraction; AM or am; and Z, +hh:mm, +hhmm or +hh for the offset.
    """
    regex, template, signs, end = "", "", [], 0
    for match in _SIGN.finditer(text):
        assert match.lastindex is not None
        _, matched, written = _SIGNS[match.lastindex - 1]
        between = text[end : match.start()]
        regex += re.escape(between) + matched
        template += between + written.replace("*", str(len(match[0]) - 1))
        signs.append(match[0])
        end = match.end()
    if text == COMPACT:  # nothing else tells where the month ends
        regex = regex.replace("{1,2}", "{2}")
    name = next((sign for sign in signs if sign.lower() in ("mon", "month")), "")
    decimals = next((len(sign) - 1 for sign in signs if sign.startswith(".")), 0)
    finest = _DAY * 10**decimals if ":ss" in signs else _DAY // 60
    return Pattern(
        regex=re.compile(regex, re.IGNORECASE),
        template=template,
        ticks=finest if ":mm" in signs else int("D" in signs or "DD" in signs),
        dated=any(sign.startswith("YY") for sign in signs),
        names=tuple(_cased(month[: 3 if len(name) == 3 else None], name) for month in _MONTHS) if name else (),
        halves=tuple(_cased(half, sign) for sign in signs if sign in ("AM", "am") for half in ("AM", "PM")),
        zone=next((sign for sign in signs if sign[0] in "Z+"), ""),
        first_year=next((int(sign[3:7] or CENTURY) for sign in signs if sign[:2] == "YY" != sign[2:4]), None),
    )


CENTURY = 1969
"""The first year that two digits stand for, where a pattern names none."""
COMPACT = "YYYYMMDD"
"""The pattern whose texts could be numbers as well."""


def _cased(word: str, like: str) -> str:
    return word.upper() if like.isupper() else word.lower() if like.islower() else word


def _offset(text: str) -> int | None:
    """Returns the minutes of an offset from UTC, such as +02:00, -0330, +01 or Z."""
    if text in "Zz":
        return 0
    minutes = 60 * int(text[1:3]) + int(text[3:].removeprefix(":") or 0)
    return None if minutes >= 24 * 60 or text[-2:] > "59" else -minutes if text[0] == "-" else minutes


def _spell_offset(zone: str, offset: int) -> str:
    if zone in ("", "Z"):
        return zone
    hours, minutes = divmod(abs(offset), 60)
    written = zone.replace("+", "-" if offset < 0 else "+").replace("hh", f"{hours:02d}")
    return written.replace("mm", f"{minutes:02d}")
