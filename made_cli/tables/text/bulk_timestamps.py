"""Timestamps of many texts at once.

Knows: what a pattern writes, as a regular expression of Arrow: the inverse of its template; that where all it writes is
digits at the same places, no expression is needed; and the calendar of NumPy. What it finds is what
`Pattern.read_exactly` finds, text by text.
"""

import re
from collections.abc import Mapping
from functools import lru_cache, reduce
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from made_cli.tables.text.distinct import Numbered, bytes_of, each, stripped
from made_cli.tables.text.patterns import Pattern, pattern

_FIELD = re.compile(r"%\((\w+)\)(?:0([0-9]+))?[ds]")
_MINUTES, _SECONDS = 24 * 60, 24 * 60 * 60
_FINEST = _SECONDS * 10**6
"""Units a day up to which integers of NumPy hold every count."""
_EXACT = 2**53
"""Counts below this are floats exactly."""
Integers = NDArray[np.int64]


def written_by(guess: str, texts: pa.Array) -> Numbered[tuple[float, int]]:
    """Returns those of the texts that a pattern would write so, blanks aside, with their counts and offsets from UTC.

    >>> written_by("D Mon YYYY", pa.array(["29 Feb 2024", "29 Feb 2023", "03 Feb 2024"]))
    {'29 Feb 2024': (19782.0, 0)}
    """
    form = pattern(guess)
    if form.ticks > _FINEST:
        return _one_by_one(form, texts)
    layout = _layout(form)
    matched, fields = _by_expression(form, texts) if layout is None else _by_places(layout, texts)
    count, offset, valid = _read(form, fields, len(matched))
    if (np.abs(count[valid]) >= _EXACT).any():
        return _one_by_one(form, texts)
    return Numbered(matched, count.astype(np.float64), offset).those(valid)


def _one_by_one(form: Pattern, texts: pa.Array) -> Numbered[tuple[float, int]]:
    read = [form.read_exactly(text) for text in each(texts)]
    exact = np.array([found is not None for found in read], dtype=np.bool_)
    counts, offsets = ([found[part] for found in read if found is not None] for part in (0, 1))
    return Numbered(
        texts.filter(pa.array(exact)), np.array(counts, dtype=np.float64), np.array(offsets, dtype=np.int64)
    )


def _by_expression(form: Pattern, texts: pa.Array) -> tuple[pa.Array, Mapping[str, pa.Array]]:
    """Returns the texts that a pattern may have written, and the fields of these."""
    found = pc.extract_regex(stripped(texts), _inverse(form))
    matched, found = texts.filter(found.is_valid()), found.drop_null()
    return matched, {found.type.field(place).name: found.field(place) for place in range(found.type.num_fields)}


class _Layout(NamedTuple):
    """Where the signs of a timestamp stand, if that is the same in all that a pattern writes: its fields are digits."""

    literals: Mapping[int, int]
    fields: Mapping[str, slice]
    width: int


@lru_cache(maxsize=1024)
def _layout(form: Pattern) -> _Layout | None:
    """Returns the layout of a pattern; None where it writes names, or numbers of one digit or two.

    >>> _layout(pattern("hh:mm")), _layout(pattern("h:mm"))
    (_Layout(literals={2: 58}, fields={'h': slice(0, 2, None), 'mi': slice(3, 5, None)}, width=5), None)
    """
    literals, fields, width, end = {}, {}, 0, 0
    for match in _FIELD.finditer(form.template + "%(end)00d"):
        for sign in form.template[end : match.start()].encode():
            literals[width], width = sign, width + 1
        if match[2] is None:
            return None
        fields[match[1]], width, end = slice(width, width + int(match[2])), width + int(match[2]), match.end()
    del fields["end"]
    return _Layout(literals, fields, width)


def _by_places(layout: _Layout, texts: pa.Array) -> tuple[pa.Array, Mapping[str, Integers]]:
    """Returns the texts with digits and other signs at their places, and the numbers in the fields of these."""
    bare = stripped(texts)
    alike = bytes_of(bare).lengths == layout.width
    signs = bytes_of(bare if alike.all() else bare.filter(pa.array(alike))).signs
    columns = np.ascontiguousarray(signs.reshape(-1, layout.width).T)
    digits = columns - np.uint8(ord("0"))
    valid = np.ones(columns.shape[1], dtype=np.bool_)
    for place, sign in layout.literals.items():
        valid &= columns[place] == sign
    for places in layout.fields.values():
        valid &= (digits[places] < 10).all(axis=0)
    written = alike.copy()
    written[alike] = valid
    chosen = digits if valid.all() else digits[:, valid]
    return texts if written.all() else texts.filter(pa.array(written)), {
        name: reduce(lambda number, digit: 10 * number + digit, chosen[places].astype(np.int64))
        for name, places in layout.fields.items()
    }


@lru_cache(maxsize=1024)
def _inverse(form: Pattern) -> str:
    """Returns the regular expression of what a pattern writes; it takes what is no date for one.

    >>> _inverse(pattern("YYYY/M")), _inverse(pattern("hh:mm"))
    ('^(?P<y>[0-9]{4})/(?P<mo>[1-9][0-9]?)$', '^(?P<h>[0-9]{2}):(?P<mi>[0-9]{2})$')
    """
    zones = {"": "", "Z": "Z", "+hh:mm": "[+-][0-9]{2}:[0-9]{2}", "+hhmm": "[+-][0-9]{4}", "+hh": "[+-][0-9]{2}"}
    words = {"name": "|".join(form.names), "half": "|".join(form.halves), "z": zones[form.zone.strip()]}
    if form.zone.startswith("+"):
        words["z"] += "|[Zz]"  # no offset, written shorter than the others

    def expression(match: re.Match[str]) -> str:
        name, width = match[1], match[2]
        counted = f"[0-9]{{{int(width)}}}" if width else "[1-9][0-9]?" if name != "h" else "0|[1-9][0-9]?"
        return f"(?P<{name}>{words.get(name, counted)})"

    ends = [0, *(end for match in _FIELD.finditer(form.template) for end in match.span()), len(form.template)]
    literals = [re.escape(form.template[start:end]) for start, end in zip(ends[::2], ends[1::2], strict=True)]
    fields = [expression(match) for match in _FIELD.finditer(form.template)]
    return "^" + "".join(part for pair in zip(literals, [*fields, ""], strict=True) for part in pair) + "$"


def _read(
    form: Pattern, fields: Mapping[str, pa.Array | Integers], size: int
) -> tuple[Integers, Integers, NDArray[np.bool_]]:
    """Returns the counts (n,) of timestamps, their offsets, and which of them there are."""

    def number(name: str) -> Any:  # noqa: ANN401 (an array, or none of the pattern)
        own = fields.get(name, 0)
        return pc.cast(own, pa.int64()).to_numpy() if isinstance(own, pa.Array) else own

    count, offset, valid = np.zeros(size, np.int64), np.zeros(size, np.int64), np.ones(size, np.bool_)
    if form.dated:
        count, valid = _days(form, fields, number)
    if form.ticks > 1:
        hour, minute, second = number("h"), number("mi"), number("s")
        if form.halves:
            valid &= (hour >= 1) & (hour <= 12)
            hour = hour % 12 + 12 * np.asarray(pc.equal(fields["half"], form.halves[1]))
        valid &= (hour <= 23) & (minute <= 59) & (second <= 59)
        seconds = (hour * 60 + minute) * 60 + second
        count = count * form.ticks + seconds * form.ticks // _SECONDS + number("f")
    if "z" in fields and form.zone.startswith("+"):
        offset, is_offset = _offsets(fields["z"])
        valid &= is_offset
    return count, offset, valid


def _days(form: Pattern, fields: Mapping[str, pa.Array], number: Any) -> tuple[Integers, NDArray[np.bool_]]:  # noqa: ANN401
    """Returns the days (n,), or months, since January 1970, and which of them the calendar has."""
    year = number("y" if "y" in fields else "yy")
    if form.first_year is not None:
        year = form.first_year + (year - form.first_year) % 100
    month = number("mo")
    if form.names:
        month = pc.index_in(fields["name"], value_set=pa.array(form.names, fields["name"].type)).to_numpy() + 1
    valid = (year >= 1) & (month >= 1) & (month <= 12)
    months = (year - 1970) * 12 + np.clip(month, 1, 12) - 1
    if not form.ticks:
        return months, valid
    first, after = (
        when.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) for when in (months, months + 1)
    )
    day = number("d")
    return first + day - 1, valid & (day >= 1) & (day <= after - first)


def _offsets(texts: pa.Array) -> tuple[Integers, NDArray[np.bool_]]:
    """Returns the offsets (n,) from UTC, in minutes, and which of them are written as they would be."""
    signs, inverse = np.unique(texts.to_numpy(zero_copy_only=False).astype(str), return_inverse=True)
    read = [_offset(text) for text in signs.tolist()]
    minutes = np.array([0 if found is None else found for found in read], dtype=np.int64)
    return minutes[inverse], np.array([found is not None for found in read], dtype=np.bool_)[inverse]


def _offset(text: str) -> int | None:
    if text in "Zz":
        return 0
    hours, minutes = int(text[1:3]), int(text[3:].removeprefix(":") or 0)
    total = 60 * hours + minutes
    if total >= _MINUTES or minutes > 59 or (text[0] == "-" and not total):
        return None
    return -total if text[0] == "-" else total
