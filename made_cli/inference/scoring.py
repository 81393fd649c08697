"""Rows scored by a combination of members: as a whole or in part, and cell by cell.

Knows: whole rows take one pass for each member. Parts of rows, and rows with unknown cells, take members with the known
columns first, and a combination whose conditionals are known: a mixture of members, or their bound.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.ensemble.combination import Bound, Combination, Mixture, Product
from made_cli.ensemble.members import Member, OnPass, log_likelihoods
from made_cli.ensemble.mixture import Matrix
from made_cli.ensemble.sampling import sample_mixture
from made_cli.errors import Exit, UserError
from made_cli.inference import surprisal
from made_cli.inference.conditionals import (
    EVIDENCE,
    MARGINAL,
    QUERY,
    PartScorer,
    Question,
    Roles,
    posterior,
    supporting,
)
from made_cli.inference.disagreement import Spread, are_alike, spread

EXPECTED_FROM = 1000
"""Rows of the model that the expected surprisal of each column is a mean over."""


@dataclass(frozen=True)
class Scores:
    """Scored rows.

    Attributes:
        log_prob: (N,) log-densities of what is in question, nats in the user's units.
        terms: (N, D) the terms of the chain rule, averaged over the members by their shares; 0 for unknown cells.
            (N, 0) where they are not asked for: they are as large as the table.
        members: how many answered.
        spread: how far their own log-densities lie apart, nats; None where they are all alike.
    """

    log_prob: NDArray[np.float64]
    terms: NDArray[np.float64]
    members: int
    spread: Spread | None


class CodeScorer:
    """A question about each row, and the combination that answers it.

    Args:
        members: K of them.
        combination: how they are combined.
        question: which columns are in question.
        leave_one_out: whether surprisals are given all other known cells.

    Raises:
        UserError: leave-one-out, of a combination that has no conditionals or of a run without orderings for it.
    """

    def __init__(
        self,
        members: Sequence[Member],
        combination: Bound | Combination,
        question: Question | None = None,
        *,
        leave_one_out: bool = False,
    ) -> None:
        self.combination, self.question, self.leave_one_out = combination, question or Question(), leave_one_out
        self.members = list(members)
        # A named query of a run of fixed orderings is asked at once, under these; else column by column.
        self.steps = self.question.one_by_one() if any(each.any_question for each in members) else [self.question]
        if leave_one_out:
            columns = len(members[0].ordering.columns)
            self._answering(np.where(np.eye(columns, dtype=np.bool_), QUERY, EVIDENCE))

    def score(
        self,
        codes: NDArray[np.generic],
        known: NDArray[np.bool_],
        on_progress: OnPass = lambda share: None,
        *,
        with_terms: bool = True,
        among: NDArray[np.bool_] | None = None,
    ) -> Scores:
        """Scores rows.

        Args:
            codes: (N, D).
            known: (N, D) which cells are.
            on_progress: told of a pass for each member and step of the question.
            with_terms: whether the terms are asked for.
            among: (M, D) which cells are known of the rows that these are a part of, all of which the same members are
                to answer; None where they are all.

        Raises:
            UserError: the run has no ordering for it, or the combination no conditionals.
        """
        among = known if among is None else among
        if self.question.is_whole and among.all():
            return self._whole(codes, on_progress, with_terms=with_terms)
        log_prob, counts = np.zeros(len(codes)), None
        terms = np.zeros(codes.shape if with_terms else (len(codes), 0))
        own: list[Matrix] = []
        # Members that answer any question alone take several steps: the same ones each.
        members, combination = self._answering(self.question.roles(among))
        steps = self.steps if all(each.any_question for each in members) else [self.question]
        scorer, shares = PartScorer(members), combination.shares(len(members))
        for step in steps:
            roles = step.roles(known)
            usual = step.roles(np.ones((1, codes.shape[1]), dtype=np.bool_))
            parts = scorer.score(codes, roles, shares, on_progress, usual=usual, with_terms=with_terms)
            log_prob += _conditional(combination, parts.evidence, parts.query)
            if with_terms:
                terms += np.where(roles == QUERY, parts.terms, 0)
            own.append(parts.query)
            counts = _counts(combination, parts.evidence) if counts is None else counts
        apart = None if counts is None or are_alike(members, step) else spread(np.sum(own, axis=0), counts)
        return Scores(log_prob, terms, len(members), apart)

    def surprisals(
        self,
        codes: NDArray[np.generic],
        known: NDArray[np.bool_],
        terms: NDArray[np.float64],
        on_progress: OnPass = lambda share: None,
    ) -> NDArray[np.float64]:
        """Returns (N, D) −log of the probability of each cell, nats, from the terms of `score`; NaN if not in question.

        Given all others, `on_progress` is told of a pass for each column in question and member.

        Raises:
            UserError: as for `score`.
        """
        roles = self.question.roles(known)
        if self.leave_one_out:
            terms = self._given_all_others(codes, roles, on_progress)
        found = surprisal.of_terms(terms, codes, self.members[0].made.kinds)
        return np.where(roles == QUERY, found, np.nan)

    def expected_surprisals(self, seed: int, on_progress: OnPass = lambda share: None) -> NDArray[np.float64]:
        """Returns (D,) what the model expects of rows of its own: their mean surprisals, its conditional entropies.

        A mixture draws rows of its own, a product and the bound those of the equal mixture of their members.

        Args:
            seed: draws the rows.
            on_progress: told as by `surprisals`.
        """
        members, weights, count = self.members, None, len(self.members)
        shares = self.combination.shares(count)
        if isinstance(self.combination, Mixture) and np.ptp(shares) > 0:
            weights = shares
        rows = sample_mixture(members, EXPECTED_FROM, np.random.default_rng(seed), weights=weights).codes
        known = np.ones(rows.shape, dtype=np.bool_)
        # Given all others, the terms of the chain rule play no part: they need not be computed.
        terms = np.zeros(rows.shape) if self.leave_one_out else self.score(rows, known).terms
        return np.asarray(self.surprisals(rows, known, terms, on_progress).mean(axis=0))

    def _whole(self, codes: NDArray[np.generic], on_progress: OnPass, *, with_terms: bool) -> Scores:
        terms = np.zeros(codes.shape if with_terms else (len(codes), 0))
        shares = self.combination.shares(len(self.members))

        def add(index: int, start: int, log_prob: torch.Tensor) -> None:
            terms[start : start + len(log_prob)] += shares[index] * log_prob.numpy()

        matrix = log_likelihoods(self.members, codes, terms=add if with_terms else None, on_progress=on_progress)
        counts = _counts(self.combination, np.zeros(matrix.shape))
        apart = None if are_alike(self.members, self.question) else spread(matrix, counts)
        return Scores(self.combination.log_density(matrix), terms, len(self.members), apart)

    def _given_all_others(self, codes: NDArray[np.generic], roles: Roles, on_progress: OnPass) -> NDArray[np.float64]:
        """Returns (N, D) the log-density of each cell in question given all others that are known, nats; else 0."""
        known, terms = roles < MARGINAL, np.zeros(codes.shape)
        found = np.where(known, EVIDENCE, MARGINAL)
        members, combination = self._answering(found)
        scorer = PartScorer(members)
        for column in np.flatnonzero((roles == QUERY).any(axis=0)):
            one_out, usual = found.copy(), np.full((1, codes.shape[1]), EVIDENCE)
            one_out[known[:, column], column] = QUERY
            usual[:, column] = QUERY
            parts = scorer.score(codes, one_out, None, on_progress, usual=usual, with_terms=False)
            terms[:, column] = _conditional(combination, parts.evidence, parts.query)
        return terms

    def _answering(self, roles: Roles) -> tuple[list[Member], Bound | Mixture]:
        """Returns the members that count and have orderings for the roles (N, D), combined in proportion.

        Raises:
            UserError: there is none, or the combination has no conditionals.
        """
        if isinstance(self.combination, Product):
            raise UserError(
                "a product has its normaliser for whole rows only, under its members' own orderings",
                hint="Use --combine mixture.",
                code=Exit.USAGE,
            )
        if isinstance(self.combination, Bound):
            return supporting(self.members, roles), self.combination
        weighted = [pair for pair in zip(self.members, self.combination.weights, strict=True) if pair[1] > 0]
        members = supporting([member for member, _ in weighted], roles)
        weights = [weight for member, weight in weighted if member in members]
        return members, Mixture(tuple(weight / sum(weights) for weight in weights))


def _conditional(combination: Bound | Mixture, evidence: Matrix, query: Matrix) -> NDArray[np.float64]:
    """Returns (N,) the log-density of the query given the evidence, nats, from (N, K) of the members."""
    return combination.log_density(evidence + query) - combination.log_density(evidence)


def _counts(combination: Bound | Combination, evidence: Matrix) -> Matrix:
    """Returns (N, K) how much each member counts given the evidence, sums of 1, from its log-likelihoods (N, K).

    In a bound or product all that count at all do so equally.
    """
    shares = combination.shares(evidence.shape[1])
    if isinstance(combination, Mixture):
        with np.errstate(divide="ignore"):
            return posterior(evidence + np.log(shares))
    return np.broadcast_to((shares != 0) / np.count_nonzero(shares), evidence.shape)
