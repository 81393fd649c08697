"""Numbers, and timestamps as numbers: the codec of a numeric or time column.

Knows: the code of a cell is the number itself, that of a timestamp a count of days, minutes or the like, NaN for an
empty cell; which values carry an atom, and where the column is bounded. How finely the numbers were recorded and how
one is written is the format's to know. The density is in `made_cli.core.distributions.logistics`.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.point_masses import find_atoms
from made_cli.tables.columns.regions import Region
from made_cli.tables.columns.scaling import Scaling, fit_scaling
from made_cli.tables.text.column import MISSING, Column, Empty
from made_cli.tables.text.numbers import NumberFormat, number_format, parse
from made_cli.tables.text.timestamps import TimeFormat

MARKERS = frozenset({"?", "NA", "N/A", "n/a", "na", "NaN", "nan", "<NA>", "NULL", "null", "None", "none", "-", "."})
"""Texts that mean an empty cell among numbers, as blanks do; among labels they are labels."""
KNOTS = 16
"""Quantiles at which the network's piecewise linear view of a number bends."""


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
    """

    name: str
    format: NumberFormat | TimeFormat
    scaling: Scaling
    atoms: tuple[float, ...]
    lower: float | None
    knots: tuple[float, ...]
    missing: str | None
    dtype: str = "text"
    marginal: bool = False
    kind: Literal["numeric"] = "numeric"

    @property
    def described(self) -> str:
        """What people read."""
        return "time" if isinstance(self.format, TimeFormat) else self.kind

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

    def encode(self, texts: Iterable[str]) -> NDArray[np.float64]:
        """Returns the number of each text, NaN for an empty cell.

        Raises:
            ValueError: with the first text that is neither, as its argument.
        """
        return np.array([_number(text, self.format.parse) for text in texts], dtype=np.float64)

    def never_seen(self, texts: Iterable[str]) -> list[str]:
        """Returns those of the texts that training had none of: empty cells, perhaps, but no number."""
        return [text for text in texts if self.empty == "unseen" and self.is_empty(text)]

    def is_empty(self, text: str) -> bool:
        """Says whether a cell of this text is empty, or has a mark that says so."""
        return is_marker(text)

    def decode(self, codes: NDArray[np.float64], rng: np.random.Generator) -> list[str]:
        """Spells each number as the column does."""
        return [self.missing or MISSING if np.isnan(code) else self.format.write(code) for code in codes]


def _number(text: str, parse: Callable[[str], float | None]) -> float:
    if is_marker(text):
        return float("nan")
    value = parse(text)
    if value is None:
        raise ValueError(text)
    return value


def is_marker(text: str) -> bool:
    """Says whether a text is a usual mark for a missing number."""
    stripped = text.strip()
    return stripped == MISSING or stripped in MARKERS


def numeric(column: Column, timestamps: TimeFormat | None = None) -> Numeric:
    """Infers the codec of a column whose texts are all numbers, or all timestamps, or marks for missing ones.

    Args:
        column: the distinct texts.
        timestamps: their format, where they are no numbers.

    Raises:
        ValueError: with the first text that is not, as its argument.
    """
    numbers: dict[float, int] = {}
    spelled: dict[str, float] = {}
    markers: dict[str, int] = {MISSING: column.missing} if column.missing else {}
    for text, count in column.counted.items():
        value = _number(text, timestamps.parse if timestamps else parse)
        if np.isnan(value):
            markers[text] = count
        else:
            spelled[text] = value
            numbers[value] = numbers.get(value, 0) + count
    values = np.array(list(numbers))
    counts = np.array(list(numbers.values()))
    form = timestamps or number_format(spelled, spelled.values(), [column.counted[text] for text in spelled])
    atoms = find_atoms(values, counts, form.resolution)
    rest = ~np.isin(values, atoms)
    spread = np.repeat(values[rest], counts[rest]) if rest.any() else values
    scaling = fit_scaling(spread)
    quantiles = np.quantile(scaling.forward(spread), np.linspace(0, 1, KNOTS + 1))
    return Numeric(
        name=column.name,
        format=form,
        scaling=scaling,
        atoms=atoms,
        lower=0.0 if form.from_zero and values.min() >= 0 else None,
        knots=tuple(float(knot) for knot in np.unique(quantiles)),
        missing=max(markers, key=markers.__getitem__) if markers else None,
        dtype=column.dtype,
    )
