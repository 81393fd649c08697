"""MADE of rows with unknown cells: one ordering, but that the unknown columns of a row are moved behind the others.

Knows: the known columns of a row keep their order, so what they read of each other directly is what the ordering's mask
leaves, with what is unknown set to zero. But each stands at an earlier position, by as many as are unknown before it,
and may read more columns through the hidden units: a unit of degree m reads all columns that have fewer than m
known ones before them, and an output reads all units whose degree is at most the known columns before its own
(`made_cli.core.earlier_products`).
"""

from functools import partial

import torch
from torch import Tensor

from made_cli.core.activations import Dropout
from made_cli.core.earlier import Blocks, Rows, end_of, start_of
from made_cli.core.earlier_products import less_read, more_read
from made_cli.core.made import Made
from made_cli.core.masks import Mask
from made_cli.core.network import last_activations
from made_cli.core.orderings import Ordering
from made_cli.core.products import MaskedMatrix, Staircase
from made_cli.tables.relations.rules import Rules

ROWS = 512
"""Rows at a time: what is masked for them stays near the processor."""


class KnownFirst:
    """A network with the weights that it has now, ready for rows with unknown cells under one ordering.

    Args:
        made: the family.
        ordering: of the columns; each row has its unknown ones behind the others.
        products: the precision of the products between hidden layers; None for that of the weights.
    """

    def __init__(self, made: Made, ordering: Ordering, products: torch.dtype | None = None) -> None:
        self.made, network, size = made, made.network, len(made.kinds)
        self.positions = positions = torch.tensor(ordering.positions, device=made.device)
        self.columns = torch.tensor(ordering.columns, device=made.device)
        degrees = made.degrees(ordering.connectivity)
        owners, outputs = positions[network.owners], positions[network.output_columns]
        input_weight, direct_weight = network.weights_told()
        # Units read of their own block what a row leaves, and outputs no more than it leaves; see `earlier_products`.
        first = Mask(start_of(degrees[0]), owners)
        last = Mask(end_of(outputs), degrees[-1])
        direct = Mask(positions[network.direct.columns], positions[network.direct_owners])
        cut = partial(Staircase, dtype=products or made.dtype)
        self.input = MaskedMatrix(input_weight, cut(first))
        self.hidden = network.hidden_layers(made.hidden_stairs(ordering.connectivity, products))
        self.output = MaskedMatrix(network.output_weight, cut(last))
        self.direct = MaskedMatrix(direct_weight, cut(direct))
        self.direct_inputs = network.direct_inputs()

        self.blocks = Blocks(owners, len(network.input_columns), outputs, size)
        units, self.units = _by_degree(degrees[0], size)
        self.earlier_weight = input_weight.index_select(1, self.blocks.order).index_select(0, units)
        order = self.blocks.outputs.order
        self.read, places = _by_degree(degrees[-1], size)
        # Where a degree has fewer units than another, the first unit stands in, with weights of zero.
        real = made.network.output_bias.new_zeros(len(self.read), 1).index_fill_(0, places, 1)
        self.later_weight = network.output_weight.T.index_select(0, self.read).index_select(1, order) * real
        self.output_places = order.argsort()

    def log_prob(
        self, codes: Tensor, known: Tensor, dropout: Dropout | None = None, rules: Rules | None = None
    ) -> Tensor:
        """Returns the terms of the chain rule.

        Args:
            codes: (N, D); those of unknown cells do not matter.
            known: (N, D) which cells are.
            dropout: of the hidden activations, in training only.
            rules: that are kept to; None for all.

        Returns:
            (N, D): in column d, log q(x_d | known columns before it), nats; 0 if it is unknown.
        """
        codes = torch.where(known, self.made.to_floats(codes), 0)
        if not len(codes):
            return codes
        present, size = known.to(self.made.dtype), codes.shape[1]
        in_order = present.index_select(1, self.columns)
        # Of a known column how many known ones come before it, of an unknown one more than of any that is known.
        places = in_order.cumsum(1).sub_(in_order, alpha=size).add_(size - 1).T.contiguous()
        few = zip(codes.split(ROWS), present.split(ROWS), places.split(ROWS, dim=1), strict=True)
        outputs = torch.cat([self._outputs(*rows, dropout) for rows in few])
        terms = self.made.terms(outputs, codes, places.index_select(0, self.positions).T, rules)
        return torch.where(known, terms, 0)

    def _outputs(self, codes: Tensor, present: Tensor, places: Tensor, dropout: Dropout | None) -> Tensor:
        """Returns (N, O) raw outputs, those of unknown columns without meaning; places are (D, N) by position."""
        network, rows = self.made.network, Rows(self.blocks, places)
        features = self.made.features(codes) * present.index_select(1, network.input_columns)
        features = network.told(features, present)
        more = more_read(rows, features.T.index_select(0, self.blocks.order), self.earlier_weight)
        first = self.input(features, network.input_bias, more.index_select(0, self.units).T.contiguous())
        active = last_activations(first, self.hidden, dropout)
        less = less_read(rows, active.T.index_select(0, self.read), self.later_weight)
        moves = self.direct(features if network.direct.complete else features.index_select(1, self.direct_inputs))
        outputs = self.output(active, network.output_bias, network.direct.spread(moves))
        return outputs - less.index_select(0, self.output_places).T


def _by_degree(degrees: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Returns the units of each degree, as many of each: the first unit stands in where one has fewer.

    Args:
        degrees: (H,) ascending.
        size: D, degrees are below it.

    Returns:
        (D · u,) units, and (H,) where each stands among them.

    >>> _by_degree(torch.tensor([1, 1, 2]), 3)
    (tensor([0, 0, 0, 1, 2, 0]), tensor([2, 3, 4]))
    """
    counts = torch.bincount(degrees, minlength=size)
    most = int(counts.max())
    starts = counts.cumsum(0) - counts
    places = degrees * most + torch.arange(len(degrees), device=degrees.device) - starts[degrees]
    units = degrees.new_zeros(size * most).index_copy_(0, places, torch.arange(len(degrees), device=degrees.device))
    return units, places
