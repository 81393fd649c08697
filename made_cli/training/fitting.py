"""A training from a table in hand to the run, without a word but for warnings.

Knows: what `made train` does with a table: prepare, search where that is asked for, train, save; and that a person is
warned of a stated relation that rows do not bear out.
"""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from made_cli.config import NetworkConfig, Overrides, TrainingConfig
from made_cli.core.device import find_device
from made_cli.runs.folder import Folder
from made_cli.runs.metrics import Evaluation
from made_cli.runs.place import check_free
from made_cli.runs.run import Run
from made_cli.tables.files.frames import Frame, table_of
from made_cli.tables.files.table import Table
from made_cli.training.memory import refuse_too_large
from made_cli.training.prepare import prepare, prepare_again
from made_cli.training.resuming import resume
from made_cli.training.run_trainer import RunTrainer
from made_cli.training.search import Search

OnProgress = Callable[[float, Evaluation], object]
"""Told how much of a training is done, as a share, and what was found, at each evaluation of the validation rows."""


def train_run(  # noqa: PLR0913 (what `made_cli.fit` takes)
    frame: Frame,
    valid: Frame | None,
    device: str,
    configs: tuple[NetworkConfig, TrainingConfig, Overrides],
    *,
    out: Path | str | None = None,
    force: bool = False,
    jobs: int = 1,
    on_progress: OnProgress | None = None,
) -> Run:
    """Trains a run on a table; see `made_cli.fit`."""
    given = _Given.of(frame, valid, device)
    folder = None if out is None else Folder(out)
    if folder is not None:
        check_free(folder.path, force=force)
    prepared = prepare(given.table, given.valid, *configs, given.device)
    for doubt in prepared.related.doubts:
        warnings.warn(doubt, stacklevel=3)
    record, search = prepared.record, None
    refuse_too_large(record, prepared.rows, given.device, jobs=jobs)
    if record.training.preset == "best":
        search = Search(prepared, given.device)
        record = search.choose(lambda: False) or record
    if folder is not None:
        folder.create(record, trials=search.trials if search else (), force=force)
    return _trained(RunTrainer(record, prepared.rows, given.device, folder, jobs=jobs), on_progress)


def resume_run(  # noqa: PLR0913 (what `made_cli.resume` takes)
    path: Path | str,
    frame: Frame,
    valid: Frame | None,
    device: str,
    more: Mapping[str, Any],
    *,
    jobs: int = 1,
    on_progress: OnProgress | None = None,
) -> Run:
    """Goes on with the training of a run; see `made_cli.resume`, and for `more` `made_cli.training.resuming`."""
    given = _Given.of(frame, valid, device)
    folder = Folder(path)
    record = folder.open()
    rows = prepare_again(record, given.table, given.valid)
    refuse_too_large(record, rows, given.device, jobs=jobs)
    job = RunTrainer(record, rows, given.device, folder, jobs=jobs)
    resume(job, **more)
    return _trained(job, on_progress)


class _Given(NamedTuple):
    """What a training begins with, as the rooms below know it."""

    table: Table
    valid: Table | None
    device: torch.device

    @classmethod
    def of(cls, frame: Frame, valid: Frame | None, device: str) -> "_Given":
        """Takes it as a caller has it.

        Raises:
            UserError: one is no table, or there is no such device.
        """
        return cls(table_of(frame), None if valid is None else table_of(valid), find_device(device))


def _trained(job: RunTrainer, on_progress: OnProgress | None) -> Run:
    for _, found in job.train_and_evaluate(lambda: False):
        if on_progress is not None:
            on_progress(job.share_done, found)
    return job.run
