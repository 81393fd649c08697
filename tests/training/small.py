"""Small trainings for the tests of made_cli.training: seconds for hundreds of steps.

Knows: how to get from a DataFrame to a training, and how to compare what two run folders hold.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
import torch

from made_cli.config import Connectivity, NetworkConfig, Questions, TrainingConfig
from made_cli.ensemble.members import log_likelihoods
from made_cli.ensemble.mixture import equal_mixture
from made_cli.runs.folder import Folder
from made_cli.runs.metrics import Evaluation
from made_cli.runs.run import Run
from made_cli.tables.files.table import Table
from made_cli.training import network_trainer, schedule
from made_cli.training.beginning import untrained
from made_cli.training.prepare import prepare, prepare_again
from made_cli.training.resuming import resume
from made_cli.training.run_trainer import RunTrainer

Orderings = Literal["natural", "all"] | int

CPU = torch.device("cpu")
NETWORK = NetworkConfig(hidden=(8, 8), dropout=0.2)


def twins(rows: int = 60) -> pd.DataFrame:
    """Two equal columns of 0 and 1, a column of labels with empty cells, and one of numbers."""
    rng = np.random.default_rng(1)
    one = rng.integers(0, 2, rows)
    city = rng.choice(np.array(["Bonn", "Ulm", ""], dtype=object), rows)
    return pd.DataFrame({"one": one, "two": one, "city": city, "size": rng.normal(size=rows).round(2)})


def coins(rows: int = 200) -> pd.DataFrame:
    return twins(rows)[["one", "two"]]


def table(frame: pd.DataFrame) -> Table:
    return Table(frame, "the test's table", None)


def trainer_of(
    frame: pd.DataFrame,
    config: TrainingConfig,
    path: Path | None = None,
    *,
    network: NetworkConfig = NETWORK,
    valid: pd.DataFrame | None = None,
) -> RunTrainer:
    """A training that has not begun, saved in the folder `path` if there is one."""
    prepared = prepare(table(frame), None if valid is None else table(valid), network, config)
    folder = None if path is None else Folder(path)
    if folder is not None:
        folder.create(prepared.record)
    return RunTrainer(prepared.record, prepared.rows, CPU, folder)


def resumed(
    frame: pd.DataFrame, path: Path, *, time_limit: float | None = None, epochs: int | None = None
) -> RunTrainer:
    """The training that the folder holds, in a new process's place: nothing but the folder is taken over."""
    folder = Folder(path)
    record = folder.open()
    trainer = RunTrainer(record, prepare_again(record, table(frame), None), CPU, folder)
    resume(trainer, time_limit=time_limit, epochs=epochs)
    return trainer


def finish(trainer: RunTrainer) -> RunTrainer:
    for _ in trainer.train_and_evaluate(lambda: False):
        pass
    assert trainer.finished
    return trainer


def run_until(trainer: RunTrainer, calls: int) -> bool:
    """Trains until it was asked `calls` times whether to leave off, and says whether it has come to its end."""
    for _ in trainer.train_and_evaluate(counted(calls)):
        pass
    return trainer.finished


def counted(calls: int) -> Callable[[], bool]:
    asked = iter(range(calls))
    return lambda: next(asked, None) is None


def contents(path: Path) -> dict[str, Any]:
    """All that a run folder holds, but for the seconds that it took."""
    found: dict[str, Any] = {}
    for file in sorted(path.rglob("*")):
        name = str(file.relative_to(path))
        if name == "metrics.jsonl":
            found[name] = [_timeless(json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines()]
        elif name == "metrics.json":
            found[name] = _timeless(json.loads(file.read_bytes()))
        elif file.is_file() and name != "manifest.json":
            found[name] = file.read_bytes()
    return found


def _timeless(value: object) -> object:
    if isinstance(value, dict):
        return {key: _timeless(inner) for key, inner in value.items() if key != "seconds"}
    return [_timeless(inner) for inner in value] if isinstance(value, list) else value


def densities(trainer: RunTrainer, frame: pd.DataFrame) -> list[float]:
    codes = trainer.record.schema.encode(table(frame))
    return [float(value) for value in np.exp(equal_mixture(log_likelihoods(trainer.run.members(), codes)))]


def evaluations(trainer: RunTrainer) -> list[Evaluation]:
    return [evaluation for _, evaluation in trainer.train_and_evaluate(lambda: False)]


def untrained_run(
    networks: int, orderings: Orderings, connectivity: Connectivity = "fixed", questions: Questions = "any"
) -> Run:
    """A run with the weights that training starts from."""
    config = TrainingConfig(
        networks=networks, orderings=orderings, questions=questions, connectivity=connectivity, epochs=1
    )
    record = trainer_of(twins(), config).record
    made = [untrained(record, index) for index in range(networks)]
    for index, network in enumerate(made):  # outputs start at zero weights, which know no ordering
        torch.nn.init.normal_(network.network.output_weight, generator=torch.Generator().manual_seed(index))
        torch.nn.init.normal_(network.network.direct_weight, generator=torch.Generator().manual_seed(index))
    return Run(record, made, "the run")


@contextmanager
def brisk() -> Iterator[None]:
    """Evaluations and the phases of the schedule come ten times as soon, and nothing waits for the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network_trainer, "EVALUATION_STEPS", 10)
        patch.setattr(schedule, "WARM_UP", 10)
        patch.setattr(schedule, "SHORTEST_DECAY", 5)
        patch.setattr(os, "fsync", lambda descriptor: None)  # no power cut is played here
        yield
