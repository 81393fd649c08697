"""The figures of a run from those of its networks.

Knows: what a run has of its own beside them, and which of their figures are averaged, and which added.
"""

from collections.abc import Sequence

import numpy as np

from made_cli.core.size import network_size
from made_cli.runs.metrics import NetworkMetrics, ObjectiveMetrics, RowCounts, RunMetrics
from made_cli.runs.record import RunRecord
from made_cli.training.progress import RunCycle
from made_cli.training.rows import TrainingRows


def parameters(record: RunRecord) -> int:
    """Returns how many weights each network of a run has."""
    return network_size(record.schema.kinds, record.network).weights


def run_metrics(
    record: RunRecord, rows: TrainingRows, cycle: RunCycle, networks: Sequence[NetworkMetrics], *, finished: bool
) -> RunMetrics:
    """Returns the figures of a run in training, or at its end.

    Args:
        record: the run.
        rows: its rows.
        cycle: of its training.
        networks: those that were begun.
        finished: whether all are trained.
    """
    reached = [metrics.valid_nll for metrics in networks if metrics.valid_nll is not None]
    nll = float(np.mean(reached)) if reached else None
    return RunMetrics(
        finished=finished,
        converged=finished and all(metrics.converged for metrics in networks),
        cycles=cycle.number + 1,
        rows=RowCounts(rows.count, len(rows.valid)),
        columns=len(record.schema.kinds),
        parameters=parameters(record),
        valid={record.training.objective: ObjectiveMetrics(nll)},
        seconds=sum(metrics.seconds for metrics in networks),
        networks=tuple(networks),
    )
