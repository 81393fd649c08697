"""How the texts of a column can be read as numbers: by which notation, and what does not fit it.

Knows: that one column has one notation, which most of its cells are written by; and where a comma or a point may as
well stand between thousands as before decimals.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from made_cli.tables.text.bulk_numbers import parse_all
from made_cli.tables.text.distinct import Numbered, Texts, each, holding, matching, numbered, stripped, with_digits
from made_cli.tables.text.notation import (
    MAY_BE_SPELLED,
    PLAIN,
    Notation,
    Plain,
    Point,
    Spelled,
    digits_read,
    fits,
    is_measure,
    taken_apart,
)
from made_cli.tables.text.numbers import parse

_GROUPED = r"^[+-]?[1-9][0-9]{0,2}\.[0-9]{3}(?:[eE][+-]?[0-9]+)?$"
"""A number as programs write it, for texts in bulk, whose point may stand between thousands."""
_THOUSANDS = 3
"""Digits between two signs of thousands; so many decimals may be thousands as well."""
_GLANCE = 1000
"""Texts that are looked at before all are."""
_NEARLY = 0.9
"""Share of the distinct texts that have to be written with a unit that nobody knows, for it to be one."""


@dataclass(frozen=True)
class NumberReading:
    """How the texts of a column can be read as numbers.

    Attributes:
        notation: of most of them.
        values: those that are written by it, with their numbers.
        unread: those that are not.
        point: what stands before the decimals, where nothing else can; None where that is open, or there are none.
        ambiguity: a text that is another number by the other sign; None without one.
        units: all that the numbers are written with, the commonest first.
        all_numbers: whether every text is a number, of whatever unit.
    """

    notation: Notation
    values: Numbered[float]
    unread: Set[str]
    point: Point | None
    ambiguity: str | None
    units: tuple[str, ...] = ()
    all_numbers: bool = False


def read_numbers(counted: Mapping[str, int], preferred: Point | None = None) -> NumberReading:
    """Finds the notation that most cells are written by.

    Args:
        counted: rows of each text.
        preferred: what stands before decimals where both signs could.

    >>> read_numbers({"7,5 %": 1, "12,25 %": 1}).values
    {'7,5 %': 7.5, '12,25 %': 12.25}
    >>> read_numbers({"1,234": 1}).values, read_numbers({"1,234": 1}, ",").values
    ({'1,234': 1234.0}, {'1,234': 1.234})
    """
    counted = numbered(counted)
    found_plain = parse_all(counted.texts)
    is_plain = ~np.isnan(found_plain)
    plain = Numbered[float](counted.texts, found_plain).those(is_plain)
    if len(plain) == len(counted) and not (preferred == "," and holding(counted.texts, ".").any()):
        return _as_programs_write(plain, frozenset())
    candidates = counted.texts.filter(pa.array(with_digits(stripped(counted.texts), MAY_BE_SPELLED)))
    spelled = {text: parts for text in each(candidates) if (parts := taken_apart(text)) is not None}
    units = _units(spelled, counted)
    of_unit = {text: found for text, found in spelled.items() if fits(found.around.unit, units[0])} if units else {}
    if units and is_measure(units[0]) and len(of_unit) < _NEARLY * len(counted):
        of_unit = {}
    with_point, with_comma = _digits(of_unit, "."), _digits(of_unit, ",")
    rows, rows_of_comma = (sum(counted[text] for text in texts) for texts in (with_point, with_comma))
    either = bool(rows) and rows == rows_of_comma
    point: Point = "," if rows_of_comma > rows else "."
    if either:
        point = preferred or ("," if _ungrouped(with_point.values()) else ".")
    all_numbers = len(spelled) == len(counted)
    if counted.numbers[0][is_plain].sum() >= max(rows, rows_of_comma) + (point == ","):
        return _as_programs_write(plain, Texts(counted.texts.filter(pa.array(~is_plain))), units, all_numbers)
    found, other = (with_point, with_comma) if point == "." else (with_comma, with_point)
    return NumberReading(
        notation=_notation(point, found, of_unit, counted, units[0]),
        values=numbered({text: float(_signed(of_unit[text], digits)) + 0.0 for text, digits in found.items()}),
        unread=frozenset(text for text in counted if text not in found),
        point=None if either else point,
        ambiguity=next((text for text in found if other[text].text != found[text].text), None) if either else None,
        units=units,
        all_numbers=all_numbers,
    )


def _digits(spelled: Mapping[str, Spelled], point: Point) -> dict[str, Plain]:
    """Returns the texts that can be read with a sign before the decimals, none of them a label such as 0012."""
    read = ((text, digits_read(found.digits, point)) for text, found in spelled.items())
    return {text: digits for text, digits in read if digits is not None and parse(digits.text) is not None}


def _signed(spelled: Spelled, digits: Plain) -> str:
    return f"{'-' * spelled.around.negative}{digits.text}"


def _units(spelled: Mapping[str, Spelled], counted: Mapping[str, int]) -> tuple[str, ...]:
    """Returns the units that numbers are written with, the commonest first; one counts before none, if it may."""
    rows: Counter[str] = Counter()
    for text, found in spelled.items():
        rows[found.around.unit] += counted[text]
    units = [unit for unit, _ in sorted(rows.items(), key=lambda item: (-item[1], item[0]))]
    if len(units) > 1 and not units[0] and fits("", units[1]):
        units[:2] = units[1::-1]
    return tuple(units)


def _notation(
    point: Point, read: Mapping[str, Plain], spelled: Mapping[str, Spelled], counted: Mapping[str, int], unit: str
) -> Notation:
    """Returns how numbers are written, by what most of their cells have."""
    between, grouped, ungrouped = Counter[str](), Counter[int](), Counter[int]()
    positive, negative, pairs = Counter[str](), Counter[str](), Counter[bool]()
    for text, digits in read.items():
        around = spelled[text].around
        if digits.between:
            between[digits.between] += counted[text]
            grouped[digits.whole] += counted[text]
            pairs[digits.pairs] += counted[text] * (digits.whole > 2 * _THOUSANDS - 1)
        elif digits.whole > _THOUSANDS:
            ungrouped[digits.whole] += counted[text]
        if around.unit == unit:
            (negative if around.negative else positive)[spelled[text].form.replace("+", "")] += counted[text]
    form = _commonest(positive) or "#"
    smallest = min(grouped, default=_THOUSANDS + 1)
    least = max((whole for whole in ungrouped if whole < smallest), default=_THOUSANDS) + 1
    rarely = sum(count for whole, count in ungrouped.items() if whole >= least) > grouped.total()
    sign = "" if rarely else _commonest(between)
    return Notation(point, sign, least, form, _commonest(negative) or f"-{form}", pairs[True] > pairs[False])


def _commonest(counts: Counter[str]) -> str:
    return min(counts, key=lambda text: (-counts[text], text), default="")


def _ungrouped(read: Iterable[Plain]) -> bool:
    """Says whether a number lacks the sign between thousands that a smaller one has, so that it is no such sign."""
    large = [(digits.whole, digits.between) for digits in read if digits.whole > _THOUSANDS]
    least = min((whole for whole, between in large if between), default=math.inf)
    return any(whole >= least for whole, between in large if not between)


def _as_programs_write(
    plain: Numbered[float], unread: Set[str], units: tuple[str, ...] = (), all_numbers: bool = False
) -> NumberReading:
    """Returns the reading of numbers whose notation is that of programs, unless all points are between thousands."""
    for texts in (plain.texts.slice(0, _GLANCE), plain.texts):
        with_point = texts.filter(pa.array(holding(texts, ".")))
        if certain := not matching(stripped(with_point), _GROUPED).all():
            break
    ambiguity = None if certain else next(each(with_point), None)
    return NumberReading(PLAIN, plain, unread, "." if certain else None, ambiguity, units, all_numbers)
