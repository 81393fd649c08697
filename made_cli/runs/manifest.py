"""The files of a folder that count: those that its manifest names.

Knows: the manifest holds the SHA-256 of every file that counts, and of itself, and is written last, so a save takes
effect with it: a process killed at any moment leaves the state that the last manifest names, and files that it does
not name are not read. Every file is written under a new name, beside the one that it may replace, and takes its place
once the manifest names it; until then it is read where it is.
"""

import hashlib
import json
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from pydantic import TypeAdapter, ValidationError

from made_cli.atomic import PLACING, TEMPORARY, write_bytes
from made_cli.errors import Exit, LeftOver, UserError
from made_cli.runs.plain_files import MOST_TEXT, is_plain, read_plain
from made_cli.runs.record import FORMAT_VERSION, READABLE
from made_cli.tables.text.nearest import meant

MANIFEST = "manifest.json"
NAMED = 5
"""Other runs that a message names."""

Document = Mapping[str, Mapping[str, str]]
"""What a manifest holds: "format", "sha256" of each file, and, by `sealed`, "manifest": its own."""


class Manifest:
    """The manifest of a folder, and what is staged for the next commit.

    Args:
        folder: holds the files.

    Attributes:
        hashes: the SHA-256 of each file that counts, by its name within the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hashes: dict[str, str] = {}
        self._staged: dict[str, bytes] = {}
        self._dropped: set[str] = set()

    def open(self) -> None:
        """Reads which files count.

        Raises:
            UserError: there is no manifest, it is of another version, or damaged.
        """
        if not os.path.lexists(self.folder / MANIFEST):
            why, hint = f"it has no {MANIFEST}", _runs_near(self.folder)
            if self.folder.is_file():
                why, hint = "it is a file", f"The run folder comes first, and the table after it. {hint}"
            raise UserError(f"{self.folder} is not a run folder: {why}", hint=hint, code=Exit.RUN_REFUSED)
        try:
            data = read_plain(self.folder, MANIFEST, MOST_TEXT)
            found = TypeAdapter(dict[str, dict[str, str]]).validate_json(data)
            hashes = found["sha256"]
        except (ValidationError, KeyError) as error:
            raise self.damaged(MANIFEST, "not a manifest") from error
        except (ValueError, OSError) as error:
            raise self.damaged(MANIFEST, _reason(error)) from error
        form = found.get("format", {"version": "4"})
        if form.get("version") not in {str(each) for each in READABLE}:
            self.refuse_version(form.get("version"), form.get("made"))
        # What is not written as it would be written now is not what was written then: blanks and unknown keys, too.
        if data != (sealed(found) if "format" in found else _json({"sha256": hashes})):
            raise self.damaged(MANIFEST, "its SHA-256 is not its own")
        self.hashes = hashes

    def refuse_version(self, found: object, made: str | None) -> NoReturn:
        """Refuses a folder of a format that is not read, or not yet.

        Args:
            found: the version.
            made: the version of `made` that wrote it, where it is known.

        Raises:
            UserError: always.
        """
        written = f", written by made {made}" if made else ""
        newer = str(found).isdecimal() and int(str(found)) > FORMAT_VERSION
        raise UserError(
            f"{self.folder} has format version {found}{written}; this program, made {version('made-cli')}, reads"
            f" {', '.join(map(str, READABLE[:-1]))} and {READABLE[-1]}",
            hint=f"Get made {made or 'of a later version'} or newer." if newer else "Train again.",
            code=Exit.RUN_REFUSED,
        )

    def read(self, name: str, most: int = MOST_TEXT) -> bytes:
        """Reads a file.

        Args:
            name: within the folder.
            most: bytes that it may have.

        Raises:
            UserError: the manifest does not name it, it cannot be read, or its hash is another.
        """
        if name not in self.hashes:
            raise self.damaged(name, "the manifest does not name it")
        why = "No such file or directory"
        # Beside its place, where the process that saved it was killed; there again, where it just went there.
        for place in (name, _beside(name), name):
            try:
                data = read_plain(self.folder, place, most)
            except FileNotFoundError:
                continue
            except (ValueError, OSError) as error:
                why = _reason(error)
                continue
            if _sha256(data) == self.hashes[name]:
                return data
            why = "its SHA-256 is not the manifest's"
        raise self.damaged(name, why)

    def put(self, name: str, data: bytes) -> None:
        """Stages a file's contents for the next `commit`."""
        self._staged[name] = data

    def drop(self, names: Set[str]) -> None:
        """Stages that files count no longer from the next `commit` on."""
        self._dropped |= names & self.hashes.keys()

    def names(self, name: str) -> bool:
        """Says whether a file counts, or will from the next `commit` on."""
        return name in self._staged or name in self.hashes.keys() - self._dropped

    def commit(self) -> None:
        """Writes the files that are staged, then the manifest, with which they take effect at once.

        Raises:
            UserError: something cannot be written; what counted before counts.
        """
        with PLACING:
            with writing(self.folder):
                self._settle()
            hashes = {name: digest for name, digest in self.hashes.items() if name not in self._dropped}
            hashes |= {name: _sha256(data) for name, data in self._staged.items()}
            try:
                self._write(hashes)
            except UserError:  # nothing of it counts
                for name in self._staged:
                    with suppress(OSError):
                        (self.folder / _beside(name)).unlink(missing_ok=True)
                raise
            self.hashes, self._staged, self._dropped = hashes, {}, set()
            with harmless(self.folder):
                self._settle()

    def _write(self, hashes: Mapping[str, str]) -> None:
        for name, data in self._staged.items():
            with writing(self.folder):
                (self.folder / name).parent.mkdir(exist_ok=True)
            write_bytes(self.folder / _beside(name), data)
        form = {"version": str(FORMAT_VERSION), "made": version("made-cli")}
        write_bytes(self.folder / MANIFEST, sealed({"format": form, "sha256": hashes}))

    def sweep(self, patterns: Iterable[str]) -> None:
        """Removes what counts no longer, and what processes that were killed have left; where that fails, warns.

        Args:
            patterns: the names of files that may have counted.
        """
        waiting = {_beside(name) for name, digest in self.hashes.items() if self._waits(name, digest)}
        with PLACING:
            for pattern in (*patterns, TEMPORARY, f"*/{TEMPORARY}"):
                for path in self.folder.glob(pattern):
                    if path.relative_to(self.folder).as_posix() not in self.hashes.keys() | waiting:
                        with harmless(self.folder):
                            path.unlink(missing_ok=True)

    def damaged(self, name: str, why: str) -> UserError:
        """Returns the error that a file is not as it was written."""
        hint = "Train it again, or restore the folder from a copy."
        return UserError(f"{self.folder / name} is damaged: {why}", hint=hint, code=Exit.RUN_REFUSED)

    def _settle(self) -> None:
        """Puts files in place that the manifest names: those just written, or where a process ended before it could."""
        for name, digest in self.hashes.items():
            if self._waits(name, digest):
                (self.folder / _beside(name)).replace(self.folder / name)

    def _waits(self, name: str, digest: str) -> bool:
        """Says whether what counts as a file still stands beside its place."""
        new = self.folder / _beside(name)
        return is_plain(new) and _sha256(new.read_bytes()) == digest


def sealed(document: Document) -> bytes:
    """Returns the bytes of a manifest, with its own SHA-256 at its end in the place of what is there."""
    body = {key: value for key, value in document.items() if key != "manifest"}
    return _json({**body, "manifest": {"sha256": _sha256(_json(body))}})


def _json(document: Document) -> bytes:
    return json.dumps(document, indent=1).encode()


def _beside(name: str) -> str:
    """Returns under which name a file is written that is to have this one.

    >>> _beside("networks/0.safetensors")
    'networks/.made-0.safetensors.tmp'
    """
    folder, slash, own = name.rpartition("/")
    return folder + slash + TEMPORARY.replace("*", own)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Raises an `OSError` while a folder is written as a `UserError`."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"cannot write {folder}: {_reason(error)}",
            hint="Check the disk and its permissions, or name another folder with --out.",
            code=Exit.OUTPUT,
        ) from error


@contextmanager
def harmless(folder: Path) -> Iterator[None]:
    """Warns of an `OSError` after all is saved: files that are left over are removed by the next save."""
    try:
        yield
    except OSError as error:
        warnings.warn(f"{folder} is saved, but cannot be tidied up: {_reason(error)}", LeftOver, stacklevel=2)


def _runs_near(folder: Path) -> str:
    """Returns a hint for who named a folder that is no run: the runs in it, or else beside it."""
    for where in (folder, folder.parent):
        with suppress(OSError):
            runs = sorted(str(each) for each in where.iterdir() if os.path.lexists(each / MANIFEST))
            if runs:
                named = ", ".join(map(repr, runs[:NAMED])) + " …" * (len(runs) > NAMED)
                return f"{meant(str(folder), runs)}Runs {'in' if where == folder else 'beside'} it: {named}."
    return "Name a folder that `made train` made."
