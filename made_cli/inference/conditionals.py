"""Some columns given others: log-likelihoods of parts of rows.

Knows: under an ordering with the evidence first and then the queried columns, the terms of these sum to the exact
conditional of that member, and no other column matters. A mixture's conditional is its density of evidence and query
over that of the evidence. Both questions take the columns in the order in which they are named, so that the parts of a
row fit together: log p(a, b) = log p(a) + log p(b | a), under every member and under every mixture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.core.orderings import Ordering
from made_cli.core.per_row import PerRowOrderings, positions_by_role
from made_cli.ensemble.members import Matrix, Member, row_batches
from made_cli.errors import Exit, UserError

Roles = NDArray[np.int64]

EVIDENCE, QUERY, MARGINAL = range(3)
"""What a cell is in a question, in the order in which such columns come."""


@dataclass(frozen=True)
class Question:
    """The density of some columns given others, in the order in which they are named.

    Attributes:
        query: indices of the columns in question; None for all that are not evidence.
        evidence: indices of the columns that are given.

    >>> Question(evidence=(1,)).roles(np.array([[True, True, False]])).tolist()
    [[1, 0, 2]]
    """

    query: tuple[int, ...] | None = None
    evidence: tuple[int, ...] = ()

    def roles(self, known: NDArray[np.bool_]) -> Roles:
        """Returns (N, D) what each cell is, from which cells (N, D) are known."""
        columns = range(known.shape[1])
        query = columns if self.query is None else self.query
        row = [EVIDENCE if c in self.evidence else QUERY if c in query else MARGINAL for c in columns]
        return np.where(known, np.array(row, dtype=np.int64), MARGINAL)

    def ordered(self, members: Sequence[Member]) -> list[Member]:
        """Returns the members as they take the question.

        A member of any ordering takes the evidence first and the query next, both as they are named. What is not named
        follows in its own order where it is in question, and in the order of the table where it is not, for there it
        does not matter: members that differ in nothing else become the same. Members of fixed orderings stay.
        """
        return [replace(m, ordering=self._order(m.ordering)) if m.any_ordering else m for m in members]

    def _order(self, ordering: Ordering) -> Ordering:
        named = (*self.evidence, *(self.query or ()))
        rest = ordering.columns if self.query is None else sorted(ordering.columns)
        return replace(ordering, columns=(*named, *(column for column in rest if column not in named)))


@dataclass(frozen=True)
class Parts:
    """Rows under every member.

    Attributes:
        evidence: (N, K) log-likelihoods of the given cells, nats.
        query: (N, K) log-likelihoods of the cells in question given those.
        terms: (N, D) the terms of the given cells and those in question, the weighted mean over members; 0 elsewhere.
    """

    evidence: Matrix
    query: Matrix
    terms: NDArray[np.float64]


def evidence_roles(evidence: Sequence[int], size: int) -> Roles:
    """Returns (1, D) the roles of a row of which some columns are given and nothing is in question."""
    return Question((), tuple(evidence)).roles(np.ones((1, size), dtype=np.bool_))


def posterior(log_evidence: Matrix) -> Matrix:
    """Returns (N, K) how much each member counts given some cells, sums of 1, from their log-likelihoods (N, K)."""
    weights = np.exp(log_evidence - log_evidence.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def supporting(members: Sequence[Member], roles: Roles) -> list[Member]:
    """Returns the members that can take the columns of every row in the order of the roles.

    Args:
        members: of one run.
        roles: (N, D).

    Raises:
        UserError: none can.
    """
    patterns = np.unique(roles, axis=0)
    found = [member for member in members if member.any_ordering or _supports(member, patterns)]
    if not found:
        raise UserError(
            f"{members[0].run}: none of its orderings has the columns where the question needs them",
            hint="A run trained with --orderings all answers questions about any columns.",
            code=Exit.USAGE,
        )
    return found


def positions_under(member: Member, roles: Roles) -> torch.Tensor:
    """Returns (N, D) the position of each column under a member, by role and then as it orders them, on its device."""
    base = torch.tensor(member.ordering.positions)
    return positions_by_role(torch.from_numpy(roles), base).to(member.made.device)


def _supports(member: Member, patterns: Roles) -> bool:
    own = torch.tensor(member.ordering.positions, device=member.made.device)
    return bool((positions_under(member, patterns) == own).all())


class PartScorer:
    """Members that score parts of rows.

    Args:
        members: K of them, as they take the question; see `Question.ordered`.

    Attributes:
        per_row: (K,) the members' networks ready for an ordering for each row, which those of one network and
            connectivity share.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = list(members)
        keys = [(id(member.made), member.ordering.connectivity) for member in members]
        with torch.no_grad():
            ready = {
                key: PerRowOrderings(member.made, member.ordering.connectivity)
                for key, member in dict(zip(keys, members, strict=True)).items()
            }
        self.per_row = [ready[key] for key in keys]

    def score(
        self,
        codes: NDArray[np.generic],
        roles: Roles,
        weights: NDArray[np.float64] | None = None,
        on_progress: Callable[[], None] = lambda: None,
    ) -> Parts:
        """Computes the log-likelihoods of parts of rows.

        Args:
            codes: (N, D); those of unknown cells do not matter.
            roles: (N, D) what each cell is; all members are `supporting` them.
            weights: (K,) of the members in the mean of the terms; None for equal ones.
            on_progress: called after each member.
        """
        count = len(self.members)
        weights = np.full(count, 1 / count) if weights is None else weights
        evidence, query, terms = np.empty((len(codes), count)), np.empty((len(codes), count)), np.zeros(codes.shape)
        for places in self._alike():
            member, per_row, weight = self.members[places[0]], self.per_row[places[0]], float(weights[places].sum())
            for batch in row_batches(np.arange(len(codes)), member.made):
                role = torch.from_numpy(roles[batch])
                positions = positions_under(member, roles[batch])
                known = (role < MARGINAL).to(member.made.device)
                with torch.no_grad():
                    log_prob = per_row.log_prob(torch.from_numpy(codes[batch]), positions, known).double().cpu()
                evidence[batch[:, None], places] = torch.where(role == EVIDENCE, log_prob, 0).sum(1, True).numpy()
                query[batch[:, None], places] = torch.where(role == QUERY, log_prob, 0).sum(1, True).numpy()
                terms[batch] += weight * log_prob.numpy()
            for _ in places:
                on_progress()
        return Parts(evidence, query, terms)

    def _alike(self) -> list[list[int]]:
        """Groups the indices of the members that are the same: they are scored once."""
        groups: dict[tuple[int, Ordering], list[int]] = {}
        for index, member in enumerate(self.members):
            groups.setdefault((id(member.made), member.ordering), []).append(index)
        return list(groups.values())


@torch.no_grad()
def score_alike(members: Sequence[Member], codes: NDArray[np.generic], roles: Roles) -> tuple[Matrix, Matrix]:
    """Computes what `PartScorer.score` does of rows with the same roles: a pass under one ordering for each member.

    Args:
        members: K of them, `supporting` the roles.
        codes: (N, D), none of them unknown.
        roles: (D,) what each column is.

    Returns:
        (N, K) log-likelihoods of the given cells, nats, and (N, K) of those in question given them.
    """
    evidence, query = np.empty((len(codes), len(members))), np.empty((len(codes), len(members)))
    for index, member in enumerate(members):
        columns = tuple(sorted(member.ordering.columns, key=lambda column: roles[column]))
        ordered = member.made.under(replace(member.ordering, columns=columns))
        for batch in row_batches(np.arange(len(codes)), member.made):
            log_prob = ordered.log_prob(torch.from_numpy(codes[batch])).double().cpu().numpy()
            evidence[batch, index] = log_prob[:, roles == EVIDENCE].sum(axis=1)
            query[batch, index] = log_prob[:, roles == QUERY].sum(axis=1)
    return evidence, query
