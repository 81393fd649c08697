"""The numbers of a network, counted before it is made."""

from collections.abc import Sequence

import pytest
import torch

from made_cli.config import Direct, NetworkConfig
from made_cli.core.made import Made
from made_cli.core.orderings import natural
from made_cli.core.shapes.weights import weight_shapes
from made_cli.core.size import network_size
from made_cli.tables.columns.kinds import Categorical, Kind
from tests.core.small import BINARY, LABELS, MIXED, bell

STREETS = Categorical("street", tuple(f"{number} Main Street" for number in range(300)), {}, missing=False, rows=900)


@pytest.mark.parametrize("kinds", [LABELS, MIXED, (BINARY,), (bell(), bell()), (STREETS, bell(), BINARY)])
@pytest.mark.parametrize("hidden", [(5,), (8, 8), (8, 3, 4)])
@pytest.mark.parametrize("conditioning", [True, False])
@pytest.mark.parametrize("direct", ["all", "few"])
def test_what_is_counted_is_what_is_made(
    kinds: Sequence[Kind], hidden: tuple[int, ...], conditioning: bool, direct: Direct
) -> None:
    config = NetworkConfig(hidden=hidden, conditioning=conditioning, direct=direct)
    made, size = Made(kinds, config, torch.Generator()), network_size(kinds, config)
    stairs = made.stairs(natural(len(kinds)))
    edges = [
        block.edge for each in (stairs.input, *stairs.hidden, stairs.output, stairs.direct) for block in each.blocks
    ]
    weights = made.under(natural(len(kinds))).weights
    matrices = [weights.input_weight, weights.output_weight, weights.direct_weight, *(w for w, _, _ in weights.hidden)]
    assert weight_shapes(kinds, config) == {name: tuple(weight.shape) for name, weight in made.state_dict().items()}
    assert size.weights == sum(weight.numel() for weight in made.parameters())
    assert size.matrices == sum(mask.numel() for mask in edges)
    assert size.matrices == sum(part.numel() for matrix in matrices for part in matrix.parts)
    assert size.widest == made.peak_width


def test_many_columns_of_numbers_take_memory_by_their_number_and_that_of_their_pairs() -> None:
    def bytes_of(columns: int) -> int:
        return network_size([bell()] * columns, NetworkConfig(hidden=(500, 500), direct="few")).weights

    assert bytes_of(1_200) < 4.5 * bytes_of(300)
