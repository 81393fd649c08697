"""Four columns of labels and members over them, of which every conditional can be enumerated.

Knows: the probability of every row under a member whose columns were moved, the given ones first and then those that
are asked about, and what follows from these for parts of rows.
"""

from collections.abc import Iterable, Sequence, Set
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.core.orderings import Ordering, moved_to_front
from made_cli.ensemble.members import Member, log_likelihoods
from made_cli.inference.conditionals import Question
from made_cli.tables.columns.kinds import Kind
from tests.core.small import BINARY, COLOURS, LETTERS, OFTEN_EMPTY, all_rows, drawn_made, orderings

KINDS: tuple[Kind, ...] = (LETTERS, BINARY, OFTEN_EMPTY, COLOURS)
COLUMNS = frozenset(range(4))
MADE = drawn_made(KINDS)
with torch.no_grad():  # weights under which nothing is certain
    for _weight in MADE.parameters():
        _weight.mul_(0.6)
MEMBERS = [Member("the run", 0, MADE, ordering, any_ordering=True) for ordering in orderings(4)[:5]]
ROWS = all_rows(KINDS).numpy()
"""(400, 4) every row, outcomes never seen included."""
KNOWN = np.ones(ROWS.shape, dtype=np.bool_)

Floats = NDArray[np.float64]


def moved(member: Member, *front: Set[int]) -> Ordering:
    """The member's ordering with some columns first, and of the others some next."""
    ordering = member.ordering
    for columns in reversed(front):
        ordering = moved_to_front(ordering, columns)
    return ordering


def joint(members: Sequence[Member], *front: Set[int]) -> Floats:
    """(400, K) the probability of every row under every member with these columns first."""
    return np.exp(log_likelihoods([Member("", 0, m.made, moved(m, *front)) for m in members], ROWS))


def marginal(probabilities: Floats, columns: Iterable[int]) -> Floats:
    """(400, K) the probability of what each row has in some columns: the sum over all rows that have the same."""
    _, which = np.unique(ROWS[:, sorted(columns)], axis=0, return_inverse=True)
    sums = np.zeros((which.max() + 1, probabilities.shape[1]))
    np.add.at(sums, which.ravel(), probabilities)
    return sums[which.ravel()]


def enumerated(members: Sequence[Member], asked: Set[int], given: Set[int]) -> tuple[Floats, Floats]:
    """(400, K) the probabilities of what is given, and of what is given and asked."""
    probabilities = joint(members, given, asked)
    return marginal(probabilities, given), marginal(probabilities, asked | given)


def questions() -> list[Question]:
    """All that can be asked about some columns given others."""
    found = []
    for roles in product("agx", repeat=4):
        asked, given = (frozenset(c for c, role in enumerate(roles) if role == letter) for letter in "ag")
        if asked:
            found.append(Question(asked, given))
    return found


def place(row: Sequence[float]) -> int:
    """The place of a row among all rows."""
    return int(np.flatnonzero((np.asarray(row) == ROWS).all(axis=1))[0])
