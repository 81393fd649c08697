"""What is said while something takes a while that has no measure: what it is, and how long it has taken.

Knows: in a terminal that stands on a line of its own, soon after it began, and goes when it has ended; elsewhere a
plain line comes now and then.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

AT_ONCE = 0.3
"""Seconds of waiting of which nothing is said: a few such steps in turn are no second."""


@contextmanager
def saying(what: str, console: Console, say: Callable[[str], None], every: float) -> Iterator[None]:
    """Says what takes a while, until it has ended.

    Args:
        what: it is, in one line.
        console: standard error.
        say: says a line, where standard error is no terminal.
        every: seconds between two such lines.
    """
    ended = threading.Event()
    tell = _in_terminal if console.is_terminal else _in_lines
    teller = threading.Thread(target=tell, args=(what, console, say, every, ended), name="waiting", daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def _in_terminal(what: str, console: Console, say: Callable[[str], None], every: float, ended: threading.Event) -> None:
    if ended.wait(AT_ONCE):
        return
    columns = (SpinnerColumn(), TextColumn("{task.description} …", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as drawn:
        drawn.add_task(what, total=None)
        ended.wait()


def _in_lines(what: str, console: Console, say: Callable[[str], None], every: float, ended: threading.Event) -> None:
    begun = time.monotonic()
    while not ended.wait(every):
        say(f"{what}: {time.monotonic() - begun:.0f} s so far")
