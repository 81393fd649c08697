"""Values of options that are wrong, told as they were given: typed, by a variable, or in a file of options.

Knows: where the value of an option comes from, and what typer says of one that it cannot read.
"""

from typing import cast

import typer
from typer.core import TyperOption

from made_cli.errors import Exit, UserError

_PROBLEMS = {
    "int_parsing": "not a whole number",
    "float_parsing": "not a number",
    "bool_parsing": "neither true nor false",
}
"""What is wrong, by the names that pydantic has for it, where its own words are those of programs."""
_VALUE_ERROR = "Value error, "


def given_as(context: typer.Context, name: str, value: object = None) -> str:
    """Returns an option, with a value if there is one, as whoever gave it knows it."""
    option = next(each for each in context.command.params if each.name == name)
    source = context.get_parameter_source(name)
    if source is not None and source.name == "ENVIRONMENT":
        place, equals = f"the variable {context.auto_envvar_prefix}_{name.upper()}", " = "
    elif source is not None and source.name == "DEFAULT_MAP":
        word = max(option.opts, key=len).lstrip("-")
        place, equals = f"{context.params['config']}: [{context.command.name}] {word}", " = "
    else:
        place, equals = (option.opts[0] if isinstance(option, TyperOption) else option.metavar or name), " "
    return place if value is None else f"{place}{equals}{value}"


def refusal(error: typer.BadParameter) -> UserError:
    """Returns what typer says of a value, in the words of this program."""
    context, option = cast(typer.Context | None, error.ctx), error.param
    message = error.format_message()
    if context is not None and option is not None and error.message:
        from pydantic import ValidationError  # typer has imported it to read the value

        cause = error.__cause__
        if isinstance(cause, ValidationError):
            first = cause.errors(include_url=False)[0]
            said = first["msg"].removeprefix(_VALUE_ERROR).rstrip(".")
            said = _PROBLEMS.get(first["type"], said[0].lower() + said[1:])
            message = f"{given_as(context, option.name, first['input'])}: {said}"
        else:
            message = f"{given_as(context, option.name)}: {error.message}"
    path = context.command_path if context is not None else "made"
    return UserError(message, hint=f"See `{path} --help`.", code=Exit.USAGE)
