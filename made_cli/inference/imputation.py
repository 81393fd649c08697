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
from made_cli.tables.columns.kinds import Categorical, Kind

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
            copies = 1 if isinstance(kind, Categorical) else QUANTILES
            for batch in row_batches(np.flatnonzero(~self.known[:, column]), made, copies):
                weights = posterior(self.log_weights[place[batch]])
                codes[batch, column] = self._centre(kind, column, batch, weights)
            on_progress()
        return codes

    def _centre(self, kind: Kind, column: int, rows: NDArray[np.int64], weights: Matrix) -> NDArray[np.float64]:
        """Returns (n,) the mode of labels, the median of numbers, the members weighted (n, K)."""
        found = [outcomes_present(*one, column, QUANTILES) for one in self._alone(column, rows)]
        if isinstance(kind, Categorical):
            chances = (outcomes.probabilities.cpu().numpy() for outcomes in found)
            return _mode(kind, np.asarray(sum(w[:, None] * c for w, c in zip(weights.T, chances, strict=True))))
        return _median(np.stack([outcomes.codes.cpu().numpy() for outcomes in found], axis=1), weights)

    def _alone(self, column: int, rows: NDArray[np.int64]) -> list[tuple[PerRowOrderings, torch.Tensor, torch.Tensor]]:
        """Returns what asking each member about one column takes, next to the known ones: network, codes, positions."""
        roles = self.roles[rows]
        roles[:, column] = QUERY
        codes = torch.from_numpy(np.where(self.known[rows], self.codes[rows], 0))
        return [
            (per_row, codes, positions_under(member, roles))
            for member, per_row in zip(self.members, self.per_row, strict=True)
        ]


def _mode(kind: Categorical, chances: Matrix) -> NDArray[np.float64]:
    """Returns (n,) the likeliest labels, from the chances (n, S) of the outcomes seen, none of the empty cell."""
    if kind.rare:  # which of them is not known: each has its share only
        chances[:, len(kind.labels)] /= len(kind.rare)
    return np.asarray(chances.argmax(axis=1), dtype=np.float64)


def _median(draws: NDArray[np.float64], weights: Matrix) -> NDArray[np.float64]:
    """Returns (n,) the weighted medians of draws (n, K, S), each member's of weight (n, K)."""
    shares = np.repeat(weights, draws.shape[2], axis=1)
    flat = draws.reshape(len(draws), -1)
    order = flat.argsort(axis=1)
    ascending, below = np.take_along_axis(flat, order, 1), np.take_along_axis(shares, order, 1).cumsum(axis=1)
    half = (below < 0.5 * below[:, -1:]).sum(axis=1)
    return np.asarray(np.take_along_axis(ascending, half[:, None], 1)[:, 0])
