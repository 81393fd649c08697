"""How much memory a network takes, before any of it is allocated.

Knows: how many weights the columns and the configuration make, and how many numbers a batch takes. Estimates are of
what is held at a time, rather a little too large than too small.
"""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from made_cli.config import NetworkConfig
from made_cli.core.distributions import distributions_of
from made_cli.core.reading import MOST_KEPT
from made_cli.core.remembering import REMEMBERED
from made_cli.core.shapes.weights import weight_shapes
from made_cli.tables.columns.kinds import Kind

PROGRAM = 600_000_000
"""Bytes of the program and its libraries, with a table of usual size."""
BATCH_ARRAYS = 12
"""Arrays as wide as the widest that a batch needs at a time where nothing is kept for gradients."""

MOST_READ = 2**29
"""Bytes of what is read of all training rows, at most: more is read batch by batch; see `made_cli.core.reading`."""
TARGET_BYTES = 32
"""About what it takes of a cell, beside the features."""
RULED_BYTES = 1000
"""About what rules leave of a cell takes, under some twenty sets of known columns."""


class Size(NamedTuple):
    """Numbers of one network.

    Attributes:
        weights: all that is learned.
        matrices: weights that are masked, as they are copied for one ordering; their masks are as many.
        widest: in a row of the widest array that a batch makes.
        activations: in all arrays of a row that gradients are taken through.
        features: of a row.
        bytes: of each number.
    """

    weights: int
    matrices: int
    widest: int
    activations: int
    features: int
    bytes: int = 4

    def read(self, rows: int, columns: int, related: int = 0) -> int:
        """Returns the bytes of what is read of so many rows once and for all; 0 where that is too many.

        Args:
            rows: how many.
            columns: D.
            related: columns of which rules say something. What they leave of these is kept as long as there is room.
        """
        kept = rows * (self.bytes * self.features + TARGET_BYTES * columns)
        return kept + min(MOST_KEPT, rows * related * RULED_BYTES) if kept <= MOST_READ else 0

    def inference(self, networks: int, batch_numbers: int) -> int:
        """Returns the most bytes that scoring and sampling hold: networks, masks of one's orderings, one batch."""
        held = networks * (self.weights + REMEMBERED * self.matrices) + 2 * self.matrices
        return PROGRAM + self.bytes * (held + BATCH_ARRAYS * max(batch_numbers, self.widest))


def network_size(kinds: Sequence[Kind], config: NetworkConfig) -> Size:
    """Counts the numbers of a network without making it.

    Args:
        kinds: (D,) the kind of each column.
        config: the shape of the network.
    """
    parts = distributions_of(kinds, range(len(kinds)))
    features, outputs = sum(len(part.input_columns) for part in parts), sum(len(part.output_columns) for part in parts)
    numbers = {name: prod(shape) for name, shape in weight_shapes(kinds, config).items()}
    between = sum(count for name, count in numbers.items() if name.startswith("network.hidden."))
    matrices = between + sum(numbers[f"network.{name}_weight"] for name in ("input", "output", "direct"))
    widest = max(len(kinds), *config.hidden, outputs, *(part.peak_width for part in parts))
    return Size(
        weights=sum(numbers.values()),
        matrices=matrices,
        widest=widest,
        features=features,
        activations=4 * (features + sum(config.hidden)) + BATCH_ARRAYS * sum(part.peak_width for part in parts),
    )
