"""Small tables and models with drawn weights, on which everything can be enumerated."""

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from made_cli.config import Direct, NetworkConfig
from made_cli.core.made import Made
from made_cli.core.network import propagate
from made_cli.core.orderings import Ordering
from made_cli.core.per_row import PerRowOrderings
from made_cli.tables.columns.kinds import Categorical, Kind, Numeric
from made_cli.tables.columns.quantities import numeric
from made_cli.tables.text.column import read_column

ROWS = 50

# Every form of a column of labels: outcomes seen + outcomes never seen.
LETTERS = Categorical("letters", ("a", "b", "c"), {"d": 1, "e": 1}, missing=True, rows=ROWS)  # 5 + 0
BINARY = Categorical("binary", ("0", "1"), {}, missing=False, rows=ROWS)  # 2 + 2
CONSTANT = Categorical("constant", ("0",), {}, missing=False, rows=ROWS)  # 1 + 3: the opposite, another, empty
LONELY = Categorical("lonely", ("x",), {}, missing=False, rows=ROWS)  # 1 + 2
OFTEN_EMPTY = Categorical("often empty", ("no",), {}, missing=True, rows=ROWS)  # 2 + 2
COLOURS = Categorical("colours", ("b", "g", "r"), {}, missing=False, rows=ROWS)  # 3 + 2
LABELS: tuple[Kind, ...] = (LETTERS, CONSTANT, COLOURS, BINARY, LONELY, OFTEN_EMPTY)


def numbers(texts: Sequence[str], name: str = "x") -> Numeric:
    return numeric(read_column(pd.Series(list(texts), name=name, dtype=object)))


def skewed_counts() -> Numeric:
    """Integers from 0 on, with an atom at 0, empty cells, and a logarithmic scaling."""
    rng = np.random.default_rng(0)
    counts = np.where(rng.random(600) < 0.4, 0, np.exp(rng.normal(3, 0.8, 600)).round()).astype(int)
    return numbers([*map(str, counts), *[""] * 20], "counts")


def bell() -> Numeric:
    """Numbers of one decimal around 0, unbounded, nothing missing."""
    return numbers([f"{x:.1f}" for x in np.random.default_rng(1).normal(0, 2, 400)], "bell")


def few_steps() -> Numeric:
    """Numbers with fewer quantiles apart than other columns have."""
    return numbers([str(x) for x in range(1, 8) for _ in range(9)], "steps")


MIXED: tuple[Kind, ...] = (skewed_counts(), LETTERS, bell(), BINARY, CONSTANT, few_steps(), COLOURS)


def drawn_made(
    kinds: Sequence[Kind],
    hidden: tuple[int, ...] = (16, 16),
    *,
    conditioning: bool = True,
    direct: Direct = "all",
) -> Made:
    """A model in float64 all of whose weights are large, so that whatever leaks shows."""
    generator = torch.Generator().manual_seed(7)
    made = Made(kinds, NetworkConfig(hidden=hidden, conditioning=conditioning, direct=direct), generator).double()
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator, dtype=torch.float64))
    return made


def all_rows(kinds: Sequence[Kind], *, unseen: bool = True) -> Tensor:
    """All rows of a table of labels, (N, D), those with outcomes never seen in training included."""
    outcomes = []
    for kind in kinds:
        assert isinstance(kind, Categorical)
        outcomes.append(range(kind.seen + (len(kind.unseen) if unseen else 0)))
    return torch.tensor(list(product(*outcomes)), dtype=torch.float64)


def orderings(size: int) -> list[Ordering]:
    """The table's own order, its reverse, and some drawn ones, half of them with degrees of their own."""
    rng = np.random.default_rng(3)
    drawn = [Ordering(tuple(rng.permutation(size).tolist()), seed) for seed in (None, None, 11, 12, 13)]
    return [Ordering(tuple(range(size))), Ordering(tuple(reversed(range(size)))), *drawn]


@torch.no_grad()
def sample_in_passes(made: Made, ordering: Ordering, uniforms: Tensor, known: Tensor | None = None) -> Tensor:
    """Draws rows as the chain rule says: a full pass through the network for each column."""
    codes = torch.zeros_like(uniforms)
    weights = made.under(ordering).weights
    for position, column in enumerate(ordering.columns):
        if known is not None and position < known.shape[1]:
            codes[:, column] = known[:, position]
            continue
        outputs, start = propagate(weights, made.features(codes)), 0
        for part in made.distributions:
            stop = start + len(part.output_columns)
            if column in part.columns:
                drawn = part.sample(outputs[:, start:stop], uniforms[:, part.columns])
                codes[:, column] = drawn[:, part.columns.tolist().index(column)]
            start = stop
    return codes


@torch.no_grad()
def log_prob_per_row(made: Made, codes: Tensor, positions: Tensor, connectivity: int | None = None) -> Tensor:
    """Returns (N, D) the terms of the chain rule of rows that each have an ordering, one column after the other."""
    state = PerRowOrderings(made, connectivity).hidden_state(codes, positions)
    terms = [made.single(c).log_prob(state.outputs(c), codes[:, c : c + 1]) for c in range(codes.shape[1])]
    return torch.cat(terms, dim=1)


def chi_square(observed: Tensor, probabilities: Tensor) -> float:
    """Returns by how many of its standard deviations Pearson's statistic exceeds its mean; rare cells are pooled."""
    expected = probabilities * observed.sum()
    common = expected >= 5
    observed, expected = (torch.cat([part[common], part[~common].sum()[None]]) for part in (observed, expected))
    if expected[-1] == 0:
        assert observed[-1] == 0
        observed, expected = observed[:-1], expected[:-1]
    freedom = len(expected) - 1
    statistic = float(((observed - expected) ** 2 / expected).sum())
    return float((statistic - freedom) / math.sqrt(2 * freedom))
