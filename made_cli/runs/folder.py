"""The run folder: what is written, in which turn, and what is believed on reading.

Knows: the files of a run and their formats, safetensors and JSON; nothing in a run folder can execute. The
manifest holds the SHA-256 of every file that counts and is written last, so it is the point at which a save comes
true: a process killed at any moment leaves the state that the last manifest names, and files that it does not name
are not read.

Files: `run.json` the record · `networks/0.safetensors` … the weights · `metrics.jsonl` a line an evaluation ·
`metrics.json` the result · `resume/` what a restart needs · `manifest.json`.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from made_cli.atomic import write_bytes
from made_cli.core.made import Made
from made_cli.ensemble.combination import SavedEnsemble
from made_cli.errors import Exit, UserError
from made_cli.runs.record import FORMAT_VERSION, Run, RunRecord
from made_cli.runs.tensors import from_safetensors, load_weights, to_safetensors

MANIFEST = "manifest.json"
RECORD = "run.json"
METRICS = "metrics.json"
EVALUATIONS = "metrics.jsonl"
ENSEMBLE = "ensemble.json"
INNER = ("networks", "resume")
TEMPORARY = ".made-*.tmp"
"""What a write that was killed leaves behind; see `made_cli.atomic`."""
RETRAIN = "Train it again, or restore the folder from a copy."


class Folder:
    """A run folder on disk.

    Args:
        path: the folder; `create` makes it, the readers expect it.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.hashes: dict[str, str] = {}
        self.staged: dict[str, bytes] = {}
        self.dropped: set[str] = set()

    # Writing ----------------------------------------------------------------------------------------------------

    def create(self, record: RunRecord, *, force: bool = False) -> None:
        """Makes the folder with its record.

        Args:
            record: the contents of `run.json`.
            force: whether to replace a run that is there; other files in its folder are left alone.

        Raises:
            UserError: there is something in the way, or the folder cannot be made.
        """
        self.check_free(force=force)
        with self._writing():
            self._clear()
            self.path.mkdir(parents=True, exist_ok=True)
        self.staged[RECORD] = TypeAdapter(RunRecord).dump_json(record, indent=1)
        self.commit()

    def check_free(self, *, force: bool) -> None:
        """Refuses a path that is taken, before any work is lost.

        Raises:
            UserError: it holds a run and `force` is not set, or anything else.
        """
        if not self.path.exists() or (self.path.is_dir() and not any(self.path.iterdir())):
            return
        is_run = self.path.is_dir() and (self._has_manifest() or self._holds_only_a_run())
        if not (is_run and force):
            what = "already holds a run" if is_run else "is in the way: it is not a run folder"
            hint = "Name another folder, add --force to replace it, or go on with --resume."
            raise UserError(
                f"{self.path} {what}", hint=hint if is_run else "Name another folder with --out.", code=Exit.RUN_REFUSED
            )

    def _has_manifest(self) -> bool:
        """Says whether there is a manifest of ours: other programs name files manifest.json, too."""
        try:
            return RECORD in _read_manifest((self.path / MANIFEST).read_bytes())
        except (OSError, ValidationError, KeyError):
            return False

    def _holds_only_a_run(self) -> bool:
        """Says whether all that is there is a run's, if without its manifest: the process that made it was killed."""
        names = {entry.name for entry in self.path.iterdir() if not entry.match(TEMPORARY)}
        return (RECORD in names or not names) and names <= {MANIFEST, RECORD, METRICS, EVALUATIONS, ENSEMBLE, *INNER}

    def put_network(self, index: int, weights: Mapping[str, Tensor]) -> None:
        """Takes the weights of one network; true with the next `commit`. No saved ensemble outlives its networks."""
        self.dropped |= {ENSEMBLE} & self.hashes.keys()
        self.staged[network_file(index)] = to_safetensors(weights)

    def put_resume(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any], step: int) -> None:
        """Takes what a restart needs, beside what the last save left; true with the next `commit`."""
        self.drop_resume()
        while f"resume/{step}.json" in self.hashes:
            step += 1
        self.staged[f"resume/{step}.safetensors"] = to_safetensors(tensors)
        self.staged[f"resume/{step}.json"] = json.dumps(state).encode()

    def drop_resume(self) -> None:
        """Takes what a restart needs out of what counts; true with the next `commit`."""
        self.dropped |= {name for name in self.hashes if name.startswith("resume/")}

    def put_metrics(self, metrics: Mapping[str, Any]) -> None:
        """Takes the contents of `metrics.json`; true with the next `commit`."""
        self.staged[METRICS] = json.dumps(metrics, indent=1).encode()

    def put_ensemble(self, ensemble: SavedEnsemble) -> None:
        """Takes what `ensemble-eval --save` found; true with the next `commit`."""
        self.staged[ENSEMBLE] = TypeAdapter(SavedEnsemble).dump_json(ensemble, indent=1)

    def ensemble(self) -> SavedEnsemble | None:
        """Returns what `ensemble-eval --save` found, None before it was asked to save."""
        if ENSEMBLE not in self.hashes:
            return None
        try:
            return TypeAdapter(SavedEnsemble).validate_json(self._get(ENSEMBLE))
        except ValidationError as error:
            raise self._damaged(ENSEMBLE, error.errors()[0]["msg"]) from error

    def append_evaluation(self, evaluation: Mapping[str, Any]) -> None:
        """Adds a line to `metrics.jsonl`."""
        with self._writing(), (self.path / EVALUATIONS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(evaluation) + "\n")

    def commit(self) -> None:
        """Makes all that was put come true at once, then removes what counts no longer."""
        replaced = self.staged.keys() & self.hashes.keys()
        if replaced:  # an old file must not count while the new one takes its place; what a restart needs still does
            self._write_manifest(without=replaced)
        for name, data in self.staged.items():
            with self._writing():
                (self.path / name).parent.mkdir(exist_ok=True)
            write_bytes(self.path / name, data)
            self.hashes[name] = hashlib.sha256(data).hexdigest()
        self._write_manifest(without=self.dropped)
        self.staged, self.dropped = {}, set()
        for old in (self.path / "resume").glob("*"):
            if f"resume/{old.name}" not in self.hashes:
                old.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            (self.path / "resume").rmdir()
        for left in [*self.path.glob(TEMPORARY), *self.path.glob(f"*/{TEMPORARY}")]:  # by a process that was killed
            left.unlink(missing_ok=True)

    def _write_manifest(self, *, without: Set[str]) -> None:
        self.hashes = {name: digest for name, digest in self.hashes.items() if name not in without}
        write_bytes(self.path / MANIFEST, json.dumps({"sha256": self.hashes}, indent=1).encode())

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Tells trouble of the system with the folder as a `UserError`."""
        try:
            yield
        except OSError as error:
            raise UserError(
                f"cannot write {self.path}: {error.strerror}",
                hint="Check the disk and its permissions, or name another folder with --out.",
                code=Exit.OUTPUT,
            ) from error

    def _clear(self) -> None:
        # The manifest first, without which nothing is a run; the record last: it shows what the rest was.
        weights = (f"{inner}/*.safetensors" for inner in INNER)
        for pattern in (MANIFEST, *weights, "resume/*.json", METRICS, EVALUATIONS, ENSEMBLE, RECORD):
            for file in self.path.glob(pattern):
                file.unlink()

    # Reading ----------------------------------------------------------------------------------------------------

    def open(self) -> RunRecord:
        """Reads the manifest and the record.

        Raises:
            UserError: it is no run folder, of another format version, or damaged.
        """
        manifest = self.path / MANIFEST
        if not manifest.is_file():
            raise UserError(
                f"{self.path} is not a run folder: it has no {MANIFEST}",
                hint="Name a folder that `made train` made.",
                code=Exit.RUN_REFUSED,
            )
        try:
            self.hashes = _read_manifest(manifest.read_bytes())
        except (ValidationError, KeyError) as error:
            raise self._damaged(MANIFEST, "not a manifest") from error
        data = self._get(RECORD)
        version = self._object(RECORD).get("format_version")
        if version != FORMAT_VERSION:
            raise UserError(
                f"{self.path} has format version {version}; this program reads {FORMAT_VERSION}",
                hint="Use the version of made that wrote it, or train again.",
                code=Exit.RUN_REFUSED,
            )
        try:
            return TypeAdapter(RunRecord).validate_json(data)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise self._damaged(RECORD, f"{where}: {first['msg']}") from error

    def load_into(self, made: Made, index: int) -> Made:
        """Gives a network its weights from disk, checked name by name."""
        name = network_file(index)
        weights = self._unpack(name)
        with self._decoding(name):
            return load_weights(made, weights)

    def networks_done(self) -> int:
        """Returns how many networks, from the first on, have weights."""
        index = 0
        while network_file(index) in self.hashes:
            index += 1
        return index

    def metrics(self) -> dict[str, Any]:
        """Returns the contents of `metrics.json`; empty before anything was trained."""
        return self._object(METRICS) if METRICS in self.hashes else {}

    def resume_state(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Returns the tensors and the state that a restart needs, None where there is nothing to go on with."""
        name = next((name for name in self.hashes if name.startswith("resume/") and name.endswith(".json")), None)
        if name is None:
            return None
        return self._unpack(name.removesuffix("json") + "safetensors"), self._object(name)

    def keep_evaluations(self, count: int) -> None:
        """Keeps the first `count` lines of `metrics.jsonl`: those that the state to resume from knows of."""
        path = self.path / EVALUATIONS
        if path.exists():
            write_bytes(path, b"".join(path.read_bytes().splitlines(keepends=True)[:count]))

    def _unpack(self, name: str) -> dict[str, Tensor]:
        with self._decoding(name):
            return from_safetensors(self._get(name))

    def _object(self, name: str) -> dict[str, Any]:
        data = self._get(name)
        try:
            value = json.loads(data)
        except ValueError as error:
            raise self._damaged(name, f"not JSON: {error}") from error
        if not isinstance(value, dict):
            raise self._damaged(name, "not a JSON object")
        return value

    def _get(self, name: str) -> bytes:
        """Reads a file that the manifest names, and checks its hash."""
        if name not in self.hashes:
            raise self._damaged(name, "the manifest does not name it")
        try:
            data = (self.path / name).read_bytes()
        except OSError as error:
            raise self._damaged(name, error.strerror or str(error)) from error
        if hashlib.sha256(data).hexdigest() != self.hashes[name]:
            raise self._damaged(name, "its SHA-256 is not the manifest's")
        return data

    @contextmanager
    def _decoding(self, name: str) -> Iterator[None]:
        """Tells trouble with what a file holds as a `UserError`."""
        try:
            yield
        except ValueError as error:
            raise self._damaged(name, str(error)) from error

    def _damaged(self, name: str, why: str) -> UserError:
        return UserError(f"{self.path / name} is damaged: {why}", hint=RETRAIN, code=Exit.RUN_REFUSED)


def network_file(index: int) -> str:
    """Returns the name of the file of one network's weights, within the run folder."""
    return f"networks/{index}.safetensors"


def load_run(path: Path | str, device: torch.device | None = None) -> Run:
    """Loads a run to score with and sample from.

    Args:
        path: the run folder.
        device: where to put the weights.

    Raises:
        UserError: it is refused, or no network of it is trained yet.
    """
    folder = Folder(path)
    record = folder.open()
    done = folder.networks_done()
    if not done:
        raise UserError(
            f"{path}: no network of this run is trained yet",
            hint=f"Go on with `made train DATA --out {path} --resume`.",
            code=Exit.RUN_REFUSED,
        )
    networks = [folder.load_into(record.untrained(index), index).to(device).eval() for index in range(done)]
    return Run(record, networks, str(path))


def _read_manifest(data: bytes) -> dict[str, str]:
    return TypeAdapter(dict[str, dict[str, str]]).validate_json(data)["sha256"]
