"""Writes docs/commands.md: what `--help` says of each command, on one page.

Knows: how help becomes Markdown. Names, values, defaults, ranges and examples are those of the program itself, so
nothing is said here; what is wrong on the page is mended in `made_cli/cli/`.

    python -m docs.write_commands
"""

import math
import re
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer
from annotated_types import Ge, Gt, Le, Lt
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from made_cli.cli.app import program
from made_cli.cli.commands import VARIABLES
from made_cli.config import EnsembleConfig, NetworkConfig, TrainingConfig

PAGE = Path(__file__).resolve().parent / "commands.md"
_COMMENT = "<!-- Written by `python -m docs.write_commands` from the program's own help: change that, not this. -->"
_ABOUT = f"""What `made COMMAND --help` says, on one page. Every option can also be set in a file, by `--config FILE`
(TOML, a table for each command), or by a variable of its name: `{VARIABLES}_TRAIN_TIME_LIMIT=5m` is
`made train --time-limit 5m`. What is typed goes before a variable, and that before the file. The
[exit codes](formats.md#exit-codes) are the same for all."""
_SETTINGS = {"train": (NetworkConfig, TrainingConfig), "ensemble-eval": (EnsembleConfig,)}
"""The configurations whose settings are options of a command."""
_OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*|-[a-z])(?![\w-])")


def page() -> str:
    """Returns the page."""
    made = program()
    context = typer.Context(made, info_name="made", **made.context_settings)
    parts = [_COMMENT, "# Commands", _ABOUT]
    parts.append("\n".join(f"- [`made {name}`](#made-{name}): {_first(each)}" for name, each in _commands(made)))
    for name, command in _commands(made):
        parts += _section(command, typer.Context(command, parent=context, info_name=name))
    parts += ["## made by itself", *_options(made.params, context)]
    return "\n\n".join(parts) + "\n"


def _commands(made: TyperGroup) -> Iterator[tuple[str, TyperCommand]]:
    for name, command in made.commands.items():
        assert isinstance(command, TyperCommand)
        yield name, command


def _first(command: TyperCommand) -> str:
    return _marked((command.help or "").partition("\n")[0])


def _section(command: TyperCommand, context: typer.Context) -> Iterator[str]:
    """Yields what is said of one command."""
    yield f"## made {context.info_name}"
    about, _, rest = (command.help or "").partition("Example: ")
    example, _, more = rest.partition("\n\n")
    summary, *paragraphs = [_filled(part) for part in f"{about}\n\n{more}".split("\n\n") if part.strip()]
    yield summary
    yield f"Usage: `{command.get_usage(context).removeprefix('Usage: ')}`"
    yield from paragraphs
    yield f"```sh\n{' '.join(example.split())}\n```"
    yield from _options(command.params, context)


def _filled(text: str) -> str:
    return textwrap.fill(_marked(" ".join(text.split())), 120, break_long_words=False, break_on_hyphens=False)


def _options(parameters: Iterable[object], context: typer.Context) -> Iterator[str]:
    """Yields the arguments in a list, then a table for each panel of options."""
    panels: dict[str, list[str]] = {}
    arguments = []
    for each in parameters:
        if isinstance(each, TyperArgument):
            arguments.append(f"- `{each.metavar}`: {_marked(each.help or '')}")
        elif isinstance(each, TyperOption) and not each.hidden:
            panels.setdefault(each.rich_help_panel or "Options", []).append(_row(each, context))
    if arguments:
        yield "\n".join(arguments)
    for panel, rows in panels.items():
        yield "\n".join((f"| {panel} | value | | default |", "|---|---|---|---|", *rows))


def _row(option: TyperOption, context: typer.Context) -> str:
    """Returns the line of an option in the table of its panel."""
    names = [*sorted(option.opts, key=len, reverse=True), *option.secondary_opts]
    spelled, _ = option.get_help_record(context) or ("", "")
    value = "" if option.is_flag else spelled.rpartition(" ")[2]
    values = [f"`{each}`" for each in value.strip("<>").split("|") if each]
    values += dict.fromkeys(_limits(option, context.info_name or ""))
    cells = ", ".join(f"`{name}`" for name in names), ", ".join(values), _marked(option.help or ""), _default(option)
    return f"| {' | '.join(cells)} |"


def _limits(option: TyperOption, command: str) -> Iterator[str]:
    """Yields the range of an option: its own, and that of the setting of its name."""
    for word, limit in (("at least", option.min), ("at most", option.max)):
        if limit is not None:
            yield f"{word} {limit}"
    for config in _SETTINGS.get(command, ()):
        hint = get_type_hints(config, include_extras=True).get(option.name or "")
        if hint is not None and option.name != "seed":
            yield from _limits_of(hint)


def _limits_of(hint: Any) -> Iterator[str]:  # noqa: ANN401 (types of any kind)
    """Yields the ranges within an annotated type."""
    for each in getattr(hint, "__metadata__", ()):
        for form, name, word in (
            (Gt, "gt", "above"),
            (Ge, "ge", "at least"),
            (Lt, "lt", "below"),
            (Le, "le", "at most"),
        ):
            if isinstance(each, form) and getattr(each, name) != math.inf:
                yield f"{word} {getattr(each, name):,}"
    for inner in get_args(hint):
        if not isinstance(inner, str):
            yield from _limits_of(inner)


def _default(option: TyperOption) -> str:
    """Returns what an option is where it is not typed; nothing where that says nothing."""
    if option.required:
        return "required"
    if isinstance(option.show_default, str):
        return _marked(option.show_default)
    return "" if option.is_flag or option.multiple or option.default is None else f"`{option.default}`"


def _marked(text: str) -> str:
    r"""Returns plain text as Markdown, with options as code.

    >>> print(_marked("With --rejects FILE, as `made schema` has it: 'part-*.csv', <NA> or x <= y."))
    With `--rejects` FILE, as `made schema` has it: 'part-\*.csv', &lt;NA> or x <= y.
    """
    pieces = text.split("`")
    for place in range(0, len(pieces), 2):
        plain = re.sub(r"<(?=\w)", "&lt;", pieces[place]).replace("*", r"\*").replace("|", r"\|")
        pieces[place] = _OPTION.sub(r"`\1`", plain)
    return "`".join(pieces)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
