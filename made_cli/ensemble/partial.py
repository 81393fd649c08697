"""Some columns given others: log-likelihoods of parts of rows.

Knows: under an ordering with the given columns first and then those that are asked about, the terms of the asked ones
sum to the exact conditional of that member, and no other column matters. A mixture's conditional is its density of
given and asked columns over that of the given ones; so the parts of a row fit together, p(a, b) = p(a) p(b | a).
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.core.individual import Individual, positions_by
from made_cli.ensemble.members import Matrix, Member, row_batches
from made_cli.errors import Exit, UserError

Stages = NDArray[np.int64]

GIVEN, ASKED, UNKNOWN = range(3)
"""What a cell is in a question, in the turn in which such columns come."""


@dataclass(frozen=True)
class Question:
    """Which columns are asked about, and given which.

    Attributes:
        asked: indices of the columns; None for all that are not given.
        given: indices of the columns.

    >>> Question(given=frozenset({1})).stages(np.array([[True, True, False]])).tolist()
    [[1, 0, 2]]
    """

    asked: frozenset[int] | None = None
    given: frozenset[int] = frozenset()

    def stages(self, known: NDArray[np.bool_]) -> Stages:
        """Returns (N, D) what each cell is, from which cells (N, D) are known."""
        columns = range(known.shape[1])
        asked = frozenset(columns) if self.asked is None else self.asked
        row = [GIVEN if c in self.given else ASKED if c in asked else UNKNOWN for c in columns]
        return np.where(known, np.array(row), UNKNOWN)


@dataclass(frozen=True)
class Parts:
    """Rows under every member.

    Attributes:
        given: (N, K) log-likelihoods of the given cells, nats.
        asked: (N, K) log-likelihoods of the asked cells given those.
        terms: (N, D) the terms of the given and asked cells, the mean over members; 0 elsewhere.
    """

    given: Matrix
    asked: Matrix
    terms: NDArray[np.float64]


def stages_given(given: Set[int], size: int) -> Stages:
    """Returns (1, D) the stages of a row of which some columns are given and nothing is asked."""
    return np.array([[GIVEN if column in given else UNKNOWN for column in range(size)]])


def posterior(log_given: Matrix) -> Matrix:
    """Returns (N, K) how much each member counts given some cells, sums of 1, from their log-likelihoods (N, K)."""
    weights = np.exp(log_given - log_given.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def able(members: Sequence[Member], stages: Stages) -> list[Member]:
    """Returns the members that can take the columns of every row in the turn of the stages.

    Args:
        members: of one run.
        stages: (N, D).

    Raises:
        UserError: none can.
    """
    patterns = np.unique(stages, axis=0)
    found = [member for member in members if member.free or _serves(member, patterns)]
    if not found:
        raise UserError(
            f"{members[0].run}: none of its orderings has the columns where the question needs them",
            hint="A run trained with --orderings all answers questions about any columns.",
            code=Exit.USAGE,
        )
    return found


def positions_of(member: Member, stages: Stages) -> torch.Tensor:
    """Returns (N, D) the place of each column under a member, in the turn of the stages (N, D), on its device."""
    base = torch.tensor(member.ordering.positions)
    return positions_by(torch.from_numpy(stages), base).to(member.made.device)


def _serves(member: Member, patterns: Stages) -> bool:
    own = torch.tensor(member.ordering.positions, device=member.made.device)
    return bool((positions_of(member, patterns) == own).all())


def score_parts(
    members: Sequence[Member], codes: NDArray[np.generic], stages: Stages, done: Callable[[], None] = lambda: None
) -> Parts:
    """Computes the log-likelihoods of parts of rows.

    Args:
        members: K of them, `able` to take the columns in the turn of the stages.
        codes: (N, D); those of unknown cells do not matter.
        stages: (N, D) what each cell is.
        done: called after each member.
    """
    given, asked = np.empty((len(codes), len(members))), np.empty((len(codes), len(members)))
    terms = np.zeros(codes.shape)
    with torch.no_grad():
        for index, member in enumerate(members):
            individual = Individual(member.made, member.ordering.connectivity)
            for batch in row_batches(np.arange(len(codes)), member.made):
                stage = torch.from_numpy(stages[batch])
                positions = positions_of(member, stages[batch])
                known = (stage < UNKNOWN).to(member.made.device)
                log_prob = individual.log_prob(torch.from_numpy(codes[batch]), positions, known).double().cpu()
                given[batch, index] = torch.where(stage == GIVEN, log_prob, 0).sum(1).numpy()
                asked[batch, index] = torch.where(stage == ASKED, log_prob, 0).sum(1).numpy()
                terms[batch] += log_prob.numpy() / len(members)
            done()
    return Parts(given, asked, terms)
