"""MADE of rows with unknown cells: one ordering, but that the unknown columns of a row are moved behind the others.

Knows: the known columns of a row keep their order, so what they read of each other directly is what the ordering's mask
leaves, with what is unknown set to zero. But each stands at an earlier position, by as many as are unknown before it,
and may read more columns through the hidden units: a unit of degree m reads all columns that have fewer than m
known ones before them, and an output reads all units whose degree is at most the known columns before its own. Where
at most U cells of a row are unknown, a column and a degree that are further than U apart are as under the ordering:
these go through products as wide as those of a pass, for a block of positions at a time. For those between, what is
read is set to zero row by row: features once for each degree, and the products with units once for each degree.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from made_cli.core.activations import Dropout
from made_cli.core.made import Made
from made_cli.core.masks import Mask, comes_before, counted_before
from made_cli.core.network import last_activations
from made_cli.core.orderings import Ordering
from made_cli.core.per_row import positions_by_role
from made_cli.core.products import MaskedMatrix, Staircase
from made_cli.tables.relations.rules import Rules

POSITIONS = 16
"""Of a block."""
ROWS = 256
"""Rows at a time: what is set to zero for them stays near the processor."""


class KnownFirst:
    """A network with the weights that it has now, ready for rows with unknown cells under one ordering.

    Args:
        made: the family.
        ordering: of the columns; each row has its unknown ones behind the others.
        products: the precision of the products between hidden layers; None for that of the weights.
    """

    def __init__(self, made: Made, ordering: Ordering, products: torch.dtype | None = None) -> None:
        self.made, network, self.size = made, made.network, len(made.kinds)
        self.positions = positions = torch.tensor(ordering.positions, device=made.device)
        self.columns = torch.tensor(ordering.columns, device=made.device)
        degrees, self.hidden = (
            made.degrees(ordering.connectivity),
            network.hidden_layers(made.hidden_stairs(ordering.connectivity, products)),
        )
        input_weight, direct_weight = network.weights_told()
        self.inputs, self.owners = _by_position(positions[network.owners])
        self.inputs_before = counted_before(self.owners, self.size)
        units, self.units = _by_degree(degrees[0], self.size)
        self.input_weight = input_weight.index_select(1, self.inputs).index_select(0, units)
        outputs, self.output_owners = _by_position(positions[network.output_columns])
        self.outputs_before, self.output_places = counted_before(self.output_owners, self.size), outputs.argsort()
        read, places = _by_degree(degrees[-1], self.size)
        # Where a degree has fewer units than another, the first unit stands in, with weights of zero.
        real = torch.zeros_like(read, dtype=made.dtype).index_fill_(0, places, 1)
        self.read = read
        self.output_weight = network.output_weight.index_select(0, outputs).index_select(1, read) * real
        mask = Mask(positions[network.direct.columns], positions[network.direct_owners])
        self.direct = MaskedMatrix(direct_weight, Staircase(mask, made.dtype))
        self.direct_inputs = network.direct_inputs()

    def log_prob(
        self,
        codes: Tensor,
        known: Tensor,
        dropout: Dropout | None = None,
        rules: Rules | None = None,
        most_unknown: int | None = None,
    ) -> Tensor:
        """Returns the terms of the chain rule.

        Args:
            codes: (N, D); those of unknown cells do not matter.
            known: (N, D) which cells are.
            dropout: of the hidden activations, in training only.
            rules: that are kept to; None for all.
            most_unknown: U, at least as many as are unknown in any row; None for just as many.

        Returns:
            (N, D): in column d, log q(x_d | known columns before it), nats; 0 if it is unknown.
        """
        codes = torch.where(known, self.made.to_floats(codes), 0)
        if most_unknown is None:
            most_unknown = int((~known).sum(1).max()) if len(known) else 0
        few = zip(torch.split(codes, ROWS), torch.split(known, ROWS), strict=True)
        outputs = torch.cat([self._outputs(*rows, dropout, most_unknown) for rows in few])
        positions = positions_by_role((~known).long(), self.positions)
        return torch.where(known, self.made.terms(outputs, codes, positions, rules), 0)

    def _outputs(self, codes: Tensor, known: Tensor, dropout: Dropout | None, most: int) -> Tensor:
        """Returns (N, O) raw outputs, those of unknown columns without meaning."""
        network, present = self.made.network, known.to(self.made.dtype)
        features = network.told(self.made.features(codes)) * present.index_select(1, network.owners)
        present = present.index_select(1, self.columns)
        before = (present.cumsum(1) - present).T.contiguous()
        first = self._first_layer(features.T.index_select(0, self.inputs), before, most)
        active = last_activations(first.T + network.input_bias, self.hidden, dropout)
        outputs = self._from_units(active.T.index_select(0, self.read), before, most)
        moves = self.direct(features if network.direct.complete else features.index_select(1, self.direct_inputs))
        return outputs.index_select(0, self.output_places).T + network.output_bias + network.direct.spread(moves)

    def _first_layer(self, inputs: Tensor, before: Tensor, most: int) -> Tensor:
        """Returns (H, N) what the units of the first hidden layer read of the inputs.

        Args:
            inputs: (I, N) features and indicators by position.
            before: (D, N) how many known columns come before each position.
            most: how many are unknown in a row.
        """
        places, parts, each = before.index_select(0, self.owners), [], len(self.input_weight) // self.size
        blocks = torch.split(self.input_weight, POSITIONS * each)
        for (start, end), weight in zip(self._blocks(), blocks, strict=True):
            all_read, read = self.inputs_before[start], self.inputs_before[max(start, min(self.size, end - 1 + most))]
            degrees = torch.arange(start, end, device=before.device, dtype=before.dtype).view(-1, 1, 1)
            near = _kept(inputs[all_read:read], places[all_read:read], degrees)
            near_weight = weight[:, all_read:read].view(end - start, each, read - all_read)
            parts.append(
                torch.addmm(torch.bmm(near_weight, near).flatten(0, 1), weight[:, :all_read], inputs[:all_read])
            )
        return torch.cat(parts).index_select(0, self.units)

    def _from_units(self, active: Tensor, before: Tensor, most: int) -> Tensor:
        """Returns (O, N) what outputs, by position, read from the units of the last layer; see `_first_layer`.

        Args:
            active: (D · u, N) activations by degree.
            before: (D, N) how many known columns come before each position.
            most: how many are unknown in a row.
        """
        each = len(active) // self.size
        by_degree, bounds = active.view(self.size, each, -1), before.index_select(0, self.output_owners) + 1
        parts, blocks = [], [*self._blocks()]
        widths = [self.outputs_before[end] - self.outputs_before[start] for start, end in blocks]
        of_blocks = (torch.split(whole, widths) for whole in (self.output_weight, bounds))
        for (start, end), weight, bound in zip(blocks, *of_blocks, strict=True):
            all_read = max(0, start - most + 1)
            degrees = torch.arange(all_read, end, device=before.device, dtype=before.dtype).view(-1, 1, 1)
            near_weight = (
                weight[:, all_read * each : end * each].view(len(weight), end - all_read, each).transpose(0, 1)
            )
            near = _kept(torch.bmm(near_weight, by_degree[all_read:end]), degrees, bound)
            parts.append(torch.addmm(near.sum(0), weight[:, : all_read * each], active[: all_read * each]))
        return torch.cat(parts)

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """Yields the first position of each block, and that of the next."""
        for start in range(0, self.size, POSITIONS):
            yield start, min(start + POSITIONS, self.size)


def _by_position(positions: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the order of things by the positions of their columns, and these in order."""
    order = positions.argsort(stable=True)
    return order, positions[order]


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


def _kept(values: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """Returns values where a < b and 0 elsewhere."""
    kept = comes_before(a, b)  # and no array more than there has to be
    return values * kept if values.requires_grad else kept.mul_(values)
