"""Groups of options: a parameter that is a dataclass is typed as an option for each of its fields.

A group that belongs to the command line declares its options itself. A command names the group as the type of a
keyword parameter, and gets the object::

    @dataclass(frozen=True)
    class Reading:
        no_header: Annotated[bool, typer.Option("--no-header", help="The first line is a row.")] = False

        def table(self, sources: Sequence[str], messages: Messages) -> "Table": ...


    def score(run: RunFolder, data: Data, *, reading: Reading, messages: Messages) -> None:
        table = reading.table(data, messages)

A configuration knows nothing of the command line: its options are declared beside it, by the names of its fields.
Type and default are those of the field; fields without an option keep their defaults::

    Model = Annotated[NetworkConfig, {"hidden": typer.Option(metavar="H,H,…", help="Widths of the hidden layers.")}]


    def train(data: Data, *, network: Model) -> None: ...

Knows: signatures, how a field of each type is typed, and how a setting out of its range is told to whoever typed it.
"""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import typer

from made_cli.cli.wrong_values import given_as
from made_cli.errors import Exit, SettingError, UserError

_parameter = functools.partial(inspect.Parameter, kind=inspect.Parameter.KEYWORD_ONLY)


class Given(frozenset[str]):
    """The names of the parameters that were typed, or set elsewhere: no option, but of use to a command."""


class _Typed(NamedTuple):
    """How a field is typed.

    Attributes:
        option: the parameter of which typer makes an option.
        value: makes the field's value of what was typed.
    """

    option: inspect.Parameter
    value: Callable[[Any], Any]


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """Returns a command as typer takes it: with options in the place of their groups.

    Wrong usage that the command, a group or a configuration finds is told in the words of the command line: with the
    option as it is typed, and the help of the command that was typed.
    """
    parameters = [_parameter("context", annotation=typer.Context)]
    groups: dict[str, tuple[type, dict[str, _Typed]]] = {}
    takes_given: list[str] = []
    for parameter in inspect.signature(command).parameters.values():
        group, *declared = get_args(parameter.annotation) or [parameter.annotation]
        if group is Given:
            takes_given.append(parameter.name)
        elif isinstance(group, type) and is_dataclass(group):
            typed = _typed(group, *declared)
            groups[parameter.name] = group, typed
            parameters += [field.option for field in typed.values()]
        else:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(command)
    def run(context: typer.Context, **values: Any) -> None:  # noqa: ANN401 (whatever was typed)
        hint = f"See `{context.command_path} --help`."
        given = Given(name for name in values if _is_given(context, name))
        try:
            for name, (group, typed) in groups.items():
                own = {field: value(values.pop(option.name)) for field, (option, value) in typed.items()}
                values[name] = group(**own)
            command(**values, **dict.fromkeys(takes_given, given))
        except typer.BadParameter as error:
            raise UserError(error.message, hint=hint, code=Exit.USAGE) from None
        except SettingError as error:
            options = {field: each.option.name for _, typed in groups.values() for field, each in typed.items()}
            value = ",".join(map(str, error.value)) if isinstance(error.value, list | tuple) else error.value
            place = given_as(context, options.get(error.setting, error.setting), value)
            raise UserError(f"{place}: {error.problem}", hint=hint, code=Exit.USAGE) from None

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name in ("COMMANDLINE", "ENVIRONMENT", "DEFAULT_MAP")


def _typed(group: type, declared: Mapping[str, Any] | None = None) -> dict[str, _Typed]:
    """Returns how each field of a group is typed; of a configuration, those for which an option is declared."""
    hints = get_type_hints(group, include_extras=declared is None)
    defaults = {field.name: field.default for field in fields(group) if field.init}
    if declared is None:
        return {
            name: _Typed(_parameter(name, annotation=hints[name], default=defaults[name]), _same) for name in defaults
        }
    return {name: _setting(name, hints[name], defaults[name], option) for name, option in declared.items()}


def _setting(name: str, hint: Any, default: Any, option: Any) -> _Typed:  # noqa: ANN401 (types and values of any kind)
    """Returns how a setting of a configuration is typed; the configuration itself reads numbers and checks ranges."""
    typed, shown = hint, default
    value: Callable[[Any], Any] = _same
    if get_origin(hint) is tuple:
        typed, shown, value = (
            str | None,
            ",".join(map(str, default)) or None,
            lambda text: () if text is None else text.split(","),
        )
    elif get_origin(hint) is Mapping:  # one pair at a time, so the option is named in the singular
        name = name.removesuffix("s")
        typed, shown, value = list[str] | None, None, functools.partial(pairs, option=f"--{name}")
    elif get_origin(hint) in (Set, Sequence):
        typed, shown, value = list[str] | None, None, lambda texts: texts or ()
    elif get_origin(hint) is not Literal and len({*get_args(hint)} - {NoneType}) > 1:  # one of several types
        typed, shown = (str | None, None) if default is None else (str, str(default))
    return _Typed(_parameter(name, annotation=Annotated[typed, option], default=shown), value)


def pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    """Reads repeated NAME=VALUE; a name may hold "=", a value may not.

    >>> pairs(["age=numeric", "a=b=categorical"], "--kind")
    {'age': 'numeric', 'a=b': 'categorical'}
    """
    found = {}
    for text in texts or []:
        name, equals, value = text.rpartition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{option} {text!r}: write NAME=VALUE")
        found[name] = value
    return found


def _same(value: Any) -> Any:  # noqa: ANN401 (whatever was typed)
    return value
