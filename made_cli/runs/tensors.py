"""Tensors as bytes, in the safetensors format, and the checks of weights before a network loads them.

Knows: what can be wrong with weights: the format, a name, a shape, a precision, a value that is not finite.

Reference: the format is that of https://github.com/huggingface/safetensors.
"""

from collections.abc import Mapping

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from made_cli.core.made import Made


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


HEADER = 2**20
"""Bytes of a file of tensors beside the tensors: their names, shapes and places."""


def most_bytes(made: Made) -> int:
    """Returns how many bytes the weights of a network take in a file, at most."""
    return HEADER + sum(int(weight.nbytes) for weight in made.state_dict().values())


def load_weights(made: Made, weights: dict[str, Tensor]) -> Made:
    """Gives a network its weights, checked name by name.

    Args:
        made: a network without weights.
        weights: become its own.

    Raises:
        ValueError: they are not weights of such a network; its argument says why.
    """
    expected = made.state_dict()
    for key in sorted(expected.keys() | weights.keys()):
        if key not in weights or key not in expected:
            raise ValueError(f"{key} is {'missing' if key in expected else 'unknown'}")
        have, want = weights[key], expected[key]
        if have.shape != want.shape or have.dtype != want.dtype:
            raise ValueError(f"{key} is {have.dtype} {tuple(have.shape)}, not {want.dtype} {tuple(want.shape)}")
        if not bool(torch.isfinite(have).all()):
            raise ValueError(f"{key} holds values that are not finite")
    # Copies, for in the file's bytes they would not be aligned as others are, and sums depend on that.
    made.load_state_dict({name: weight.clone() for name, weight in weights.items()}, assign=True)
    return made
