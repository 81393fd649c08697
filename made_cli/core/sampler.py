"""Ancestral sampling in about one pass through the network.

Knows: a hidden unit of degree t reads the columns at positions < t, so it is known for good once those are drawn.
Column after column, only the units that have just become known are computed, and only the outputs of the column
that is drawn next: each weight is used once, where D passes would use it D times. What a block of positions owes to all
that was known when it began is computed at once, in products as wide as those of a pass. Its own units and features
stand in one buffer in the order in which they become known, so that each takes one product more, with the top of that
buffer. Columns that are given are revealed together.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
import torch
from torch import Tensor

from made_cli.core.conditional import Conditional
from made_cli.core.distributions.bernoulli import Bernoulli
from made_cli.core.in_order import WeightsInOrder, spans
from made_cli.core.made import Made
from made_cli.core.masks import Mask, hidden_masks
from made_cli.core.orderings import Ordering
from made_cli.tables.columns.regions import Region
from made_cli.tables.columns.row_regions import Regions

BLOCK = 150
"""Units, outputs and features of a block, but at least those of one position. More would owe each other too much, and
fewer make narrow products of what they owe to all that was known before."""


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
    with torch.inference_mode():
        codes = _draw(made, ordering, _by_column(made, uniforms), known)
    return codes.T.clone(memory_format=torch.contiguous_format)  # which gradients may be taken beside


def _draw(made: Made, ordering: Ordering, uniforms: Tensor, known: Tensor | None) -> Tensor:
    """Returns (D, N) codes from uniforms (D, N); see `sample`."""
    drawing, codes = _Drawing(made, ordering, uniforms.shape[1], known), _with_known(ordering, uniforms, known)
    thresholds, signs = _thresholds(made, uniforms), dict[int, Tensor]()
    for column in ordering.columns[drawing.position :]:
        if column in thresholds:
            signs[column] = drawing.draw_sign(thresholds[column])
        else:
            codes[column] = drawing.conditional(column, codes).sample(uniforms[column])
            drawing.reveal(column, codes[column])
    if signs:
        codes[list(signs)] = (torch.stack([*signs.values()]) > 0).to(codes)
    return codes


@torch.inference_mode()
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
    uniforms = _by_column(made, uniforms)
    drawing, log_weights = _Drawing(made, ordering, uniforms.shape[1], known), uniforms.new_zeros(uniforms.shape[1])
    codes = _with_known(ordering, uniforms, known)
    last = max(ordering.positions[column] for column in regions)
    for column in ordering.columns[drawing.position : last]:
        conditional = drawing.conditional(column, codes)
        if column in regions:
            codes[column], log_mass = conditional.sample_truncated(uniforms[column], Regions.of(regions[column]))
            log_weights = log_weights + log_mass
        else:
            codes[column] = conditional.sample(uniforms[column])
        drawing.reveal(column, codes[column])
    column = ordering.columns[last]
    return log_weights + drawing.conditional(column, codes).log_mass(Regions.of(regions[column]))


class _Drawing:
    """Rows being drawn: what is known of hidden units and features so far, and the block of positions at hand.

    Buffers have things in the order in which they become known, and a row of the table in each column. Of the weights
    none but those that the masks keep are used here: they need not be masked, but where columns are given.

    Args:
        made: the family.
        ordering: the member to draw from.
        rows: N, how many are drawn.
        given: (N, k) codes of the first columns, which are known before any is drawn.
    """

    def __init__(self, made: Made, ordering: Ordering, rows: int, given: Tensor | None) -> None:
        self.made, self.weights = made, WeightsInOrder(made, ordering)
        self.places = np.array([ordering.positions])
        *units, _, features = self.weights.sizes
        self.one = self.weights.output_bias.new_ones(())
        self.active = [self.one.new_empty(size, rows) for size in (*units, features)]
        self.position = 0
        if given is not None:
            self._reveal_first(given)
        if self.position < len(made.kinds):
            self._begin_block()

    def conditional(self, column: int, codes: Tensor) -> Conditional:
        """Returns the conditional of the next column, given the codes (D, N) of those before it."""
        return self.made.conditional(column, self.outputs.T, codes.T, self.places < self.position)

    def draw_sign(self, thresholds: Tensor) -> Tensor:
        """Draws the next column, of two outcomes, and takes it as known; returns (N,) its feature, 1 or −1."""
        feature = self.values[self.top]
        torch.copysign(self.one, torch.sub(self.outputs[0], thresholds, out=feature), out=feature)
        self._step()
        return feature

    def reveal(self, column: int, codes: Tensor) -> None:
        """Takes codes (N,) of the next column as known."""
        features = self.made.single(column).features(codes.unsqueeze(1))
        self.values[self.top : self.top + features.shape[1]] = features.T
        self._step()

    def _step(self) -> None:
        """Goes on to the next position, the features of this one being known."""
        self.position += 1
        if self.position < self.end:
            self._begin_position()
        elif self.position < len(self.made.kinds):
            places = torch.split(self.order.argsort(), self.sizes)
            for sort in (*range(len(self.weights.layers)), -1):
                torch.index_select(self.values, 0, places[sort], out=self.active[sort][self.own[sort]])
            self._begin_block()

    def _begin_position(self) -> None:
        """Computes the units that are known now, layer after layer, and the outputs of the next column."""
        first, *ends = self.bounds[self.position - self.start]
        self.values[first : ends[-1]].addmm_(self.owes[first : ends[-1], :first], self.values[:first])
        low = first
        for high in ends[:-1]:
            self._add_from_position(first, low, high).relu_()
            low = high
        self.outputs = self._add_from_position(first, low, ends[-1])
        self.top = ends[-1]

    def _add_from_position(self, first: int, low: int, high: int) -> Tensor:
        """Adds what things of a position, which begins at `first`, owe to those before them in it; returns them."""
        things = self.values[low:high]
        if first < low < high:
            things.addmm_(self.owes[low:high, first:low], self.values[first:low])
        return things

    def _begin_block(self) -> None:
        """Computes what the units and outputs of the next positions owe to all that is known.

        What they owe to each other is kept for later: weights that are put together sort by sort, and then in the order
        in which things become known.
        """
        weights, self.start, before = self.weights, self.position, self.weights.all_before
        self.end = max(self.start + 1, bisect_right(before, before[self.start] + BLOCK) - 1)
        self.own = spans(weights.before, self.start, self.end)
        self.sizes = [own.stop - own.start for own in self.own]
        self.order = torch.cat([ranks[own] for ranks, own in zip(weights.ranks, self.own, strict=True)]).argsort()
        owes, pending = self.one.new_zeros(len(self.order), len(self.order)), list[Tensor]()
        rows = torch.split(owes, self.sizes)
        for layer, (weight, bias) in enumerate(weights.layers):
            units, below = self.own[layer], self.own[layer - 1]
            known = self.active[layer - 1][: below.start]
            pending.append(torch.addmm(bias[units], weight[units, : below.start], known))
            torch.split(rows[layer], self.sizes, dim=1)[layer - 1].copy_(weight[units, below])
            if weights.adds_to_layer_below(layer):
                pending[layer] += pending[layer - 1]
                rows[layer].add_(rows[layer - 1])
        pending.append(self._begin_outputs(torch.split(rows[-2], self.sizes, dim=1)))
        pending.append(self.one.new_empty(self.sizes[-1], self.active[0].shape[1]))
        self.values = torch.cat(pending).index_select(0, self.order)
        self.owes = owes.index_select(0, self.order).index_select(1, self.order)
        self.bounds = self._bounds()
        self._begin_position()

    def _begin_outputs(self, owes: Sequence[Tensor]) -> Tensor:
        """Does so for the outputs, of which it returns (O, N) what they owe to all that is known.

        Args:
            owes: what they owe to each sort, to be filled in.
        """
        weights, (units, outputs, features) = self.weights, self.own[-3:]
        moves, read = spans([weights.moves_before, weights.read_before], self.start, self.end)
        weight, direct = weights.output_weight[outputs], weights.direct_weight[moves]
        known = weights.read_of(self.active[-1][: features.start], slice(read.start))
        pending = weights.spread(direct[:, : read.start] @ known, outputs, moves.start)
        pending = pending + weights.output_bias[outputs]
        owes[-3].copy_(weight[:, units])
        owes[-1][:, weights.read[read] - features.start] = weights.spread(direct[:, read], outputs, moves.start)
        return pending.addmm_(weight[:, : units.start], self.active[-2][: units.start])

    def _bounds(self) -> list[list[int]]:
        """Returns, for each position of the block, where it begins in the buffer, and where each sort of it ends."""
        found, before = [], self.weights.all_before
        for position in range(self.start, self.end):
            sizes = (each[position + 1] - each[position] for each in self.weights.before[:-1])
            found.append([*accumulate(sizes, initial=before[position] - before[self.start])])
        return found

    def _reveal_first(self, given: Tensor) -> None:
        """Takes codes (N, k) of the first columns as known, all at once: under masks."""
        weights, self.position = self.weights, given.shape[1]
        columns = weights.positions.argsort()[: self.position]
        codes = given.new_zeros(len(given), len(weights.positions)).index_copy_(1, columns, given)
        *units, _, features = spans(weights.before, 0, self.position)
        order = weights.features[features]
        self.active[-1][features] = self.made.features(self.made.to_floats(codes)).index_select(1, order).T
        bounds = tuple(each[own] for each, own in zip(weights.degrees, units, strict=True))
        first = Mask(bounds[0], weights.positions[self.made.network.input_columns[order]])
        hidden: list[Tensor] = []
        for layer, (own, mask) in enumerate(zip(units, [first, *hidden_masks(bounds)], strict=True)):
            below, (weight, bias) = [*units, features][layer - 1], weights.layers[layer]
            kept = weight[own, below] * mask.dense(weight.dtype)
            hidden.append(torch.addmm(bias[own], kept, self.active[layer - 1][below]))
            if weights.adds_to_layer_below(layer):
                hidden[layer] += hidden[layer - 1]
            torch.clamp(hidden[layer], min=0, out=self.active[layer][own])


def _by_column(made: Made, uniforms: Tensor) -> Tensor:
    """Returns uniforms (N, D) as (D, N) float64 on the device of the weights, those of a column side by side."""
    return uniforms.to(made.device, torch.float64).T.contiguous()


def _with_known(ordering: Ordering, uniforms: Tensor, known: Tensor | None) -> Tensor:
    """Returns (D, N) codes of the first columns as they are known, zeros for the others; uniforms are as many."""
    codes = torch.zeros_like(uniforms)
    if known is not None:
        codes[list(ordering.columns[: known.shape[1]])] = known.T.to(codes)
    return codes


def _thresholds(made: Made, uniforms: Tensor) -> dict[int, Tensor]:
    """Returns, for each column of two outcomes, (N,) what its output must exceed for the second, from uniforms (D, N).

    A uniform is below the probability where its logit is below that of the probability, which is the raw output. None
    where there are rules: they may leave one outcome only, and need the codes of one column for the next.
    """
    columns = [part.columns for part in made.distributions if isinstance(part, Bernoulli)]
    if not columns or made.rules.columns or made.offsets.columns:
        return {}
    return dict(zip(columns[0].tolist(), uniforms[columns[0]].logit().to(made.dtype), strict=True))
