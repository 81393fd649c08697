"""One run of the networks of several.

Knows: that runs of one schema can be joined, whatever the shapes of their networks, and which difference there is where
they cannot. The folder holds copies of the weights, so it stands by itself.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from made_cli.errors import Exit, UserError
from made_cli.runs.folder import Folder
from made_cli.runs.metrics import ObjectiveMetrics, RunMetrics
from made_cli.runs.record import joined
from made_cli.runs.run import Run
from made_cli.tables.columns.kinds import Kind

DIFFERS = {
    "labels": "labels",
    "rare": "labels",
    "missing": "empty cells",
    "marks": "marks of empty cells",
    "mark": "marks of empty cells",
    "format": "decimals, or another notation,",
    "notation": "notation",
    "dtype": "types of cells",
}
"""What the fields of a kind are called where two differ in one; any other follows from the values in training."""


def share_a_schema(runs: Sequence[Run]) -> None:
    """Checks that runs can be joined.

    Raises:
        UserError: one has other columns than the first; the message names the first that differs.
    """
    first, *others = runs
    kinds = first.record.schema.kinds
    for run in others:
        own = run.record.schema.kinds
        if own != kinds:
            raise UserError(
                f"{run.name} and {first.name} do not share a schema: {_difference(own, kinds)}",
                hint="Combine runs that were trained on the same table, read in the same way.",
                code=Exit.SCHEMA_MISMATCH,
            )


def join(runs: Sequence[Run], path: Path | str, *, force: bool = False) -> Run:
    """Makes a run folder of the networks of several runs.

    Args:
        runs: of one schema, in folders.
        path: the folder to make.
        force: whether to replace a run that is there.

    Returns:
        The run, with the networks of those in their order.

    Raises:
        UserError: the runs do not share a schema, or the folder is in the way.
    """
    share_a_schema(runs)
    parts = tuple(part for run in runs for part in run.record.first(len(run.networks)))
    record, networks = joined(runs[0].record.schema, parts), [network for run in runs for network in run.networks]
    folder, metrics = Folder(path), [_metrics(run) for run in runs]
    folder.create(record, force=force)
    for index, network in enumerate(networks):
        folder.put_network(index, network.state_dict())
    if all(metrics):
        folder.put_metrics(_together([each for each in metrics if each], runs))
    folder.commit()
    _copy_curves(runs, folder)
    return Run(record, networks, str(path), converged=all(run.converged for run in runs))


def _difference(own: Sequence[Kind], other: Sequence[Kind]) -> str:
    """Says what the first difference is between the columns of a run and those of the first."""
    names, others = [kind.name for kind in own], [kind.name for kind in other]
    if alone := [name for name in names if name not in others] or [name for name in others if name not in names]:
        return f"only one of them has a column {alone[0]!r}"
    if names != others:
        first = next(pair for pair in zip(names, others, strict=True) if pair[0] != pair[1])
        return f"one has the column {first[0]!r} where the other has {first[1]!r}"
    kind, first_kind = next(pair for pair in zip(own, other, strict=True) if pair[0] != pair[1])
    if kind.described != first_kind.described:
        return f"the column {kind.name!r} is {kind.described} in one, and {first_kind.described} in the other"
    what = next(each.name for each in fields(kind) if getattr(kind, each.name) != getattr(first_kind, each.name))
    return f"the column {kind.name!r} has other {DIFFERS.get(what, 'values')} in one than in the other"


def _metrics(run: Run) -> RunMetrics | None:
    assert run.folder is not None
    folder = Folder(run.folder)
    folder.open()
    return folder.metrics()


def _together(metrics: Sequence[RunMetrics], runs: Sequence[Run]) -> RunMetrics:
    """Returns the figures of a run of all networks, as if they had been trained one after another."""
    networks = tuple(
        network for each, run in zip(metrics, runs, strict=True) for network in each.networks[: len(run.networks)]
    )
    reached = [network.valid_nll for network in networks if network.valid_nll is not None]
    objective = runs[0].record.training.objective
    return replace(
        metrics[0],
        finished=True,
        converged=all(run.converged for run in runs),
        cycles=max(each.cycles for each in metrics),
        valid={objective: ObjectiveMetrics(float(np.mean(reached)) if reached else None)},
        seconds=sum(network.seconds for network in networks),
        networks=networks,
    )


def _copy_curves(runs: Sequence[Run], folder: Folder) -> None:
    """Writes the evaluations of all networks down again, by the numbers that they have now."""
    before = 0
    for run in runs:
        assert run.folder is not None
        curves = Folder(run.folder).learning_curves()
        for index in range(len(run.networks)):
            for evaluation in curves.get(index, ()):
                folder.append_evaluation(before + index, evaluation)
        before += len(run.networks)
