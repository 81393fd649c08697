"""Damaged and forged run folders: every one is refused, or read as it was; none hangs, none ends in a traceback.

Knows: how bytes go wrong by accident, and what somebody would write into a run folder, hashes and all, who means harm.
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
from pathlib import Path
from typing import Any

import numpy as np

from made_cli.config import TrainingConfig
from made_cli.ensemble.combination import Mixture, SavedEnsemble, SavedMember
from made_cli.errors import Exit, UserError
from made_cli.inference.table_scores import ScoreOptions, TableScorer
from made_cli.runs.folder import Folder
from made_cli.runs.loading import load_run
from made_cli.runs.verification import verify
from made_cli.training.progress import RunState
from tests.runs.damage import WEIGHTS, rewrite
from tests.training.small import run_until, table, trainer_of, twins

Change = Callable[[Path], object]
HANGS = 10
"""Seconds after which reading hangs."""
LARGE = 400_000
"""Kilobytes more at the peak that are large."""
HUGE = 10**30


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
    state = folder.resume_state(RunState)
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
            yield "a file cut short", _replaced(name, lambda data, length=length: data[:length])
        for more in (b"\n", b" ", b"\0", b"{}"):
            yield "bytes after the end", _replaced(name, lambda data, more=more: data + more)
        yield "a file gone", lambda path, name=name: (path / name).unlink()
        for kind in ("fifo", "folder", "a link out of the folder", "a link within it", "a device"):
            yield f"{kind} in a file's place", _special(name, kind)
    for one, other in zip(names, names[1:] + names[:1], strict=True):
        yield "two files swapped", _swapped(one, other)
    for inner in ("networks", "resume"):
        yield "a folder that is a link", _linked(inner)
    manifest = json.loads((path / "manifest.json").read_bytes())
    for key in manifest["sha256"]:
        yield "a file not named", _manifest(lambda found, key=key: found["sha256"].pop(key))
    for change in ({"more": {}}, {"sha256": {}}, {"format": {}}, {"format": {"version": "99", "made": "9.9"}}):
        yield "another manifest", _manifest(lambda found, change=change: found.update(change))


def forgeries() -> Iterator[tuple[str, Change]]:
    """Yields what somebody would write who knows about the hashes."""
    records: dict[str, Callable[[dict[str, Any]], object]] = {
        "an ordering too short": lambda r: r["orderings"][0][0].update(columns=[0, 1]),
        "an ordering too long": lambda r: r["orderings"][0][0].update(columns=list(range(9))),
        "an ordering of nothing": lambda r: r["orderings"][0][0].update(columns=[]),
        "an ordering with a column twice": lambda r: r["orderings"][0][0].update(columns=[0, 0, 1, 2]),
        "an ordering of huge columns": lambda r: r["orderings"][0][0].update(columns=[0, 1, 2, HUGE]),
        "no orderings of a network": lambda r: r["orderings"].__setitem__(0, []),
        "fewer orderings than networks": lambda r: r["orderings"].pop(),
        "orderings of all columns": lambda r: r["orderings"].__setitem__(0, None),
        "a huge connectivity": lambda r: r["orderings"][0][0].update(connectivity=HUGE),
        "a negative connectivity": lambda r: r["orderings"][0][0].update(connectivity=-1),
        "huge hidden layers": lambda r: r["network"].update(hidden=[10**9, 10**9]),
        "hidden layers beyond all bounds": lambda r: r["network"].update(hidden=[HUGE]),
        "large hidden layers": lambda r: r["network"].update(hidden=[2**20, 2**20]),
        "very many hidden layers": lambda r: r["network"].update(hidden=[8] * 10**5),
        "no hidden layers": lambda r: r["network"].update(hidden=[]),
        "another hidden layer": lambda r: r["network"].update(hidden=[8, 9]),
        "no conditioning": lambda r: r["network"].update(conditioning=False),
        "no dropout": lambda r: r["network"].update(dropout=None),
        "very many networks": lambda r: r["training"].update(networks=10**9),
        "no networks": lambda r: r["training"].update(networks=None),
        "a learning rate of infinity": lambda r: r["training"].update(learning_rate=float("inf")),
        "a huge seed": lambda r: r["training"].update(seed=HUGE),
        "no columns": lambda r: r["schema"].update(kinds=[]),
        "a column twice": lambda r: r["schema"]["kinds"].__setitem__(0, r["schema"]["kinds"][1]),
        "one column fewer": lambda r: r["schema"]["kinds"].pop(),
        "more labels": lambda r: r["schema"]["kinds"][2].update(labels=[str(n) for n in range(400)]),
        "no labels": lambda r: r["schema"]["kinds"][0].update(labels=[], missing=False),
        "labels that are numbers": lambda r: r["schema"]["kinds"][0].update(labels=[0, 1]),
        "a kind that there is not": lambda r: r["schema"]["kinds"][0].update(kind="picture"),
        "no resolution": lambda r: r["schema"]["kinds"][3]["format"].update(resolution=0.0),
        "a resolution of NaN": lambda r: r["schema"]["kinds"][3]["format"].update(resolution=float("nan")),
        "very many decimals": lambda r: r["schema"]["kinds"][3]["format"].update(decimals=10**9),
        "decimals beyond all bounds": lambda r: r["schema"]["kinds"][3]["format"].update(decimals=HUGE),
        "a scaling of one point": lambda r: r["schema"]["kinds"][3]["scaling"].update(z=[0.0], transformed=[0.0]),
        "a scaling that falls": lambda r: r["schema"]["kinds"][3]["scaling"]["z"].reverse(),
        "no knots": lambda r: r["schema"]["kinds"][3].update(knots=[]),
        "very many knots": lambda r: r["schema"]["kinds"][3].update(knots=[n / 1e5 for n in range(10**5)]),
        "another version": lambda r: r.update(format_version=99),
        "a record that lacks a part": lambda r: r.pop("schema"),
    }
    for kind, change in records.items():
        yield kind, _json("run.json", change)
    yield "a string of 300 MB", _json("run.json", lambda r: r["data"].update(source="x" * 300_000_000))
    yield "a nest of 100,000 lists", lambda path: rewrite(path, "run.json", b"[" * 100_000 + b"]" * 100_000)
    saved: dict[str, Callable[[dict[str, Any]], object]] = {
        "a member of no network": lambda e: e["members"][0].update(network=7),
        "a member of a negative network": lambda e: e["members"][0].update(network=-1),
        "a member's ordering too short": lambda e: e["members"][0]["ordering"].update(columns=[0]),
        "a member's huge connectivity": lambda e: e["members"][0]["ordering"].update(connectivity=HUGE),
        "fewer weights than members": lambda e: e["combinations"]["weighted"].update(weights=[1.0]),
        "weights of a sum of 2": lambda e: e["combinations"]["weighted"].update(weights=[1.0, 1.0]),
        "weights of NaN": lambda e: e["combinations"]["weighted"].update(weights=[float("nan"), 1.0]),
        "no members": lambda e: e.update(members=[]),
    }
    for kind, change in saved.items():
        yield kind, _json("ensemble.json", change)
    yield "metrics that are none", lambda path: rewrite(path, "metrics.json", b'{"finished": 3}')
    for header in (b"", b"\xff" * 8, (2**60).to_bytes(8, "little"), _header({"a": [0, 2**50]}), _header({"a": [0, 0]})):
        yield "weights that are none", lambda path, header=header: rewrite(path, WEIGHTS, header)
    yield "weights in a large file with holes", _sparse
    yield (
        "a pickle",
        lambda path: rewrite(path, WEIGHTS, b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94."),
    )
    yield "a file outside the folder", _named("../outside.json")
    yield "a file of another kind", _named("networks/0.pt")


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


def _json(name: str, change: Callable[[dict[str, Any]], object]) -> Change:
    def changed(path: Path) -> None:
        found = json.loads((path / name).read_bytes())
        change(found)
        rewrite(path, name, json.dumps(found).encode())

    return changed


def _named(name: str) -> Change:
    def change(path: Path) -> None:
        rewrite(path, name, b"{}")

    return change


def _header(places: dict[str, list[int]]) -> bytes:
    head = {name: {"dtype": "F32", "shape": [2**40], "data_offsets": place} for name, place in places.items()}
    data = json.dumps(head).encode()
    return len(data).to_bytes(8, "little") + data


def _sparse(path: Path) -> None:
    os.truncate(path / WEIGHTS, 2**33)
