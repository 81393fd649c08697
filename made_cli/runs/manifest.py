"""The files of a folder that count: those that its manifest names.

Knows: the manifest holds the SHA-256 of every file that counts and is written last, so a save takes effect
with it: a process killed at any moment leaves the state that the last manifest names, and files that it does
not name are not read.
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
        try:
            data = (self.folder / name).read_bytes()
        except OSError as error:
            raise self.damaged(name, error.strerror or str(error)) from error
        if hashlib.sha256(data).hexdigest() != self.hashes[name]:
            raise self.damaged(name, "its SHA-256 is not the manifest's")
        return data

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
        replaced = self._staged.keys() & self.hashes.keys()
        if replaced:  # an old file must not count while the new one takes its place; what a restart needs still does
            self._write(without=replaced)
        for name, data in self._staged.items():
            with writing(self.folder):
                (self.folder / name).parent.mkdir(exist_ok=True)
            write_bytes(self.folder / name, data)
            self.hashes[name] = hashlib.sha256(data).hexdigest()
        self._write(without=self._dropped)
        self._staged, self._dropped = {}, set()

    def damaged(self, name: str, why: str) -> UserError:
        """Returns the error that a file is not as it was written."""
        hint = "Train it again, or restore the folder from a copy."
        return UserError(f"{self.folder / name} is damaged: {why}", hint=hint, code=Exit.RUN_REFUSED)

    def _write(self, *, without: Set[str]) -> None:
        self.hashes = {name: digest for name, digest in self.hashes.items() if name not in without}
        write_bytes(self.folder / MANIFEST, json.dumps({"sha256": self.hashes}, indent=1).encode())


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
