"""Why a row is odd: the surprisal of each of its cells.

Knows: the surprisal of a cell is −log of the probability of the cell as it was recorded, which for a number is its
density times the resolution: never negative, and the same in all units. A column of many outcomes is more surprising
than one of few whatever the row; what makes a cell odd is how far its surprisal is above what the model expects of it.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.core.per_row import PerRowOrderings
from made_cli.ensemble.members import Member, row_batches
from made_cli.ensemble.sampling import sample_mixture
from made_cli.inference.conditionals import EVIDENCE, MARGINAL, QUERY, positions_under
from made_cli.tables.columns.kinds import Kind

Surprisals = NDArray[np.float64]

EXPECTED_FROM = 1000
"""Rows of the model that the expected surprisal of each column is a mean over."""


def of_terms(terms: NDArray[np.float64], codes: NDArray[np.generic], kinds: Sequence[Kind]) -> Surprisals:
    """Turns terms of the chain rule (N, D), log-densities in the user's units, into surprisals (N, D), nats."""
    steps = np.array([kind.cell_width for kind in kinds])
    # The empty cell has no width.
    return np.asarray(-terms - np.where(np.isnan(codes.astype(np.float64)), 0, np.log(steps)))


def given_all_others(
    members: Sequence[Member],
    codes: NDArray[np.generic],
    known: NDArray[np.bool_],
    on_progress: Callable[[], None] = lambda: None,
) -> NDArray[np.float64]:
    """Scores each cell given all others of its row.

    Args:
        members: K of them, `supporting` to have any column last.
        codes: (N, D).
        known: (N, D); unknown cells are neither scored nor given.
        on_progress: called after each member.

    Returns:
        (N, D) log-densities, nats, the mean over members; 0 for unknown cells.
    """
    terms = np.zeros(codes.shape)
    codes = np.where(known, codes, 0)
    with torch.no_grad():
        for member in members:
            made = member.made
            per_row = PerRowOrderings(made, member.ordering.connectivity)
            for batch in row_batches(np.arange(len(codes)), made):
                rows = made.to_floats(torch.from_numpy(codes[batch]))
                for column in range(codes.shape[1]):
                    roles = np.where(known[batch], EVIDENCE, MARGINAL)
                    roles[:, column] = QUERY
                    state = per_row.hidden_state(rows, positions_under(member, roles))
                    log_prob = made.single(column).log_prob(state.outputs(column), rows[:, [column]])
                    terms[batch, column] += log_prob.squeeze(1).double().cpu().numpy() / len(members)
            on_progress()
    return np.where(known, terms, 0)


def rows_of(members: Sequence[Member], seed: int) -> NDArray[np.float64]:
    """Draws rows (S, D) of the model, whose mean surprisals are what it expects: its conditional entropies."""
    return sample_mixture(members, EXPECTED_FROM, np.random.default_rng(seed)).codes


def oddest(surprisals: Surprisals, usual: Surprisals, count: int) -> NDArray[np.int64]:
    """Returns (N, count) the columns whose surprisal is furthest above the usual one, the oddest first.

    Args:
        surprisals: (N, D), NaN for cells that are not in question; these come last.
        usual: (D,) what the model expects.
        count: how many columns.

    >>> oddest(np.array([[1.0, 9.0, 5.0]]), np.array([0.5, 9.0, 1.0]), 2).tolist()
    [[2, 0]]
    """
    excess = np.nan_to_num(surprisals - usual, nan=-np.inf)
    return np.argsort(-excess, axis=1, kind="stable")[:, :count]
