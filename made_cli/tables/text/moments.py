"""What a timestamp says, however it is written: a moment, and the way in which columns of types spell it.

Knows: typed cells and programs write ISO 8601. A moment has its offset from UTC taken off, so that two spellings of one
are equal.
"""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from made_cli.tables.text.patterns import Pattern, pattern

_DAY = 24 * 60 * 60
_MINUTES = 24 * 60
_ISO = ("YYYY-MM-DD", "hh:mm", *(f"YYYY-MM-DD{between}hh:mm{zone}" for between in " T" for zone in ("", "+hh:mm")))


class Moment(NamedTuple):
    """A date, a time of day, or both.

    Attributes:
        days: since 1970-01-01 00:00, in UTC where there is an offset; since midnight where there is no date.
        dated: whether there is a date.
        zoned: whether there is an offset from UTC.
    """

    days: Fraction
    dated: bool
    zoned: bool

    @property
    def iso(self) -> str:
        """The moment as ISO 8601 writes it, to the nanosecond.

        Raises:
            OverflowError: its year is not between 1 and 9999.
        """
        nanoseconds = round(self.days * _DAY * 10**9)
        time = datetime(1970, 1, 1) + timedelta(microseconds=nanoseconds // 1000)
        day = f"{time.date()} " if self.dated else ""
        decimals = f".{nanoseconds % 10**9:09d}" if nanoseconds % 10**9 else ""
        if not nanoseconds % 1000:
            decimals = decimals[:7]
        return f"{day}{time:%H:%M:%S}{decimals}{'+00:00' if self.zoned else ''}"


def moment(text: str, form: Pattern) -> Moment | None:
    """Returns what a text says that is written by a pattern with days or times; None where it is not.

    >>> moment("3 Feb 2020 1:05 PM", pattern("D Mon YYYY h:mm AM")).iso, moment("1:05 PM", pattern("h:mm AM")).iso
    ('2020-02-03 13:05:00', '13:05:00')
    >>> moment("2020-02-03 13:05+02:00", pattern("YYYY-MM-DD hh:mm+hh:mm")).iso
    '2020-02-03 11:05:00+00:00'
    """
    found = form.read_unrounded(text)
    if found is None:
        return None
    return Moment(found[0] / form.ticks - Fraction(found[1], _MINUTES), form.dated, bool(form.zone))


def moment_of_iso(text: str) -> Moment | None:
    """Returns what a text says that is written as ISO 8601 has it; None where it is not.

    >>> moment_of_iso("2020-01-31 00:00:00") == moment_of_iso("2020-01-31"), moment_of_iso("31.01.2020")
    (True, None)
    """
    read = (moment(text, pattern(form)) for form in _ISO)
    return next((found for found in read if found is not None), None)
