"""Faults of the disk: every write, flush, rename and removal fails once, and dies once, in all that is saved.

Knows: what has to hold afterwards. The state before or the one after is there, whole, and every command can use it; a
training goes on to the weights of one without a fault; what fails says so in a line, with no traceback, and leaves no
temporary file.
"""

import argparse
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tests.faulty_disk import DEAD, Fault, FaultyDisk
from tests.trust.children import TRAIN, Ended, answers, made

USES = (
    ("info", "run", "--json"),
    ("verify", "run"),
    ("score", "run", "t.csv", "-q"),
    ("sample", "run", "-n", "5", "-q"),
    ("impute", "run", "t.csv", "-q"),
    ("query", "run", "size > 0", "--samples", "50", "-q"),
    ("ensemble-eval", "run", "t.csv", "--permutations", "1,2", "--samples", "64", "-q"),
)
"""A command of each kind that asks a run."""
SAVE = ("ensemble-eval", "run", "t.csv", "--samples", "64", "--permutations", "2", "--save", "-q", "--threads", "1")
WEIGHTED = (*SAVE, "--fit-on", "t.csv", "--sparsity", "0.01")
BY_WEIGHTS = ("score", "run", "t.csv", "--combine", "weighted", "-q")


@dataclass(frozen=True)
class Scenario:
    """Something that is saved.

    Attributes:
        name: what it is.
        before: commands that make the state before.
        act: the command whose saving fails.
        ask: what tells the state before from others, and has to be answered; none where every state leads to one end.
        absent: whether there may be nothing, as before.
    """

    name: str
    before: tuple[tuple[str, ...], ...]
    act: tuple[str, ...]
    ask: tuple[str, ...] = ()
    absent: bool = False


TRAINED = ("train", "t.csv", "--out", "run", *TRAIN)
SCORE = ("score", "run", "t.csv", "-q")


def _table(form: str) -> Scenario:
    """Returns the scenario of a table that takes the place of another."""
    few, more = (("sample", "run", "-n", rows, "-o", f"o.{form}", "--force", "-q") for rows in ("9", "12"))
    return Scenario(f"writing .{form} over a table", (TRAINED, few), more)


SCENARIOS = (
    Scenario("a training: first, mid-training and last save", (), TRAINED, absent=True),
    Scenario("a training that goes on after its end", (TRAINED,), (*TRAINED, "--resume")),
    Scenario("`train --force` over a run", (TRAINED, SAVE), (*TRAINED, "--seed", "1", "--force"), SCORE),
    Scenario("`ensemble-eval --save` over saved weights", (TRAINED, WEIGHTED), (*WEIGHTED, "--seed", "1"), BY_WEIGHTS),
    *map(_table, ("csv", "tsv.gz", "parquet")),
)


def table(rows: int = 60) -> pd.DataFrame:
    """Labels, numbers and empty cells."""
    rng = np.random.default_rng(1)
    city = rng.choice(np.array(["Bonn", "Ulm", ""], dtype=object), rows)
    return pd.DataFrame({"one": rng.integers(0, 2, rows), "city": city, "size": rng.normal(size=rows).round(2)})


class Trial:
    """A scenario made ready, to be tried with one fault after another.

    Args:
        scenario: what.
        folder: where; made anew for each fault.
    """

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario, self.folder = scenario, folder
        self.start = folder.with_name("start")
        self.start.mkdir(parents=True)
        table().to_csv(self.start / "t.csv", index=False)
        for command in scenario.before:
            _well(made(self.start, *command))
        self.old = self._state(self.start)
        self._anew()
        done = _well(made(self.folder, *scenario.act, disk=FaultyDisk()))
        self.changes, self.new = done.changes, self._state(self.folder)
        self.weights = self._weights()

    def wrong(self, at: int, fault: Fault) -> str | None:
        """Tries one fault; returns what is wrong afterwards, None where all is well."""
        self._anew()
        done = made(self.folder, *self.scenario.act, disk=FaultyDisk(at, fault))
        if fault == "dies" and done.code != DEAD:
            return f"did not die, but ended with {done.code}: {done.err}"
        if fault == "fails" and (done.code not in (0, 6) or "Traceback" in done.err or not done.err.count("\n") <= 2):
            return f"ended with {done.code}: {done.err}"
        if fault == "fails" and (left := self._left()) and "tidied up" not in done.err:
            return f"left {left}"
        return self._unusable()

    def _unusable(self) -> str | None:
        """Says what cannot be done with what is there; None where the state before or after is whole and usable."""
        act, ask = self.scenario.act, self.scenario.ask
        if not (self.folder / "run" / "manifest.json").exists():
            if not self.scenario.absent:
                return "there is no run"
            return self._again(act)
        if act[0] == "sample":  # which leaves the run alone
            state = self._state(self.folder)
        else:
            done = answers(self.folder, *USES, *((ask,) if ask else ()))
            if problem := _failed(done):
                return problem
            state, info = done[-1].digest, done[0].out
        if act[0] == "train":
            return self._again(act if ask and state == self.old else self._rest(info))
        return self._again(act) if state in (self.old, self.new) else "neither the state before nor the one after"

    def _rest(self, info: str) -> tuple[str, ...]:
        """Returns the command by which a training that stands there comes to its end; none where it has."""
        if '"finished": true' not in info:
            return (*TRAINED[:4], "--resume", "-q")
        return self.scenario.act if "--resume" in self.scenario.act and '"cycles": 2' not in info else ()

    def _again(self, command: tuple[str, ...]) -> str | None:
        """Runs the command that leads from what is there to the end, and says what is wrong with that."""
        problem = _failed([made(self.folder, *command)]) if command else None
        same = self.scenario.act[0] != "train" or self._weights() == self.weights
        return problem or (None if same else "the training came to other weights")

    def _weights(self) -> str | None:
        from made_cli.errors import UserError
        from made_cli.runs.folder import Folder

        folder = Folder(self.folder / "run")
        try:
            folder.open()
            return folder.manifest.hashes.get("networks/0.safetensors")
        except UserError as error:
            return str(error)

    def _state(self, folder: Path) -> str:
        if self.scenario.ask:
            return answers(folder, self.scenario.ask)[0].digest
        tables = sorted(folder.glob("o.*"))
        return hashlib.sha256(b"".join(file.read_bytes() for file in tables)).hexdigest()

    def _left(self) -> list[str]:
        return [str(file) for file in self.folder.rglob(".made-*.tmp") if "networks" not in str(file)]

    def _anew(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.start, self.folder)


def figures(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Yields for each scenario how many faults were tried, and after how many neither state was whole and usable."""
    for scenario in SCENARIOS:
        with tempfile.TemporaryDirectory() as folder:
            trial = Trial(scenario, Path(folder) / "trial" / "here")
            kinds: tuple[Fault, ...] = ("fails", "dies")
            found = [
                (at, fault, trial.wrong(at, fault)) for at in range(0, trial.changes, options.every) for fault in kinds
            ]
        wrong = [f"{fault} at {at}: {problem}" for at, fault, problem in found if problem]
        told = f"{len(found)} faults, {len(wrong)} after which neither state is whole and usable"
        yield f"faults of the disk: {scenario.name}", told + "".join(f"; {each}" for each in wrong[:3])


def _failed(done: list[Ended]) -> str | None:
    for place, each in enumerate(done):
        if each.code or "Traceback" in each.err:
            return f"command {place} ended with {each.code}: {each.err.strip()[-300:]}"
    return None


def _well(done: Ended) -> Ended:
    assert done.code == 0, done.err
    return done
