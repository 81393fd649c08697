"""The commands by their names; each is imported when it is asked for.

Knows: where a command stands, and how a function becomes a command. Who types one command waits for no other, and
completion for none.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from made_cli.cli.config_file import with_config
from made_cli.cli.groups import expanded

NAMES = (
    *("train", "score", "sample", "impute", "query", "ensemble-eval", "compare", "report", "export"),
    *("schema", "info", "verify"),
)
"""In the order of the help. Each is a function of its name, in the module of its name."""
VARIABLES = "MADE"
"""What the names of variables begin with that set options."""
SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "auto_envvar_prefix": VARIABLES}
MARKUP: Final = "markdown"
"""The only mode of help that fills paragraphs anew, to the width of the terminal."""


class Commands(Mapping[str, TyperCommand]):
    """All commands, in the order of the help."""

    def __getitem__(self, name: str) -> TyperCommand:
        """Returns a command."""
        if name not in NAMES:
            raise KeyError(name)
        return _command(name)

    def __iter__(self) -> Iterator[str]:
        """Yields the names, and imports nothing."""
        return iter(NAMES)

    def __len__(self) -> int:
        """Returns how many there are."""
        return len(NAMES)

    def __contains__(self, name: object) -> bool:
        """Says whether there is a command of this name, and imports nothing."""
        return name in NAMES


class Program(TyperGroup):
    """The program, whose commands are imported when they are asked for."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 (those of typer)
        super().__init__(**settings)
        self.commands = Commands()  # type: ignore[assignment]  # none is ever added


def show_plainly(command: TyperCommand | TyperGroup) -> None:
    """Lets help show no value for flags, nor that each option has a variable."""
    for parameter in command.get_params(typer.Context(command, **SETTINGS)):
        if isinstance(parameter, TyperOption):
            parameter.show_envvar = False
            parameter.metavar = "" if parameter.is_flag else parameter.metavar


@cache
def _command(name: str) -> TyperCommand:
    word = name.replace("-", "_")
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=MARKUP)
    alone.command(name)(with_config(expanded(getattr(import_module(f"made_cli.cli.{word}"), word))))
    command = typer.main.get_command(alone)
    assert isinstance(command, TyperCommand)
    show_plainly(command)
    return command
