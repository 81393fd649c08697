"""What a training would cost, before it begins.

Knows: what is counted of it, and that a few steps are timed only where there is memory for them.
"""

import math
from dataclasses import dataclass

from made_cli.errors import UserError
from made_cli.training.memory import training_bytes, training_too_large
from made_cli.training.run_trainer import RunTrainer


@dataclass(frozen=True)
class Costs:
    """What a training costs: bytes of memory, seconds a step, and the most steps of each network.

    Where the memory is more than there is, no step is timed, and `refusal` is what the training would end with.
    """

    parameters: int
    networks: int
    memory: int
    step_seconds: float | None
    steps: int
    refusal: UserError | None


def costs_of(training: RunTrainer) -> Costs:
    """Counts, and times a few steps of the first network where there is memory for it."""
    record, rows, config = training.record, training.rows, training.record.training
    assert config.batch_size is not None  # given its default when the run was prepared
    steps = training.network_cycle(0).most_steps(rows.count, config.batch_size)
    networks, refusal = len(record.orderings), training_too_large(record, rows, training.device)
    step_seconds = None if refusal else training.trainer_of(0).time_a_step()
    if step_seconds is not None and config.time_limit is not None:
        steps = min(steps, math.ceil(config.time_limit / networks / step_seconds))
    return Costs(training.parameters, networks, training_bytes(record, rows), step_seconds, steps, refusal)
