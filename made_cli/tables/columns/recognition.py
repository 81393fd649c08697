"""The rules by which the kind of a column is recognised.

Knows: which rule comes first, and what each says of why it decided.
"""

from collections.abc import Callable, Collection, Set
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from made_cli.tables.columns.kinds import Categorical, Kind
from made_cli.tables.columns.labels import categorical
from made_cli.tables.columns.quantities import distinct_numbers, format_of, numeric
from made_cli.tables.columns.understanding import FEW, Understood
from made_cli.tables.text.booleans import is_boolean
from made_cli.tables.text.column import Column
from made_cli.tables.text.distinct import each, in_bulk, matching, with_digits
from made_cli.tables.text.intervals import HAS_SIGN_OF_RANGE, MAY_BE_RANGE, is_range
from made_cli.tables.text.marks import MARKS
from made_cli.tables.text.notation import Notation
from made_cli.tables.text.numbers import DIGITS, NumberFormat
from made_cli.tables.text.patterns import COMPACT
from made_cli.tables.text.spacing import spaced
from made_cli.tables.text.timestamp_reading import is_of_our_time
from made_cli.tables.text.timestamps import TimeFormat, shown, time_format

RECURS = 5
"""How often a distinct value must recur on average for numbers to be labels."""
MOST_LABELS = 20_000
"""Labels of a column with an outcome of their own; the rarest beyond that share a bucket."""
COLLISIONS = 10
"""Integers none of which recurs are an identifier where chance would have made this many pairs of them equal."""
MOSTLY = 0.9
"""Where at least this share of the labels are numbers, the others look like typos."""
MOST_UNITS = 5
"""More units than these, or than a half of the texts, are words, such as streets after numbers of houses."""
EMPTY = "every cell is empty"
_SHOWN = 3
"""Texts that a reason names."""


@dataclass(frozen=True, eq=False)
class Finding:
    """What was found out about one column.

    Attributes:
        column: its distinct texts.
        form: the codec of labels, or how numbers or timestamps are written; None if the column is left out.
        codec: makes its kind, of numbers with a scaling or without; None likewise.
        why: the rule that decided.
        marks: the texts that mean an empty cell in it.
        numbers: (U,) of numbers and timestamps what the texts that are no empty cells say.
    """

    column: Column
    form: Categorical | NumberFormat | TimeFormat | None
    codec: Callable[[bool], Kind] | None
    why: str
    marks: tuple[str, ...] = MARKS
    numbers: NDArray[np.float64] | None = None

    @cached_property
    def kind(self) -> Kind | None:
        """Its kind, None if it is left out; made when it is asked for, since the scaling of numbers takes a while."""
        return self.codec and self.codec(True)

    @cached_property
    def unscaled(self) -> Kind | None:
        """Its kind without the scaling, for all but a density; None if it is left out."""
        return self.codec and self.codec(False)


def recognised(read: Understood) -> Finding:
    """Finds the kind of a column."""
    return next(finding for rule in RULES if (finding := rule(read)) is not None)


def left_out(read: Understood, why: str) -> Finding:
    """Leaves a column out."""
    return Finding(read.column, None, None, why, read.marks)


def as_labels(read: Understood, why: str) -> Finding:
    """Makes a column of labels of any column."""
    return _labels(read, labels_of(read), why)


def _labels(read: Understood, kind: Categorical, why: str) -> Finding:
    return Finding(read.column, kind, lambda _: kind, why, read.marks)


def labels_of(read: Understood) -> Categorical:
    """Makes the codec of a column of labels."""
    return categorical(read.column, most=MOST_LABELS, notation=read.numbers.notation, marks=read.marks)


def as_numbers(read: Understood, why: str) -> Finding:
    """Makes a column of numbers of one that holds nothing else."""
    values: NDArray[np.float64] = read.numbers.values.numbers[0]
    form = format_of(read.column, read.numbers.notation, values)
    return Finding(read.column, form, partial(numeric, read.column, form, read.marks, values), why, read.marks, values)


def as_times(read: Understood, why: str, slips: Collection[str] = ()) -> Finding:
    """Makes a column of times of one that holds nothing else, but for slips, which are taken for empty cells."""
    assert read.times is not None
    column, form = read.column.with_empty(slips), time_format(read.times)
    marks, values = (*read.marks, *(slip.strip() for slip in slips)), form.by_its_clock(*read.times.timestamps.numbers)
    return Finding(column, form, partial(numeric, column, form, marks, values), why, read.marks, values)


def _times(read: Understood) -> Finding | None:
    slips = read.slips
    # Eight digits now and then are numbers.
    if read.times is None or slips is None or (read.times.pattern == COMPACT and len(read.times.timestamps) <= FEW):
        return None
    if _few(len(read.column.counted), read.column):
        return as_labels(read, "few distinct timestamps")
    return as_times(read, f"times ({times_told(read)}){_slips_told(read, slips)}", slips)


def times_told(read: Understood) -> str:
    """Says how the timestamps of a column are written and read."""
    times = read.times
    assert times is not None
    told = shown(times.pattern) + (f", though {shown(times.ambiguity)} fits as well" if times.ambiguity else "")
    if times.years:
        told += f", years from {times.years[0]} to {times.years[1]}"
    compact = times.timestamps if times.pattern == COMPACT else ()
    far = sorted(text for text in compact if not is_of_our_time(text))
    told += f", {_quoted(far)} far from the others" if far else ""
    form = time_format(times)
    offsets = len(np.unique(times.timestamps.numbers[1]))
    if offsets > 1 and not form.changes:
        told += f", {offsets} offsets from UTC: counted as instants, written with one offset, as in {form.write(0.0)}"
    return told


def _slips_told(read: Understood, slips: Collection[str]) -> str:
    if not slips:
        return ""
    cells = sum(read.column.counted[text] for text in slips)
    what = "a cell that is no such time" if cells == 1 else f"{cells} cells that are no such times"
    return f", but for {_quoted(slips)}: {what}, taken for empty"


def _texts(read: Understood) -> Finding | None:
    """Takes a column with a text that is no number for labels, or for none where hardly any text recurs."""
    column, numbers = read.column, read.numbers
    if not numbers.unread and column.counted:
        return None
    distinct, ranges = len(column.counted), _ranges(read)
    typo = _units_told(read) or _digits_told(column) or _typo(read, "numeric", numbers.unread, ranges)
    typo = typo or (_typo(read, "time", read.times.unparsed) if read.times else None)
    if column.drawn or (distinct > FEW and 2 * distinct > column.present):
        return left_out(read, typo or f"an identifier or free text: {_distinct_told(column)}")
    kind = labels_of(read)
    return _labels(read, kind, EMPTY if not distinct else typo or labels_told(read, kind, ranges))


def _distinct_told(column: Column) -> str:
    drawn, distinct = column.drawn, len(column.counted)
    if drawn:
        return f"more than {drawn.more_than:,} distinct values in {drawn.rows - column.all_missing:,} rows"
    return f"{distinct:,} distinct values in {column.present:,} rows"


def _ranges(read: Understood) -> list[str]:
    """Returns the texts that are no numbers but mean a range of them, sorted."""
    unread = in_bulk(read.numbers.unread)
    candidates = unread.filter(pa.array(with_digits(unread, MAY_BE_RANGE)))
    candidates = candidates.filter(pa.array(matching(candidates, HAS_SIGN_OF_RANGE)))
    return sorted(filter(is_range, each(candidates)))


def labels_told(read: Understood, kind: Categorical, ranges: Collection[str]) -> str:
    """Says which spellings are one label, which labels are ranges, and which marks of empty cells are labels."""
    texts, labels = read.column.counted, (*kind.labels, *kind.rare)
    in_blanks = len(texts) - len(set(map(spaced, texts)))
    gathered = len(texts) - len(labels)
    two = gathered > in_blanks and len(labels) == 2 and (is_boolean(labels) or not read.numbers.values)
    told = f"spellings of {' and '.join(labels)}" if two else "labels"
    if gathered > in_blanks and not two:
        told += ", a number spelled in several ways being one"
    if in_blanks:
        told += ", those that look alike but for blanks being one"
    told += f"; {_quoted(ranges)} as all numbers that it means" if ranges else ""
    if read.kept:
        told += f"; {_quoted(read.kept)} is one of them (an empty cell with --na {read.kept[0]})"
    return told


def _numbers(read: Understood) -> Finding:
    column, told = read.column, numbers_told(read)
    numbers, _ = distinct_numbers(read.numbers.values.numbers[0], column.counted.numbers[0])
    if _beyond_floats(column):
        why = "integers that no float holds to the last digit"
        if column.drawn or 2 * len(column.counted) > column.present:
            return left_out(read, f"an identifier: {why}, and few recur")
        return as_labels(read, f"{why}, so labels")
    if _few(len(numbers), column):
        several = ", some spelled in several ways" if len(numbers) < len(column.counted) else ""
        return as_labels(read, f"few distinct numbers{told}{several}")
    if _counts_rows(numbers, column.present):
        return left_out(read, "an identifier: numbers the rows")
    return as_numbers(read, f"numbers{told}")


RULES: tuple[Callable[[Understood], Finding | None], ...] = (_times, _texts, _numbers)
"""The first that has a finding decides; the last always has."""


def numbers_told(read: Understood) -> str:
    """Says how the numbers of a column are written, where it is not as programs write them or could mean others."""
    numbers = read.numbers
    told = f" written as {_example(numbers.notation)}" * (not numbers.notation.is_plain)
    if numbers.ambiguity:
        other, value = "," if numbers.notation.point == "." else ".", numbers.values[numbers.ambiguity]
        told += f" ({numbers.ambiguity!r} is {value:.15g}; otherwise with --decimal {other})"
    return told


def _example(notation: Notation) -> str:
    return notation.spell("-1234567.5" if notation.pairs else "-1234.5")


def _units_told(read: Understood) -> str | None:
    """Says that numbers are written with several units, where that is all that keeps them from being numbers."""
    units = [unit or "none" for unit in read.numbers.units]
    words = len(units) > MOST_UNITS or 2 * len(units) > len(read.column.counted)
    if len(units) < 2 or words or not read.numbers.all_numbers:
        return None
    return f"numbers with several units ({', '.join(units)}), which are not one quantity"


def _digits_told(column: Column) -> str | None:
    """Says that all cells have digits of another script than those that are read."""
    others = all(any(sign.isdecimal() and not sign.isascii() for sign in text) for text in column.counted)
    return "written in other digits than 0 to 9, which are read as text" if others and column.counted else None


def _typo(read: Understood, kind: str, unparsed: Set[str], meant: Collection[str] = ()) -> str | None:
    """Names a text that is no number, or timestamp, in a column of more than a few labels that nearly all are.

    Args:
        read: the column.
        kind: "numeric" or "time".
        unparsed: the texts that are none.
        meant: those of them that are no typos.
    """
    typos = len(unparsed) - len(meant)
    good = len(read.column.counted) - typos
    if not typos or good <= FEW or good < MOSTLY * len(read.column.counted):
        return None
    first = next(text for text in read.column.counted if text in unparsed and text not in meant)
    name = "times" if kind == "time" else "numbers"
    return f"{name}, but for {first!r} (mend it, or use --kind {read.column.name}={kind} to find all such cells)"


def _few(distinct: int, column: Column) -> bool:
    """Says whether so few numbers or timestamps recur so often that they are labels."""
    return not column.drawn and (distinct <= 2 or (distinct <= FEW and column.present >= RECURS * distinct))


def _beyond_floats(column: Column) -> bool:
    """Says whether a column is mostly of integers that are told apart by digits that a float has no room for."""
    texts = column.counted.texts
    candidates = texts.filter(pc.greater(pc.utf8_length(texts), DIGITS))
    if 2 * len(candidates) <= len(texts):
        return False
    long = [text for text in each(candidates) if text.strip().removeprefix("-").isdecimal()]
    return 2 * len(long) > len(texts) and any(int(float(text)) != int(text) for text in long)


def _counts_rows(values: NDArray[np.float64], rows: int) -> bool:
    """Says whether N numbers are distinct integers, in any order, within a range too small for that to be chance.

    Args:
        values: distinct.
        rows: N.
    """
    if len(values) < rows or not (values == np.rint(values)).all():
        return False
    pairs = rows * (rows - 1) / 2
    return bool(rows > FEW and pairs / (values.max() - values.min() + 1) >= COLLISIONS)


def _quoted(texts: Collection[str]) -> str:
    shown_texts = list(texts)[:_SHOWN]
    return ", ".join(map(repr, shown_texts)) + " …" * (len(texts) > _SHOWN)
