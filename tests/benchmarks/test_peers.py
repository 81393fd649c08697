"""Peers, where installed: their networks are those that the benchmark says they are, under any ordering."""

import pytest
import torch
from torch import Tensor, nn

from tests.benchmarks.peers import PEERS, installed

COLUMNS, WIDTH = 7, 24


def depends(network: nn.Module) -> Tensor:
    """Returns (D, D) which outputs depend on which columns."""
    found = torch.autograd.functional.jacobian(network, torch.ones(1, COLUMNS))  # type: ignore[no-untyped-call]
    assert isinstance(found, Tensor)
    return found.reshape(COLUMNS, COLUMNS) != 0


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("way", ["reorder", "rebuild"])
def test_outputs_of_a_peer_depend_on_columns_earlier_in_the_ordering_alone(name: str, way: str) -> None:
    if name not in installed():
        pytest.skip(f"{name} is not installed")
    torch.manual_seed(0)
    peer, positions = PEERS[name](COLUMNS, WIDTH), torch.tensor([3, 0, 6, 1, 5, 2, 4])
    for parameter in peer.network.parameters():  # units that are all at work
        nn.init.uniform_(parameter, 0.1, 1)
    natural = torch.arange(COLUMNS)
    assert torch.equal(depends(peer.network), natural[:, None] > natural)
    change = getattr(peer, way)
    if change is None:
        pytest.skip(f"{name} knows one ordering alone")
    change(positions)
    assert torch.equal(depends(peer.network), positions[:, None] > positions)
