"""Runs `made` for the tests: in this process for speed, in one of its own where signals and ends of processes count.

Knows: how to start a process that has torch and pandas imported already. `multiprocessing`'s fork server imports them
once; every process that it forks is as fresh as a new interpreter and starts in no time.
"""

import io
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from made_cli.cli import app

PATIENCE = 60.0
"""Seconds that a test waits for anything."""
BRIEF_EVALUATION = ("--samples", "2048", "--permutations", "1,3")
"""Options of `ensemble-eval` where what is estimated need not be estimated well."""
LEARN_FAST = ("--sparsity", "0.01")
"""Likewise where weights are learned: without cross-validation."""

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["made_cli.cli.app", "made_cli.density"])


@dataclass(frozen=True)
class Done:
    """What a command left: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str


def made(*arguments: str | Path, stdin: bytes = b"") -> Done:
    """Runs a command in this process."""
    streams = [io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline="") for data in (stdin, b"", b"")]
    old = sys.argv, sys.stdin, sys.stdout, sys.stderr
    sys.argv = ["made", *map(str, arguments)]
    sys.stdin, sys.stdout, sys.stderr = streams
    try:
        app.main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv, sys.stdin, sys.stdout, sys.stderr = old
    out, err = (_text(stream) for stream in streams[1:])
    return Done(code, out, err)


def error(done: Done, code: int, *words: str) -> None:
    """Checks the form of an error, one line and the next step, and that it names what it is about."""
    assert done.code == code, done.err
    assert done.out == ""
    lines = done.err.splitlines()
    assert len(lines) == 2, done.err
    assert lines[0].startswith("Error: ")
    assert lines[1].strip()
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.err


def strict_json(text: str) -> dict[str, Any]:
    """Reads JSON that has no NaN and no infinities."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    found = json.loads(text, parse_constant=refuse)
    assert isinstance(found, dict)
    return found


def evaluated(*arguments: str | Path) -> dict[str, Any]:
    """Returns what `ensemble-eval` says in JSON, and nothing else, of few members."""
    done = made("ensemble-eval", *arguments, *BRIEF_EVALUATION, "--json", "-q")
    assert (done.code, done.err) == (0, "")
    return strict_json(done.out)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()


class Started:
    """A command in a process of its own.

    Args:
        arguments: after `made`.
        folder: takes the process's outputs.
        environment: variables to set there.
    """

    def __init__(self, *arguments: str | Path, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.files = folder / "stdout", folder / "stderr"
        self.process = _SERVER.Process(target=_main, args=(list(map(str, arguments)), self.files, environment or {}))
        self.process.start()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Waits for something that the process does."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.is_alive(), self.files[1].read_text()
            assert time.monotonic() < end, "nothing happened"
            time.sleep(0.002)

    def send(self, number: signal.Signals) -> None:
        """Sends it a signal."""
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def done(self) -> Done:
        """Waits for its end; minus the signal is the code of a process that died of one."""
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            raise AssertionError("the process does not end")
        assert self.process.exitcode is not None
        return Done(self.process.exitcode, *(file.read_text() for file in self.files))


def _main(arguments: list[str], files: tuple[Path, Path], environment: dict[str, str]) -> None:
    os.environ.update(environment)
    for descriptor, file in enumerate(files, start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    sys.argv = ["made", *arguments]
    app.main()
