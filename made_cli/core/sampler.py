"""Ancestral sampling in about one pass through the network.

Knows: a hidden unit of degree t reads the columns at positions < t, so it is known for good once those are drawn.
Column after column, only the units that have just become known are computed, and only the outputs of the column
that is drawn next: each weight is used once, where D passes would use it D times.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from made_cli.core.distributions.base import TruncatedDraw
from made_cli.core.made import Made
from made_cli.core.orderings import Ordering
from made_cli.tables.columns.regions import Region


@torch.no_grad()
def sample(made: Made, ordering: Ordering, uniforms: Tensor, known: Tensor | None = None) -> Tensor:
    """Draws rows from q(x | π).

    Args:
        made: the family.
        ordering: π, the member to draw from.
        uniforms: (N, D) float64 in [0, 1); what is drawn is a function of them.
        known: (N, k) codes of the first k columns of the ordering, in its order; these are kept and not drawn.

    Returns:
        (N, D) float64 codes, in the order of the table. Outcomes never seen in training are not drawn.
    """
    uniforms = uniforms.to(made.device, torch.float64)
    drawing = _Drawing(made, ordering, len(uniforms))
    codes = torch.empty_like(uniforms)
    given = 0 if known is None else known.shape[1]
    for position, column in enumerate(ordering.columns):
        if known is not None and position < given:
            codes[:, column] = known[:, position].to(codes)
        else:
            codes[:, column] = drawing.draw(column, uniforms[:, column])
        drawing.reveal(column, codes[:, column])
    return codes


@torch.no_grad()
def progressive_sample(
    made: Made, ordering: Ordering, uniforms: Tensor, regions: Mapping[int, Region], known: Tensor | None = None
) -> Tensor:
    """Estimates how probable it is that some columns lie in regions: importance sampling along the ordering.

    Each column that is asked about is drawn from within its region, and the probability of that region, given what was
    drawn before, goes into the weight. The mean weight is an unbiased estimate, however rare the event.

    Args:
        made: the family.
        ordering: π, the member that is asked.
        uniforms: (N, D) float64 in [0, 1).
        regions: the region of each column that is asked about.
        known: (N, k) codes of the first k columns of the ordering, none of them asked about.

    Returns:
        (N,) logs of the weights: the mean of their exponentials estimates P(regions | known).

    Reference: Yang et al., *Deep Unsupervised Cardinality Estimation*, VLDB 2019, section 5.1.
    """
    uniforms = uniforms.to(made.device, torch.float64)
    drawing, log_weights = _Drawing(made, ordering, len(uniforms)), uniforms.new_zeros(len(uniforms))
    last = max(ordering.positions[column] for column in regions)
    for position, column in enumerate(ordering.columns[: last + 1]):
        if known is not None and position < known.shape[1]:
            codes = known[:, position].to(uniforms)
        elif position == last:
            return log_weights + drawing.log_mass(column, regions[column])
        elif column in regions:
            codes, log_mass = drawing.draw_truncated(column, uniforms[:, column], regions[column])
            log_weights = log_weights + log_mass
        else:
            codes = drawing.draw(column, uniforms[:, column])
        drawing.reveal(column, codes)
    raise AssertionError("a known column is asked about")


class _Drawing:
    """Rows being drawn: what is known of features and hidden units so far.

    Features stand in the order in which they become known, units in that of their degrees, both with a row of the
    table in each column of the buffer, so that all that is known is the top of a buffer.
    """

    def __init__(self, made: Made, ordering: Ordering, rows: int) -> None:
        self.made = made
        # Of the weights none but those that the masks keep are ever used here: they need not be masked.
        self.network = network = made.network
        self.input_bias, self.output_bias = network.biases(made.stairs(ordering))
        positions = torch.tensor(ordering.positions, device=made.device)
        feature_positions, order = positions[made.network.input_columns].sort(stable=True)
        self.input_weight = network.input_weight[:, order]
        columns = range(len(made.kinds))
        direct = network.direct
        read_positions, read_order = positions[made.network.input_columns[direct.inputs]].sort(stable=True)
        # Their places among all features; and a row of zeros for outputs that no direct weight moves.
        self.read = order.argsort()[direct.inputs[read_order]]
        self.read_known = torch.bincount(read_positions, minlength=len(columns)).cumsum(0).tolist()
        self.direct_weight = functional.pad(network.direct_weight[:, read_order], (0, 0, 0, 1))
        self.features_known = torch.bincount(feature_positions, minlength=len(columns)).cumsum(0).tolist()
        self.units_known = [
            torch.bincount(degrees, minlength=len(columns) + 1).cumsum(0).tolist()
            for degrees in made.degrees(ordering.connectivity)
        ]
        self.features = self._buffer(len(order), rows)
        self.hidden = [self._buffer(width, rows) for width in made.config.hidden]
        self.active = [self._buffer(width, rows) for width in made.config.hidden]
        self.position = 0
        self._extend()

    def draw(self, column: int, uniforms: Tensor) -> Tensor:
        """Returns (N,) codes of the next column, from uniforms (N,)."""
        return self.made.single(column).sample(self._outputs(column), uniforms.unsqueeze(1)).squeeze(1)

    def draw_truncated(self, column: int, uniforms: Tensor, region: Region) -> TruncatedDraw:
        """Returns (N,) codes of the next column from within a region, and the log-probability of that region."""
        return self.made.single(column).sample_truncated(self._outputs(column), uniforms, region)

    def log_mass(self, column: int, region: Region) -> Tensor:
        """Returns (N,) the log-probability that the next column lies in a region."""
        return self.made.single(column).log_mass(self._outputs(column), region)

    def reveal(self, column: int, codes: Tensor) -> None:
        """Takes codes (N,) of the next column as known."""
        features = self.made.single(column).features(codes.unsqueeze(1))
        self.features[self._feature_count(self.position) : self._feature_count(self.position + 1)] = features.T
        self.position += 1
        self._extend()

    def _outputs(self, column: int) -> Tensor:
        """Returns (N, O) the raw outputs of the next column."""
        rows = (self.made.network.output_columns == column).nonzero().squeeze(1)
        direct, units = self.network.direct, self.units_known[-1][self.position]
        read = self.read_known[self.position - 1] if self.position else 0
        features = self.features[:read] if direct.complete else self.features[self.read[:read]]
        direct_weight = self.direct_weight[direct.rows[rows], :read]
        outputs = torch.addmm(self.output_bias[rows].unsqueeze(1), direct_weight, features)
        return (outputs + self.network.output_weight[rows, :units] @ self.active[-1][:units]).T

    def _extend(self) -> None:
        """Computes the units whose degree is the number of columns known."""
        below, below_known = self.features, self._feature_count(self.position)
        for index, units in enumerate(self.units_known):
            new = slice(units[self.position - 1] if self.position else 0, units[self.position])
            if index == 0:
                weight, bias, residual = self.input_weight, self.input_bias, False
            else:
                weight, bias = self.network.hidden[index - 1], self.network.hidden_bias[index - 1]
                residual = weight.shape[0] == weight.shape[1]
            update = torch.addmm(bias[new].unsqueeze(1), weight[new, :below_known], below[:below_known])
            self.hidden[index][new] = update + self.hidden[index - 1][new] if residual else update
            self.active[index][new] = self.hidden[index][new].relu()
            below, below_known = self.active[index], units[self.position]

    def _feature_count(self, position: int) -> int:
        return self.features_known[position - 1] if position else 0

    def _buffer(self, height: int, rows: int) -> Tensor:
        return torch.zeros(height, rows, dtype=self.made.dtype, device=self.made.device)
