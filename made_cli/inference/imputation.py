"""The rest of a row given what is known of it: drawn, or the likeliest.

Knows: given the known cells, the equal mixture of members is a mixture again, whose weights are in proportion to what
each member gives to the known cells. Members take the known columns first; see `made_cli.inference.conditionals`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.core.per_row import PerRowOrderings
from made_cli.core.per_row_sampler import outcomes_present, sample_unknown
from made_cli.ensemble.members import Member, OnPass, row_batches
from made_cli.inference.conditionals import EVIDENCE, MARGINAL, QUERY, PartScorer, Question, positions_under, posterior
from made_cli.inference.disagreement import Spread, are_alike, spread
from made_cli.inference.sampling import pick

QUANTILES = 101
"""Even shares of a column of numbers under one member, of which the median is taken."""


@dataclass(frozen=True)
class Opinions:
    """What the members say of unknown cells of one column, each cell by itself given the known ones of its row.

    Attributes:
        rows: (n,) the rows of the cells.
        codes: (n,) the most probable labels, the medians of numbers.
        probability: (n,) of those labels; None for numbers.
        spread: how far the members lie apart: in their probabilities of those labels, in their own medians.
    """

    rows: NDArray[np.int64]
    codes: NDArray[np.float64]
    probability: NDArray[np.float64] | None
    spread: Spread


class Imputer:
    """Rows with unknown cells, other ones in each.

    Args:
        members: K of them, `supporting` to have the known columns of every row first.
        codes: (N, D); those of unknown cells do not matter.
        known: (N, D) which cells are.
        on_progress: told of a pass for each member whose weights are found.
        scorer: of these members, where other rows share it; None for one of its own.
    """

    def __init__(
        self,
        members: Sequence[Member],
        codes: NDArray[np.float64],
        known: NDArray[np.bool_],
        on_progress: OnPass = lambda share: None,
        scorer: PartScorer | None = None,
    ) -> None:
        self.members, self.codes, self.known = members, codes.astype(np.float64, copy=False), known
        self.open = np.flatnonzero(~known.all(1))
        self.roles = np.where(known, EVIDENCE, MARGINAL)
        scorer = scorer or PartScorer(members)
        parts = scorer.score(self.codes[self.open], self.roles[self.open], on_progress=on_progress, with_terms=False)
        self.per_row, self.log_weights = scorer.per_row, parts.evidence

    def draw(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draws the unknown cells of each row given its known ones, one after another, none of them empty.

        Returns:
            (N, D) codes, the known ones as they were.
        """
        picked, uniforms, codes = pick(self.log_weights, rng), rng.random(self.codes.shape), self.codes.copy()
        for index, (member, per_row) in enumerate(zip(self.members, self.per_row, strict=True)):
            for batch in row_batches(self.open[picked == index], member.made):
                known, positions = torch.from_numpy(self.known[batch]), positions_under(member, self.roles[batch])
                rows = (torch.from_numpy(codes[batch]), known, positions, torch.from_numpy(uniforms[batch]))
                codes[batch] = sample_unknown(per_row, *(part.to(member.made.device) for part in rows)).cpu().numpy()
        return codes

    def likeliest(self, on_progress: OnPass = lambda share: None) -> NDArray[np.float64]:
        """Fills each unknown cell by itself, given the known ones of its row.

        Args:
            on_progress: told of a pass for each column.

        Returns:
            (N, D) codes: the most probable label, the median of numbers.
        """
        codes = self.codes.copy()
        for column in range(codes.shape[1]):
            for found in self.opinions(column):
                codes[found.rows, column] = found.codes
            on_progress(1)
        return codes

    @property
    def alike(self) -> bool:
        """Whether all members are one, and cannot disagree."""
        return are_alike(self.members, Question())

    def opinions(self, column: int) -> Iterator[Opinions]:
        """Yields what the members say of the unknown cells of one column, a batch of rows at a time."""
        made = self.members[0].made
        copies = max(len(self.members), QUANTILES if made.kinds[column].outcomes is None else 1)
        for batch in row_batches(np.flatnonzero(~self.known[:, column]), made, copies):
            yield self._opinions(column, batch)

    def _opinions(self, column: int, rows: NDArray[np.int64]) -> Opinions:
        kind = self.members[0].made.kinds[column]
        found = [outcomes_present(*alone, column, QUANTILES) for alone in self._alone(column, rows)]
        # (n, K, M): what a cell may be under each of the members, and how probable that is.
        codes, chances = (
            np.stack([part.cpu().numpy() for part in parts], axis=1) for parts in zip(*found, strict=True)
        )
        weights = posterior(self.log_weights[np.searchsorted(self.open, rows)])
        flat = (weights[:, :, np.newaxis] * chances).reshape(len(rows), -1)
        central = kind.central(codes.reshape(len(rows), -1), flat)
        if kind.outcomes is None:
            medians = [kind.central(codes[:, place], chances[:, place]) for place in range(len(self.members))]
            return Opinions(rows, central, None, spread(np.stack(medians, axis=1), weights))
        own = np.take_along_axis(chances, central.astype(np.int64)[:, np.newaxis, np.newaxis], axis=2)[:, :, 0]
        return Opinions(rows, central, (weights * own).sum(axis=1), spread(own, weights))

    def _alone(self, column: int, rows: NDArray[np.int64]) -> list[tuple[PerRowOrderings, torch.Tensor, torch.Tensor]]:
        """Returns what asking each member about one column takes, next to the known ones: network, codes, positions."""
        roles = self.roles[rows]
        roles[:, column] = QUERY
        codes = torch.from_numpy(np.where(self.known[rows], self.codes[rows], 0))
        return [
            (per_row, codes, positions_under(member, roles))
            for member, per_row in zip(self.members, self.per_row, strict=True)
        ]
