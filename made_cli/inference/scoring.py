"""Rows scored by a combination of members: as a whole or in part, and cell by cell.

Knows: whole rows take one pass for each member. Parts of rows, and rows with unknown cells, take members with the known
columns first, and a combination whose conditionals are known: a mixture of members, or their bound.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.ensemble.combination import Bound, Combination, Mixture, Product
from made_cli.ensemble.members import Member, log_likelihoods
from made_cli.errors import Exit, UserError
from made_cli.inference import surprisal
from made_cli.inference.conditionals import EVIDENCE, MARGINAL, QUERY, Question, Roles, score_parts, supporting

Codes = NDArray[np.generic]
Known = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """Scored rows.

    Attributes:
        log_prob: (N,) log-densities of what is asked, nats in the user's units.
        terms: (N, D) the terms of the chain rule, averaged over the members; 0 for unknown cells.
    """

    log_prob: Floats
    terms: Floats


class Scorer:
    """What is asked of each row, and who answers.

    Args:
        members: K of them.
        combination: how they are combined.
        question: which columns are asked about.
        leave_one_out: whether surprisals are given all other known cells.
    """

    def __init__(
        self,
        members: list[Member],
        combination: Bound | Combination,
        question: Question | None = None,
        *,
        leave_one_out: bool = False,
    ) -> None:
        self.members, self.combination = members, combination
        self.question, self.leave_one_out = question or Question(), leave_one_out
        if leave_one_out:
            columns = len(members[0].ordering.columns)
            self.members = supporting(members, np.where(np.eye(columns, dtype=np.bool_), QUERY, EVIDENCE))

    def score(self, codes: Codes, known: Known, on_progress: Callable[[], None] = lambda: None) -> Scores:
        """Scores rows.

        Args:
            codes: (N, D).
            known: (N, D) which cells are.
            on_progress: called after each member.

        Raises:
            UserError: the run has no ordering for it, or the combination no conditionals.
        """
        roles = self.question.roles(known)
        if (roles == QUERY).all():
            return self._whole(codes, on_progress)
        return self._part(codes, roles, on_progress)

    def surprisals(self, codes: Codes, known: Known, terms: Floats) -> Floats:
        """Returns (N, D) −log of the probability of each cell, nats, from the terms of `score`; NaN if not asked."""
        roles = self.question.roles(known)
        if self.leave_one_out:
            terms = surprisal.given_all_others(self.members, codes, roles < MARGINAL)
        found = surprisal.of_terms(terms, codes, self.members[0].made.kinds)
        return np.where(roles == QUERY, found, np.nan)

    def expected_surprisals(self, seed: int) -> Floats:
        """Returns (D,) what the model expects of its own rows: their mean surprisals."""
        rows = surprisal.rows_of(self.members, seed)
        known = np.ones(rows.shape, dtype=np.bool_)
        # Given all others, the terms of the chain rule play no part: they need not be computed.
        terms = np.zeros(rows.shape) if self.leave_one_out else self.score(rows, known).terms
        return np.asarray(self.surprisals(rows, known, terms).mean(axis=0))

    def _whole(self, codes: Codes, on_progress: Callable[[], None]) -> Scores:
        terms = np.zeros(codes.shape)

        def add(member: Member, start: int, log_prob: torch.Tensor) -> None:
            terms[start : start + len(log_prob)] += log_prob.numpy() / len(self.members)

        matrix = log_likelihoods(self.members, codes, terms=add, on_progress=on_progress)
        return Scores(self.combination.log_density(matrix), terms)

    def _part(self, codes: Codes, roles: Roles, on_progress: Callable[[], None]) -> Scores:
        if isinstance(self.combination, Product):
            raise UserError(
                "a product has its normaliser for whole rows only, not for some columns of them",
                hint="Use --combine mixture.",
                code=Exit.USAGE,
            )
        members, combination = self.members, self.combination
        if isinstance(combination, Mixture):  # of those that can answer, in proportion
            weighted = [pair for pair in zip(members, combination.weights, strict=True) if pair[1] > 0]
            members = supporting([member for member, _ in weighted], roles)
            weights = [weight for member, weight in weighted if member in members]
            combination = Mixture(tuple(weight / sum(weights) for weight in weights))
        else:
            members = supporting(members, roles)
        parts = score_parts(members, codes, roles, on_progress)
        log_prob = combination.log_density(parts.given + parts.asked) - combination.log_density(parts.given)
        return Scores(log_prob, parts.terms)
