"""The program `made`: the list of its commands, and the one place that catches a `UserError`.

Knows: exit codes, and how a process ends. Commands import torch and pandas when they run, so that help comes at once.
"""

import os
import sys
import warnings
from difflib import get_close_matches
from typing import Annotated, TextIO

import typer
from typer.core import TyperGroup, TyperOption

from made_cli.cli.compare import compare
from made_cli.cli.config_file import with_config
from made_cli.cli.ending import answering_signals
from made_cli.cli.ensemble_eval import ensemble_eval
from made_cli.cli.groups import expanded
from made_cli.cli.impute import impute
from made_cli.cli.info import info
from made_cli.cli.messages import show_error, show_warning
from made_cli.cli.query import query
from made_cli.cli.report import report
from made_cli.cli.sample import sample
from made_cli.cli.schema import schema
from made_cli.cli.score import score
from made_cli.cli.train import train
from made_cli.cli.verify import verify
from made_cli.errors import Exit, LeftOver, UserError

VARIABLES = "MADE"
"""What the names of variables begin with that set options."""
BROKEN_PIPE = 128 + 13
"""What a shell reports of a program that writes to a closed pipe."""

app = typer.Typer(
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # the only mode that fills paragraphs anew, to the width of the terminal
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": VARIABLES},
)
for command in (train, score, sample, impute, query, ensemble_eval, compare, report, schema, info, verify):
    app.command()(with_config(expanded(command)))


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
    """Returns the program; help shows no value for flags, and need not repeat that each option has a variable."""
    made = typer.main.get_command(app)
    assert isinstance(made, TyperGroup)
    context = typer.Context(made, **made.context_settings)
    for command in (made, *made.commands.values()):
        for parameter in command.get_params(typer.Context(command, parent=context)):
            if isinstance(parameter, TyperOption):
                parameter.show_envvar = False
                parameter.metavar = "" if parameter.is_flag else parameter.metavar
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
        show_error(str(error), error.hint)
        return int(error.code)
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
