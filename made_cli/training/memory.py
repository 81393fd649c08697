"""How much memory a training takes, before any of it is allocated.

Knows: what is held of each network in training, and what a person may change where it is too much.
"""

import torch

from made_cli.core.memory import too_large
from made_cli.core.remembering import REMEMBERED
from made_cli.core.size import BATCH_ARRAYS, PROGRAM, network_size
from made_cli.errors import UserError
from made_cli.runs.record import RunRecord
from made_cli.training.rows import TrainingRows
from made_cli.training.stored_rows import most_rows
from made_cli.training.validation import BATCH_NUMBERS

COPIES = 7
"""Of all weights: they themselves, their average, the best, the next best, gradients, two moments of the optimiser."""
CODE_BYTES = 8
MASKED = 3
"""Copies of the matrices in a step: masked, their gradients, and a product on the way."""


def training_bytes(record: RunRecord, rows: TrainingRows, at_once: int = 1, jobs: int = 1) -> int:
    """Returns about how many bytes a training holds at the most.

    Args:
        record: what is trained.
        rows: its rows.
        at_once: how many networks are in training in one process.
        jobs: how many processes train networks; they share the rows.
    """
    size, config = network_size(record.schema.kinds, record.network), record.training
    assert config.batch_size is not None  # given its default when the run was prepared
    assert config.networks is not None
    orderings = 1 if config.objective == "bound" else config.orderings_per_step
    batch = min(config.batch_size, rows.count)
    step = orderings * (MASKED * size.matrices + batch * size.activations)
    evaluation = size.matrices + BATCH_ARRAYS * min(max(BATCH_NUMBERS, size.widest), len(rows.valid) * size.widest)
    held = at_once * (COPIES * size.weights + 2 * REMEMBERED * size.matrices) + (config.networks - 1) * size.weights
    related = {column for found in record.relations for column in found.relation.columns}
    # Validation rows are divided among the base orderings, and again among questions: copies of them.
    columns = len(record.schema.kinds)
    at_once_read = min(rows.count, most_rows(columns)) if rows.drawn_of else rows.count
    read = sum(size.read(each, columns, len(related)) for each in (at_once_read, len(rows.valid)))
    read += 2 * size.read(len(rows.valid), columns)
    read += (rows.drawn_of is not None) * CODE_BYTES * at_once_read * columns
    own = PROGRAM + read + size.bytes * (held + max(step, evaluation))
    return rows.train.nbytes + rows.valid.nbytes + min(jobs, config.networks) * own


def training_too_large(
    record: RunRecord, rows: TrainingRows, device: torch.device, at_once: int = 1, jobs: int = 1
) -> UserError | None:
    """Returns the refusal of a training that needs more memory than the device has, None where it does not.

    Args:
        record: what is to be trained.
        rows: its rows.
        device: where to train.
        at_once: how many networks are in training in one process.
        jobs: how many processes train networks.
    """
    columns, width = len(record.schema.kinds), max(record.network.hidden)
    return too_large(
        training_bytes(record, rows, at_once, jobs),
        device,
        f"training on {columns:,} columns with hidden layers of {width:,} units",
        f"Use narrower layers (--hidden 100,100){', fewer --jobs' * (jobs > 1)}, or fewer columns (--drop NAME).",
    )


def refuse_too_large(
    record: RunRecord, rows: TrainingRows, device: torch.device, at_once: int = 1, jobs: int = 1
) -> None:
    """Refuses a training that needs more memory than the device has; see `training_too_large` for the arguments.

    Raises:
        UserError: it needs more.
    """
    if refusal := training_too_large(record, rows, device, at_once, jobs):
        raise refusal
