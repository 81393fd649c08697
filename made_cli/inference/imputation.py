"""The rest of a row given what is known of it: drawn, or the likeliest.

Knows: given the known cells, the equal mixture of members is a mixture again, whose weights are in proportion to what
each member gives to the known cells. Members take the known columns first; see `made_cli.inference.conditionals`.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.core.per_row import PerRowOrderings
from made_cli.core.per_row_sampler import outcomes_present, sample_unknown
from made_cli.ensemble.members import Matrix, Member, row_batches
from made_cli.inference.conditionals import EVIDENCE, MARGINAL, QUERY, PartScorer, positions_under, posterior
from made_cli.inference.sampling import pick

QUANTILES = 101
"""Even shares of a column of numbers under one member, of which the median is taken."""


class Imputer:
    """Rows with unknown cells, other ones in each.

    Args:
        members: K of them, `supporting` to have the known columns of every row first.
        codes: (N, D); those of unknown cells do not matter.
        known: (N, D) which cells are.
        on_progress: called after each member whose weights are found.
    """

    def __init__(
        self,
        members: Sequence[Member],
        codes: NDArray[np.float64],
        known: NDArray[np.bool_],
        on_progress: Callable[[], None] = lambda: None,
    ) -> None:
        self.members, self.codes, self.known = members, codes.astype(np.float64), known
        self.open = np.flatnonzero(~known.all(1))
        self.roles = np.where(known, EVIDENCE, MARGINAL)
        scorer = PartScorer(members)
        parts = scorer.score(self.codes[self.open], self.roles[self.open], on_progress=on_progress)
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

    def likeliest(self, on_progress: Callable[[], None] = lambda: None) -> NDArray[np.float64]:
        """Fills each unknown cell by itself, given the known ones of its row.

        Args:
            on_progress: called after each column.

        Returns:
            (N, D) codes: the most probable label, the median of numbers.
        """
        codes, made = self.codes.copy(), self.members[0].made
        place = np.full(len(codes), -1)
        place[self.open] = np.arange(len(self.open))
        for column, kind in enumerate(made.kinds):
            copies = max(len(self.members), QUANTILES if kind.outcomes is None else 1)
            for batch in row_batches(np.flatnonzero(~self.known[:, column]), made, copies):
                codes[batch, column] = kind.central(*self._weighted(column, batch, self.log_weights[place[batch]]))
            on_progress()
        return codes

    def _weighted(
        self, column: int, rows: NDArray[np.int64], log_weights: Matrix
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Returns (n, M) what cells of a column may be under any of the members, and how probable each is."""
        found = [outcomes_present(*alone, column, QUANTILES) for alone in self._alone(column, rows)]
        codes = np.concatenate([outcomes.codes.cpu().numpy() for outcomes in found], axis=1)
        weights = np.stack([outcomes.probabilities.cpu().numpy() for outcomes in found], axis=1)
        return codes, (posterior(log_weights)[:, :, np.newaxis] * weights).reshape(codes.shape)

    def _alone(self, column: int, rows: NDArray[np.int64]) -> list[tuple[PerRowOrderings, torch.Tensor, torch.Tensor]]:
        """Returns what asking each member about one column takes, next to the known ones: network, codes, positions."""
        roles = self.roles[rows]
        roles[:, column] = QUERY
        codes = torch.from_numpy(np.where(self.known[rows], self.codes[rows], 0))
        return [
            (per_row, codes, positions_under(member, roles))
            for member, per_row in zip(self.members, self.per_row, strict=True)
        ]
