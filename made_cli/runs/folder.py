"""The run folder: the files of a run and their formats.

Knows: safetensors and JSON, for nothing in a run folder can execute; what of a file is checked when it is read. Which
files count, and when a save takes effect, is the manifest's. Torch is imported where there are tensors, for a record is
read without. Their names are in `made_cli.runs.names`.
"""

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from made_cli.atomic import write_bytes
from made_cli.core.shapes.weights import weight_shapes
from made_cli.ensemble.combination import SavedEnsemble
from made_cli.errors import Exit, UserError
from made_cli.runs.checks import check_ensemble, check_record
from made_cli.runs.manifest import MANIFEST, Manifest, writing
from made_cli.runs.metrics import Evaluation, OfNetwork, RunMetrics, known_lines
from made_cli.runs.names import ENSEMBLE, EVALUATIONS, MAY_COUNT, METRICS, RECORD, TRIALS, may_count, network_file
from made_cli.runs.place import check_free
from made_cli.runs.plain_files import MOST_TENSORS, MOST_TEXT, is_plain, read_plain
from made_cli.runs.record import READABLE, RunRecord, as_now
from made_cli.runs.trials import Trial

if TYPE_CHECKING:
    from torch import Tensor

    from made_cli.core.made import Made
    from made_cli.runs.weights import Weights

Contents = TypeVar("Contents")
Tensors = TypeVar("Tensors")


class Folder:
    """A run folder on disk.

    Args:
        path: the folder; `create` makes it, the readers expect it.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.manifest = Manifest(self.path)
        self._old_log: tuple[str, ...] = ()

    # Making -----------------------------------------------------------------------------------------------------

    def create(self, record: RunRecord, *, trials: Sequence[Trial] = (), force: bool = False) -> None:
        """Stages a new run for the next `commit`, and makes the folder; a run that is there counts until then.

        Args:
            record: the contents of `run.json`.
            trials: what a search tried before it chose these settings.
            force: whether to replace a run that is there; other files in its folder are left alone.

        Raises:
            UserError: there is something in the way, or the folder cannot be made.
        """
        check_free(self.path, force=force)
        with writing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        self.manifest = Manifest(self.path)
        with contextlib.suppress(UserError):
            self.manifest.open()
        self.manifest.drop(self.manifest.hashes.keys())
        self._old_log = (EVALUATIONS,)
        self._put_json(RECORD, TypeAdapter(RunRecord).dump_json(record, indent=1))
        if trials:
            self._put_json(TRIALS, TypeAdapter(list[Trial]).dump_json(list(trials), indent=1))

    # Writing ----------------------------------------------------------------------------------------------------

    def put_network(self, index: int, weights: "Mapping[str, Tensor]") -> None:
        """Stages the weights of one network for the next `commit`. No saved ensemble outlives its networks."""
        from made_cli.runs.tensors import to_safetensors

        self.manifest.drop({ENSEMBLE})
        self.manifest.put(network_file(index), to_safetensors(weights))

    def has_network(self, index: int) -> bool:
        """Says whether there are weights of a network, or will be from the next `commit` on."""
        return self.manifest.names(network_file(index))

    def put_resume(self, tensors: "Mapping[str, Tensor]", state: object, step: int) -> None:
        """Stages what a restart needs for the next `commit`, which replaces what the last save left.

        Args:
            tensors: by their names.
            state: a dataclass of what JSON holds.
            step: names the files.
        """
        from made_cli.runs.tensors import to_safetensors

        self.drop_resume()
        while f"resume/{step}.json" in self.manifest.hashes:
            step += 1
        self.manifest.put(f"resume/{step}.safetensors", to_safetensors(tensors))
        # Not by pydantic's JSON, which has no infinity: the best loss before the first evaluation.
        self._put_json(f"resume/{step}.json", json.dumps(TypeAdapter(type(state)).dump_python(state)).encode())

    @property
    def has_resume(self) -> bool:
        """Whether there is what a restart needs: the training has not ended."""
        return any(name.startswith("resume/") for name in self.manifest.hashes)

    def drop_resume(self) -> None:
        """Removes what a restart needs, with the next `commit`."""
        self.manifest.drop({name for name in self.manifest.hashes if name.startswith("resume/")})

    def put_metrics(self, metrics: RunMetrics) -> None:
        """Stages the metrics of the training for the next `commit`."""
        self._put_json(METRICS, json.dumps(asdict(metrics), indent=1).encode())

    def put_ensemble(self, ensemble: SavedEnsemble) -> None:
        """Stages what `ensemble-eval --save` found for the next `commit`."""
        self._put_json(ENSEMBLE, TypeAdapter(SavedEnsemble).dump_json(ensemble, indent=1))

    def append_evaluation(self, network: int, evaluation: Evaluation) -> None:
        """Adds a line to `metrics.jsonl`, at once: a log for people and other programs, which nothing here believes."""
        line = json.dumps({"network": network, **asdict(evaluation)}) + "\n"
        path = self.path / EVALUATIONS
        with writing(self.path):
            if os.path.lexists(path) and not is_plain(path):
                raise OSError(f"{EVALUATIONS} is not a regular file")
            with path.open("ab") as file:
                file.write(line.encode())

    def keep_evaluations(self, before: int, of: Mapping[int, int | None]) -> None:
        """Keeps those lines of `metrics.jsonl` that the state to resume from knows of; see `known_lines`."""
        lines = self._log()
        kept = known_lines(lines, before, of)
        if kept != lines:
            write_bytes(self.path / EVALUATIONS, b"".join(kept))

    def commit(self) -> None:
        """Writes all that is staged, at once, then deletes the files that count no longer.

        Raises:
            UserError: something cannot be written; what was there before counts.
        """
        self.manifest.commit()
        self.manifest.sweep((*MAY_COUNT, *self._old_log))
        self._old_log = ()
        with contextlib.suppress(OSError):
            (self.path / "resume").rmdir()

    def _put_json(self, name: str, data: bytes) -> None:
        if len(data) > MOST_TEXT:
            raise UserError(
                f"{self.path / name} would have {len(data):,} bytes, more than the {MOST_TEXT:,} that are read",
                hint="Leave the columns of the most labels out with --drop.",
                code=Exit.OUTPUT,
            )
        self.manifest.put(name, data)

    # Reading ----------------------------------------------------------------------------------------------------

    def open(self) -> RunRecord:
        """Reads the manifest and the record.

        Raises:
            UserError: it is no run folder, of another format version, or damaged.
        """
        self.manifest.open()
        for name in self.manifest.hashes:
            if not may_count(name):
                raise self.manifest.damaged(MANIFEST, f"it names {name!r}, which is no file of a run")
        head: dict[str, Any] = self._decoded(RECORD, dict[str, Any])
        if head.get("format_version") not in READABLE:
            made = head["versions"].get("made") if isinstance(head.get("versions"), dict) else None
            self.manifest.refuse_version(head.get("format_version"), str(made) if made else None)
        record = self._validated(RECORD, TypeAdapter(RunRecord).validate_python, as_now(head))
        with self._checking(RECORD):
            check_record(record)
        return record

    def load_network(self, record: RunRecord, index: int) -> "Made":
        """Makes a network with its weights from disk; see `weights`."""
        from made_cli.runs.tensors import of_weights

        return of_weights(record.owners[index], self.weights(record, index))

    def weights(self, record: RunRecord, index: int) -> "Weights":
        """Reads the weights of a network, checked name by name.

        Raises:
            UserError: they are damaged, or not of such a network.
        """
        from made_cli.runs.weights import most_bytes, read_weights

        name, shapes = network_file(index), weight_shapes(record.schema.kinds, record.owners[index].network)
        with self._checking(name):
            return read_weights(self.manifest.read(name, most_bytes(shapes)), shapes)

    def networks_done(self) -> int:
        """Returns how many networks, from the first on, have weights."""
        index = 0
        while network_file(index) in self.manifest.hashes:
            index += 1
        return index

    def metrics(self) -> RunMetrics | None:
        """Returns the metrics of the training, None before anything was trained."""
        return self._decoded(METRICS, RunMetrics) if METRICS in self.manifest.hashes else None

    def evaluations(self) -> int:
        """Returns how many evaluations were written down."""
        return len(self._log())

    def learning_curves(self) -> dict[int, list[Evaluation]]:
        """Returns the evaluations of each network, as far as they were written down in a form that is known."""
        curves: dict[int, list[Evaluation]] = {}
        networks, evaluations = TypeAdapter(OfNetwork), TypeAdapter(Evaluation)
        for line in self._log():
            with contextlib.suppress(ValidationError):
                network = networks.validate_json(line).network
                curves.setdefault(network, []).append(evaluations.validate_json(line))
        return curves

    def _log(self) -> list[bytes]:
        try:
            return read_plain(self.path, EVALUATIONS, MOST_TENSORS).splitlines(keepends=True)
        except FileNotFoundError:
            return []
        except (ValueError, OSError) as error:
            raise self.manifest.damaged(EVALUATIONS, str(error)) from error

    def trials(self) -> list[Trial]:
        """Returns what a search for settings tried, round by round; nothing where there was none."""
        return self._decoded(TRIALS, list[Trial]) if TRIALS in self.manifest.hashes else []

    def ensemble(self, record: RunRecord) -> SavedEnsemble | None:
        """Returns what `ensemble-eval --save` found, None before it was asked to save.

        Args:
            record: the run, whose members it has to be of.

        Raises:
            UserError: it is damaged.
        """
        if ENSEMBLE not in self.manifest.hashes:
            return None
        found = self._decoded(ENSEMBLE, SavedEnsemble)
        with self._checking(ENSEMBLE):
            check_ensemble(found, record, self.networks_done())
        return found

    def size(self, name: str) -> int:
        """Returns how many bytes a file has that counts, all of them checked.

        Raises:
            UserError: it is damaged.
        """
        return len(self.manifest.read(name, MOST_TENSORS if name.endswith(".safetensors") else MOST_TEXT))

    def resume_state(self, kind: type[Contents], read: Callable[[bytes], Tensors]) -> tuple[Tensors, Contents] | None:
        """Returns the tensors and the state that a restart needs, None where there is nothing to go on with.

        Args:
            kind: the dataclass of the state.
            read: reads the tensors.
        """
        names = (name for name in self.manifest.hashes if name.startswith("resume/") and name.endswith(".json"))
        if (name := next(names, None)) is None:
            return None
        beside = name.removesuffix("json") + "safetensors"
        data = self.manifest.read(beside, MOST_TENSORS)
        with self._checking(beside):
            tensors = read(data)
        return tensors, self._decoded(name, kind)

    @contextlib.contextmanager
    def _checking(self, name: str) -> Iterator[None]:
        """Raises a `ValueError` about the contents of a file as the error that it is damaged."""
        try:
            yield
        except ValueError as error:
            raise self.manifest.damaged(name, str(error)) from error

    def _decoded(self, name: str, kind: type[Contents]) -> Contents:
        """Reads a file of JSON, every value checked against its type."""
        return self._validated(name, TypeAdapter(kind).validate_json, self.manifest.read(name))

    def _validated(self, name: str, validate: Callable[[Any], Contents], data: object) -> Contents:
        """Checks the contents of a file, every value against its type."""
        try:
            return validate(data)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise self.manifest.damaged(name, f"{where}: {first['msg']}" if where else first["msg"]) from error
