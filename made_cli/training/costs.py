"""What a training would cost, before it begins.

Knows: what is counted of it, and that a few steps are timed only where there is memory for them.
"""

import math
from dataclasses import dataclass

import torch

from made_cli.errors import UserError
from made_cli.training.memory import training_bytes, training_too_large
from made_cli.training.run_metrics import parameters
from made_cli.training.run_trainer import RunTrainer


@dataclass(frozen=True)
class Costs:
    """What a training costs: bytes of memory, seconds a step, and the most steps of each network.

    Where the memory is more than there is, no step is timed, and `refusal` is what the training would end with.
    `turns` is how often networks are taken, as many at a time as there are processes for.
    """

    parameters: int
    networks: int
    memory: int
    step_seconds: float | None
    steps: int
    refusal: UserError | None
    turns: int


def costs_of(training: RunTrainer, jobs: int = 1) -> Costs:
    """Counts, and times a few steps of the first network where there is memory for it.

    Args:
        training: by one process.
        jobs: how many processes would train networks at the same time.
    """
    record, rows, config = training.record, training.rows, training.record.training
    assert config.batch_size is not None  # given its default when the run was prepared
    steps = training.network_cycle(0).most_steps(rows.count, config.batch_size)
    networks, refusal = len(record.orderings), training_too_large(record, rows, training.device, jobs=jobs)
    turns = -(-networks // jobs)
    step_seconds = None if refusal else _timed(training, min(jobs, networks))
    if step_seconds is not None and config.time_limit is not None:
        steps = min(steps, math.ceil(config.time_limit / turns / step_seconds))
    needed = training_bytes(record, rows, jobs=jobs)
    return Costs(parameters(record), networks, needed, step_seconds, steps, refusal, turns)


def _timed(training: RunTrainer, processes: int) -> float:
    """Returns the seconds of a step with the share of the threads that each of some processes has."""
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads // processes))
    try:
        return training.trainer_of(0).time_a_step()
    finally:
        torch.set_num_threads(threads)
