"""The cells of a column as a figure has them: in few groups, each with a name.

Knows: how the cell of a code is written; that labels are counted one by one as far as there is space, the others
together; and that numbers are cut into ranges: of equal width to see their distribution, of equal numbers of rows to
see what depends on them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.fidelity.alignment import Values
from made_cli.fidelity.contingency import Outcomes
from made_cli.tables.columns.kinds import Categorical, Kind
from made_cli.tables.text.visible import visible

EMPTY, OTHERS = "(empty)", "(others)"
ENDS = (0.005, 0.995)
"""Quantiles beyond which the numbers of a histogram share its outermost bars."""
LONGEST = 22
"""Characters of a name that are shown."""


@dataclass(frozen=True)
class Groups:
    """The cells of a column in groups.

    Attributes:
        names: (B,) of the groups; the last is that of empty cells where there are any.
        labels: the codes that are a group each; None where the column has numbers.
        cuts: ascending numbers at which the next group begins.
        empty: whether the last group is that of empty cells.
    """

    names: tuple[str, ...]
    labels: tuple[float, ...] | None
    cuts: tuple[float, ...]
    empty: bool

    @property
    def numbers(self) -> bool:
        """Whether the groups are ranges of numbers."""
        return self.labels is None

    @property
    def ranges(self) -> int:
        """How many of the groups are ranges of numbers."""
        return len(self.cuts) + 1 if self.numbers else 0

    def of(self, values: Values) -> Outcomes:
        """Returns the group of each cell (N,), counted from 0."""
        if self.labels is None:
            found = np.searchsorted(np.array(self.cuts), values, side="right")
        else:
            place = {code: index for index, code in enumerate(self.labels)}
            distinct, inverse = np.unique(values, return_inverse=True)
            found = np.array([place.get(code, len(self.labels)) for code in distinct.tolist()], dtype=np.int64)[inverse]
        return np.where(np.isnan(values), len(self.names) - 1, found)

    def shares(self, values: Values) -> NDArray[np.float64]:
        """Returns (B,) the share of the cells (N,) in each group."""
        return np.bincount(self.of(values), minlength=len(self.names)) / max(1, len(values))


def equally_wide(kind: Kind, values: Values, most: int) -> Groups:
    """Groups the cells of a column to see their distribution.

    Args:
        kind: the column.
        values: (N,) of all that is to be shown, real rows and others.
        most: the number of groups at most, beside that of empty cells.
    """
    present = values[~np.isnan(values)]
    if kind.outcomes is not None or not len(present):
        return _labels(kind, values, most)
    low, high = np.quantile(present, ENDS)
    step = kind.resolution or 1.0
    # Bars as wide as a whole number of steps hold equally many of the numbers that there can be.
    width = max(1, math.ceil((high - low) / step / most)) * step
    count = max(1, min(most, math.ceil((high - low) / width + 0.5)))
    first = round(low / step) * step - step / 2
    return _ranges(kind, values, first + width * np.arange(1, count))


def equally_full(kind: Kind, values: Values, most: int) -> Groups:
    """Groups the cells of a column to see what depends on them; the arguments are those of `equally_wide`."""
    present = values[~np.isnan(values)]
    if kind.outcomes is not None or not len(present):
        return _labels(kind, values, most)
    cuts = np.unique(np.quantile(present, np.linspace(0, 1, most + 1)[1:-1], method="higher"))
    return _ranges(kind, values, cuts[cuts > present.min()])


def _labels(kind: Kind, values: Values, most: int) -> Groups:
    present, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    if others := len(present) > most:
        present = np.sort(present[np.argsort(-counts, kind="stable")[: most - 1]])
    empty = bool(np.isnan(values).any()) or not len(present)
    names = [*(written(kind, code) for code in present.tolist()), *[OTHERS] * others, *[EMPTY] * empty]
    return Groups(tuple(names), tuple(present.tolist()), (), empty)


def _ranges(kind: Kind, values: Values, cuts: NDArray[np.float64]) -> Groups:
    empty = bool(np.isnan(values).any())
    least = float(np.nanmin(values))
    names = [written(kind, begin) for begin in (least, *cuts.tolist())]
    return Groups((*names, *[EMPTY] * empty), None, tuple(cuts.tolist()), empty)


def written(kind: Kind, code: float) -> str:
    """Returns how the cell of a code is written, for a figure: as the table writes it."""
    if math.isnan(code):
        return EMPTY
    if not isinstance(kind, Categorical):
        step = kind.resolution
        return shortened(kind.format.write(math.ceil(code / step - 1e-9) * step))
    place = int(code)
    if place < len(kind.labels):
        return shortened(kind.labels[place])
    if place >= kind.seen:
        return "(never seen in training)"
    return f"(rare labels: {len(kind.rare):,})" if kind.rare and place == len(kind.labels) else EMPTY


def shortened(text: str, longest: int = LONGEST) -> str:
    r"""Returns a name as it is shown: its control characters spelled out, and the middle of a long one left out.

    >>> shortened("a" * 30, 9), shortened("b\t")
    ('aaaa…aaaa', 'b\\t')
    """
    text = visible(text)
    half = (longest - 1) // 2
    return text if len(text) <= longest else f"{text[: longest - 1 - half]}…{text[-half:]}"


def grouped(kinds: Sequence[Kind], tables: Sequence[Values], most: int) -> list[Groups]:
    """Groups the cells of all columns to see what depends on what; `tables` are (N, D) each."""
    return [
        equally_full(kind, np.concatenate([table[:, column] for table in tables]), most)
        for column, kind in enumerate(kinds)
    ]
