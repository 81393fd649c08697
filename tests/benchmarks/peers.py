"""Masked networks of other libraries for columns of two outcomes: zuko's and nflows', each where it is installed.

Knows: the interfaces of zuko 1.6 and nflows 0.14. All have two hidden layers and ReLU, and neither direct weights,
residual paths nor dropout; `plain` is such a network without masks. Neither library changes the ordering of a network
that is there. Under another ordering the columns of the first mask and the rows of the last stand in another order, and
nothing else is new: that is the least that a fresh ordering can cost these networks.

    pip install zuko nflows
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import NamedTuple

import torch
from torch import Tensor, nn

Reorder = Callable[[Tensor], None]
"""Gives a network the masks of an ordering, told by the (D,) places of the columns in it."""


class Peer(NamedTuple):
    """A masked network of another library.

    Attributes:
        network: from (N, D) outcomes, as floats, to (N, D) logits, at first under the table's own order.
        reorder: in the least time.
        rebuild: by making another network, as the library does by itself, and taking its masks; None where the library
            knows the table's own order alone.
    """

    network: nn.Module
    reorder: Reorder
    rebuild: Reorder | None = None


def plain(columns: int, width: int) -> nn.Module:
    """Makes the network of these sizes without masks."""
    return nn.Sequential(
        nn.Linear(columns, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, columns)
    )


def zuko(columns: int, width: int) -> Peer:
    """Makes zuko's masked perceptron."""
    from zuko.nn import MaskedMLP  # type: ignore[import-not-found]

    def made(positions: Tensor) -> nn.Sequential:
        network: nn.Sequential = MaskedMLP(positions[:, None] > positions, (width, width))
        return network

    def rebuild(positions: Tensor) -> None:
        for layer, new in zip(network, made(positions), strict=True):
            if isinstance(layer, nn.Linear):
                layer.mask = new.mask

    network = made(torch.arange(columns))
    return Peer(network, _reorder(network[0], network[-1]), rebuild)


def nflows(columns: int, width: int) -> Peer:
    """Makes the MADE of nflows."""
    from nflows.transforms.made import MADE  # type: ignore[import-not-found]

    # Its first layer counts as one; a block here is one layer more.
    network: nn.Module = MADE(columns, width, num_blocks=1, use_residual_blocks=False)
    assert isinstance(network.initial_layer, nn.Module)
    assert isinstance(network.final_layer, nn.Module)
    return Peer(network, _reorder(network.initial_layer, network.final_layer))


def _reorder(first: nn.Module, last: nn.Module) -> Reorder:
    """Returns what puts the masks of a network, now those of the table's own order, in the order of others."""
    into, out = first.mask, last.mask
    assert isinstance(into, Tensor)
    assert isinstance(out, Tensor)

    def reorder(positions: Tensor) -> None:
        first.mask, last.mask = into.index_select(1, positions), out.index_select(0, positions)

    return reorder


PEERS: Mapping[str, Callable[[int, int], Peer]] = {"zuko": zuko, "nflows": nflows}
"""By the name of the library: makes its network for so many columns, of two layers so wide."""


def installed() -> list[str]:
    """Returns the names of the libraries that are here."""
    return [name for name in PEERS if find_spec(name)]
