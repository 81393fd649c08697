"""MADE: one density of a table for every ordering of its columns.

Knows: how features, the masked network, the distributions of the columns and the rules of the table make a log-density.

Reference: Germain et al. 2015, equation 5, for columns of any kind.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from made_cli.config import NetworkConfig
from made_cli.core.activations import Dropout
from made_cli.core.conditional import Conditional
from made_cli.core.direct import DirectPaths
from made_cli.core.distributions import Distribution, distributions_of
from made_cli.core.distributions.base import Targets
from made_cli.core.gradients import Gradients
from made_cli.core.masks import drawn_degrees, even_degrees, hidden_masks, owned_by
from made_cli.core.network import MaskedNetwork, MaskedWeights, Stairs, propagate
from made_cli.core.offsets import Offsets
from made_cli.core.orderings import Ordering
from made_cli.core.products import Staircase
from made_cli.core.reading import Kept, ReadRows, rounded, targets_of
from made_cli.core.remembering import remembered
from made_cli.core.ruled import as_numbers, own_parts, ruled_terms
from made_cli.tables.columns.kinds import Kind, unseen_mass
from made_cli.tables.relations.rules import Rules

REMEMBERED_PARTS = 64
"""Sets of columns that rules leave open whose distributions are kept for the next step or batch."""
Weights = tuple[torch.dtype, torch.dtype, torch.device]
"""Of which precision products and weights are, and where."""


class Made(nn.Module):
    """A masked autoencoder over the columns of a table.

    Args:
        kinds: (D,) the kind of each column.
        config: the shape of the network.
        generator: draws the initial weights; None for weights that take no memory, until there are others to be loaded.
        rules: of the table, which every conditional keeps to.
    """

    def __init__(
        self,
        kinds: Sequence[Kind],
        config: NetworkConfig,
        generator: torch.Generator | None,
        rules: Rules | None = None,
    ) -> None:
        super().__init__()
        self.rules = rules or Rules((), kinds, "soft")
        self._stairs: dict[tuple[Ordering, Weights], Stairs] = {}
        self._outputs_of: dict[torch.device, tuple[Tensor, ...]] = {}
        self._among: dict[tuple[tuple[int, ...], torch.device], list[tuple[Distribution, Tensor]]] = {}
        self._hidden_stairs: dict[tuple[int | None, Weights], tuple[Staircase, ...]] = {}
        self.kinds, self.config = tuple(kinds), config
        self.register_buffer("marginal", torch.tensor([kind.marginal for kind in kinds]), persistent=False)
        self.has_marginal = any(kind.marginal for kind in kinds)
        self.distributions = distributions_of(kinds, range(len(kinds)))
        columns = torch.cat([part.columns for part in self.distributions])
        self.register_buffer("places", columns.argsort(), persistent=False)  # of the columns in their distributions
        self.parts = nn.ModuleList(self.distributions)  # so that they move with the weights
        self.alone = {int(part.columns): part for part in self.distributions if len(part.columns) == 1}
        self.singles = nn.ModuleDict()  # of the other columns, made as they are asked for
        self.network = MaskedNetwork(
            torch.cat([part.input_columns for part in self.distributions]),
            torch.cat([part.output_columns for part in self.distributions]),
            len(kinds),
            DirectPaths(self.distributions, config.direct or "all"),
            config,
            generator,
        )
        for part in self.distributions:
            if generator is not None:
                part.draw_weights(generator)
        self.offsets = Offsets(self.rules.relations, kinds, self.single, self.outputs_of)

    marginal: Tensor
    places: Tensor

    @property
    def dtype(self) -> torch.dtype:
        """The precision of the weights."""
        return self.network.input_weight.dtype

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.network.input_weight.device

    @property
    def peak_width(self) -> int:
        """The most numbers that a row needs at a time in any one array."""
        parts = (part.peak_width for part in self.distributions)
        return max(len(self.kinds), *self.config.hidden, len(self.network.output_columns), *parts)

    @property
    def unseen_mass(self) -> float:
        """At most how probable rows are that are never drawn: with outcomes, or breaks of rules, training had not."""
        return unseen_mass(self.kinds) + self.rules.unseen_mass

    def start_from_base_rates(self, codes: Tensor) -> None:
        """Sets the output biases to the smoothed marginals of codes (N, D): the model of independent columns."""
        with torch.no_grad():
            rates = [part.base_rates(codes[:, part.columns].to(torch.float64)) for part in self.distributions]
            self.network.output_bias.copy_(torch.cat(rates))
            for column in self.offsets.columns:  # at the column that they are counted from, to begin with
                self.network.output_bias[self.outputs_of(column)[self.offsets.locations(column)]] = 0.0

    def single(self, column: int) -> Distribution:
        """Returns the distribution of one column by itself, which is what it is among the others."""
        if column in self.alone:
            return self.alone[column]
        name = str(column)
        if name not in self.singles:
            with torch.inference_mode(mode=False):  # kept for whoever asks next
                self.singles[name] = distributions_of(self.kinds, [column])[0].to(self.device)
        single = self.singles[name]
        assert isinstance(single, Distribution)
        return single

    def degrees(self, connectivity: int | None) -> tuple[Tensor, ...]:
        """Returns for each hidden layer (H,) the degrees of its units under a connectivity, ascending."""
        size, seed = len(self.kinds), connectivity
        return tuple(
            (even_degrees(size, width) if seed is None else drawn_degrees(size, width, seed)).to(self.device)
            for width in self.config.hidden
        )

    def stairs(self, ordering: Ordering, products: torch.dtype | None = None) -> Stairs:
        """Makes masks of one ordering for products of a precision, None for that of the weights; remembers a few."""
        precision, connectivity = products or self.dtype, ordering.connectivity

        def make() -> Stairs:
            positions, degrees = torch.tensor(ordering.positions, device=self.device), self.degrees(connectivity)
            return self.network.stairs(positions, degrees, self.hidden_stairs(connectivity, precision), precision)

        return remembered(self._stairs, (ordering, (precision, self.dtype, self.device)), make)

    def hidden_stairs(self, connectivity: int | None, products: torch.dtype | None = None) -> tuple[Staircase, ...]:
        """Makes the masks between hidden layers, those of every ordering; the last few are remembered."""
        precision = products or self.dtype

        def make() -> tuple[Staircase, ...]:
            return tuple(Staircase(mask, precision) for mask in hidden_masks(self.degrees(connectivity)))

        return remembered(self._hidden_stairs, (connectivity, (precision, self.dtype, self.device)), make)

    def under(self, ordering: Ordering, products: torch.dtype | None = None) -> "OrderedMade":
        """Masks the weights for one ordering, once for as many batches as there are; see `stairs` for the arguments."""
        return OrderedMade(self, ordering, products)

    def log_prob(self, codes: Tensor, ordering: Ordering) -> Tensor:
        """Returns the terms of the chain rule.

        Args:
            codes: (N, D) as encoded by the schema, no cell unknown; for others see `made_cli.core.known_cells`.
            ordering: which columns are given which.

        Returns:
            (N, D): in column d, log q(x_d | columns before it), nats. A row of it sums to log q(x | π).
        """
        return self.under(ordering).log_prob(codes)

    def unknown(self, codes: Tensor) -> Tensor | None:
        """Says (N, D) which cells of codes are unknown, None where none is."""
        if not self.has_marginal:
            return None
        unknown = codes.to(self.device).isnan() & self.marginal
        return unknown if bool(unknown.any()) else None

    def read(self, codes: Tensor) -> ReadRows:
        """Returns what is read of codes (N, D), in the precision of the weights, whatever these are."""
        floats, fixed = self.to_floats(codes), not [*self.parts.parameters()]
        targets = tuple(rounded(own, self.dtype) for own in targets_of(self.distributions, floats))
        return ReadRows(self.features(floats) if fixed else None, targets, codes, Kept(self.dtype))

    def log_prob_of(self, outputs: Tensor, targets: Sequence[Targets]) -> Tensor:
        """Returns (N, D) log-densities, nats, each under its column's part of raw outputs (N, O)."""
        if len(self.distributions) == 1:
            return self.distributions[0].log_prob_at(outputs, targets[0])
        outputs_of = torch.split(outputs, [len(part.output_columns) for part in self.distributions], dim=1)
        each = zip(self.distributions, outputs_of, targets, strict=True)
        terms = [part.log_prob_at(own, cells) for part, own, cells in each]
        return torch.cat(terms, dim=1).index_select(1, self.places)

    def terms(
        self,
        outputs: Tensor,
        codes: Tensor,
        positions: Tensor,
        rules: Rules | None = None,
        read: ReadRows | None = None,
    ) -> Tensor:
        """Returns (N, D) log-densities, nats, each column's within what rules leave of it.

        Args:
            outputs: (N, O) raw outputs.
            codes: (N, D).
            positions: (N, D) the place of each column in the ordering of the row, or (1, D) in that of all rows.
            rules: None for all of them.
            read: of these rows, where that is at hand; always with the same rules.
        """
        own = own_parts(self.rules if rules is None else rules, self.single, codes, positions, read)
        outputs = self.offsets.all_moved(outputs, codes, positions, read)
        targets = targets_of(self.distributions, codes) if read is None else read.targets
        return ruled_terms(self.log_prob_of(outputs, targets), outputs, own, self.among)

    def conditional(self, column: int, outputs: Tensor, codes: Tensor, known: NDArray[np.bool_]) -> Conditional:
        """Returns the conditional of one column within what the rules leave of it.

        Args:
            column: which.
            outputs: (N, O) its raw outputs.
            codes: (N, D) those not known may be anything.
            known: (N, D) which come before the column, or (1, D) for all rows.
        """
        parts = None
        if column in self.rules.columns:
            parts = self.rules.parts(column, self.rules.values(as_numbers(codes)), known)
        if column in self.offsets.columns:
            outputs = self.offsets.moved(column, outputs, codes, torch.from_numpy(known).to(outputs.device))
        return Conditional(self.single(column), outputs, parts, self.rules.seen[column])

    def among(self, columns: tuple[int, ...]) -> list[tuple[Distribution, Tensor]]:
        """Returns the distributions of some columns, and the places of their raw outputs; the last are remembered."""

        def make() -> list[tuple[Distribution, Tensor]]:
            # Of very many labels the distribution has weights: there is one of it.
            own = [self.alone[column] for column in columns if column in self.alone]
            others = [column for column in columns if column not in self.alone]
            parts = [*own, *(part.to(self.device) for part in distributions_of(self.kinds, others))]
            return [(part, self._places(part)) for part in parts]

        return remembered(self._among, (columns, self.device), make, most=REMEMBERED_PARTS)

    def _places(self, part: Distribution) -> Tensor:
        """Returns the places of its raw outputs among all: within a column they are in the same order."""
        places = torch.empty_like(part.output_columns)
        for column in part.columns.tolist():
            places[part.output_columns == column] = self.outputs_of(column)
        return places

    def outputs_of(self, column: int) -> Tensor:
        """Returns the places of the raw outputs of one column."""
        owners = self.network.output_columns
        return remembered(self._outputs_of, self.device, lambda: owned_by(owners, len(self.kinds)))[column]

    def features(self, codes: Tensor) -> Tensor:
        """Turns codes (N, D) into features (N, F)."""
        if len(self.distributions) == 1:
            return self.distributions[0].features(codes).to(self.dtype)
        parts = [part.features(codes.index_select(1, part.columns)) for part in self.distributions]
        return torch.cat(parts, dim=1).to(self.dtype)

    def to_floats(self, codes: Tensor) -> Tensor:
        """Returns codes (N, D) as floats on the device: float64 where they were, else the weights' precision."""
        return codes.to(self.device, codes.dtype if codes.dtype == torch.float64 else self.dtype)


class OrderedMade:
    """A MADE under one ordering: one normalised density.

    Args:
        made: the family.
        ordering: the member.
        products: the precision of the products; None for that of the weights.
        gradients: take up those of the weight matrices; None to give them to whoever differentiates.
    """

    def __init__(
        self, made: Made, ordering: Ordering, products: torch.dtype | None = None, gradients: Gradients | None = None
    ) -> None:
        self.made, self.positions = made, torch.tensor([ordering.positions])
        self.weights: MaskedWeights = made.network.masked(made.stairs(ordering, products), gradients)

    def log_prob(
        self, codes: Tensor, dropout: Dropout | None = None, rules: Rules | None = None, read: ReadRows | None = None
    ) -> Tensor:
        """Returns (N, D) conditional log-densities, nats; see `Made.log_prob`, and `Made.terms` for the arguments."""
        codes = self.made.to_floats(codes)
        assert self.made.unknown(codes) is None, "cells are unknown"
        features = self.made.features(codes) if read is None or read.features is None else read.features
        outputs = propagate(self.weights, features, dropout)
        return self.made.terms(outputs, codes, self.positions, rules, read)
