"""The weights of a network as they are read from a file, checked before a network is made of them.

Knows: what can be wrong with weights: the format, a name, a shape, a precision, a value that is not finite. No torch,
for whether a run is whole is asked without.

Reference: the format is that of https://github.com/huggingface/safetensors.
"""

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize

from made_cli.core.shapes.weights import Shapes

HEADER = 2**20
"""Bytes of a file of tensors beside the tensors: their names, shapes and places."""
PRECISION = "F32"
"""Of all weights, as the format names it."""

Weights = dict[str, NDArray[np.float32]]


def most_bytes(shapes: Shapes) -> int:
    """Returns how many bytes weights of these shapes take in a file, at most."""
    return HEADER + np.dtype(np.float32).itemsize * sum(map(prod, shapes.values()))


def stored(data: bytes) -> dict[str, dict[str, Any]]:
    """Returns the dtype, the shape and the data of each tensor in bytes, as the format has them.

    Raises:
        ValueError: they are no safetensors.
    """
    try:
        return dict(deserialize(data))  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def read_weights(data: bytes, shapes: Shapes) -> Weights:
    """Returns the weights in the bytes of a file.

    Args:
        data: the bytes.
        shapes: of the weights that have to be there, by their names.

    Raises:
        ValueError: they are not weights of such a network; its argument says why.
    """
    found, weights = stored(data), Weights()
    for name in sorted(found.keys() | shapes.keys()):
        if name not in found or name not in shapes:
            raise ValueError(f"{name} is {'missing' if name in shapes else 'unknown'}")
        dtype, shape = found[name]["dtype"], tuple(found[name]["shape"])
        if (dtype, shape) != (PRECISION, shapes[name]):
            raise ValueError(f"{name} is {dtype} {shape}, not {PRECISION} {shapes[name]}")
        weights[name] = np.ndarray(shape, "<f4", found[name]["data"])
        if not np.isfinite(weights[name]).all():
            raise ValueError(f"{name} holds values that are not finite")
    return weights
