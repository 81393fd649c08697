"""Processes of `made` that may die, each fresh, and what is asked of a run afterwards.

Knows: `multiprocessing`'s fork server imports torch once, and runs each command once (`tests.trust.warm`), so that a
process costs as little as a call.
"""

import contextlib
import hashlib
import io
import multiprocessing
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from made_cli.training import run_trainer
from tests.faulty_disk import FaultyDisk

TRAIN = ("--hidden", "4", "--epochs", "2", "--batch-size", "20", "--patience", "1000", "--threads", "1", "-q")
"""Options of a training of a few steps."""
PATIENCE = 120.0
"""Seconds after which a process hangs."""
HANGS = -1
"""In the place of an exit code."""

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.trust.warm"])


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code, what it wrote, and how many changes of the disk it asked for."""

    code: int
    out: str
    err: str
    changes: int

    @property
    def digest(self) -> str:
        """Stands for its standard output."""
        return hashlib.sha256(self.out.encode()).hexdigest()


def made(folder: Path, *arguments: str, disk: FaultyDisk | None = None) -> Ended:
    """Runs a command in a process of its own, in a folder.

    Args:
        folder: where.
        arguments: after `made`.
        disk: fails in that process.
    """
    return in_process(command, folder, list(arguments), disk or FaultyDisk())


def in_process(function: Callable[..., object], folder: Path, *arguments: Any) -> Ended:  # noqa: ANN401
    """Calls a function, which pickle must know by its name, in a process of its own, in a folder."""
    return ended(started(function, folder, *arguments), folder)


def ended(process: ForkServerProcess, folder: Path) -> Ended:
    """Waits for the end of a process in a folder."""
    files = _files(folder)
    process.join(PATIENCE)
    if process.is_alive():
        process.kill()
        process.join()
        return Ended(HANGS, "", "", 0)
    texts = [file.read_text(encoding="utf-8", errors="replace") if file.exists() else "" for file in files]
    for file in files:
        file.unlink(missing_ok=True)
    return Ended(process.exitcode or 0, texts[0], texts[1], int(texts[2] or 0))


def started(function: Callable[..., object], folder: Path, *arguments: Any) -> ForkServerProcess:  # noqa: ANN401
    """Starts such a process."""
    process = _SERVER.Process(target=_call, args=(function, folder, arguments, _files(folder)))
    process.start()
    return process


def _files(folder: Path) -> list[Path]:
    """Returns where the outputs of a process in a folder go."""
    return [folder.with_name(f"{folder.name}.{name}") for name in ("out", "err", "changes")]


def _call(function: Callable[..., object], folder: Path, arguments: tuple[Any, ...], files: list[Path]) -> None:
    for descriptor, file in enumerate(files[:2], start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    os.chdir(folder)
    try:
        files[2].write_text(str(function(*arguments) or ""))
    finally:
        sys.stdout.flush()


def command(arguments: list[str], disk: FaultyDisk | None = None) -> int:
    """Runs a command that saves after each evaluation; returns how many changes of the disk it asked for."""
    disk = disk or FaultyDisk()
    from made_cli.cli import app
    from made_cli.ensemble import evaluation

    evaluation.PROPOSED = 256
    run_trainer.SAVE_EVERY = -1.0  # after each evaluation
    sys.argv = ["made", *arguments]
    try:
        with disk.in_place():
            app.main()
    except SystemExit as end:
        if end.code:
            raise
    return disk.count


def program(arguments: list[str]) -> None:
    """Runs a command as `python -m made_cli` does."""
    from made_cli.__main__ import main

    sys.argv = ["made", *arguments]
    main()


def answers(folder: Path, *commands: tuple[str, ...]) -> list[Ended]:
    """Runs commands one after another in one process; each has its exit code and outputs."""
    done = in_process(_commands, folder, commands)
    if done.code:
        return [done]
    parts = done.out.split("\0")[:-1]
    return [Ended(int(code), out, err, 0) for code, out, err in zip(*[iter(parts)] * 3, strict=True)]


def _commands(commands: tuple[tuple[str, ...], ...]) -> None:
    from made_cli.cli import app
    from made_cli.ensemble import evaluation

    evaluation.PROPOSED = 256  # entropies need not be estimated well
    for arguments in commands:
        streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2)]
        sys.argv, code = ["made", *arguments], 0
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            try:
                app.main()
            except SystemExit as end:
                code = int(end.code or 0)
            except BaseException as error:
                code = 1
                streams[1].write(f"Traceback: {error!r}")
        for stream in streams:
            stream.flush()
        texts = [stream.buffer.getvalue().decode() for stream in streams if isinstance(stream.buffer, io.BytesIO)]
        os.write(1, ("\0".join([str(code), *texts]) + "\0").encode())
