"""The pages lead where they say, and show commands and options that there are."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from typer.core import TyperOption

from docs import write_commands
from made_cli.cli.app import program
from made_cli.errors import Exit
from tests import pages

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "sample_data").glob("*.md")])
PROGRAM = program()
COMMANDS = PROGRAM.commands
OF_OTHER_PROGRAMS = {"--every", "--max-restarts", "--nnodes", "--only", "--parts", "--pdb", "--rdzv-backend"}
OF_OTHER_PROGRAMS |= {"--rdzv-endpoint", "--rounds", "--runs", "--train"}
"""Options in the running text that are none of `made`: of pytest, torchrun, `make trust` and the benchmarks."""


def _options(parameters: Iterable[object]) -> set[str]:
    own = (each for each in parameters if isinstance(each, TyperOption))
    return {text for each in own for text in (*each.opts, *each.secondary_opts)} | {"--help"}


OPTIONS = {name: _options(command.params) for name, command in COMMANDS.items()} | {"made": _options(PROGRAM.params)}


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_to_headings_in_them(page: Path) -> None:
    for file, anchor in pages.links(_text(page)):
        target = page.parent / file if file else page
        assert target.exists(), file
        assert not anchor or anchor in pages.anchors(_text(target)), f"{file}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_and_folders_that_a_page_names_exist(page: Path) -> None:
    named = re.findall(
        r"`((?:made_cli/|tests/|docs/|core/|tables/|ensemble/|inference/|training/|runs/|cli/)[\w./]*)`",
        _text(page),
    )
    assert not [name for name in named if not any((ROOT / top / name).exists() for top in ("", "made_cli"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_blocks_can_be_typed(page: Path) -> None:
    for words in pages.commands(_text(page)):
        assert words[1] in COMMANDS, words
        COMMANDS[words[1]].make_context(words[1], words[2:])  # parses, and complains of what it does not know


@pytest.mark.parametrize("page", [each for each in PAGES if each.name != "CHANGELOG.md"], ids=lambda page: page.name)
def test_commands_and_options_named_in_passing_are_there(page: Path) -> None:
    # The changelog also names what has gone.
    every = set().union(*OPTIONS.values()) | OF_OTHER_PROGRAMS
    for code in pages.in_passing(_text(page)):
        first, *others = code.split(" ")
        command = others[0] if first == "made" and others else first
        assert first != "made" or command in COMMANDS or not command[0].islower() or command == "made", code
        if first not in ("python", "make", "pip"):
            assert set(pages.options(code)) <= OPTIONS.get(command, every), code


def test_the_reference_is_that_of_today_s_program() -> None:
    up_to_date = _text(write_commands.PAGE) == write_commands.page()
    assert up_to_date, "commands or options have changed: `make docs` writes docs/commands.md anew"


def test_the_reference_names_every_option_and_shows_every_example() -> None:
    text = _text(write_commands.PAGE)
    for command, options in OPTIONS.items():
        name = "made by itself" if command == "made" else f"made {command}"
        section = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert not [option for option in options - {"--help"} if f"`{option}`" not in section], name
    assert {words[1] for words in pages.commands(text)} == COMMANDS.keys()


def test_every_exit_code_is_explained() -> None:
    table = _text(ROOT / "docs" / "formats.md").partition("## Exit codes")[2].partition("\n## ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} >= set(Exit)
