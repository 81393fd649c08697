"""Where the training of a network begins: its seed, its first weights, and its trainer.

Knows: that what is drawn for one network, in one cycle of its training, depends on nothing of the others; so networks
may be trained one after another, or at the same time.
"""

import copy

import numpy as np
import torch

from made_cli.core.made import Made
from made_cli.runs.record import RunRecord
from made_cli.training.network_trainer import NetworkTrainer
from made_cli.training.progress import Cycle
from made_cli.training.rows import TrainingRows


def untrained(record: RunRecord, index: int) -> Made:
    """Makes network `index` of a run with the weights that training starts from, but for the base rates."""
    generator = torch.Generator().manual_seed(network_seed(record.training.seed, index))
    return Made(record.schema.kinds, record.network, generator, record.rules)


def network_seed(seed: int, index: int, cycle: int = 0) -> int:
    """Returns the seed of all that is drawn for one network of a run, in one cycle of its training."""
    path = (seed, index, cycle) if cycle else (seed, index)
    return int(np.random.SeedSequence(path).generate_state(1, np.uint64)[0] >> np.uint64(1))


def begun(record: RunRecord, rows: TrainingRows, index: int, cycle: Cycle, best: Made | None = None) -> NetworkTrainer:
    """Returns the trainer of a network, at the beginning of a cycle.

    Args:
        record: the run.
        rows: its rows, on the device to train on.
        index: which network.
        cycle: of its training.
        best: the network as the cycle before has left it, which stays as it is; None in the first cycle.
    """
    if best is not None:
        made = copy.deepcopy(best)
    else:
        made = untrained(record, index).to(rows.train.device)
        made.start_from_base_rates(rows.train)
    seed = network_seed(record.training.seed, index)
    return NetworkTrainer(made, rows, record.orderings[index], record.training, seed=seed, cycle=cycle)
