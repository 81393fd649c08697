"""The only printer: data goes to standard output, messages to standard error.

Knows: rich, and whether standard error is a terminal. Only there is a progress bar drawn, with the time that is left;
elsewhere a plain line comes now and then.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from made_cli.cli.launch import speaks, tells_of_error
from made_cli.tables.text.visible import visible

LINE_EVERY = 10.0
"""Seconds between two plain lines of progress."""


def _standard_error() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


@dataclass(frozen=True)
class Messages:
    """What is said on standard error; a group of options.

    Attributes:
        quiet: whether to say nothing but errors.
        console: standard error.
    """

    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False
    console: Console = field(init=False, default_factory=_standard_error)

    def say(self, message: str) -> None:
        """Says one line."""
        if not self.quiet:
            self.console.print(visible(message), markup=False)

    def table(
        self,
        title: str,
        headers: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        left: int = 1,
        prose: bool = False,
    ) -> None:
        """Shows a table: the first `left` columns are set to the left, and the last one if it is prose."""
        if not self.quiet:
            _print_table(self.console, title, headers, rows, left=left, prose=prose)

    @contextmanager
    def waiting(self, what: str = "starting") -> Iterator[None]:
        """Says what takes a while, once it does; by default that modules are imported. See `made_cli.cli.waiting`."""
        if self.quiet:
            yield
            return
        from made_cli.cli.waiting import saying

        with saying(visible(what), self.console, self.say, LINE_EVERY):
            yield

    @contextmanager
    def progress(self, what: str, total: float | None) -> Iterator["Bar"]:
        """Shows how much of a task is done; without a total, only that it goes on."""
        if self.quiet or not self.console.is_terminal:
            yield Bar(None, what, total, self)
            return
        name = TextColumn("{task.description}", markup=False)
        times = (TextColumn("after"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn())
        known = (name, BarColumn(), TaskProgressColumn(), *times)
        columns = (SpinnerColumn(), name, TimeElapsedColumn()) if total is None else known
        with Progress(*columns, console=self.console, transient=True) as drawn:
            yield Bar(drawn, what, total, self)


class Bar:
    """A progress bar on a terminal, and a plain line now and then elsewhere."""

    def __init__(self, drawn: Progress | None, what: str, total: float | None, messages: Messages) -> None:
        self.drawn, self.messages = drawn, messages
        self.task = drawn.add_task(what, total=total) if drawn else None
        self.what, self.total, self.done = what, total, 0.0
        self.begun = self.last_line = time.monotonic()

    def update(self, completed: float, text: str) -> None:
        """Sets how much of the total is done, and the text beside the bar."""
        self._show(completed, text, text if self.total is None else f"{text} ({completed / self.total:.0%})")

    def advance(self, step: float = 1.0) -> None:
        """Adds to what is done."""
        self.done += step
        self._show(self.done, self.what, self._line())

    def _show(self, completed: float, text: str, line: str) -> None:
        """Shows a text beside the bar, or says a line if it is time for one."""
        if self.drawn and self.task is not None:
            self.drawn.update(self.task, completed=completed, description=visible(text))
        elif time.monotonic() - self.last_line > LINE_EVERY:
            self.last_line = time.monotonic()
            self.messages.say(line)

    def _line(self) -> str:
        """Returns how much is done in words and about how long the rest takes, or how long it has taken so far."""
        taken = time.monotonic() - self.begun
        if self.total is None:
            return f"{self.what}: {taken:.0f} s so far"
        left = taken * max(self.total - self.done, 0) / self.done
        return f"{self.what}: {self.done / self.total:.0%} done, about {left:.0f} s left"


def show_table(
    title: str, headers: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1, prose: bool = False
) -> None:
    """Prints a table that is what was asked for: on standard output."""
    _print_table(Console(highlight=False, emoji=False), title, headers, rows, left=left, prose=prose)


def show_lines(title: str, *lines: str) -> None:
    """Prints a title and lines that are what was asked for: on standard output."""
    console = Console(highlight=False, emoji=False, soft_wrap=True)
    console.print(visible(title), style="bold", markup=False)
    for line in lines:
        console.print(visible(line), markup=False)


def json_text(value: Any) -> str:  # noqa: ANN401 (anything that JSON holds)
    """Returns JSON as it is printed."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def show_json(value: Any) -> None:  # noqa: ANN401 (anything that JSON holds)
    """Prints JSON on standard output."""
    sys.stdout.write(json_text(value))
    sys.stdout.flush()


def show_error(message: str, hint: str, *, interrupted: bool = False) -> None:
    """Prints an error in one line and the next step in another, on standard error.

    Args:
        message: what is wrong.
        hint: the next step.
        interrupted: whether a signal ended the program, which is no error: somebody asked for it.
    """
    if not tells_of_error():
        return
    console = _standard_error()
    if not interrupted:
        console.print("[bold red]Error:[/] ", end="")
    console.print(visible(message[0].upper() + message[1:] if interrupted else message), markup=False)
    console.print(visible(hint), markup=False)


def show_warning(message: str) -> None:
    """Prints a warning in one line, on standard error."""
    if speaks():
        _standard_error().print(visible(f"Warning: {message}"), markup=False)


def _print_table(
    console: Console, title: str, headers: Sequence[str], rows: Sequence[Sequence[str]], *, left: int, prose: bool
) -> None:
    # Not as the table's own title, which would be folded to the width of the table; nor are labels markup.
    console.print(visible(title), style="bold", markup=False, soft_wrap=not console.is_terminal)
    table = Table(header_style="bold", box=None, pad_edge=False, show_header=any(headers))
    for index, header in enumerate(headers):
        to_left = index < left or (prose and index == len(headers) - 1)
        table.add_column(Text(visible(header)), justify="left" if to_left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    console.print(table)
