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
from made_cli.runs.weights import Weights


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


def with_weights(made: Made, weights: Weights) -> Made:
    """Gives a network its weights.

    Args:
        made: a network without weights.
        weights: of such a network; they are copied.
    """
    # Copies, for in the file's bytes they would not be aligned as others are, and sums depend on that.
    made.load_state_dict({name: torch.from_numpy(weight).clone() for name, weight in weights.items()}, assign=True)
    return made
