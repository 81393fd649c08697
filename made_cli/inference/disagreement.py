"""How far members disagree in what they answer.

Knows: the answers of the members, each by itself, and how much each counts; nothing of how an answer comes about. What
members of one network agree on may be wrong all the same: their disagreement shows what the network has not learned to
tell alike under other orderings, and that is the part of an error that can be seen without other rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.ensemble.members import Member
from made_cli.ensemble.mixture import Matrix
from made_cli.inference.conditionals import MARGINAL, Question


@dataclass(frozen=True)
class Disagreement:
    """How far the members' own answers lie apart, in the unit of the answer.

    Attributes:
        std: the standard deviation over members, each as much as it counts in the answer.
        least: the least of their answers.
        greatest: the greatest.
    """

    std: float
    least: float
    greatest: float


@dataclass(frozen=True)
class Spread:
    """How far the members' own answers lie apart, answer by answer.

    Attributes:
        std: (N,) as in `Disagreement`.
        least: (N,).
        greatest: (N,).
    """

    std: NDArray[np.float64]
    least: NDArray[np.float64]
    greatest: NDArray[np.float64]

    @classmethod
    def joined(cls, parts: "Sequence[Spread]") -> "Spread":
        """Returns the answers of several as those of one."""
        return cls(*(np.concatenate(same) for same in zip(*((p.std, p.least, p.greatest) for p in parts), strict=True)))

    def mean(self) -> Disagreement | None:
        """Returns the means over the answers; None where there is none.

        >>> Spread(np.array([0.0, 2.0]), np.array([1.0, 1.0]), np.array([1.0, 5.0])).mean()
        Disagreement(std=1.0, least=1.0, greatest=3.0)
        """
        if not len(self.std):
            return None
        return Disagreement(*(float(part.mean()) for part in (self.std, self.least, self.greatest)))


def spread(answers: Matrix, weights: Matrix) -> Spread:
    """Measures how far members lie apart.

    Args:
        answers: (N, K) of each member.
        weights: (N, K) or (K,) how much each counts, sums of 1; members that count nothing are left out.

    >>> spread(np.array([[0.1, 0.3, 9.0]]), np.array([[0.5, 0.5, 0.0]])).std.round(6).tolist()
    [0.1]
    """
    weights = np.broadcast_to(weights, answers.shape)
    mean = (weights * answers).sum(axis=1, keepdims=True)
    return Spread(
        np.sqrt((weights * (answers - mean) ** 2).sum(axis=1)),
        np.where(weights > 0, answers, np.inf).min(axis=1),
        np.where(weights > 0, answers, -np.inf).max(axis=1),
    )


def are_alike(members: Sequence[Member], question: Question) -> bool:
    """Says whether all are one member as far as a question goes: of one network, the columns that matter in one order.

    >>> from made_cli.core.orderings import Ordering
    >>> made = object()
    >>> members = [Member("", 0, made, Ordering(columns)) for columns in ((0, 1, 2), (2, 1, 0))]
    >>> are_alike(members, Question((1,), (2,))), are_alike(members, Question((1,), (0, 2)))
    (True, False)
    """
    return len({_way(member, question) for member in members}) == 1


def _way(member: Member, question: Question) -> tuple[int, int | None, tuple[int, ...]]:
    """Returns what a member's answer depends on: network, connectivity, and the order of the columns that matter."""
    columns = member.ordering.columns
    roles = question.roles(np.ones((1, len(columns)), dtype=np.bool_))[0]
    taken = tuple(
        column for column in sorted(columns, key=lambda column: int(roles[column])) if roles[column] < MARGINAL
    )
    return id(member.made), member.ordering.connectivity, taken
