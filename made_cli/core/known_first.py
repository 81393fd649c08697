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
from made_cli.core.direct import spread
from made_cli.core.earlier import Blocks, Rows, block_of
from made_cli.core.earlier_products import Patches
from made_cli.core.made import Made
from made_cli.core.masks import Mask
from made_cli.core.network import last_activations
from made_cli.core.orderings import Ordering
from made_cli.core.products import MaskedMatrix, Staircase
from made_cli.tables.relations.rules import Rules

ROWS = 256
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
        positions = torch.tensor(ordering.positions, device=made.device)
        self.columns, self.positions = torch.tensor(ordering.columns, device=made.device), positions
        owners, outputs = positions[network.owners], positions[network.output_columns]
        degrees = made.degrees(ordering.connectivity)
        self.blocks = blocks = Blocks(owners, len(network.input_columns), outputs, degrees, size)
        order = blocks.outputs.order
        input_weight, direct_weight = network.weights_told()
        input_weight = input_weight.index_select(1, blocks.order)
        output_weight = network.output_weight.index_select(0, order)

        # Units read of their own block, and outputs of theirs, what each row has to itself: see `earlier_products`.
        first = Mask(block_of(degrees[0]), block_of(owners)[blocks.order])
        last = Mask(block_of(outputs)[order] + 1, block_of(degrees[-1]))
        # In full precision: what outputs read too much is taken from them again.
        cut = partial(Staircase, dtype=made.dtype)
        self.input, self.output = MaskedMatrix(input_weight, cut(first)), MaskedMatrix(output_weight, cut(last))
        self.more = Patches(input_weight, blocks.first, blocks, blocks.inputs)
        self.less = Patches(output_weight.T, blocks.last, blocks, blocks.outputs.counts)
        self.hidden = network.hidden_layers(made.hidden_stairs(ordering.connectivity, products))
        self.output_bias, self.output_places = network.output_bias.index_select(0, order), order.argsort()
        if network.direct.complete:
            direct, read = Mask(outputs[order], owners[blocks.order]), None
            direct_weight = direct_weight.index_select(0, order).index_select(1, blocks.order)
        else:
            direct = Mask(positions[network.direct.columns], positions[network.direct_owners])
            read = blocks.order.argsort()[network.direct_inputs()]
        self.direct, self.direct_inputs = MaskedMatrix(direct_weight, cut(direct)), read
        self.direct_rows = network.direct.rows[order]

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
        present, size = known.to(self.made.dtype).index_select(1, self.columns), codes.shape[1]
        # Of a known column how many known ones come before it, of an unknown one more than of any that is known.
        places = present.cumsum(1).sub_(present, alpha=size).add_(size - 1).T.contiguous()
        by_position = zip(torch.split(present.T, ROWS, 1), torch.split(places, ROWS, 1), strict=True)
        few = zip(torch.split(codes, ROWS), by_position, strict=True)
        outputs = torch.cat([self._outputs(own, *standing, dropout) for own, standing in few])
        terms = self.made.terms(outputs, codes, places.index_select(0, self.positions).T, rules)
        return torch.where(known, terms, 0)

    def _outputs(self, codes: Tensor, present: Tensor, places: Tensor, dropout: Dropout | None) -> Tensor:
        """Returns (N, O) raw outputs, those of unknown columns without meaning.

        All that is between has the rows in its columns, so that what is masked for them stands side by side.

        Args:
            codes: (N, D).
            present: (D, N) 1 where a column, by position, is known and 0 elsewhere.
            places: (D, N) where it stands.
            dropout: of the hidden activations.
        """
        network, rows = self.made.network, Rows(self.blocks, places)
        inputs = self.blocks.inputs_of(self.made.features(codes).T, present)
        more = self.more.more_read(rows, inputs)
        first = self.input(inputs.T, network.input_bias, more.T)
        active = last_activations(first, self.hidden, dropout)
        less = self.less.less_read(rows, active.T)
        moves = self.direct(inputs.T if self.direct_inputs is None else inputs.index_select(0, self.direct_inputs).T)
        if self.direct_inputs is not None:
            moves = spread(moves, self.direct_rows)
        outputs = self.output(active, self.output_bias, moves, -less.T)
        return outputs.index_select(1, self.output_places)
