"""Columns of two outcomes: one logit each.

Knows: the Bernoulli distribution, and the ±1 coding of its outcomes.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from made_cli.core.distributions.base import Targets
from made_cli.core.distributions.labels import Labels
from made_cli.tables.columns.categorical import Categorical


class Bernoulli(Labels):
    """Columns of two outcomes seen; the raw output is the logit of code 1.

    Args:
        kinds: the columns, by their index in the table.
    """

    def __init__(self, kinds: Mapping[int, Categorical]) -> None:
        super().__init__(kinds, list(kinds), list(kinds))

    def features(self, codes: Tensor) -> Tensor:
        """Returns (N, C): 1 for code 1, −1 for code 0, 0 for an outcome never seen."""
        signs, is_unseen = 2 * codes - 1, codes >= 2
        return signs.masked_fill(is_unseen, 0) if bool(is_unseen.any()) else signs

    def targets(self, codes: Tensor) -> Targets:
        """Returns 1 for code 1 and −1 for code 0, then which are never seen, and their log-probabilities."""
        return 2 * codes - 1, *self.unseen.targets(codes)

    def log_prob_at(self, outputs: Tensor, targets: Targets) -> Tensor:
        """Returns (N, C) log-probabilities, nats."""
        signs, *unseen = targets
        assert signs is not None
        # That of an outcome never seen is replaced: any finite number will do.
        return self.unseen.with_unseen_mass(functional.logsigmoid(signs.to(outputs.dtype) * outputs), tuple(unseen))

    def log_outcomes(self, outputs: Tensor) -> Tensor:
        """Returns (N, C, 2) log-probabilities of the codes 0 and 1."""
        return functional.logsigmoid(torch.stack([-outputs, outputs], dim=2))

    def sample(self, outputs: Tensor, uniforms: Tensor) -> Tensor:
        """Returns (N, C): code 1 where the uniform is below its probability."""
        return (uniforms < outputs.to(uniforms.dtype).sigmoid()).to(uniforms.dtype)

    def base_rates(self, codes: Tensor) -> Tensor:
        """Returns (C,) logits of the base rates, half a row added to each outcome."""
        ones, zeros = (codes == 1).sum(0).double() + 0.5, (codes == 0).sum(0).double() + 0.5
        return torch.log(ones / zeros)
