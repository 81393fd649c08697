"""Columns of any number of outcomes but two: a logit for each outcome.

Knows: the softmax distribution of columns side by side, padded to the largest; a column of a single outcome needs
no output at all.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from made_cli.core.distributions.labels import Labels
from made_cli.tables.columns.categorical import Categorical


class Outcomes(nn.Module):
    """Discrete outcomes of C columns, S_c of them in column c; a column of one outcome has no logits.

    Args:
        sizes: (C,) the number of outcomes of each column.
    """

    place: Tensor
    others: Tensor
    flat: Tensor

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self.widest = max(sizes)
        outcomes = torch.arange(self.widest)
        real = outcomes < torch.tensor(sizes)[:, None]
        with_logits = real & (torch.tensor(sizes)[:, None] > 1)
        starts = with_logits.sum(1).cumsum(0) - with_logits.sum(1)
        # Behind the logits stand that of a single outcome, and that of the padding.
        count = with_logits.sum()
        place = torch.where(with_logits, starts[:, None] + outcomes, torch.where(real, count, count + 1))
        self.register_buffer("place", place.flatten(), persistent=False)
        self.register_buffer("others", torch.tensor([0.0, float("-inf")]), persistent=False)
        self.register_buffer("flat", with_logits.flatten().nonzero().squeeze(1), persistent=False)

    def owners(self, columns: Sequence[int]) -> list[int]:
        """Returns, for each logit, the entry of `columns` that it belongs to."""
        return [columns[index // self.widest] for index in self.flat.tolist()]

    def one_hot(self, codes: Tensor, dtype: torch.dtype) -> Tensor:
        """Turns codes (N, C) into (N, logits); codes that are no outcome into zeros."""
        equal = codes.unsqueeze(2) == torch.arange(self.widest, device=codes.device)
        return equal.flatten(1).index_select(1, self.flat).to(dtype)

    def log_prob(self, logits: Tensor) -> Tensor:
        """Turns logits (N, all columns') into (N, C, largest S) log-probabilities; −inf in the padding."""
        padded = torch.cat([logits, self.others.to(logits).expand(len(logits), -1)], dim=1)
        shape = len(logits), len(self.place) // self.widest, self.widest
        return padded.index_select(1, self.place).view(shape).log_softmax(2)

    def base_rates(self, codes: Tensor) -> Tensor:
        """Returns (logits,) log-frequencies of codes (N, C), half a row added to each outcome."""
        counts = self.one_hot(codes, torch.float64).sum(0) + 0.5
        return counts.log() - torch.log(torch.tensor(len(codes), dtype=torch.float64))


class Softmax(Labels):
    """Columns of labels, a raw output for each outcome seen.

    Args:
        kinds: the columns, by their index in the table.
    """

    def __init__(self, kinds: Mapping[int, Categorical]) -> None:
        outcomes = Outcomes([kind.seen for kind in kinds.values()])
        owners = outcomes.owners(list(kinds))
        super().__init__(kinds, owners, owners)
        self.outcomes = outcomes

    @property
    def peak_width(self) -> int:
        """The most numbers that a row needs at a time."""
        return len(self.columns) * self.outcomes.widest

    def features(self, codes: Tensor) -> Tensor:
        """Returns (N, F): one-hot for each column, zeros for an outcome never seen."""
        return self.outcomes.one_hot(codes, codes.dtype)

    def log_outcomes(self, outputs: Tensor) -> Tensor:
        """Returns (N, C, largest S) log-probabilities."""
        return self.outcomes.log_prob(outputs)

    def base_rates(self, codes: Tensor) -> Tensor:
        """Returns (O,) log-frequencies, half a row added to each outcome."""
        return self.outcomes.base_rates(codes)
