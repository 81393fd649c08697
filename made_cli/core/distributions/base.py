"""What every distribution offers, and the outcomes that no network can learn.

Knows: the interface between the network, which deals in features and raw outputs, and a kind of column.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from made_cli.tables.kinds.categorical import Categorical


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

    @abstractmethod
    def features(self, codes: Tensor) -> Tensor:
        """Turns codes (N, C) into what the network reads of them, (N, F)."""

    @abstractmethod
    def log_prob(self, outputs: Tensor, codes: Tensor) -> Tensor:
        """Returns (N, C) log-densities, nats, of codes (N, C) under raw outputs (N, O)."""

    @abstractmethod
    def sample(self, outputs: Tensor, uniforms: Tensor) -> Tensor:
        """Turns uniforms (N, C) into codes (N, C) by the inverse of the distribution function.

        Outcomes never seen in training are not drawn.
        """

    @abstractmethod
    def base_rates(self, codes: Tensor) -> Tensor:
        """Returns (O,) raw outputs under which each column has its smoothed marginal over codes (N, C)."""


class Unseen(nn.Module):
    """Outcomes that training had none of: each has a fixed probability, the outcomes seen share the rest.

    Args:
        kinds: the columns of labels, by their index in the table.
    """

    seen: Tensor
    log_seen: Tensor
    log_unseen: Tensor

    def __init__(self, kinds: Mapping[int, Categorical]) -> None:
        super().__init__()
        widest = max(len(kind.unseen) for kind in kinds.values())
        table = torch.zeros(len(kinds), max(widest, 1), dtype=torch.float64)
        for row, kind in zip(table, kinds.values(), strict=True):
            row[: len(kind.unseen)] = torch.tensor(kind.unseen, dtype=torch.float64)
        self.register_buffer("seen", torch.tensor([kind.seen for kind in kinds.values()]), persistent=False)
        self.register_buffer("log_seen", torch.log1p(-table.sum(1)), persistent=False)
        self.register_buffer("log_unseen", table.log(), persistent=False)

    def known(self, codes: Tensor) -> Tensor:
        """Returns codes (N, C) as integers, with that of an outcome never seen replaced by 0."""
        codes = codes.long()
        return torch.where(codes < self.seen, codes, 0)

    def complete(self, log_prob: Tensor, codes: Tensor) -> Tensor:
        """Turns log-probabilities (N, C) among the outcomes seen into those among all outcomes."""
        place = codes.long() - self.seen
        seen = log_prob + self.log_seen.to(log_prob.dtype)
        if not bool((place >= 0).any()):
            return seen
        unseen = self.log_unseen.expand(len(codes), -1, -1).gather(2, place.clamp(min=0).unsqueeze(2)).squeeze(2)
        return torch.where(place < 0, seen, unseen.to(seen.dtype))
