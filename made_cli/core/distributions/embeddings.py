"""Columns of very many labels: each label a vector to read and a vector to write.

Knows: the network reads V numbers of a label and writes V numbers of its own; the logit of a label is their product
with the label's vector, plus a bias. What a column costs the network does not grow with its labels, and the softmax is
over all of them, with nothing left out or shared.

Reference: Bengio et al., *A Neural Probabilistic Language Model*, JMLR 2003.
"""

import torch
from torch import Tensor, nn

from made_cli.core.distributions.labels import Labels
from made_cli.tables.columns.categorical import Categorical

MANY = 256
"""Columns with more outcomes than this have vectors; the others a feature and a logit for each outcome."""
LENGTH = 48
"""V, numbers in a vector."""


class VectorSoftmax(Labels):
    """A column of very many labels.

    Args:
        column: its index in the table.
        kind: its S outcomes.
    """

    def __init__(self, column: int, kind: Categorical) -> None:
        super().__init__({column: kind}, [column] * LENGTH, [column] * LENGTH)
        generator = torch.Generator().manual_seed(column)
        self.read = nn.Parameter(torch.randn(kind.seen, LENGTH, generator=generator))
        self.write = nn.Parameter(torch.randn(kind.seen, LENGTH, generator=generator) * LENGTH**-0.5)
        self.bias = nn.Parameter(torch.zeros(kind.seen))

    @property
    def peak_width(self) -> int:
        """The most numbers that a row needs at a time."""
        return len(self.bias)

    def features(self, codes: Tensor) -> Tensor:
        """Returns (N, V): the vector of the label, zeros for an outcome never seen."""
        known = self.unseen.known(codes).squeeze(1)
        return self.read[known] * (codes == known.unsqueeze(1))

    def log_prob(self, outputs: Tensor, codes: Tensor) -> Tensor:
        """Returns (N, 1) log-probabilities, nats."""
        logits, known = self._logits(outputs), self.unseen.known(codes)
        return self.unseen.complete(logits.gather(1, known) - logits.logsumexp(1, keepdim=True), codes)

    def log_outcomes(self, outputs: Tensor) -> Tensor:
        """Returns (N, 1, S) log-probabilities."""
        return self._logits(outputs).log_softmax(1).unsqueeze(1)

    def base_rates(self, codes: Tensor) -> Tensor:
        """Takes log-frequencies as biases, half a row added to each outcome; returns (V,) zeros."""
        seen = self.unseen.known(codes)[codes == self.unseen.known(codes)]
        counts = torch.bincount(seen, minlength=len(self.bias)).double() + 0.5
        with torch.no_grad():
            self.bias.copy_(torch.log(counts / counts.sum()))
        return torch.zeros(LENGTH, dtype=torch.float64)

    def _logits(self, outputs: Tensor) -> Tensor:
        """Returns (N, S)."""
        return outputs @ self.write.to(outputs.dtype).T + self.bias.to(outputs.dtype)
