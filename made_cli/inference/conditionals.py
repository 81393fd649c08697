"""Some columns given others: log-likelihoods of parts of rows.

Knows: under an ordering with the evidence first and then the queried columns, the terms of these sum to the exact
conditional of that member, and no other column matters. A mixture's conditional is its density of evidence and query
over that of the evidence. What a member makes of known columns does not depend on how they are named: each part of its
ordering keeps the order that it has there, as in training. Columns in question that are named are taken one after the
other, each given those before it, so that the parts of a row fit together: log p(a, b) = log p(a) + log p(b | a), under
every member and under every mixture.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.core.known_first import KnownFirst
from made_cli.core.orderings import Ordering, moved_to_front
from made_cli.core.per_row import PerRowOrderings, positions_by_role
from made_cli.ensemble.members import Member, OnPass, filled, scored_batches
from made_cli.ensemble.mixture import Matrix
from made_cli.errors import Exit, UserError

Roles = NDArray[np.int8]

EVIDENCE, QUERY, MARGINAL = map(np.int8, range(3))
"""What a cell is in a question, in the order in which such columns come."""


@dataclass(frozen=True)
class Question:
    """The density of some columns given others.

    Attributes:
        query: indices of the columns in question, in the order in which they are named; None for all that are not
            evidence.
        evidence: indices of the columns that are given.

    >>> Question(evidence=(1,)).roles(np.array([[True, True, False]])).tolist()
    [[1, 0, 2]]
    """

    query: tuple[int, ...] | None = None
    evidence: tuple[int, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it is the density of the whole row."""
        return self.query is None and not self.evidence

    def roles(self, known: NDArray[np.bool_]) -> Roles:
        """Returns (N, D) what each cell is, from which cells (N, D) are known."""
        columns = range(known.shape[1])
        query = columns if self.query is None else self.query
        row = [EVIDENCE if c in self.evidence else QUERY if c in query else MARGINAL for c in columns]
        return np.where(known, row, MARGINAL)

    def one_by_one(self) -> list["Question"]:
        """Returns the questions whose log-densities add up to this one: each named column given those before it.

        >>> [(each.query, each.evidence) for each in Question((3, 1), (0,)).one_by_one()]
        [((3,), (0,)), ((1,), (0, 3))]
        """
        if self.query is None:
            return [self]
        return [Question((column,), self.evidence + self.query[:place]) for place, column in enumerate(self.query)]

    def ordered(self, members: Sequence[Member]) -> list[Member]:
        """Returns the members with the evidence first, where they answer any question; the others stay."""
        return [with_columns_first(member, self.evidence) for member in members]


def with_columns_first(member: Member, columns: Iterable[int]) -> Member:
    """Returns a member with columns moved to the front, if it answers any question; else as it is."""
    if not member.any_question:
        return member
    return replace(member, ordering=moved_to_front(member.ordering, {*columns}))


@dataclass(frozen=True)
class Parts:
    """Rows under every member.

    Attributes:
        evidence: (N, K) log-likelihoods of the given cells, nats.
        query: (N, K) log-likelihoods of the cells in question given those.
        terms: (N, D) the terms of the given cells and those in question, the weighted mean over members; 0 elsewhere.
            (N, 0) where they are not asked for: they are as large as the table.
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
    if all(member.any_question for member in members):
        return list(members)
    patterns = np.unique(roles, axis=0)
    found = [member for member in members if member.any_question or _supports(member, patterns)]
    if not found:
        raise UserError(
            f"{members[0].run}: none of its orderings has the columns where the question needs them",
            hint="A run trained with --questions any, the default, answers questions about any columns.",
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
        members: K of them.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = list(members)

    @cached_property
    def per_row(self) -> list[PerRowOrderings]:
        """The members' networks (K,) ready to draw unknown cells of rows, which those alike share."""
        keys = [(id(member.made), member.ordering.connectivity) for member in self.members]
        with torch.no_grad():
            ready = {
                key: PerRowOrderings(member.made, member.ordering.connectivity)
                for key, member in dict(zip(keys, self.members, strict=True)).items()
            }
        return [ready[key] for key in keys]

    @torch.no_grad()
    def score(
        self,
        codes: NDArray[np.generic],
        roles: Roles,
        weights: NDArray[np.float64] | None = None,
        on_progress: OnPass = lambda share: None,
        *,
        usual: Roles | None = None,
        with_terms: bool = True,
    ) -> Parts:
        """Computes the log-likelihoods of parts of rows.

        Args:
            codes: (N, D); those of unknown cells do not matter.
            roles: (N, D) what each cell is, that of its column or marginal; all members are `supporting` them.
            weights: (K,) of the members in the mean of the terms; None for equal ones.
            on_progress: told after each batch.
            usual: (1, D) the roles of rows that are scored under one ordering, so that it depends on a row alone; None
                for those of all rows, where they are alike.
            with_terms: whether the terms are asked for.
        """
        count = len(self.members)
        weights = np.full(count, 1 / count) if weights is None else weights
        evidence, query = np.empty((len(codes), count)), np.empty((len(codes), count))
        terms = np.zeros(codes.shape if with_terms else (len(codes), 0))
        alike = list(_alike(roles, usual))
        for index, member in enumerate(self.members):
            for score, batch in self._batches(member, alike):
                role = roles[batch]
                asked = np.where(role < MARGINAL, codes[batch], 0)
                found = score(filled(asked, member.made), filled(role, member.made))
                log_prob = found[: len(batch)].double().cpu().numpy()
                evidence[batch, index] = np.where(role == EVIDENCE, log_prob, 0).sum(axis=1)
                query[batch, index] = np.where(role == QUERY, log_prob, 0).sum(axis=1)
                if with_terms:
                    terms[batch] += weights[index] * np.where(role < MARGINAL, log_prob, 0)
                on_progress(len(batch) / len(codes))
        return Parts(evidence, query, terms)

    def _batches(
        self, member: Member, alike: Sequence["_Alike"]
    ) -> Iterator[tuple[Callable[[NDArray[np.generic], Roles], torch.Tensor], NDArray[np.int64]]]:
        """Yields what scores rows under a member, and the rows of each batch."""
        for group in alike:
            # The weights are masked, or put in order, once.
            columns = tuple(sorted(member.ordering.columns, key=lambda column: int(group.roles[column])))
            ordering = replace(member.ordering, columns=columns)
            score = _holes(member, ordering) if group.has_holes else _whole(member, ordering)
            yield from ((score, batch) for batch in scored_batches(group.rows, member.made))


class _Alike(NamedTuple):
    """Rows that are scored in the same way."""

    rows: NDArray[np.int64]
    roles: NDArray[np.int8]  # (D,) those of the columns; in holes a cell has none of them, but is marginal
    has_holes: bool


def _whole(member: Member, ordering: Ordering) -> Callable[[NDArray[np.generic], Roles], torch.Tensor]:
    """Returns what scores rows without holes."""
    ordered = member.made.under(ordering)
    return lambda codes, roles: ordered.log_prob(torch.from_numpy(codes))


def _holes(member: Member, ordering: Ordering) -> Callable[[NDArray[np.generic], Roles], torch.Tensor]:
    """Returns what scores rows with holes."""
    ready = KnownFirst(member.made, ordering)

    def score(codes: NDArray[np.generic], roles: Roles) -> torch.Tensor:
        known = torch.from_numpy(roles < MARGINAL).to(member.made.device)
        return ready.log_prob(torch.from_numpy(codes), known)

    return score


def _alike(roles: Roles, usual: Roles | None) -> Iterator[_Alike]:
    """Yields rows that are scored in the same way, by what each of them has alone; see `PartScorer.score`."""
    together, columns = _together(roles, usual), roles.min(axis=0, initial=MARGINAL) if usual is None else usual[0]
    if together.any():
        yield _Alike(np.flatnonzero(together), roles[together][0], has_holes=False)
    if together.all():
        return
    rows = np.flatnonzero(~together)
    unknown = roles[rows] == MARGINAL
    assert ((roles[rows] == columns) | unknown).all(), "rows ask about different columns"
    # Beside rows that lack about as many cells: what none of them needs is left out.
    yield _Alike(rows[unknown.sum(axis=1).argsort(kind="stable")], columns, has_holes=True)


def _together(roles: Roles, usual: Roles | None) -> NDArray[np.bool_]:
    """Says (N,) which rows are scored under one ordering; see `PartScorer.score`."""
    if usual is not None:
        return np.asarray((roles == usual).all(axis=1))
    return np.full(len(roles), len(roles) > 0 and bool((roles == roles[0]).all()))
