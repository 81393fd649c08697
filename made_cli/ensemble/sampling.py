"""Rows drawn from a combination of members.

Knows: a row of a mixture is a row of one of its members, picked by weight.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.core.sampler import sample
from made_cli.ensemble.members import BATCH_CELLS, Member


def sample_mixture(
    members: Sequence[Member],
    rows: int,
    rng: np.random.Generator,
    *,
    done: Callable[[int], None] = lambda count: None,
) -> NDArray[np.float64]:
    """Draws from the equal mixture, exactly.

    Args:
        members: K of them.
        rows: N.
        rng: picks the members and draws the rows.
        done: told now and then how many rows are drawn.

    Returns:
        (N, D) codes.
    """
    columns = len(members[0].ordering.columns)
    picked = rng.integers(len(members), size=rows)
    codes = np.empty((rows, columns))
    size = max(1, BATCH_CELLS // columns)
    drawn = 0
    for index, member in enumerate(members):
        mine = np.flatnonzero(picked == index)
        for start in range(0, len(mine), size):
            batch = mine[start : start + size]
            uniforms = torch.from_numpy(rng.random((len(batch), columns)))
            codes[batch] = sample(member.made, member.ordering, uniforms).cpu().numpy()
            drawn += len(batch)
            done(drawn)
    return codes
