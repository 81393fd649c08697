"""Dependence between columns: the mutual information of each pair, from rows of a table.

Knows: the plug-in estimate on outcomes that are few enough to be counted, less its bias (Miller, *Note on the bias of
information estimates*, 1955), and its standard error by the delta method. It is 0 where two columns are independent,
and at most the entropy of either, so it is a lower bound where numbers were cut into few ranges.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.fidelity.contingency import Outcomes, joint_shares, panels_of

ROUNDING = 1e-12
"""Information of less nats is none."""


@dataclass(frozen=True)
class Dependence:
    """The mutual information of all pairs of D columns, nats.

    Attributes:
        information: (D, D), symmetric, NaN on the diagonal, where there is no pair.
        se: (D, D) standard errors over the rows.
    """

    information: NDArray[np.float64]
    se: NDArray[np.float64]

    def strongest(self, count: int) -> list[tuple[int, int]]:
        """Returns the pairs of columns that depend most on each other, the strongest first; none that do not."""
        first, second = np.triu_indices(len(self.information), k=1)
        found = self.information[first, second]
        order = np.argsort(-found, kind="stable")[:count]
        return [(int(first[place]), int(second[place])) for place in order if found[place] > 0]


def dependence(outcomes: Outcomes) -> Dependence:
    """Estimates the mutual information of each pair of columns.

    Args:
        outcomes: (N, D) counted from 0, few in each column.

    >>> alike = np.array([[0, 0], [1, 1]] * 50)
    >>> bool(abs(dependence(alike).information[0, 1] - np.log(2)) < 0.01)
    True
    """
    N, D = outcomes.shape
    widths = outcomes.max(axis=0) + 1
    information, se = np.full((D, D), np.nan), np.full((D, D), np.nan)
    panels = panels_of(np.arange(D), widths)
    for index, rows in enumerate(panels):
        for columns in panels[index:]:
            found, variance = _of_panels(outcomes, widths, rows, columns)
            for array, values in ((information, found), (se, np.sqrt(variance / N))):
                array[np.ix_(rows, columns)] = values
                array[np.ix_(columns, rows)] = values.T
    np.fill_diagonal(information, np.nan)
    np.fill_diagonal(se, np.nan)
    return Dependence(information, se)


def _of_panels(
    outcomes: Outcomes, widths: NDArray[np.int64], rows: Outcomes, columns: Outcomes
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns the mutual information (|rows|, |columns|) of all pairs of two panels, and the variance over the rows."""
    starts = [np.cumsum(widths[panel]) - widths[panel] for panel in (rows, columns)]

    def added(cells: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.add.reduceat(np.add.reduceat(cells, starts[0], axis=0), starts[1], axis=1))

    joint = joint_shares(outcomes, widths, rows, columns)
    # The shares of a column's outcomes are the same beside any other: take those beside the first.
    p, q = joint[:, : widths[columns[0]]].sum(axis=1), joint[: widths[rows[0]]].sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(joint > 0, np.log(joint / p[:, np.newaxis] / q), 0.0)
    plug_in = added(joint * ratio)
    variance = added(joint * ratio**2) - plug_in**2
    occur = [
        np.add.reduceat((shares > 0).astype(np.float64), start) for shares, start in zip((p, q), starts, strict=True)
    ]
    freedom = added((joint > 0).astype(np.float64)) - occur[0][:, np.newaxis] - occur[1] + 1
    found = plug_in - freedom / (2 * len(outcomes))
    return np.where(found > ROUNDING, found, 0.0), np.maximum(variance, 0.0)
