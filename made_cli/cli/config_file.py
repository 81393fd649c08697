"""A file of options: `--config FILE`, of every command.

    [train]
    networks = 4
    time-limit = "5m"
    kind = ["zip=categorical"]
    force = true

Knows: how options are written in TOML, a table for each command. What is typed goes before what a variable says, and
that before the file.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperOption

from made_cli.errors import Exit, UserError


def with_config(command: Callable[..., None]) -> Callable[..., None]:
    """Returns a command that takes `--config FILE`, too."""

    @functools.wraps(command)
    def run(*, config: str | None, **values: Any) -> None:  # noqa: ANN401 (whatever was typed)
        command(**values)

    signature = inspect.signature(command)
    config = inspect.Parameter("config", inspect.Parameter.KEYWORD_ONLY, annotation=_OPTION, default=None)
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), config])  # type: ignore[attr-defined]
    return run


def _take(context: typer.Context, file: str | None) -> str | None:
    """Takes the options of a command from a file, as its defaults; returns the file."""
    if file is None:
        return None
    command = context.command
    assert isinstance(command, TyperCommand)
    assert context.parent is not None
    commands = getattr(context.parent.command, "commands", {})
    tables = _read(file)
    for name, table in tables.items():
        if name not in commands or not isinstance(table, Mapping):
            raise _refused(file, f"[{name}]: no command of this name", f"Write a table for {', '.join(commands)}.")
    context.default_map = _defaults(file, command, tables.get(command.name or "", {}))
    return file


_OPTION = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Take options from this TOML file, a table for each command; those typed here go before it.",
        callback=_take,
        is_eager=True,
    ),
]


def _read(file: str) -> dict[str, Any]:
    import tomllib

    try:
        with open(file, "rb") as stream:
            return tomllib.load(stream)
    except OSError as error:
        raise _refused(file, f"cannot be read: {error.strerror}", "Check the path and its permissions.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _refused(file, f"not TOML: {error}", "Write [train] and lines such as networks = 4.") from None


def _defaults(file: str, command: TyperCommand, table: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values of a command's table by the names of its parameters, as they would be typed."""
    options = {
        text.lstrip("-"): option
        for option in command.params
        if isinstance(option, TyperOption) and option.name != "config"
        for text in (*option.opts, *option.secondary_opts)
    }
    found: dict[str, Any] = {}
    for name, value in table.items():
        option = options.get(name.replace("_", "-"))
        if option is None or option.name is None:
            raise _refused(
                file, f"[{command.name}] has no option {name!r}", f"See `made {command.name} --help` for their names."
            )
        several = isinstance(value, list)
        if (isinstance(value, bool) != bool(option.is_flag)) or (several and not option.multiple):
            kind = "true or false" if option.is_flag else "one value or a list" if option.multiple else "one value"
            raise _refused(file, f"[{command.name}] {name} = {_shown(value)}", f"Write {kind}.")
        if option.is_flag:
            found[option.name] = value
        elif option.multiple:
            found[option.name] = [str(each) for each in (value if several else [value])]
        else:
            found[option.name] = str(value)
    return found


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _refused(file: str, problem: str, hint: str) -> UserError:
    return UserError(f"{file}: {problem}", hint=hint, code=Exit.USAGE)
