"""Of which precision the products of a training are.

Knows: where bfloat16 pays. It is decided from the processor and the sizes alone, never from a time that was measured:
the same training on the same machine is always of the same precision. What is decided stands in the record of the run,
so that whatever goes on with the training, goes on with it.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch

from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.core.size import network_size
from made_cli.tables.columns.kinds import Kind

LEAST_PRODUCTS = 10**8
"""Multiply-adds of a batch through the masked weights from which on bfloat16 pays."""


def with_precision(
    network: NetworkConfig, training: TrainingConfig, kinds: Sequence[Kind], device: torch.device
) -> TrainingConfig:
    """Decides on the precision where that is left open: bfloat16 where the processor has the units, and enough to do.

    Args:
        network: the shape of each network.
        training: the settings, with their defaults.
        kinds: (D,) the kind of each column.
        device: where to train.
    """
    if training.precision != "auto":
        return training
    assert training.batch_size is not None  # given its default
    products = training.batch_size * network_size(kinds, network).matrices
    pays = device.type == "cpu" and has_matrix_units() and products >= LEAST_PRODUCTS
    return replace(training, precision="bfloat16" if pays else "float32")


def has_matrix_units() -> bool:
    """Says whether the processor has units of its own for products in bfloat16 (AMX), several times as fast."""
    found = getattr(torch.cpu, "get_capabilities", None)  # an older torch does not say
    return found is not None and bool(found().get("amx_bf16"))


def products_of(training: TrainingConfig) -> torch.dtype | None:
    """Returns the precision of the products in training; None for that of the weights."""
    return torch.bfloat16 if training.precision == "bfloat16" else None
