"""What the cells of a table mean, as far as all of its columns decide it together.

Knows: a text that marks empty cells among numbers or times does so in the whole table; what may be an answer among
labels does not mark them there otherwise. Decimals have the sign that they have in columns where nothing else can be
meant. A person's word goes before both.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from made_cli.config import Overrides
from made_cli.tables.columns.edits import Edits
from made_cli.tables.text.at_once import at_once
from made_cli.tables.text.column import Column
from made_cli.tables.text.distinct import among
from made_cli.tables.text.marks import MARKS, answers
from made_cli.tables.text.notation import Point
from made_cli.tables.text.number_reading import NumberReading, read_numbers
from made_cli.tables.text.timestamp_reading import Reading, read_timestamps

FEW = 20
"""Numbers with at most this many distinct values are labels, where each of them recurs."""
SLIPS = 0.02
"""Share of the cells of a column of times that may be slips, and no times; two of them always may."""


@dataclass(frozen=True)
class Understood:
    """A column, and how its texts can be read.

    Attributes:
        column: its distinct texts, with marks of empty cells as such.
        marks: the texts that mean an empty cell here.
        kept: those that usually do, and are labels here.
        numbers: the texts as numbers.
        times: the texts as timestamps; None where none of a few is one.
    """

    column: Column
    marks: tuple[str, ...]
    kept: tuple[str, ...]
    numbers: NumberReading
    times: Reading | None

    @property
    def slips(self) -> tuple[str, ...] | None:
        """The texts that are no timestamps in a column of nothing else but a few; None where it is no such column."""
        if self.times is None or not self.times.timestamps:
            return None
        counted = self.column.counted
        slips = counted.those(among(counted.texts, self.times.unparsed))
        cells = int(slips.numbers[0].sum())
        few = cells <= max(2, SLIPS * self.column.present) and len(self.times.timestamps) > FEW
        return tuple(slips) if few or not slips else None

    @property
    def holds_labels(self) -> bool:
        """Whether some texts are neither numbers nor, but for a few slips, times."""
        return bool(self.numbers.unread) and self.slips is None


def usual_marks(overrides: Overrides) -> tuple[str, ...]:
    """Returns the texts that mean an empty cell where nothing else is known of a column."""
    return tuple(sorted(overrides.na)) if overrides.na else MARKS


def understand(columns: Sequence[Column], overrides: Overrides, edits: Edits) -> list[Understood]:
    """Reads the columns of a table.

    Args:
        columns: all that are to be modelled.
        overrides: the person's own marks and sign of decimals.
        edits: the kinds of columns, and the marks and signs of single ones.
    """
    usual = usual_marks(overrides)

    def read_alone(column: Column) -> Understood:
        marks = edits.marks.get(column.name, usual)
        return _read(column, marks, edits.decimals.get(column.name, overrides.decimal))

    found = _decimals(at_once(read_alone, columns), overrides.decimal, edits.decimals)
    if overrides.na:
        return found
    labels = [
        name not in edits.marks and (kind == "categorical" if (kind := edits.kinds.get(name)) else read.holds_labels)
        for name, read in ((read.column.name, read) for read in found)
    ]
    others = (read for read, is_label in zip(found, labels, strict=True) if not is_label)
    used = {text.strip() for read in others for text in read.column.marks}
    return [
        _with_answers(read, column, used, overrides.decimal) if is_label else read
        for read, column, is_label in zip(found, columns, labels, strict=True)
    ]


def _read(column: Column, marks: tuple[str, ...], decimal: Point | None, kept: tuple[str, ...] = ()) -> Understood:
    column = column.with_marks(marks)
    typed = column.dtype != "text"  # numbers that were no texts have no notation
    numbers = read_numbers(column.counted, "." if typed else decimal)
    times = None if _is_no_date(numbers) else read_timestamps(column.counted)
    return Understood(column, marks, kept, replace(numbers, ambiguity=None) if typed else numbers, times)


def _is_no_date(numbers: NumberReading) -> bool:
    """Says whether all texts are numbers as programs write them, none of which has the eight digits of a date."""
    values: NDArray[np.float64] = numbers.values.numbers[0]
    return numbers.notation.is_plain and not numbers.unread and not ((values >= 1e7) & (values < 1e8)).any()


def _decimals(found: list[Understood], decimal: Point | None, known: Collection[str]) -> list[Understood]:
    """Reads numbers that could have either sign before their decimals by the sign that other columns have."""
    certain = Counter(read.numbers.point for read in found if read.numbers.point and not read.numbers.unread)
    if decimal or certain[","] <= certain["."]:
        return found
    return [
        replace(read, numbers=read_numbers(read.column.counted, ","))
        if read.numbers.ambiguity and read.column.name not in known
        else read
        for read in found
    ]


def _with_answers(read: Understood, column: Column, used: set[str], decimal: Point | None) -> Understood:
    """Takes marks that may be answers for labels, but for those that other columns use for empty cells."""
    kept = answers(read.column.counted) - used
    if not read.column.counted:
        return read
    marks = tuple(mark for mark in read.marks if mark not in kept)
    shown = tuple(sorted({text.strip() for text in read.column.marks} & kept))
    return _read(column, marks, decimal, shown) if shown else replace(read, marks=marks)
