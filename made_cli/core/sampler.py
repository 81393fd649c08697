"""Ancestral sampling in about one pass through the network.

Knows: a hidden unit of degree t reads the columns at positions < t, so it is known for good once those are drawn.
Column after column, only the units that have just become known are computed, and only the outputs of the column
that is drawn next: each weight is used once, where D passes would use it D times. What a block of positions owes to all
that was known when it began is computed at once, in products as wide as those of a pass; only what it owes to itself is
added column after column.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from made_cli.core.conditional import Conditional
from made_cli.core.made import Made
from made_cli.core.orderings import Ordering
from made_cli.tables.columns.regions import Region
from made_cli.tables.columns.row_regions import Regions

POSITIONS = 24
"""Of a block."""


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
    codes = torch.zeros_like(uniforms)
    given = 0 if known is None else known.shape[1]
    for position, column in enumerate(ordering.columns):
        if known is not None and position < given:
            codes[:, column] = known[:, position].to(codes)
        else:
            codes[:, column] = drawing.conditional(column, codes).sample(uniforms[:, column])
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
    codes = torch.zeros_like(uniforms)
    last = max(ordering.positions[column] for column in regions)
    for position, column in enumerate(ordering.columns[: last + 1]):
        if known is not None and position < known.shape[1]:
            codes[:, column] = known[:, position].to(uniforms)
        elif position == last:
            return log_weights + drawing.conditional(column, codes).log_mass(Regions.of(regions[column]))
        elif column in regions:
            conditional = drawing.conditional(column, codes)
            codes[:, column], log_mass = conditional.sample_truncated(uniforms[:, column], Regions.of(regions[column]))
            log_weights = log_weights + log_mass
        else:
            codes[:, column] = drawing.conditional(column, codes).sample(uniforms[:, column])
        drawing.reveal(column, codes[:, column])
    raise AssertionError("a known column is asked about")


class _Drawing:
    """Rows being drawn: what is known of features, hidden units and outputs so far.

    Features and outputs stand in the order in which they become known, units in that of their degrees, both with a row
    of the table in each column of the buffer, so that all that is known is the top of a buffer. Of the weights none
    but those that the masks keep are ever used here: they need not be masked.
    """

    def __init__(self, made: Made, ordering: Ordering, rows: int) -> None:
        self.places = np.array([ordering.positions])
        self.made, network, direct, size = made, made.network, made.network.direct, len(made.kinds)
        positions = torch.tensor(ordering.positions, device=made.device)
        features, features_known = _by_position(positions[network.input_columns], size)
        read, self.read_known = _by_position(positions[network.input_columns[direct.inputs]], size)
        outputs, self.outputs_known = _by_position(positions[network.output_columns], size)
        moves, self.moves_known = _by_position(positions[direct.columns], size)
        degrees = made.degrees(ordering.connectivity)
        # How many features, then units of each layer, are known once so many columns are.
        self.known = [features_known, *(torch.bincount(d, minlength=size + 1).cumsum(0).tolist() for d in degrees)]
        # Where what is read directly stands among all features; and the moves of each output, the last for none.
        self.read = features.argsort()[direct.inputs[read]]
        self.moves_of = functional.pad(moves.argsort(), (0, 1), value=len(moves))[direct.rows[outputs]]
        self.weights = [network.input_weight.index_select(1, features), *network.hidden]
        self.output_weight = network.output_weight.index_select(0, outputs)
        self.direct_weight = network.direct_weight.index_select(0, moves).index_select(1, read)
        input_bias, output_bias = network.biases(made.stairs(ordering))
        self.hidden = [bias.unsqueeze(1).repeat(1, rows) for bias in (input_bias, *network.hidden_bias)]
        self.active = [input_bias.new_zeros(len(features), rows), *map(torch.zeros_like, self.hidden)]
        self.outputs = output_bias[outputs].unsqueeze(1).repeat(1, rows)
        self.moves = output_bias.new_zeros(len(moves) + 1, rows)
        self.position = self.start = 0
        self._extend(since=None)
        self._begin_block()

    def conditional(self, column: int, codes: Tensor) -> Conditional:
        """Returns the conditional of the next column, given the codes (N, D) of those before it."""
        return self.made.conditional(column, self._next_outputs(), codes, self.places < self.position)

    def reveal(self, column: int, codes: Tensor) -> None:
        """Takes codes (N,) of the next column as known."""
        features = self.made.single(column).features(codes.unsqueeze(1))
        self.active[0][_span(self.known[0], self.position, self.position + 1)] = features.T
        self.position += 1
        self._extend(since=self.start)
        if self.position == self.start + POSITIONS:
            self._begin_block()

    def _next_outputs(self) -> Tensor:
        """Returns (N, O) the raw outputs of the next column."""
        at = self.position
        self._add_to_outputs(at, at + 1, since=self.start)
        rows = _span(self.outputs_known, at, at + 1)
        return (self.outputs[rows] + self.moves[self.moves_of[rows]]).T

    def _begin_block(self) -> None:
        """Computes what the units and outputs of the next positions owe to all that is known."""
        self.start, end = self.position, min(self.position + POSITIONS, len(self.made.kinds))
        for layer, known in enumerate(self.known[1:]):
            self._add_to_units(layer, _span(known, self.start, end), since=None)
        self._add_to_outputs(self.start, end, since=None)

    def _extend(self, *, since: int | None) -> None:
        """Computes the units whose degree is the number of columns known, from what they have not been given yet."""
        for layer, known in enumerate(self.known[1:]):
            new = _span(known, self.position - 1 if self.position else None, self.position)
            if new.start < new.stop:
                self._add_to_units(layer, new, since=since)
                if layer and len(self.hidden[layer]) == len(self.hidden[layer - 1]):
                    self.hidden[layer][new] += self.hidden[layer - 1][new]
                torch.clamp(self.hidden[layer][new], min=0, out=self.active[layer + 1][new])

    def _add_to_units(self, layer: int, units: slice, *, since: int | None) -> None:
        """Adds what units owe to what has become known since a position; None for all that is known."""
        below = _span(self.known[layer], since, self.position)
        self.hidden[layer][units].addmm_(self.weights[layer][units, below], self.active[layer][below])

    def _add_to_outputs(self, first: int, end: int, *, since: int | None) -> None:
        """Adds what outputs of columns from one position to another owe to what has become known; see above."""
        outputs, units = _span(self.outputs_known, first, end), _span(self.known[-1], since, self.position)
        self.outputs[outputs].addmm_(self.output_weight[outputs, units], self.active[-1][units])
        moves, read = _span(self.moves_known, first, end), _span(self.read_known, since, self.position)
        features = self.active[0][read if self.made.network.direct.complete else self.read[read]]
        self.moves[moves].addmm_(self.direct_weight[moves, read], features)


def _by_position(positions: Tensor, size: int) -> tuple[Tensor, list[int]]:
    """Returns the order of things by the positions of their columns, and how many come before each position."""
    before = torch.bincount(positions, minlength=size).cumsum(0).tolist()
    return positions.argsort(stable=True), [0, *before]


def _span(known: Sequence[int], since: int | None, until: int) -> slice:
    """Returns what becomes known from a position on, until another; all of it where `since` is None."""
    return slice(0 if since is None else known[since], known[until])
