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

from made_cli.core.per_row import PerRowOrderings, positions_by_role
from made_cli.ensemble.members import Matrix, Member, row_batches
from made_cli.errors import Exit, UserError

Roles = NDArray[np.int64]

EVIDENCE, QUERY, MARGINAL = range(3)
"""What a cell is in a question, in the turn in which such columns come."""


@dataclass(frozen=True)
class Question:
    """Which columns are asked about, and given which.

    Attributes:
        asked: indices of the columns; None for all that are not given.
        given: indices of the columns.

    >>> Question(given=frozenset({1})).roles(np.array([[True, True, False]])).tolist()
    [[1, 0, 2]]
    """

    asked: frozenset[int] | None = None
    given: frozenset[int] = frozenset()

    def roles(self, known: NDArray[np.bool_]) -> Roles:
        """Returns (N, D) what each cell is, from which cells (N, D) are known."""
        columns = range(known.shape[1])
        asked = frozenset(columns) if self.asked is None else self.asked
        row = [EVIDENCE if c in self.given else QUERY if c in asked else MARGINAL for c in columns]
        return np.where(known, np.array(row), MARGINAL)


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


def evidence_roles(given: Set[int], size: int) -> Roles:
    """Returns (1, D) the roles of a row of which some columns are given and nothing is asked."""
    return np.array([[EVIDENCE if column in given else MARGINAL for column in range(size)]])


def posterior(log_given: Matrix) -> Matrix:
    """Returns (N, K) how much each member counts given some cells, sums of 1, from their log-likelihoods (N, K)."""
    weights = np.exp(log_given - log_given.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def supporting(members: Sequence[Member], roles: Roles) -> list[Member]:
    """Returns the members that can take the columns of every row in the turn of the roles.

    Args:
        members: of one run.
        roles: (N, D).

    Raises:
        UserError: none can.
    """
    patterns = np.unique(roles, axis=0)
    found = [member for member in members if member.any_ordering or _serves(member, patterns)]
    if not found:
        raise UserError(
            f"{members[0].run}: none of its orderings has the columns where the question needs them",
            hint="A run trained with --orderings all answers questions about any columns.",
            code=Exit.USAGE,
        )
    return found


def positions_under(member: Member, roles: Roles) -> torch.Tensor:
    """Returns (N, D) the place of each column under a member, in the turn of the roles (N, D), on its device."""
    base = torch.tensor(member.ordering.positions)
    return positions_by_role(torch.from_numpy(roles), base).to(member.made.device)


def _serves(member: Member, patterns: Roles) -> bool:
    own = torch.tensor(member.ordering.positions, device=member.made.device)
    return bool((positions_under(member, patterns) == own).all())


def score_parts(
    members: Sequence[Member], codes: NDArray[np.generic], roles: Roles, on_progress: Callable[[], None] = lambda: None
) -> Parts:
    """Computes the log-likelihoods of parts of rows.

    Args:
        members: K of them, `supporting` to take the columns in the turn of the roles.
        codes: (N, D); those of unknown cells do not matter.
        roles: (N, D) what each cell is.
        on_progress: called after each member.
    """
    given, asked = np.empty((len(codes), len(members))), np.empty((len(codes), len(members)))
    terms = np.zeros(codes.shape)
    with torch.no_grad():
        for index, member in enumerate(members):
            per_row = PerRowOrderings(member.made, member.ordering.connectivity)
            for batch in row_batches(np.arange(len(codes)), member.made):
                role = torch.from_numpy(roles[batch])
                positions = positions_under(member, roles[batch])
                known = (role < MARGINAL).to(member.made.device)
                log_prob = per_row.log_prob(torch.from_numpy(codes[batch]), positions, known).double().cpu()
                given[batch, index] = torch.where(role == EVIDENCE, log_prob, 0).sum(1).numpy()
                asked[batch, index] = torch.where(role == QUERY, log_prob, 0).sum(1).numpy()
                terms[batch] += log_prob.numpy() / len(members)
            on_progress()
    return Parts(given, asked, terms)
