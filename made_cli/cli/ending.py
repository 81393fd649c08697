"""How the program ends when it is told to: SIGINT and SIGTERM, in every phase of every command.

Knows: signals. A signal ends the process at once, with a line, the next step, its exit code, and no file left
half-written; but it waits for files that are being put in place. A training takes note of the first and saves itself. A
second one waits for nothing. A thread of its own answers, for the main thread may be in the middle of a long
computation; nothing slow is imported here, so that imports can be interrupted, too.
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from made_cli.atomic import PLACING, remove_unfinished

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SHOW_CURSOR = "\x1b[?25h"
"""A progress bar hides it."""


NOTHING_LEFT = "no file is left half-written", "Type the command again."
"""What is left where a command writes at its end, and the next step."""


class _Answer:
    """Reads the signals that arrive from a pipe, and answers them.

    Attributes:
        noted: takes note of the first signal where the program is to end by itself; None to end it at once.
        first: whether none has come yet.
        left: what the process leaves, and the next step.
    """

    def __init__(self) -> None:
        self.noted: Callable[[int], object] | None = None
        self.first = True
        self.left = NOTHING_LEFT
        self.pipe, self.end = os.pipe()
        os.set_blocking(self.end, False)
        self.thread = threading.Thread(target=self._watch, name="signals", daemon=True)

    def _watch(self) -> None:
        while data := os.read(self.pipe, 1):
            if data[0] in SIGNALS:
                self._answer(data[0])
        os.close(self.pipe)

    def _answer(self, number: int) -> None:
        first, self.first = self.first, False
        if first and self.noted is not None:
            self.noted(number)
            return
        if first:
            self._wait_for_files()
        _end(number, *self.left)

    def _wait_for_files(self) -> None:
        """Waits until no file is being put in place, or another signal comes."""
        while not PLACING.acquire(timeout=0.05):
            if select.select([self.pipe], [], [], 0)[0]:
                return


_answers: list[_Answer] = []
"""The one that answers now, if any."""


@contextmanager
def answering_signals(*, for_good: bool = False) -> Iterator[None]:
    """Answers SIGINT and SIGTERM within the block; within another such block, or thread, that is done already.

    Args:
        for_good: whether nothing is left to do after the block: a signal that comes later is ignored.
    """
    if _answers or threading.current_thread() is not threading.main_thread():
        yield
        return
    answer = _Answer()
    _answers.append(answer)
    answer.thread.start()
    old_pipe = signal.set_wakeup_fd(answer.end, warn_on_full_buffer=False)
    old = [signal.signal(kind, _arrived) for kind in SIGNALS]
    try:
        yield
    finally:
        for kind, handler in zip(SIGNALS, old, strict=True):
            signal.signal(kind, signal.SIG_IGN if for_good else handler)
        signal.set_wakeup_fd(old_pipe)
        _answers.remove(answer)
        os.close(answer.end)  # which ends the thread


@contextmanager
def noting_signals(note: Callable[[int], object]) -> Iterator[None]:
    """Calls `note` with the first signal within the block, in the place of ending the process."""
    with answering_signals():
        (answer,) = _answers
        answer.noted = note
        try:
            yield
        finally:
            answer.noted = None


def leaving(what: str, hint: str) -> None:
    """Notes what a signal that ends the process leaves from now on, and the next step."""
    for answer in _answers:
        answer.left = what, hint


def _arrived(number: int, frame: FrameType | None) -> None:
    """Does nothing: that there is a handler lets Python write the signal to the pipe, and go on."""


def _end(number: int, left: str, hint: str) -> NoReturn:
    remove_unfinished()
    shown = SHOW_CURSOR if sys.stderr is not None and os.isatty(2) else ""
    line = f"{shown}Interrupted by {signal.Signals(number).name}; {left}\n{hint}\n"
    try:
        os.write(2, line.encode())
    finally:
        os._exit(128 + number)
