"""The program `made`: what it says of itself, and the one place that catches a `UserError`.

Knows: exit codes, and how a process ends. Commands are imported when they are typed, torch and pandas when they run.
"""

import os
import sys
import warnings
from difflib import get_close_matches
from typing import Annotated, TextIO

import typer
from typer.core import TyperGroup

from made_cli.cli.commands import MARKUP, SETTINGS, VARIABLES, Program, show_plainly
from made_cli.cli.ending import answering_signals
from made_cli.cli.messages import show_error, show_warning
from made_cli.cli.wrong_values import refusal
from made_cli.errors import Exit, LeftOver, UserError

BROKEN_PIPE = 128 + 13
"""What a shell reports of a program that writes to a closed pipe."""
FIRST_STEPS = """ To begin with, on a table of your own:

   made schema your.csv                          what its columns are
   made train your.csv --out runs/yours          learns them; Ctrl-C saves
   made score runs/yours your.csv -o odd.csv     how probable each row is
   made sample runs/yours -n 100 -o rows.csv     a hundred rows like yours
"""
"""What `made` says when nothing else is typed."""

app = typer.Typer(cls=Program, pretty_exceptions_enable=False, rich_markup_mode=MARKUP, context_settings=SETTINGS)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"made {version('made-cli')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def made(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Learn the density of a table; score rows, sample rows, and compare the ways to combine orderings."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        typer.echo(FIRST_STEPS)


def main() -> None:
    """Runs the program and ends the process with its exit code."""
    # Threads of torch that spin while they wait slow down a busy machine many times over; read when torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Records are checked by pydantic alone: to look for plugins takes a while, and they could be anybody's.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    with answering_signals(), warnings.catch_warnings():
        warnings.showwarning = _show_warning
        sys.exit(_run())


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Shows a warning of this program in one line, and others as Python does."""
    told = str(message) if category is LeftOver else warnings.formatwarning(message, category, filename, lineno, line)
    show_warning(told.rstrip())


def program() -> TyperGroup:
    """Returns the program; see `show_plainly` for what its help leaves out."""
    made = typer.main.get_command(app)
    assert isinstance(made, TyperGroup)
    show_plainly(made)
    return made


def _tell_misspelt(program: TyperGroup) -> None:
    """Warns of variables that are nearly those of options."""
    named = [name for name in sorted(os.environ) if name.startswith(f"{VARIABLES}_")]
    if not named:
        return
    known = {
        f"{VARIABLES}_{command.name}_{parameter.name}".upper().replace("-", "_")
        for command in program.commands.values()
        for parameter in command.params
    }
    for name in named:
        if name not in known and (near := get_close_matches(name, known, 1, cutoff=0.8)):
            show_warning(f"the variable {name} belongs to no option; {near[0]} does")


def _run() -> int:
    try:
        commands = program()
        _tell_misspelt(commands)
        return int(commands(prog_name="made", standalone_mode=False) or Exit.OK)
    except UserError as error:
        return _told(error)
    except typer.BadParameter as error:
        return _told(refusal(error))
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        show_error(error.format_message(), f"See `{context.command_path if context else 'made'} --help`.")
        return int(error.exit_code)
    except SystemExit as end:
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        # The reader, `head` say, has closed the pipe. Python would complain when it flushes standard output at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE


def _told(error: UserError) -> int:
    """Tells of an error; returns the exit code."""
    show_error(str(error), error.hint, interrupted=error.code in (Exit.INTERRUPTED, Exit.TERMINATED))
    return int(error.code)
