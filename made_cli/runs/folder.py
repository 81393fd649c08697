"""The run folder: the files of a run and their formats.

Knows: safetensors and JSON, for nothing in a run folder can execute; what of a file is checked when it is read; which
folders may be replaced. Which files count, and when a save takes effect, is the manifest's.

Files: `run.json` the record · `trials.json` what a search for settings tried · `networks/0.safetensors` … the weights ·
`metrics.jsonl` a line an evaluation · `metrics.json` the result · `ensemble.json` saved combinations · `resume/` what a
restart needs · `manifest.json`.
"""

import contextlib
import json
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from made_cli.atomic import write_bytes
from made_cli.core.made import Made
from made_cli.ensemble.combination import SavedEnsemble
from made_cli.errors import Exit, UserError
from made_cli.runs.manifest import MANIFEST, Manifest, writing
from made_cli.runs.metrics import Evaluation, RunMetrics
from made_cli.runs.record import FORMAT_VERSION, RunRecord
from made_cli.runs.tensors import from_safetensors, load_weights, to_safetensors
from made_cli.runs.trials import Trial

RECORD = "run.json"
METRICS = "metrics.json"
EVALUATIONS = "metrics.jsonl"
ENSEMBLE = "ensemble.json"
TRIALS = "trials.json"
INNER = ("networks", "resume")
TEMPORARY = ".made-*.tmp"
"""What a write that was killed leaves behind; see `made_cli.atomic`."""

Contents = TypeVar("Contents")


class Folder:
    """A run folder on disk.

    Args:
        path: the folder; `create` makes it, the readers expect it.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.manifest = Manifest(self.path)

    # Making -----------------------------------------------------------------------------------------------------

    def create(self, record: RunRecord, *, trials: Sequence[Trial] = (), force: bool = False) -> None:
        """Makes the folder with its record.

        Args:
            record: the contents of `run.json`.
            trials: what a search tried before it chose these settings.
            force: whether to replace a run that is there; other files in its folder are left alone.

        Raises:
            UserError: there is something in the way, or the folder cannot be made.
        """
        self.check_free(force=force)
        with writing(self.path):
            self._clear()
            self.path.mkdir(parents=True, exist_ok=True)
        self.manifest.put(RECORD, TypeAdapter(RunRecord).dump_json(record, indent=1))
        if trials:
            self.manifest.put(TRIALS, TypeAdapter(list[Trial]).dump_json(list(trials), indent=1))
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
            hint = f"Name another folder, add --force to replace it{self._how_to_go_on()}."
            raise UserError(
                f"{self.path} {what}", hint=hint if is_run else "Name another folder with --out.", code=Exit.RUN_REFUSED
            )

    def _has_manifest(self) -> bool:
        """Says whether there is a manifest of ours: other programs name files manifest.json, too."""
        return RECORD in self._named()

    def _named(self) -> Set[str]:
        """Returns the files that the manifest names, none where it cannot be read."""
        found = Manifest(self.path)
        with contextlib.suppress(OSError, UserError):
            found.open()
        return found.hashes.keys()

    def _how_to_go_on(self) -> str:
        """Returns the way to train the run further, for a hint; nothing where its manifest is lost."""
        names = self._named()
        if not names:
            return ""
        ended = METRICS in names and not any(name.startswith("resume/") for name in names)
        return f", or go on with --resume{' --time-limit 5m, for so long' if ended else ''}"

    def _holds_only_a_run(self) -> bool:
        """Says whether all that is there is a run's, if without its manifest: the process that made it was killed."""
        names = {entry.name for entry in self.path.iterdir() if not entry.match(TEMPORARY)}
        return (RECORD in names or not names) and names <= {
            MANIFEST,
            RECORD,
            TRIALS,
            METRICS,
            EVALUATIONS,
            ENSEMBLE,
            *INNER,
        }

    def _clear(self) -> None:
        # The manifest first, without which nothing is a run; the record last: it shows what the rest was.
        weights = (f"{inner}/*.safetensors" for inner in INNER)
        for pattern in (MANIFEST, *weights, "resume/*.json", TRIALS, METRICS, EVALUATIONS, ENSEMBLE, RECORD):
            for file in self.path.glob(pattern):
                file.unlink()

    # Writing ----------------------------------------------------------------------------------------------------

    def put_network(self, index: int, weights: Mapping[str, Tensor]) -> None:
        """Stages the weights of one network for the next `commit`. No saved ensemble outlives its networks."""
        self.manifest.drop({ENSEMBLE})
        self.manifest.put(_network_file(index), to_safetensors(weights))

    def put_resume(self, tensors: Mapping[str, Tensor], state: object, step: int) -> None:
        """Stages what a restart needs for the next `commit`, which replaces what the last save left.

        Args:
            tensors: by their names.
            state: a dataclass of what JSON holds.
            step: names the files.
        """
        self.drop_resume()
        while f"resume/{step}.json" in self.manifest.hashes:
            step += 1
        self.manifest.put(f"resume/{step}.safetensors", to_safetensors(tensors))
        # Not by pydantic's JSON, which has no infinity: the best loss before the first evaluation.
        self.manifest.put(f"resume/{step}.json", json.dumps(TypeAdapter(type(state)).dump_python(state)).encode())

    def drop_resume(self) -> None:
        """Removes what a restart needs, with the next `commit`."""
        self.manifest.drop({name for name in self.manifest.hashes if name.startswith("resume/")})

    def put_metrics(self, metrics: RunMetrics) -> None:
        """Stages the metrics of the training for the next `commit`."""
        self.manifest.put(METRICS, json.dumps(asdict(metrics), indent=1).encode())

    def put_ensemble(self, ensemble: SavedEnsemble) -> None:
        """Stages what `ensemble-eval --save` found for the next `commit`."""
        self.manifest.put(ENSEMBLE, TypeAdapter(SavedEnsemble).dump_json(ensemble, indent=1))

    def append_evaluation(self, network: int, evaluation: Evaluation) -> None:
        """Adds a line to `metrics.jsonl`, at once."""
        with writing(self.path), (self.path / EVALUATIONS).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"network": network, **asdict(evaluation)}) + "\n")

    def keep_evaluations(self, count: int) -> None:
        """Keeps the first `count` lines of `metrics.jsonl`: those that the state to resume from knows of."""
        path = self.path / EVALUATIONS
        if path.exists():
            write_bytes(path, b"".join(path.read_bytes().splitlines(keepends=True)[:count]))

    def commit(self) -> None:
        """Writes all that is staged, at once, then deletes the files that count no longer.

        Raises:
            UserError: something cannot be written.
        """
        self.manifest.commit()
        for old in (self.path / "resume").glob("*"):
            if f"resume/{old.name}" not in self.manifest.hashes:
                old.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            (self.path / "resume").rmdir()
        for left in [*self.path.glob(TEMPORARY), *self.path.glob(f"*/{TEMPORARY}")]:  # by a process that was killed
            left.unlink(missing_ok=True)

    # Reading ----------------------------------------------------------------------------------------------------

    def open(self) -> RunRecord:
        """Reads the manifest and the record.

        Raises:
            UserError: it is no run folder, of another format version, or damaged.
        """
        self.manifest.open()
        version = self._decoded(RECORD, dict[str, Any]).get("format_version")
        if version != FORMAT_VERSION:
            raise UserError(
                f"{self.path} has format version {version}; this program reads {FORMAT_VERSION}",
                hint="Use the version of made that wrote it, or train again.",
                code=Exit.RUN_REFUSED,
            )
        return self._decoded(RECORD, RunRecord)

    def load_network(self, record: RunRecord, index: int) -> Made:
        """Makes a network with its weights from disk, checked name by name.

        Raises:
            UserError: they are damaged, or not of such a network.
        """
        made = Made(record.schema.kinds, record.network, torch.Generator())
        name = _network_file(index)
        weights = self._tensors(name)
        try:
            return load_weights(made, weights)
        except ValueError as error:
            raise self.manifest.damaged(name, str(error)) from error

    def networks_done(self) -> int:
        """Returns how many networks, from the first on, have weights."""
        index = 0
        while _network_file(index) in self.manifest.hashes:
            index += 1
        return index

    def metrics(self) -> RunMetrics | None:
        """Returns the metrics of the training, None before anything was trained."""
        return self._decoded(METRICS, RunMetrics) if METRICS in self.manifest.hashes else None

    def evaluations(self) -> int:
        """Returns how many evaluations were written down."""
        path = self.path / EVALUATIONS
        return len(path.read_bytes().splitlines()) if path.exists() else 0

    def trials(self) -> list[Trial]:
        """Returns what a search for settings tried, round by round; nothing where there was none."""
        return self._decoded(TRIALS, list[Trial]) if TRIALS in self.manifest.hashes else []

    def ensemble(self) -> SavedEnsemble | None:
        """Returns what `ensemble-eval --save` found, None before it was asked to save."""
        return self._decoded(ENSEMBLE, SavedEnsemble) if ENSEMBLE in self.manifest.hashes else None

    def resume_state(self, kind: type[Contents]) -> tuple[dict[str, Tensor], Contents] | None:
        """Returns the tensors and the state that a restart needs, None where there is nothing to go on with.

        Args:
            kind: the dataclass of the state.
        """
        names = (name for name in self.manifest.hashes if name.startswith("resume/") and name.endswith(".json"))
        name = next(names, None)
        if name is None:
            return None
        return self._tensors(name.removesuffix("json") + "safetensors"), self._decoded(name, kind)

    def _tensors(self, name: str) -> dict[str, Tensor]:
        data = self.manifest.read(name)
        try:
            return from_safetensors(data)
        except ValueError as error:
            raise self.manifest.damaged(name, str(error)) from error

    def _decoded(self, name: str, kind: type[Contents]) -> Contents:
        """Reads a file of JSON, every value checked against its type."""
        try:
            return TypeAdapter(kind).validate_json(self.manifest.read(name))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise self.manifest.damaged(name, f"{where}: {first['msg']}" if where else first["msg"]) from error


def _network_file(index: int) -> str:
    return f"networks/{index}.safetensors"
