"""How a column writes its numbers: the sign before the decimals, signs between thousands, units, and minus.

Knows: which texts around digits mean a currency, a share of a hundred, another unit or a negative number; the way from
a text to the number as programs write it, 7.945,67 € to 7945.67, and back. Which numbers a column holds is in
`made_cli.tables.text.numbers`.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

Point = Literal[".", ","]
"""What stands before the decimals."""
_BLANKS = " \u00a0\u2009\u202f"
_BETWEEN = {".": ",'’" + _BLANKS, ",": ".'’" + _BLANKS}
"""What may stand between thousands, by what stands before the decimals."""
_CODES = "EUR USD GBP JPY CHF CNY SEK NOK DKK ISK PLN CZK HUF RON BGN TRY RUB UAH ILS INR IDR KRW THB VND PHP MYR SGD"
_CODES += " HKD TWD AUD NZD CAD MXN BRL ARS CLP COP PEN ZAR EGP NGN KES AED SAR BTC kr zł Kč Ft Rs"
_DOLLARS, _SIGNS = ["US", "CA", "AU", "NZ", "HK", "A", "C", "R", "S"], "$£€¥¢₠-₿฿₮"
_CURRENCY = rf"(?:{'|'.join(_DOLLARS)})?[{_SIGNS}]|" + "|".join(_CODES.split())
_UNIT = rf"{_CURRENCY}|[%‰]"
_MEASURE = r"(?!(?:and|or|plus|to|up|over)\b)(?:[^\W\d_]|[°'\"\u2032\u2033])[^0-9()+−–-]*"
"""Any other unit, after the digits: 5 kg, 30 km/h, 21.5 °C, 6'; but 65 and over is no unit."""
_MINUS = "−–-"
_SPELLED_DIGITS = rf"[.,]?[0-9](?:[0-9.,'’{_BLANKS}]*[0-9])?[.,]?(?:[eE][+-]?[0-9]+)?"
_TEXT = re.compile(rf"([^0-9.,]*)({_SPELLED_DIGITS})([^0-9]*)", re.DOTALL)
_AROUND = re.compile(rf"(\(?)([+{_MINUS}]?)({_UNIT})?(\(?)([+{_MINUS}]?)#({_UNIT})?([{_MINUS}]?)(\)?)({_UNIT})?(\)?)")
_MEASURED = re.compile(rf"([+{_MINUS}]?)#[{_BLANKS}]*({_MEASURE})", re.DOTALL)
_DIGITS = {
    point: re.compile(
        rf"(?:(?P<grouped>[1-9][0-9]{{0,2}}(?P<between>[{between}])[0-9]{{3}}(?:(?P=between)[0-9]{{3}})*)"
        rf"|(?P<pairs>[1-9][0-9]?(?:,[0-9]{{2}})+,[0-9]{{3}}){'' if ',' in between else '(?!)'}|(?P<whole>[0-9]*))"
        rf"(?:{re.escape(point)}(?P<decimals>[0-9]*))?(?P<power>[eE][+-]?[0-9]+)?"
    )
    for point, between in _BETWEEN.items()
}
_THREES = re.compile("(?<=[0-9])(?=(?:[0-9]{3})+$)")
_PAIRS = re.compile("(?<=[0-9])(?=(?:[0-9]{2})*[0-9]{3}$)")
"""Where signs between thousands stand."""
_CODE, _DOLLAR = ("|".join(f"[{_BLANKS}]*".join(word) for word in words) for words in (_CODES.split(), _DOLLARS))
UNITS_SPACED = rf"(?:{_DOLLAR})?[{_BLANKS}]*[{_SIGNS}]|{_CODE}|[%‰]"
"""Units, for texts in bulk; there may be blanks within them."""
_AROUND_SPACED = rf"(?:[+(){_BLANKS}{_MINUS}]|{UNITS_SPACED})*"
MAY_BE_SPELLED = (
    rf"^(?:{_AROUND_SPACED}{_SPELLED_DIGITS}{_AROUND_SPACED}|[+{_MINUS}]?{_SPELLED_DIGITS}[^0-9()+{_MINUS}]*)$"
)
"""What all that `taken_apart` takes apart looks like, for texts in bulk; little else does."""
DIGITS = "#"
"""Stands for the digits in what is written around them."""


class Around(NamedTuple):
    """What the signs around digits mean: a unit, "" for none, and whether the number is negative."""

    unit: str
    negative: bool


class Spelled(NamedTuple):
    """A text taken apart: what stands around the digits, with `DIGITS` in their place, what it means, the digits."""

    form: str
    around: Around
    digits: str


class Plain(NamedTuple):
    """Digits as programs write them.

    Attributes:
        text: all of them.
        between: what stood between thousands, "" for nothing.
        whole: how many digits stand before the decimals.
        pairs: whether those above the last three were parted two by two: 12,34,567.
    """

    text: str
    between: str
    whole: int
    pairs: bool = False


@lru_cache(maxsize=4096)
def _meaning(form: str) -> Around | None:
    """Returns what the signs around digits mean, None if they mean nothing of the kind."""
    match = _AROUND.fullmatch(re.sub(rf"[{_BLANKS}]", "", form))
    if match is None:
        measured = _MEASURED.fullmatch(form)
        return measured and Around(measured[2], measured[1] not in ("", "+"))
    units = [unit for unit in (match[3], match[6], match[9]) if unit]
    opened, closed = (match[1] + match[4]), (match[8] + match[10])
    signs = [sign for sign in (match[2], match[5], match[7], opened) if sign]
    if len(units) > 1 or len(signs) > 1 or len(opened) != len(closed) or len(opened) > 1:
        return None
    return Around(units[0] if units else "", bool(signs) and signs[0] != "+")


def taken_apart(text: str) -> Spelled | None:
    """Takes a text apart into digits and the signs around them; None if it is no number of whatever notation.

    >>> taken_apart("(7.945,67 €)")
    Spelled(form='(# €)', around=Around(unit='€', negative=True), digits='7.945,67')
    """
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        return None
    form = f"{match[1]}{DIGITS}{match[3]}"
    around = _meaning(form)
    return None if around is None else Spelled(form, around, match[2])


def digits_read(digits: str, point: Point) -> Plain | None:
    """Returns digits as programs write them, None if they are not written with this sign before the decimals.

    >>> digits_read("1.234", "."), digits_read("1.234", ","), digits_read("1.23", ",")
    (Plain(text='1.234', between='', whole=1, pairs=False), Plain(text='1234', between='.', whole=4, pairs=False), None)
    """
    match = _DIGITS[point].fullmatch(digits)
    if match is None:
        return None
    pairs = match["pairs"] is not None
    whole = re.sub("[^0-9]", "", match["grouped"] or match["pairs"] or match["whole"])
    decimals = "" if match["decimals"] is None else f".{match['decimals']}"
    return Plain(
        f"{whole}{decimals}{match['power'] or ''}", "," if pairs else match["between"] or "", len(whole), pairs
    )


@dataclass(frozen=True)
class Notation:
    """How numbers are written.

    Attributes:
        point: what stands before the decimals.
        between: what stands between thousands; "" for nothing.
        grouped_from: digits before the decimals from which on it stands there.
        positive: what stands around the digits of a number, with `DIGITS` in their place.
        negative: the same for a negative one.
        pairs: whether digits above the last three are parted two by two.

    >>> euros = Notation(",", ".", positive="# €", negative="-# €")
    >>> euros.plain("7.945,67 €"), euros.plain("-12 €"), euros.spell("7945.67"), euros.plain("3 $")
    ('7945.67', '-12', '7.945,67 €', None)
    """

    point: Point = "."
    between: str = ""
    grouped_from: int = 4
    positive: str = DIGITS
    negative: str = f"-{DIGITS}"
    pairs: bool = False

    @property
    def unit(self) -> str:
        """The unit that is written with each number, "" for none."""
        around = _meaning(self.positive)
        return around.unit if around else ""

    @cached_property
    def is_plain(self) -> bool:
        """Whether numbers are written as programs write them."""
        return self == PLAIN

    def plain(self, text: str) -> str | None:
        """Returns the number as programs write it, None if the text is not written so.

        Signs between thousands may be left out, and so may a currency: what has another unit is no such number.
        """
        if self.is_plain:
            return text
        spelled = taken_apart(text)
        if spelled is None or not fits(spelled.around.unit, self.unit):
            return None
        digits = digits_read(spelled.digits, self.point)
        return digits and f"{'-' * spelled.around.negative}{digits.text}"

    def spell(self, plain: str) -> str:
        """Writes a number that is spelled as programs do."""
        if self.is_plain:
            return plain
        text = f"{Decimal(plain):f}" if "e" in plain.lower() else plain.strip().removeprefix("+")
        whole, point, decimals = text.removeprefix("-").partition(".")
        if self.between and len(whole) >= self.grouped_from:
            whole = re.sub(_PAIRS if self.pairs else _THREES, self.between.replace("\\", r"\\"), whole)
        form = self.negative if text.startswith("-") else self.positive
        return form.replace(DIGITS, whole + (self.point if point else "") + decimals)


PLAIN = Notation()
"""The notation of programs."""


def fits(unit: str, wanted: str) -> bool:
    """Says whether a number written with a unit is one of a column of another: of a currency none may be written."""
    return unit == wanted or (not unit and re.fullmatch(_CURRENCY, wanted) is not None)


def is_measure(unit: str) -> bool:
    """Says whether a unit is none of those that are known by themselves, the currencies and shares.

    >>> is_measure("kg"), is_measure("EUR"), is_measure("")
    (True, False, False)
    """
    return bool(unit) and re.fullmatch(_UNIT, unit) is None
