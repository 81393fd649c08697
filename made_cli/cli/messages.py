"""The only printer: data goes to standard output, everything for people to standard error.

Knows: rich, and whether anybody is looking. A progress bar is drawn only where standard error is a terminal;
elsewhere a plain line comes now and then.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

LINE_EVERY = 10.0
"""Seconds between two plain lines of progress."""


class Messages:
    """Speaks to the person at the keyboard, on standard error.

    Args:
        quiet: whether to say nothing but errors.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self.console = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

    def say(self, message: str) -> None:
        """Says one line."""
        if not self.quiet:
            self.console.print(message, markup=False)

    def table(self, title: str, headers: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> None:
        """Shows a table, the first `left` columns set to the left and the others to the right."""
        if not self.quiet:
            _print_table(self.console, title, headers, rows, left=left)

    @contextmanager
    def progress(self, what: str, total: float | None) -> Iterator["Bar"]:
        """Shows how far something has come."""
        if self.quiet or not self.console.is_terminal:
            yield Bar(None, what, total, self)
            return
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True) as drawn:
            yield Bar(drawn, what, total, self)


class Bar:
    """A progress bar on a terminal, and a plain line now and then elsewhere."""

    def __init__(self, drawn: Progress | None, what: str, total: float | None, messages: Messages) -> None:
        self.drawn, self.messages, self.what = drawn, messages, what
        self.task = drawn.add_task(what, total=total) if drawn else None
        self.said = time.monotonic()

    def update(self, completed: float, text: str) -> None:
        """Says how much of the total is done, and what to read of it."""
        if self.drawn and self.task is not None:
            self.drawn.update(self.task, completed=completed, description=text)
        elif time.monotonic() - self.said > LINE_EVERY:
            self.said = time.monotonic()
            self.messages.say(text)

    def advance(self) -> None:
        """Says that one more of the total is done."""
        if self.drawn and self.task is not None:
            self.drawn.advance(self.task)


def show_table(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> None:
    """Prints a table that is what was asked for: on standard output."""
    _print_table(Console(highlight=False, emoji=False), title, headers, rows, left=left)


def show_json(value: Any) -> None:  # noqa: ANN401 (anything that JSON holds)
    """Prints JSON on standard output."""
    sys.stdout.write(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def show_error(message: str, hint: str) -> None:
    """Prints an error in one line and the next step in another, on standard error."""
    console = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
    console.print("[bold red]Error:[/] ", end="")
    console.print(message.replace("\n", "\\n"), markup=False)
    console.print(hint, markup=False)


def _print_table(
    console: Console, title: str, headers: Sequence[str], rows: Sequence[Sequence[str]], *, left: int
) -> None:
    # Not as the table's own title, which would be folded to the width of the table; nor are labels markup.
    console.print(title, style="bold", markup=False, soft_wrap=True)
    table = Table(header_style="bold", box=None, pad_edge=False, show_header=any(headers))
    for index, header in enumerate(headers):
        table.add_column(header, justify="left" if index < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)
