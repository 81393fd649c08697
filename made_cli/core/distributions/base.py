"""What every distribution offers.

Knows: the interface between the network, which deals in features and raw outputs, and a kind of column.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from made_cli.tables.columns.row_regions import CellSets


class TruncatedDraw(NamedTuple):
    """Cells drawn from within a region of one column.

    Attributes:
        codes: (N,).
        log_mass: (N,) log-probability of the region that they were drawn from, nats.
    """

    codes: Tensor
    log_mass: Tensor


class WeightedCodes(NamedTuple):
    """What the cells of one column may be within a region, and how probable each is given that region.

    Attributes:
        codes: (N, M).
        probabilities: (N, M); each row sums to 1.
    """

    codes: Tensor
    probabilities: Tensor


def even_quantiles(
    draw: Callable[[NDArray[np.int64], Tensor], Tensor], rows: int, count: int, device: torch.device
) -> WeightedCodes:
    """Returns `count` even quantiles of each row, (N, count), each as probable.

    Args:
        draw: returns the codes of some rows, which come more than once, by the inverse of the distribution function.
        rows: N.
        count: how many for each.
        device: where codes are drawn.
    """
    even = (torch.arange(count, dtype=torch.float64, device=device) + 0.5) / count
    codes = draw(np.repeat(np.arange(rows), count), even.repeat(rows)).view(-1, count)
    return WeightedCodes(codes, torch.full_like(codes, 1 / count))


Targets = tuple[Tensor | None, ...]
"""What a log-density needs of cells, each (N, C), whatever the weights are; None for what none of the cells needs."""


class Distribution(nn.Module, ABC):
    """The conditionals of C columns of one form, each given whatever its outputs were computed from.

    Attributes:
        columns: (C,) indices of these columns in the table, ascending.
        input_columns: (F,) the column that each feature belongs to, as an index into the table.
        output_columns: (O,) likewise for each raw output. Within a column, features and outputs are the same, in
            the same order, whichever other columns share the distribution: the sampler relies on it.
    """

    columns: Tensor
    input_columns: Tensor
    output_columns: Tensor

    def __init__(self, columns: list[int], features: list[int], outputs: list[int]) -> None:
        super().__init__()
        for name, indices in (("columns", columns), ("input_columns", features), ("output_columns", outputs)):
            self.register_buffer(name, torch.tensor(indices, dtype=torch.long), persistent=False)

    @property
    def peak_width(self) -> int:
        """The most numbers that a row needs at a time."""
        return len(self.output_columns)

    @property
    def direct_features(self) -> Tensor:
        """(F,) which features direct weights read, where these are few: all, unless the distribution says otherwise."""
        return torch.ones(len(self.input_columns), dtype=torch.bool)

    @property
    def direct_groups(self) -> Tensor:
        """(O,) the group of each output, numbered from 0, that a direct weight moves together where these are few.

        Each output has its own, unless the distribution says otherwise; −1 is that of what they leave alone.
        """
        return torch.arange(len(self.output_columns))

    def draw_weights(self, generator: torch.Generator) -> None:
        """Draws the initial weights of the distribution's own; it has none unless it says otherwise."""
        assert next(self.parameters(), None) is None

    @abstractmethod
    def features(self, codes: Tensor) -> Tensor:
        """Turns codes (N, C) into what the network reads of them, (N, F)."""

    @abstractmethod
    def targets(self, codes: Tensor) -> Targets:
        """Returns what `log_prob_at` needs of codes (N, C)."""

    @abstractmethod
    def log_prob_at(self, outputs: Tensor, targets: Targets) -> Tensor:
        """Returns (N, C) log-densities, nats, of the codes that targets were made of, under raw outputs (N, O)."""

    def log_prob(self, outputs: Tensor, codes: Tensor) -> Tensor:
        """Returns (N, C) log-densities, nats, of codes (N, C) under raw outputs (N, O)."""
        return self.log_prob_at(outputs, self.targets(codes))

    @abstractmethod
    def sample(self, outputs: Tensor, uniforms: Tensor) -> Tensor:
        """Turns uniforms (N, C) into codes (N, C) by the inverse of the distribution function.

        Outcomes never seen in training are not drawn.
        """

    @abstractmethod
    def sample_truncated(self, outputs: Tensor, uniforms: Tensor, regions: CellSets) -> TruncatedDraw:
        """Draws the cells of a single column (C = 1) given that they lie in a region, one for each row or for all.

        Args:
            outputs: (N, O) raw outputs.
            uniforms: (N,).
            regions: (N,) or (1,) what may be drawn, outcomes never seen in training included. Where it has no mass at
                all, what is drawn means nothing.
        """

    def log_mass(self, outputs: Tensor, regions: CellSets) -> Tensor:
        """Returns (N,) the log-probability, float64, that a single column (C = 1) lies in its region.

        See `sample_truncated`; differentiable in the outputs.
        """
        return self.log_masses_at(outputs.double(), [self.set_targets(regions)]).squeeze(1)

    @abstractmethod
    def set_targets(self, cells: CellSets) -> Targets:
        """Returns what `log_masses_at` needs of sets of cells of a single column (C = 1), (N,) or (1,), as (N, …)."""

    @abstractmethod
    def log_masses_at(self, outputs: Tensor, sets: Sequence[Targets]) -> Tensor:
        """Returns (N, C) the log-probability that each column lies in its set of cells.

        Args:
            outputs: (N, O) raw outputs.
            sets: (C,) what `set_targets` returned of each column by itself.
        """

    @abstractmethod
    def outcomes_within(self, outputs: Tensor, regions: CellSets, count: int) -> WeightedCodes:
        """Returns what the cells of a single column (C = 1) may be, given that they lie in a region.

        Args:
            outputs: (N, O) raw outputs.
            regions: (N,) or (1,); of outcomes seen in training, which alone are returned. Of one without mass, what is
                returned means nothing.
            count: how many numbers stand for all of a column of numbers: even quantiles, as probable as each other.
        """

    @abstractmethod
    def base_rates(self, codes: Tensor) -> Tensor:
        """Returns (O,) raw outputs under which each column has its smoothed marginal over codes (N, C).

        What weights the distribution has of its own are set so that they do.
        """
