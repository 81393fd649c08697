"""Signals: SIGINT and SIGTERM at many moments of every command, from the first that the program can answer.

Knows: what has to be seen of it: the exit code, a line on standard error, no traceback, and no temporary file.
Interpreters of their own show what a signal does to imports; they are slow, so most go to processes that are warm.
"""

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.trust.children import TRAIN, ended, made, program, started
from tests.trust.faults import table

ROOT = Path(__file__).resolve().parents[2]
MOMENTS = (2, 6)
"""Signals of each kind to each command: in an interpreter of its own, and where all is imported already."""
PATIENCE = 60.0
"""Seconds in which a command has to end."""
COMMANDS = (
    ("train", "t.csv", "--out", "new", *TRAIN, "--epochs", "200", "--force"),
    ("train", "t.csv", "--out", "new", "--hidden", "8", "--preset", "best", "--time-limit", "60s", "--force"),
    ("schema", "t.csv"),
    ("info", "run"),
    ("verify", "run"),
    ("score", "run", "t.csv", "--leave-one-out", "-o", "o.csv", "--force"),
    ("sample", "run", "-n", "20000", "-o", "o.parquet", "--force"),
    ("impute", "run", "t.csv", "--draws", "3", "-o", "o.csv", "--force"),
    ("query", "run", "size > 0", "--samples", "200000"),
    ("compare", "t.csv", "t.csv"),
    ("report", "run", "t.csv", "-o", "o.html", "--force"),
    ("ensemble-eval", "run", "t.csv", "--permutations", "1,2,4", "--save"),
)


def figures(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Yields how many signals each kind of command was sent, and after how many something was amiss."""
    rng, ways = (
        random.Random(options.seed),
        {"from the interpreter's start on": signalled, "at work": signalled_at_work},
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "here"
        folder.mkdir()
        table().to_csv(folder / "t.csv", index=False)
        assert made(folder, "train", "t.csv", "--out", "run", *TRAIN).code == 0
        for (way, send), moments in zip(ways.items(), MOMENTS, strict=True):
            sent, late, wrong = 0, 0, list[str]()
            for arguments in COMMANDS[:: options.every]:
                seconds = min(8.0, _seconds(send, folder, arguments))
                for number in (signal.SIGINT, signal.SIGTERM) * moments:
                    code, said = send(folder, arguments, number, rng.uniform(0, seconds))
                    sent, late = sent + 1, late + (code == 0)
                    seconds *= 1 if code else 0.7  # a machine that was busy when the time was taken
                    if problem := amiss(folder, code, said, number):
                        wrong.append(f"{' '.join(arguments[:2])}, {number.name}: {problem}")
            told = f"{len(wrong)} without a message, with a traceback or with a file left; {late} came after the end"
            yield (
                f"{sent} signals to {len(COMMANDS[:: options.every])} commands, {way}",
                told + "".join(f"; {each}" for each in wrong[:5]),
            )


def signalled(folder: Path, arguments: Sequence[str], number: signal.Signals, moment: float) -> tuple[int, str]:
    """Sends a signal to a command, so many seconds after it can be answered; returns exit code and standard error."""
    process = _started(folder, arguments)
    _wait_for_answer(process.pid)
    time.sleep(moment)
    process.send_signal(number)
    try:
        _, said = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return -1, "it did not end"
    return process.returncode, said


def signalled_at_work(folder: Path, arguments: Sequence[str], number: signal.Signals, moment: float) -> tuple[int, str]:
    """Sends a signal as `signalled` does, to a process in which all is imported; many of them are cheap."""
    process = started(program, folder, list(arguments))
    assert process.pid is not None
    _wait_for_answer(process.pid)
    process.join(moment)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)
    done = ended(process, folder)
    return done.code, done.err


def amiss(folder: Path, code: int, said: str, number: signal.Signals) -> str | None:
    """Says what is wrong with how a command ended; None if nothing is."""
    if code not in (0, 128 + number):
        return f"exit code {code}: {said[-200:]!r}"
    if "Traceback" in said or (code and "interrupted" not in said.lower()):
        return f"it said {said[-200:]!r}"
    if left := [str(file) for file in folder.rglob(".made-*.tmp")]:
        return f"{left} left"
    return None


def _started(folder: Path, arguments: Sequence[str]) -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "made_cli", *arguments]
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def _wait_for_answer(pid: int) -> None:
    """Waits until the interpreter has come so far that the program answers signals."""
    wanted, end = 1 << (signal.SIGTERM - 1), time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except FileNotFoundError:  # another system than Linux
            time.sleep(0.3)
            return
        if any(line.startswith("State:\tZ") for line in lines):
            return
        if any(line.startswith("SigCgt:") and int(line.split()[1], 16) & wanted for line in lines):
            return
        time.sleep(0.002)


def _seconds(send: Callable[..., object], folder: Path, arguments: Sequence[str]) -> float:
    """Returns how long a command takes, at most ten seconds: nothing that is sent so late is in time."""
    begun = time.monotonic()
    if send is signalled_at_work:
        process = started(program, folder, list(arguments))
        process.join(10)
        process.kill()
        process.join()
    else:
        own = _started(folder, arguments)
        try:
            own.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            own.kill()
            own.communicate()
    return time.monotonic() - begun
