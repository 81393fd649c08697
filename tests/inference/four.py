"""Four columns of labels and members over them, of which every conditional can be enumerated.

Knows: the probability of every row under a member whose columns were moved, the evidence first and then the columns in
question, and what follows from these for parts of rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.core.orderings import Ordering
from made_cli.ensemble.members import Member, log_likelihoods
from made_cli.inference.conditionals import Question
from made_cli.tables.columns.kinds import Kind
from tests.core.small import BINARY, COLOURS, LETTERS, OFTEN_EMPTY, all_rows, drawn_made, orderings

KINDS: tuple[Kind, ...] = (LETTERS, BINARY, OFTEN_EMPTY, COLOURS)
COLUMNS = range(4)
MADE = drawn_made(KINDS)
with torch.no_grad():  # weights under which nothing is certain
    for _weight in MADE.parameters():
        _weight.mul_(0.6)
MEMBERS = [Member("the run", 0, MADE, ordering, any_question=True) for ordering in orderings(4)[:5]]
ROWS = all_rows(KINDS).numpy()
"""(400, 4) every row, outcomes never seen included."""
KNOWN = np.ones(ROWS.shape, dtype=np.bool_)


def moved(member: Member, *front: Iterable[int]) -> Ordering:
    """The member's ordering with some columns first, then others; each part in its own order."""
    first = [column for columns in front for column in sorted(columns, key=member.ordering.columns.index)]
    rest = [column for column in member.ordering.columns if column not in first]
    return replace(member.ordering, columns=(*first, *rest))


def joint(members: Sequence[Member], *front: Iterable[int]) -> NDArray[np.float64]:
    """(400, K) the probability of every row under every member with these columns first; see `moved`."""
    return np.exp(log_likelihoods([Member("", 0, m.made, moved(m, *front)) for m in members], ROWS))


def marginal(probabilities: NDArray[np.float64], columns: Iterable[int]) -> NDArray[np.float64]:
    """(400, K) the probability of what each row has in some columns: the sum over all rows that have the same."""
    _, which = np.unique(ROWS[:, sorted(columns)], axis=0, return_inverse=True)
    sums = np.zeros((which.max() + 1, probabilities.shape[1]))
    np.add.at(sums, which.ravel(), probabilities)
    return sums[which.ravel()]


def enumerated(
    members: Sequence[Member], query: Iterable[int], evidence: Iterable[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(400, K) the probabilities of the evidence, and of evidence and query, the evidence first; see `moved`."""
    probabilities = joint(members, evidence, query)
    return marginal(probabilities, evidence), marginal(probabilities, {*query, *evidence})


def conditional(
    members: Sequence[Member], weights: Sequence[float], query: Iterable[int], evidence: Iterable[int]
) -> NDArray[np.float64]:
    """(400,) the log-probability under a mixture: each column asked given the evidence and those asked before it."""
    total, given = np.zeros(len(ROWS)), [*evidence]
    for column in query:
        of_evidence, of_both = enumerated(members, [column], given)
        total += np.log(of_both @ np.array(weights)) - np.log(of_evidence @ np.array(weights))
        given.append(column)
    return total


def questions() -> list[Question]:
    """All that can be asked about some columns given others, named in the order of the table or the reverse of it."""
    found = []
    for index, roles in enumerate(product("qex", repeat=4)):
        query, evidence = (tuple(c for c, role in enumerate(roles) if role == letter) for letter in "qe")
        if query:
            found.append(Question(query[:: (-1) ** index], evidence[:: (-1) ** index]))
    return found


def place(row: Sequence[float]) -> int:
    """The place of a row among all rows."""
    return int(np.flatnonzero((np.asarray(row) == ROWS).all(axis=1))[0])
