"""Damaged and forged run folders: every one is refused, or read as it was; none hangs, none ends in a traceback.

Knows: how bytes, files and folders go wrong by accident. What somebody would write who means harm is in
`tests.trust.forgeries`.
"""

import argparse
import hashlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from made_cli.config import TrainingConfig
from made_cli.ensemble.combination import Mixture, SavedEnsemble, SavedMember
from made_cli.errors import Exit, UserError
from made_cli.inference.table_scores import ScoreOptions, TableScorer
from made_cli.runs.folder import Folder
from made_cli.runs.loading import load_run
from made_cli.runs.tensors import from_safetensors
from made_cli.runs.verification import verify
from made_cli.training.progress import RunState
from tests.training.small import run_until, table, trainer_of, twins
from tests.trust.forgeries import Change, forgeries

HANGS = 10
"""Seconds after which reading hangs."""
LARGE = 400_000
"""Kilobytes more at the peak that are large."""


def run_in(path: Path) -> None:
    """Makes a run with two networks, the second still in training, and a saved combination."""
    run_until(trainer_of(twins(), TrainingConfig(epochs=3, networks=2), path), 5)
    folder = Folder(path)
    folder.open()
    members = load_run(path).members(2)
    saved = tuple(SavedMember(each.network, each.ordering, each.origin) for each in members)
    folder.put_ensemble(SavedEnsemble(saved, {"weighted": Mixture((0.25, 0.75))}))
    folder.commit()


def read(path: Path) -> str:
    """Reads all that commands read; what it gives stands for what they say."""
    run, folder = load_run(path), Folder(path)
    record = folder.open()
    rows = table(twins(9))
    scores = [TableScorer(run, ScoreOptions(combine)).score(rows).log_prob for combine in ("mixture", "weighted")]
    state = folder.resume_state(RunState, from_safetensors)
    tensors = {} if state is None else {name: value.numpy().tobytes() for name, value in state[0].items()}
    verify(path)
    parts = (record, [score.tobytes() for score in scores], folder.metrics(), folder.trials(), state and state[1])
    return hashlib.sha256(repr((parts, sorted(tensors.items()))).encode()).hexdigest()


def outcome(path: Path, expected: str) -> str:
    """Says what comes of reading a folder: "refused", "the same", "DIFFERENT", "HANGS", "TRACEBACK …" or "LARGE"."""

    def hangs(*_: object) -> None:
        raise TimeoutError

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    old = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(HANGS)
    try:
        found = "the same" if read(path) == expected else "DIFFERENT"
    except UserError as error:
        one_line = "\n" not in str(error) and error.code == Exit.RUN_REFUSED
        found = "refused" if one_line else f"TRACEBACK of {error!r}"
    except TimeoutError:
        found = "HANGS"
    except Exception as error:
        found = f"TRACEBACK of {error!r}"[:200]
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return "LARGE" if grown > LARGE * (1024 if sys.platform == "darwin" else 1) else found


def damages(path: Path, rng: np.random.Generator, flips: int) -> Iterator[tuple[str, Change]]:
    """Yields accidents, each by its kind: bytes, lengths and places of files."""
    names = [each.relative_to(path).as_posix() for each in sorted(path.rglob("*")) if each.is_file()]
    for name in names:
        size = (path / name).stat().st_size
        for place in rng.integers(0, size, flips):
            yield "a flipped bit", _flip(name, int(place), int(rng.integers(8)))
        for length in {0, 1, size // 2, size - 1}:
            yield "a file cut short", _cut(name, length)
        for more in (b"\n", b" ", b"\0", b"{}"):
            yield "bytes after the end", _longer(name, more)
        yield "a file gone", _gone(name)
        for kind in ("fifo", "folder", "a link out of the folder", "a link within it", "a device"):
            yield f"{kind} in a file's place", _special(name, kind)
    for one, next_one in zip(names, names[1:] + names[:1], strict=True):
        yield "two files swapped", _swapped(one, next_one)
    for inner in ("networks", "resume"):
        yield "a folder that is a link", _linked(inner)
    manifest = json.loads((path / "manifest.json").read_bytes())
    for key in manifest["sha256"]:
        yield "a file not named", _manifest(_without(key))
    newer = {"format": {"version": "99", "made": "9"}}
    others: list[dict[str, Any]] = [{"more": {}}, {"sha256": {}}, {"format": {}}, newer]
    for other in others:
        yield "another manifest", _manifest(partial(_update, other))


def figures(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Yields what came of damaged folders, and of forged ones."""
    rng = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, here = Path(folder) / "whole", Path(folder) / "here"
        run_in(whole)
        expected = read(whole)
        for name, changes in (("damaged", list(damages(whole, rng, 20))), ("forged", list(forgeries()))):
            found: Counter[str] = Counter()
            bad = []
            for kind, change in changes:
                shutil.rmtree(here, ignore_errors=True)
                shutil.copytree(whole, here)
                change(here)
                result = outcome(here, expected)
                found[result.split()[0]] += 1
                if result not in ("refused", "the same") or (name == "forged" and result != "refused"):
                    bad.append(f"{kind}: {result}")
            counts = [found[key] for key in ("refused", "the", "DIFFERENT", "HANGS", "TRACEBACK", "LARGE")]
            told = "{} refused, {} read the same, {} differently, {} hang, {} end in a traceback, {} take much memory"
            yield f"{len(changes)} run folders, {name}", told.format(*counts) + "".join(f"; {each}" for each in bad[:9])


def _flip(name: str, place: int, bit: int) -> Change:
    def change(data: bytes) -> bytes:
        return data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :]

    return _replaced(name, change)


def _replaced(name: str, change: Callable[[bytes], bytes]) -> Change:
    return lambda path: (path / name).write_bytes(change((path / name).read_bytes()))


def _cut(name: str, length: int) -> Change:
    return _replaced(name, lambda data: data[:length])


def _longer(name: str, more: bytes) -> Change:
    return _replaced(name, lambda data: data + more)


def _gone(name: str) -> Change:
    return lambda path: (path / name).unlink()


def _without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda found: found["sha256"].pop(key)


def _update(change: dict[str, Any], found: dict[str, Any]) -> None:
    found.update(change)


def _special(name: str, kind: str) -> Change:
    def change(path: Path) -> None:
        file, beside = path / name, path.parent / "beside"
        if kind == "a link out of the folder":
            shutil.copy(file, beside)
        elif kind == "a link within it":
            beside = path / "beside"
            shutil.copy(file, beside)
        file.unlink()
        if kind == "fifo":
            os.mkfifo(file)
        elif kind == "folder":
            file.mkdir()
        else:
            file.symlink_to("/dev/zero" if kind == "a device" else beside)

    return change


def _swapped(one: str, other: str) -> Change:
    def change(path: Path) -> None:
        data = (path / one).read_bytes()
        (path / one).write_bytes((path / other).read_bytes())
        (path / other).write_bytes(data)

    return change


def _linked(inner: str) -> Change:
    def change(path: Path) -> None:
        shutil.rmtree(path.parent / "elsewhere", ignore_errors=True)
        (path / inner).rename(path.parent / "elsewhere")
        (path / inner).symlink_to(path.parent / "elsewhere")

    return change


def _manifest(change: Callable[[dict[str, Any]], object]) -> Change:
    def changed(data: bytes) -> bytes:
        found = json.loads(data)
        change(found)
        return json.dumps(found, indent=1).encode()

    return _replaced("manifest.json", changed)
