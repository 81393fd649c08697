"""Where the training of a network begins: its seed, and its first weights.

Knows: that what is drawn for one network, in one cycle of its training, depends on nothing of the others.
"""

import numpy as np
import torch

from made_cli.core.made import Made
from made_cli.runs.record import RunRecord


def untrained(record: RunRecord, index: int) -> Made:
    """Makes network `index` of a run with the weights that training starts from, but for the base rates."""
    generator = torch.Generator().manual_seed(network_seed(record.training.seed, index))
    return Made(record.schema.kinds, record.network, generator, record.rules)


def network_seed(seed: int, index: int, cycle: int = 0) -> int:
    """Returns the seed of all that is drawn for one network of a run, in one cycle of its training."""
    path = (seed, index, cycle) if cycle else (seed, index)
    return int(np.random.SeedSequence(path).generate_state(1, np.uint64)[0] >> np.uint64(1))
