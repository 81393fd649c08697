"""Ancestral sampling in about one pass through the network.

Knows: a hidden unit of degree t reads the columns at positions < t, so it is known for good once those are drawn.
Column after column, only the units that have just become known are computed, and only the outputs of the column
that is drawn next: each weight is used once, where D passes would use it D times. What a block of positions owes to all
that was known when it began is computed at once, in products as wide as those of a pass; what it owes to itself, in
small products. Columns that are given are revealed together.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise

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

BLOCK = 300
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
        drawing = _Drawing(made, ordering, uniforms, known)
        for column in ordering.columns[drawing.position :]:
            drawing.draw(column)
        codes = drawing.all_codes()
    return codes.clone(memory_format=torch.contiguous_format)  # which gradients may be taken beside


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
    drawing = _Drawing(made, ordering, uniforms, known, asked=regions)
    log_weights = drawing.uniforms.new_zeros(len(uniforms))
    last = max(ordering.positions[column] for column in regions)
    for column in ordering.columns[drawing.position : last]:
        if column in regions:
            own = drawing.uniforms[:, column]
            codes, log_mass = drawing.conditional(column).sample_truncated(own, Regions.of(regions[column]))
            log_weights = log_weights + log_mass
            drawing.reveal(column, codes)
        else:
            drawing.draw(column)
    column = ordering.columns[last]
    return log_weights + drawing.conditional(column).log_mass(Regions.of(regions[column]))


class _Drawing:
    """Rows being drawn: what is known of hidden units and features so far, and the block of positions at hand.

    Buffers have things in the order in which they become known, and a row of the table in each column. Of the weights
    none but those that the masks keep are used here: they need not be masked, but where columns are given.

    Args:
        made: the family.
        ordering: the member to draw from.
        uniforms: (N, D).
        given: (N, k) codes of the first columns, which are known before any is drawn.
        asked: columns of which the conditionals will be asked for.
    """

    def __init__(
        self, made: Made, ordering: Ordering, uniforms: Tensor, given: Tensor | None, asked: Collection[int] = ()
    ) -> None:
        self.made, self.weights = made, WeightsInOrder(made, ordering)
        self.uniforms = uniforms.to(made.device, torch.float64)
        self.codes = self.uniforms.new_zeros(self.uniforms.T.shape)
        self.places = np.array([ordering.positions])
        self.one = self.weights.output_bias.new_ones(())
        self.active = [self.one.new_empty(size, len(uniforms)) for size in self.weights.sizes]
        self.active[-2].copy_(self.weights.output_bias)
        self.position = 0 if given is None else given.shape[1]
        self.signs = self._begin_signs(ordering, asked)
        if given is not None:
            self.codes[list(ordering.columns[: self.position])] = given.T.to(self.codes)
            self._reveal_first(given)
        if self.position < len(made.kinds):
            self._begin_block()

    def conditional(self, column: int) -> Conditional:
        """Returns the conditional of the next column, given those before it."""
        return self.made.conditional(column, self.outputs.T, self.codes.T, self.places < self.position)

    def draw(self, column: int) -> None:
        """Draws the next column, and takes it as known."""
        if column not in self.signs:
            self.reveal(column, self.conditional(column).sample(self.uniforms[:, column]))
            return
        torch.copysign(self.one, self.outputs, out=self.features)
        if self.made.rules.columns:
            self.codes[column] = self.features[0] > 0
        self._step()

    def reveal(self, column: int, codes: Tensor) -> None:
        """Takes codes (N,) of the next column as known."""
        self.codes[column] = codes
        self.features.copy_(self.made.single(column).features(codes.unsqueeze(1)).T)
        self._step()

    def all_codes(self) -> Tensor:
        """Returns (N, D) the codes of all columns, all being known."""
        if self.signs:
            signs = self.active[-1].index_select(0, self._places(self.signs.values()))
            self.codes.index_copy_(0, self._places(self.signs), (signs > 0).to(self.codes))
        return self.codes.T

    def _begin_signs(self, ordering: Ordering, asked: Collection[int]) -> dict[int, int]:
        """Lets raw outputs of columns of two outcomes say by how much they exceed what the second outcome needs.

        A uniform is below the probability where its logit is below that of the probability, which is the raw output.
        Left out are columns of which the conditionals are needed: those asked about, and those that rules are about.

        Returns:
            the columns, and where the feature of each stands among all.
        """
        made, before = self.made, self.weights.before
        needed = {*asked, *made.rules.columns, *made.offsets.columns, *ordering.columns[: self.position]}
        labels = (part for part in made.distributions if isinstance(part, Bernoulli))
        columns = [column for part in labels for column in part.columns.tolist() if column not in needed]
        if columns:
            thresholds = self.uniforms.T.index_select(0, self._places(columns)).logit_().to(made.dtype)
            outputs = self._places(before[-2][ordering.positions[column]] for column in columns)
            self.active[-2].index_add_(0, outputs, thresholds, alpha=-1)
        return {column: before[-1][ordering.positions[column]] for column in columns}

    def _places(self, places: Iterable[int]) -> Tensor:
        """Returns places as a tensor beside the weights."""
        return torch.tensor([*places], device=self.made.device)

    def _step(self) -> None:
        """Goes on to the next position, the features of this one being known."""
        self.position += 1
        if self.position < self.end:
            self._begin_position()
        elif self.position < len(self.made.kinds):
            self._begin_block()

    def _begin_position(self) -> None:
        """Computes the units that are known now, layer after layer, and the outputs of the next column."""
        at = self.position - self.start
        *units, self.outputs, self.features = (rows[at] for rows in self.rows)
        *to_units, from_units, direct = (each[at] for each in self.owed)
        for layer, (own, owed) in enumerate(zip(units, to_units, strict=True)):
            own.addmm_(*owed)
            if layer + 1 < len(units) and self.weights.adds_to_layer_below(layer + 1):
                units[layer + 1].add_(own)
            own.relu_()
        self.outputs.addmm_(*from_units).addmm_(*direct)

    def _begin_block(self) -> None:
        """Computes what the units and outputs of the next positions owe to all that is known.

        What they owe to each other is kept for later.
        """
        weights, self.start, before = self.weights, self.position, self.weights.all_before
        self.end = max(self.start + 1, bisect_right(before, before[self.start] + BLOCK) - 1)
        own, owes = spans(weights.before, self.start, self.end), list[Tensor]()
        for layer, (weight, bias) in enumerate(weights.layers):
            units, below = own[layer], own[layer - 1]
            known = self.active[layer - 1][: below.start]
            torch.addmm(bias[units], weight[units, : below.start], known, out=self.active[layer][units])
            owes.append(weight[units, below])
        self._split(own, [*owes, *self._begin_outputs(*own[-3:])])
        self._begin_position()

    def _split(self, own: Sequence[slice], owes: Sequence[Tensor]) -> None:
        """Makes views of a block: for each position its things, and what they owe, as weights and what these read.

        Args:
            own: the block, of each sort.
            owes: weights of what it owes to itself: each hidden layer and the outputs to the sort before them, features
                before the first, then the outputs to features.
        """
        ends = [[end - each[self.start] for end in each[self.start : self.end + 1]] for each in self.weights.before]
        sizes = [[high - low for low, high in pairwise(each)] for each in ends]
        blocks = [active[each] for active, each in zip(self.active, own, strict=True)]
        self.rows = [torch.split(block, each) for block, each in zip(blocks, sizes, strict=True)]
        # The units of a position are known when others in it are computed, its features are not.
        *units, features = ([block[:end] for end in each] for block, each in zip(blocks, ends, strict=True))
        known = [features, *(each[1:] for each in units[:-1]), features]
        self.owed = [
            [(rows[:, : len(each)], each) for rows, each in zip(torch.split(weight, by), read, strict=False)]
            for weight, by, read in zip(owes, [*sizes[:-1], sizes[-2]], known, strict=True)
        ]

    def _begin_outputs(self, units: slice, outputs: slice, features: slice) -> list[Tensor]:
        """Does so for the outputs; returns weights of what they owe to the last hidden layer, and to the features."""
        weights = self.weights
        moves, read = spans([weights.moves_before, weights.read_before], self.start, self.end)
        weight, direct = weights.output_weight[outputs], weights.direct_weight[moves]
        pending = self.active[-2][outputs].addmm_(weight[:, : units.start], self.active[-3][: units.start])
        known = weights.read_of(self.active[-1][: features.start], slice(read.start))
        if weights.direct.complete:
            pending.addmm_(direct[:, : read.start], known)
            return [weight[:, units], direct[:, read]]
        pending += weights.spread(direct[:, : read.start] @ known, outputs, moves.start)
        owes = weight.new_zeros(len(pending), features.stop - features.start)
        owes[:, weights.read[read] - features.start] = weights.spread(direct[:, read], outputs, moves.start)
        return [weight[:, units], owes]

    def _reveal_first(self, given: Tensor) -> None:
        """Takes codes (N, k) of the first columns as known, all at once: under masks."""
        weights = self.weights
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
