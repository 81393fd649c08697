"""Labels that mean a range of numbers, as people write them: 85+, <5, 10-19, 65 and over, (25, 40].

Knows: the forms of such labels, and whether all numbers of a range, or none, are more or less than another.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from made_cli.tables.text.notation import PLAIN, UNITS_SPACED, Notation, digits_read, is_measure, taken_apart
from made_cli.tables.text.numbers import exact

_YEARS = re.compile(r"\s*\b(?:years?|yrs?)\b(?: old| of age)?")
_LESS, _MORE = "less|fewer|under|below|younger|lower", "more|over|above|older|higher|up|greater"
_FORMS = tuple(
    (re.compile(form, re.IGNORECASE), ends)
    for form, ends in (
        # Which of the numbers in the form is the least and which is the greatest, and whether they belong to it.
        (r"(?:<=|≤|=<|up to|at most)\s*(?P<high>.+)", "]"),
        (r"(?:<|(?:less|fewer|lower|younger) than|under|below)\s*(?P<high>.+)", ")"),
        (r"(?:>=|≥|=>|at least)\s*(?P<low>.+)", "["),
        (r"(?:>|(?:more|greater|higher|older) than|over|above)\s*(?P<low>.+)", "("),
        (rf"(?P<low>.+?)\s*(?:\+|plus|(?:and|or) (?:{_MORE}))", "["),
        (rf"(?P<high>.+?)\s*(?:and|or) (?:{_LESS})", "]"),
        (r"\[(?P<low>.+?)[,;]\s*(?P<high>[^,;]+)\]", "[]"),
        (r"\[(?P<low>.+?)[,;]\s*(?P<high>[^,;]+)\)", "[)"),
        (r"\((?P<low>.+?)[,;]\s*(?P<high>[^,;]+)\]", "(]"),
        (r"(?P<low>.+?)\s*(?:-|–|—|to|\.\.)\s*(?P<high>.+)", "[]"),
    )
)
_WORDS = "e|years?|yrs?|old|of|age|up|to|at|most|least|than|plus|and|or"
MAY_BE_RANGE = rf"^(?:[^\p{{L}}]|(?i:{_WORDS}|{_LESS}|{_MORE})|{UNITS_SPACED})*$"
HAS_SIGN_OF_RANGE = r"[^0-9., ]|\.\."
"""What all labels that mean a range look like, and what is in them, for texts in bulk; few others are so."""


@dataclass(frozen=True)
class Range:
    """All numbers between two: None for no end; the ends belong to it or not.

    >>> meaning("85+").decides(">", Fraction(80)), meaning("10-19").decides(">", Fraction(15))
    (True, None)
    """

    low: Fraction | None
    high: Fraction | None
    low_in: bool = True
    high_in: bool = True

    def decides(self, operator: str, value: Fraction) -> bool | None:
        """Says whether all its numbers are more or less than a value, as the operator asks; None if only some are."""
        if operator in ("<", "<="):
            found = self.decides(">=" if operator == "<" else ">", value)
            return None if found is None else not found
        with_equal = operator == ">="
        if self.low is not None and (self.low > value or (self.low == value and (with_equal or not self.low_in))):
            return True
        if self.high is not None and (self.high < value or (self.high == value and not (with_equal and self.high_in))):
            return False
        return None


def meaning(label: str, notation: Notation = PLAIN) -> Range | None:
    """Returns the numbers that a label means, a single one perhaps; None if it means none.

    >>> meaning("65 and over"), meaning("0012")
    (Range(low=Fraction(65, 1), high=None, low_in=True, high_in=True), None)
    """
    text = _YEARS.sub("", label.strip())
    number = _number(text, notation)
    if number is not None:
        return Range(number, number)
    for form, ends in _FORMS:
        match = form.fullmatch(text)
        if match is None:
            continue
        found = {end: _number(written, notation) for end, written in match.groupdict().items()}
        low, high = found.get("low"), found.get("high")
        if None not in found.values() and (low is None or high is None or low <= high):
            return Range(low, high, "(" not in ends, ")" not in ends)
    return None


def is_range(label: str) -> bool:
    """Says whether a label means more numbers than one.

    >>> is_range("85+"), is_range("85"), is_range("many")
    (True, False, False)
    """
    found = meaning(label)
    return found is not None and (found.low is None or found.low != found.high)


def _number(text: str, notation: Notation) -> Fraction | None:
    plain = notation.plain(text)
    if plain is not None and (number := exact(plain)) is not None:
        return number
    spelled = taken_apart(text) if text[-1:] not in "-−–)" else None  # 10- is no number here
    if spelled and is_measure(spelled.around.unit):  # 1 day - 2 weeks
        return None
    read = spelled and (digits_read(spelled.digits, ".") or digits_read(spelled.digits, ","))
    return exact(f"{'-' * spelled.around.negative}{read.text}") if spelled and read else None
