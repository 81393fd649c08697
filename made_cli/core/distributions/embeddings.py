"""Columns of very many labels: each label has an embedding to read and one to be predicted by.

Knows: the network reads the V numbers of a label's input embedding, and its own outputs are V numbers; the logit of a
label is their product with the label's output embedding, plus a bias. What a column costs the network does not grow
with its labels, and the softmax is over all of them, with nothing left out or shared.

Reference: Bengio et al., *A Neural Probabilistic Language Model*, JMLR 2003.
"""

import torch
from torch import Tensor, nn

from made_cli.core.distributions.base import Targets
from made_cli.core.distributions.labels import Labels
from made_cli.core.shapes.forms import EMBEDDING_SIZE
from made_cli.tables.columns.categorical import Categorical


class EmbeddingSoftmax(Labels):
    """A column of very many labels. It has weights of its own.

    Args:
        column: its index in the table.
        kind: its S outcomes.
    """

    def __init__(self, column: int, kind: Categorical) -> None:
        super().__init__({column: kind}, [column] * EMBEDDING_SIZE, [column] * EMBEDDING_SIZE)
        self.input_embeddings = nn.Parameter(torch.zeros(kind.seen, EMBEDDING_SIZE))
        self.output_embeddings = nn.Parameter(torch.zeros(kind.seen, EMBEDDING_SIZE))
        self.bias = nn.Parameter(torch.zeros(kind.seen))

    @property
    def peak_width(self) -> int:
        """The most numbers that a row needs at a time."""
        return len(self.bias)

    def draw_weights(self, generator: torch.Generator) -> None:
        """Draws embeddings under which features have variance 1, and logits if the outputs have."""
        nn.init.normal_(self.input_embeddings, generator=generator)
        nn.init.normal_(self.output_embeddings, std=EMBEDDING_SIZE**-0.5, generator=generator)

    def features(self, codes: Tensor) -> Tensor:
        """Returns (N, V): the input embedding of the label, zeros for an outcome never seen."""
        seen = self.unseen.seen_codes(codes)
        return self.input_embeddings[seen.squeeze(1)] * (codes == seen)

    def log_prob_at(self, outputs: Tensor, targets: Targets) -> Tensor:
        """Returns (N, 1) log-probabilities, nats."""
        logits, (seen, *unseen) = self._logits(outputs), targets
        assert seen is not None
        return self.unseen.with_unseen_mass(logits.gather(1, seen) - logits.logsumexp(1, keepdim=True), tuple(unseen))

    def log_outcomes(self, outputs: Tensor) -> Tensor:
        """Returns (N, 1, S) log-probabilities."""
        return self._logits(outputs).log_softmax(1).unsqueeze(1)

    def base_rates(self, codes: Tensor) -> Tensor:
        """Takes log-frequencies as biases, half a row added to each outcome; returns (V,) zeros."""
        seen = self.unseen.seen_codes(codes)
        counts = torch.bincount(seen[codes == seen], minlength=len(self.bias)).double() + 0.5
        with torch.no_grad():
            self.bias.copy_(torch.log(counts / counts.sum()))
        return torch.zeros(EMBEDDING_SIZE, dtype=torch.float64)

    def _logits(self, outputs: Tensor) -> Tensor:
        """Returns (N, S)."""
        return outputs @ self.output_embeddings.to(outputs.dtype).T + self.bias.to(outputs.dtype)
