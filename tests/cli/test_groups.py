"""Groups of options: how the fields of a dataclass are typed, and what becomes of wrong usage."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from made_cli.cli.groups import Given, expanded, pairs
from made_cli.errors import Exit, SettingError, UserError


@dataclass(frozen=True)
class Colours:
    """Declares its options itself."""

    ink: Annotated[str, typer.Option(help="Colour of the text.")] = "black"
    bold: Annotated[bool, typer.Option("--bold", "-b")] = False
    both: tuple[str, bool] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "both", (self.ink, self.bold))


@dataclass(frozen=True)
class Page:
    """Knows nothing of options."""

    margins: tuple[int, ...] = (3, 4)
    columns: Literal["auto"] | int = "auto"
    paper: Literal["a4", "letter"] = "a4"
    scale: float | None = None
    styles: Mapping[str, str] = field(default_factory=dict)
    hidden: Set[str] = frozenset()
    internal: int = 7

    def __post_init__(self) -> None:
        if self.scale == 0:
            raise SettingError("Page", "scale", 0, "nothing would be seen")
        if "x" in self.styles:
            raise SettingError("Page", "styles", "x=" + self.styles["x"], "no such part")
        if [*map(str, self.margins)] == ["0", "0"]:
            raise SettingError("Page", "margins", self.margins, "too narrow")


OPTIONS = {name: typer.Option() for name in ("scale", "margins", "columns", "paper", "styles", "hidden")}
Shown = dict[str, Any]


def command(take: Callable[[Shown], None]) -> Callable[..., None]:
    def show(
        text: Annotated[str, typer.Argument()],
        *,
        page: Annotated[Page, OPTIONS],
        copies: Annotated[int, typer.Option()] = 1,
        colours: Colours,
        given: Given,
    ) -> None:
        """Show a text."""
        if copies > 9:
            raise typer.BadParameter("--copies: nine at most")
        if copies < 0:
            raise SettingError("Press", "copies", copies, "too few")
        take({"text": text, "page": page, "copies": copies, "colours": colours, "given": given})

    return expanded(show)


def run(*arguments: str) -> Shown:
    taken = Shown()
    app = typer.Typer()
    app.command()(command(taken.update))
    result = CliRunner().invoke(app, arguments, prog_name="press show")
    if result.exception is not None:
        raise result.exception
    return taken


def test_options_stand_where_their_group_does_in_the_order_of_their_declaration() -> None:
    app = typer.Typer(add_completion=False)
    app.command()(command(print))
    show = get_command(app)
    assert show.help == "Show a text."
    assert [parameter.opts[-1] for parameter in show.params] == [
        *("text", "--scale", "--margins", "--columns", "--paper", "--style", "--hidden", "--copies", "--ink", "-b")
    ]


def test_defaults_are_those_of_the_fields() -> None:
    taken = run("hello")
    assert taken["page"] == Page(margins=["3", "4"], hidden=())  # type: ignore[arg-type]
    assert (taken["text"], taken["copies"], taken["colours"]) == ("hello", 1, Colours())


def test_each_type_of_field_is_typed_in_its_own_way() -> None:
    options = ("--margins", "1,2", "--columns", "2", "--scale", "0.5", "--paper", "letter", "--hidden", "foot")
    page = run("hello", *options, "--style", "head=big", "--style", "a=b=small")["page"]
    assert (page.margins, page.columns, page.scale) == (["1", "2"], "2", 0.5)  # a configuration makes numbers of them
    assert (page.paper, page.hidden, page.styles) == ("letter", ["foot"], {"head": "big", "a=b": "small"})
    assert page.internal == 7
    assert run("hello", "--ink", "red", "-b")["colours"].both == ("red", True)


def test_a_command_learns_which_parameters_were_typed_even_if_as_they_are_by_default() -> None:
    assert run("hello")["given"] == {"text"}
    typed = run("hello", "--copies", "1", "--style", "head=big", "-b")["given"]
    assert typed == {"text", "copies", "style", "bold"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--scale", "0"), "--scale 0: nothing would be seen"),
        (("--style", "x=big"), "--style x=big: no such part"),
        (("--margins", "0,0"), "--margins 0,0: too narrow"),
        (("--style", "big"), "--style 'big': write NAME=VALUE"),
        (("--copies", "10"), "--copies: nine at most"),
        (("--copies", "-1"), "--copies -1: too few"),
    ],
)
def test_wrong_usage_is_told_with_the_option_and_the_command_as_typed(options: tuple[str, ...], message: str) -> None:
    with pytest.raises(UserError) as caught:
        run("hello", *options)
    assert (str(caught.value), caught.value.hint) == (message, "See `press show --help`.")
    assert caught.value.code == Exit.USAGE


def test_a_pair_needs_a_name() -> None:
    with pytest.raises(typer.BadParameter, match="--style '=big'"):
        pairs(["=big"], "--style")
