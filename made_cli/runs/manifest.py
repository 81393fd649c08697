"""The files of a folder that count: those that its manifest names.

Knows: the manifest holds the SHA-256 of every file that counts and is written last, so a save takes effect
with it: a process killed at any moment leaves the state that the last manifest names, and files that it does
not name are not read. What replaces a file is written beside it, and takes its place once the manifest names it.
"""

import hashlib
import json
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from made_cli.atomic import write_bytes
from made_cli.errors import Exit, UserError

MANIFEST = "manifest.json"


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
            UserError: there is no manifest, or it is damaged.
        """
        path = self.folder / MANIFEST
        if not path.is_file():
            raise UserError(
                f"{self.folder} is not a run folder: it has no {MANIFEST}",
                hint="Name a folder that `made train` made.",
                code=Exit.RUN_REFUSED,
            )
        try:
            self.hashes = TypeAdapter(dict[str, dict[str, str]]).validate_json(path.read_bytes())["sha256"]
        except (ValidationError, KeyError) as error:
            raise self.damaged(MANIFEST, "not a manifest") from error

    def read(self, name: str) -> bytes:
        """Reads a file.

        Raises:
            UserError: the manifest does not name it, it cannot be read, or its hash is another.
        """
        if name not in self.hashes:
            raise self.damaged(name, "the manifest does not name it")
        path = self.folder / name
        try:
            # Beside it, where the process that replaces it was killed; there again, where it just did so.
            for place in (path, _beside(path), path):
                if place == path or place.is_file():
                    data = place.read_bytes()
                    if _sha256(data) == self.hashes[name]:
                        return data
        except OSError as error:
            raise self.damaged(name, error.strerror or str(error)) from error
        raise self.damaged(name, "its SHA-256 is not the manifest's")

    def put(self, name: str, data: bytes) -> None:
        """Stages a file's contents for the next `commit`."""
        self._staged[name] = data

    def drop(self, names: Set[str]) -> None:
        """Stages that files count no longer from the next `commit` on."""
        self._dropped |= names & self.hashes.keys()

    def commit(self) -> None:
        """Writes the files that are staged, then the manifest, with which they take effect at once.

        Raises:
            UserError: something cannot be written.
        """
        self._finish_replacing()
        hashes = {name: digest for name, digest in self.hashes.items() if name not in self._dropped}
        for name, data in self._staged.items():
            path = self.folder / name
            with writing(self.folder):
                path.parent.mkdir(exist_ok=True)
            write_bytes(_beside(path) if name in self.hashes else path, data)
            hashes[name] = _sha256(data)
        write_bytes(self.folder / MANIFEST, json.dumps({"sha256": hashes}, indent=1).encode())
        self.hashes, self._staged, self._dropped = hashes, {}, set()
        self._finish_replacing()

    def damaged(self, name: str, why: str) -> UserError:
        """Returns the error that a file is not as it was written."""
        hint = "Train it again, or restore the folder from a copy."
        return UserError(f"{self.folder / name} is damaged: {why}", hint=hint, code=Exit.RUN_REFUSED)

    def _finish_replacing(self) -> None:
        """Puts files in place that the manifest names, here or where a process was killed before it could."""
        for name, digest in self.hashes.items():
            path = self.folder / name
            new = _beside(path)
            if new.is_file():
                with writing(self.folder):
                    if _sha256(new.read_bytes()) == digest:
                        new.replace(path)
                    else:
                        new.unlink()


def _beside(path: Path) -> Path:
    """Returns where a file is written that is to replace another."""
    return path.with_name(f".made-{path.name}.tmp")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Raises an `OSError` while a folder is written as a `UserError`."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"cannot write {folder}: {error.strerror}",
            hint="Check the disk and its permissions, or name another folder with --out.",
            code=Exit.OUTPUT,
        ) from error
