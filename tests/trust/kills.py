"""Kills −9: a training that is killed at random moments and resumed comes to the weights of one that was not.

Knows: a training is killed again and again until it has ended; whichever moment it is, the folder can be gone on with,
or, before the first save, is in nobody's way.
"""

import argparse
import os
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from made_cli.errors import UserError
from made_cli.runs.folder import Folder
from tests.trust.children import TRAIN, command, made, started
from tests.trust.faults import table

KILLS = 100
"""At least so many."""


def figures(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Yields how many kills there were, and how many trainings ended with the weights of one without."""
    rng, kills, equal, trainings = random.Random(options.seed), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        whole = _ready(Path(folder) / "whole")
        begun = time.monotonic()
        assert made(whole, "train", "t.csv", "--out", "run", *TRAIN, "--epochs", "8").code == 0
        seconds, expected = time.monotonic() - begun, weights(whole)
        while kills < KILLS:
            here = _ready(Path(folder) / str(trainings))
            killed = train_and_kill(here, rng, seconds)
            kills, trainings = kills + killed, trainings + 1
            seconds *= 1 if killed else 0.6  # a machine that was busy when the time was taken
            equal += weights(here) == expected
    yield f"{kills} kills −9 in {trainings} trainings", f"{equal} of {trainings} ended with weights equal bit for bit"


def train_and_kill(folder: Path, rng: random.Random, seconds: float) -> int:
    """Trains, kills at a random moment and goes on, until the training has ended; returns how often it was killed.

    Args:
        folder: where.
        rng: draws the moments.
        seconds: that a training takes.
    """
    kills, most = 0, seconds
    while not _finished(folder):  # as it is, too, where a process is killed after its last save
        begun = (folder / "run" / "manifest.json").exists()
        again = ("--resume", "-q") if begun else (*TRAIN, "--epochs", "8")
        process = started(command, folder, ["train", "t.csv", "--out", "run", *again])
        process.join(rng.uniform(0, most))
        if process.is_alive():
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            kills, most = kills + 1, most * 1.05  # lest it never end
            continue
        process.join()
        assert process.exitcode == 0, process.exitcode
    return kills


def weights(folder: Path) -> str:
    """Returns the hash of the weights of the first network, or why there are none."""
    run = Folder(folder / "run")
    try:
        run.open()
        return run.manifest.hashes["networks/0.safetensors"]
    except UserError as error:
        return str(error)


def _finished(folder: Path) -> bool:
    run = Folder(folder / "run")
    if not (run.path / "manifest.json").exists():
        return False
    run.open()
    metrics = run.metrics()
    return metrics is not None and metrics.finished


def _ready(folder: Path) -> Path:
    folder.mkdir()
    table().to_csv(folder / "t.csv", index=False)
    return folder
