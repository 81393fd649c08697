"""Numbers, and timestamps as numbers: the codec of a numeric or time column.

Knows: the code of a cell is the number itself, that of a timestamp a count of days, minutes or the like, NaN for an
empty cell; which values carry an atom, and where the column is bounded. How finely the numbers were recorded and how
one is written is the format's to know. All of it is found in `made_cli.tables.columns.quantities`; the density is in
`made_cli.core.distributions.logistics`.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.categorical import UNSEEN
from made_cli.tables.columns.questions import Operator, empty_is_unknown
from made_cli.tables.columns.regions import Region
from made_cli.tables.columns.scaling import Scaling
from made_cli.tables.text.cells import MISSING, TEXT, Categories, CellType, Empty
from made_cli.tables.text.marks import MARKS, is_mark
from made_cli.tables.text.numbers import LARGEST, NumberFormat
from made_cli.tables.text.timestamps import TimeFormat


@dataclass(frozen=True)
class Numeric:
    """A column of numbers or timestamps.

    Attributes:
        name: the user's label of the column.
        format: the resolution, and how numbers or timestamps are read and written.
        scaling: from the user's units, or the unit that timestamps are counted in, to z.
        atoms: values with a point mass of their own, ascending.
        lower: numbers below this had no row in training and get next to no probability; None for no such bound.
        knots: ascending quantiles of z.
        missing: how an empty cell is written; None where training had none, or where it is unknown.
        dtype: what the cells were before they became text.
        marginal: whether an empty cell is unknown, and no outcome.
        marks: the texts that mean an empty cell, as blanks do.
    """

    name: str
    format: NumberFormat | TimeFormat
    scaling: Scaling
    atoms: tuple[float, ...]
    lower: float | None
    knots: tuple[float, ...]
    missing: str | None
    dtype: CellType = TEXT
    marginal: bool = False
    marks: tuple[str, ...] = MARKS
    kind: Literal["numeric"] = "numeric"

    is_numeric: ClassVar[bool] = True
    """Whether it counts among the columns of numbers."""
    outcomes: ClassVar[None] = None
    """Numbers are not counted off."""
    bucket: ClassVar[float] = math.nan
    """No two numbers share a code."""
    fits_byte: ClassVar[bool] = False
    """Whether every code fits a byte."""

    def __post_init__(self) -> None:
        """Takes the type of their values for cells that were categories: numbers that are drawn may be others."""
        if isinstance(self.dtype, Categories):
            object.__setattr__(self, "dtype", self.dtype.values)

    @property
    def described(self) -> str:
        """What people read."""
        return self.format.described

    @property
    def noun(self) -> str:
        """What a cell is, for a message."""
        return self.format.noun

    @property
    def resolution(self) -> float:
        """The step that the numbers are multiples of."""
        return self.format.resolution

    @property
    def cell_width(self) -> float:
        """The width of a cell in the unit of the density."""
        return self.format.resolution

    @property
    def unit(self) -> str | None:
        """What timestamps are counted in; None for numbers, which have the user's own unit."""
        return self.format.unit

    @property
    def step(self) -> str:
        """The resolution as people read it."""
        return self.format.step

    @property
    def seen(self) -> int:
        """How many discrete outcomes the network models: "a number", each atom, and the empty cell if seen."""
        return 1 + len(self.atoms) + (self.missing is not None)

    @property
    def middle(self) -> float:
        """A number in the midst of the column, on the grid of the resolution."""
        step = self.format.resolution
        return round(float(self.scaling.inverse(np.array(self.knots[len(self.knots) // 2]))) / step) * step

    @property
    def present(self) -> Region:
        """All cells but the empty one and those below the bound."""
        least = -math.inf if self.lower is None else round(self.lower / self.format.resolution)
        return Region(((least, math.inf),))

    @property
    def empty(self) -> Empty:
        """What an empty cell is."""
        return "unknown" if self.marginal else "unseen" if self.missing is None else "seen"

    @property
    def unseen_mass(self) -> float:
        """How probable what training never had is: an empty cell, a number below the bound."""
        return UNSEEN * ((self.empty == "unseen") + (self.lower is not None))

    def with_empty_unknown(self, count: int) -> "Numeric":
        """Returns the column with its empty cells, so many, unknown: no outcome, seen or not."""
        return replace(self, missing=None, marginal=True)

    def without_rare(self) -> "Numeric":
        """Returns the column as it is: no two numbers share a code."""
        return self

    def encode(self, texts: Iterable[str]) -> NDArray[np.float64]:
        """Returns the number of each text, NaN for an empty cell.

        Raises:
            ValueError: with the first text that is neither, as its argument.
        """
        from made_cli.tables.text.bulk_formats import parse_by  # with Arrow, which a record is read without
        from made_cli.tables.text.distinct import in_bulk, marked

        written = in_bulk(texts)
        empty = marked(written, self.marks)
        numbers = np.where(empty, math.nan, parse_by(self.format, written))
        if (none := np.isnan(numbers) & ~empty).any():
            raise ValueError(written[int(none.argmax())].as_py())
        return numbers

    def literal(self, text: str) -> str:
        """Returns a number, or a timestamp, as programs write it as the column writes it."""
        return self.format.literal(text)

    def never_seen(self, texts: Iterable[str]) -> list[str]:
        """Returns those of the texts that training had none of: empty cells, perhaps, but no number."""
        return [text for text in texts if self.empty == "unseen" and self.is_empty(text)]

    def is_empty(self, text: str) -> bool:
        """Says whether a cell of this text is empty, or has a mark that says so."""
        return is_mark(text, self.marks)

    def code(self, text: str) -> float:
        """Returns the number of a cell that a person typed, NaN for an empty one; a day alone is its midnight.

        Raises:
            UserError: it is no number, or timestamp; or it is an empty cell, where these are unknown.
        """
        if self.is_empty(text):
            if self.empty == "unknown":
                raise empty_is_unknown(self.name)
            return math.nan
        code = self.format.parse(self.format.complete(text))
        if code is None:
            raise UserError(
                f"{self.name}: {text!r} is not a {self.noun}",
                hint=f"Write it as the table does, {self.format.write(self.middle)!r} for example.",
                code=Exit.USAGE,
            )
        return code

    def as_written(self, text: str) -> str:
        """Returns the text of a known cell: as the column writes it, as it was typed where that were another number."""
        if self.is_empty(text):
            return self.missing or MISSING
        written, typed = self.format.write(self.code(text)), self.format.complete(text)
        return written if self.format.steps(written) == self.format.steps(typed) else typed

    def cell(self, code: float) -> float:
        """Returns the number of the cell of a code, as regions count them; NaN for an empty cell."""
        return float(self.cells(np.array(code)))

    def cells(self, codes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns (N,) the numbers of the cells of codes (N,); NaN for empty cells."""
        with np.errstate(over="ignore"):  # beyond the greatest float there is no cell but the last
            return np.asarray(np.rint(codes / self.resolution))

    def equal_to(self, text: str) -> Region:
        """Returns the cell of a typed number, or the empty one; none for a number between two cells.

        Raises:
            UserError: as `code`.
        """
        code = self.code(text)
        if math.isnan(code):
            return Region((), empty=True)
        last, is_cell = self._last_cell(text, code)
        return Region(((last, last),) if is_cell else ())

    def ordered(self, operator: Operator, text: str) -> Region:
        """Returns the cells that are less, or more, than a typed number.

        Raises:
            UserError: as `code`, or the text is that of an empty cell.
        """
        code = self.code(text)
        if math.isnan(code):
            raise UserError(
                f"{self.name}: nothing is more or less than an empty cell",
                hint='Ask for empty cells by == "".',
                code=Exit.USAGE,
            )
        last, is_cell = self._last_cell(text, code)
        if operator in ("<", "<="):
            return Region(((-math.inf, last - (is_cell and operator == "<")),))
        return Region(((last + (not is_cell or operator == ">"), math.inf),))

    def _last_cell(self, text: str, code: float) -> tuple[float, bool]:
        """Returns the number of the last cell that is not above what a text spells, and whether it is its own cell."""
        steps = self.format.steps(self.format.complete(text))
        assert steps is not None
        is_cell = steps.denominator == 1
        # A number beyond those of which a float holds each has the cell of its code.
        last = int(self.cell(code)) if is_cell and math.isfinite(self.cell(code)) else math.floor(steps)
        return (last if abs(last) < LARGEST else math.copysign(math.inf, code)), is_cell

    def central(self, values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns (n,) weighted medians.

        Args:
            values: (n, M) numbers that a cell may have.
            weights: (n, M) how probable each is.
        """
        order = values.argsort(axis=1)
        ascending, below = np.take_along_axis(values, order, 1), np.take_along_axis(weights, order, 1).cumsum(axis=1)
        half = (below < 0.5 * below[:, -1:]).sum(axis=1)
        return np.asarray(np.take_along_axis(ascending, half[:, np.newaxis], 1)[:, 0])

    def decode(self, codes: NDArray[np.float64], rng: np.random.Generator) -> list[str]:
        """Spells each number as the column does."""
        return [self.missing or MISSING if np.isnan(code) else self.format.write(code) for code in codes]
