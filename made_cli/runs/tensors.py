"""Tensors as bytes, in the safetensors format, and a network made from them.

Knows: how tensors are written and read where torch is; weights are checked in `made_cli.runs.weights`, without it.

Reference: the format is that of https://github.com/huggingface/safetensors.
"""

from collections.abc import Mapping

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from made_cli.core.made import Made
from made_cli.core.shapes.weights import weight_shapes
from made_cli.runs.record import RunRecord
from made_cli.runs.weights import Weights, read_weights


def to_safetensors(tensors: Mapping[str, Tensor]) -> bytes:
    """Returns the bytes of tensors, by their names."""
    return bytes(save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}))


def from_safetensors(data: bytes) -> dict[str, Tensor]:
    """Returns the tensors in bytes.

    Raises:
        ValueError: they are no safetensors.
    """
    try:
        return load(data)
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def made_of(record: RunRecord, index: int, data: bytes) -> Made:
    """Makes a network of a run from the bytes of its weights.

    Raises:
        ValueError: they are not weights of such a network.
    """
    own = record.owners[index]
    return of_weights(own, read_weights(data, weight_shapes(own.schema.kinds, own.network)))


def of_weights(record: RunRecord, weights: Weights) -> Made:
    """Makes a network of a run that was trained from its weights."""
    return with_weights(Made(record.schema.kinds, record.network, None, record.rules), weights)


def with_weights(made: Made, weights: Weights) -> Made:
    """Gives a network its weights.

    Args:
        made: a network without weights.
        weights: of such a network; they are copied.
    """
    # Copies, for in the file's bytes they would not be aligned as others are, and sums depend on that.
    made.load_state_dict({name: torch.from_numpy(weight).clone() for name, weight in weights.items()}, assign=True)
    return made
