"""Rows drawn from a combination of members, exactly.

Knows: a row of a mixture is a row of one of its members, picked by weight. A row of a product is a row of the mixture
with the same weights, accepted with probability g / m (see `made_cli.ensemble.normaliser`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.core.sampler import sample
from made_cli.ensemble.combination import Bound, Combination
from made_cli.ensemble.members import Member, log_likelihoods, row_batches
from made_cli.ensemble.mixture import Matrix
from made_cli.ensemble.normaliser import log_ratio
from made_cli.errors import Exit, UserError
from made_cli.tables.columns.kinds import fit_bytes
from made_cli.tables.columns.schema import Codes

LEAST_ACCEPTANCE = 1e-4
"""Below this, rejection sampling takes too long to be of use."""
TRIED = (2048, 32768)
"""Rows of the mixture that are tried at a time: at first, and at most once the acceptance rate is known."""


@dataclass(frozen=True)
class MixtureSample:
    """Rows of a mixture.

    Attributes:
        codes: (N, D), a byte each where every code fits one.
        picked: (N,) the member that each row was drawn from.
    """

    codes: Codes
    picked: NDArray[np.int64]


def sample_mixture(
    members: Sequence[Member],
    rows: int,
    rng: np.random.Generator,
    *,
    weights: NDArray[np.float64] | None = None,
    on_progress: Callable[[int], None] = lambda count: None,
) -> MixtureSample:
    """Draws from a mixture.

    Args:
        members: K of them.
        rows: N.
        rng: picks the members and draws the rows.
        weights: (K,) sum 1; None for the equal mixture.
        on_progress: told now and then how many rows are drawn.
    """
    columns = len(members[0].ordering.columns)
    picked = rng.choice(len(members), size=rows, p=weights)
    compact, shape = fit_bytes(members[0].made.kinds), (rows, columns)
    codes: Codes = np.empty(shape, dtype=np.uint8) if compact else np.empty(shape)
    drawn = 0
    for index, member in enumerate(members):
        for batch in row_batches(np.flatnonzero(picked == index), member.made):
            uniforms = torch.from_numpy(rng.random((len(batch), columns)))
            codes[batch] = sample(member.made, member.ordering, uniforms).cpu().numpy()
            drawn += len(batch)
            on_progress(drawn)
    return MixtureSample(codes, picked)


def draw_scored(
    members: Sequence[Member], rows: int, rng: np.random.Generator, weights: NDArray[np.float64] | None = None
) -> tuple[MixtureSample, Matrix]:
    """Draws from a mixture, and scores what was drawn under every member: (N, K) nats."""
    drawn = sample_mixture(members, rows, rng, weights=weights)
    return drawn, log_likelihoods(members, drawn.codes)


def with_a_share(members: Sequence[Member], shares: NDArray[np.float64]) -> tuple[list[Member], NDArray[np.float64]]:
    """Returns the members whose share (K,) is above 0, and those shares: nothing else need be computed."""
    used = np.flatnonzero(shares > 0).tolist()
    return [members[index] for index in used], shares[used]


@dataclass(frozen=True)
class Rejection:
    """How the rejection went that rows of a product take.

    Attributes:
        rows: how many were accepted.
        tried: how many rows of the mixture it took.
    """

    rows: int
    tried: int

    @property
    def acceptance(self) -> float:
        """The share of the tried rows that were accepted: an estimate of Z."""
        return self.rows / self.tried

    @classmethod
    def of(cls, blocks: Iterable["Rejection | None"]) -> "Rejection | None":
        """Returns how it went with blocks of rows together; None where there was none."""
        parts = [block for block in blocks if block is not None]
        return cls(sum(part.rows for part in parts), sum(part.tried for part in parts)) if parts else None


@dataclass(frozen=True)
class ProductSample:
    """Rows of a product.

    Attributes:
        codes: (N, D).
        tried: how many rows of the mixture it took.
    """

    codes: Codes
    tried: int


def sample_product(
    members: Sequence[Member],
    rows: int,
    rng: np.random.Generator,
    exponents: NDArray[np.float64],
    *,
    on_progress: Callable[[int], None] = lambda count: None,
) -> ProductSample:
    """Draws from a product by rejection.

    Args:
        members: K of them.
        rows: N.
        rng: draws.
        exponents: (K,) a ≥ 0, sum 1.
        on_progress: told now and then how many rows are accepted.

    Raises:
        UserError: hardly a row is accepted.
    """
    chosen, a = with_a_share(members, exponents)
    kept: list[NDArray[Any]] = []
    accepted = tried = 0
    first, most = TRIED
    while accepted < max(1, rows):  # of none as well, the rate is known
        # Large batches cost less a row; as many as are likely to do, once the rate is known.
        count = min(most, max(first, round((rows - accepted) * tried / accepted))) if accepted else first
        drawn, matrix = draw_scored(chosen, count, rng, a)
        passed = drawn.codes[np.log(rng.random(count)) < log_ratio(matrix, a)]
        kept.append(passed)
        accepted, tried = accepted + len(passed), tried + count
        if tried > 10 / LEAST_ACCEPTANCE and accepted < LEAST_ACCEPTANCE * tried:
            raise UserError(
                f"only {accepted} of {tried:,} tried rows were accepted: the members disagree too much",
                hint="Save the product of fewer members with made ensemble-eval, or sample with --combine mixture.",
                code=Exit.BAD_DATA,
            )
        on_progress(min(accepted, rows))
    # The last rows that were tried are more than it took: the rate is that of all, the count in proportion.
    return ProductSample(np.concatenate(kept)[:rows], round(tried * rows / accepted))


def sample_combination(
    members: Sequence[Member],
    combination: Bound | Combination,
    rows: int,
    rng: np.random.Generator,
    on_progress: Callable[[int], None] = lambda count: None,
) -> MixtureSample | ProductSample:
    """Draws from a combination, exactly.

    Args:
        members: K of them.
        combination: of these.
        rows: N.
        rng: draws.
        on_progress: told now and then how many rows are there.

    Raises:
        UserError: it is no density, or one that cannot be drawn from.
    """
    if combination.form == "mixture":
        weights = combination.shares(len(members))
        return sample_mixture(members, rows, rng, weights=weights, on_progress=on_progress)
    if combination.form == "product" and combination.guaranteed:
        return sample_product(members, rows, rng, combination.shares(len(members)), on_progress=on_progress)
    if combination.form == "bound":
        why, hint = "the bound is no density, and nothing can be drawn from it", "Sample the mixture or the product."
    else:
        why = "the product has free exponents, which rejection cannot sample exactly"
        hint = "Learn it without --free-exponents, or sample with --combine product."
    raise UserError(f"{members[0].run}: {why}", hint=hint, code=Exit.USAGE)
