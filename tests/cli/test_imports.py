"""What a command imports as it runs: nothing slow that it has no use for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from made_cli.cli.commands import NAMES

ROOT = Path(__file__).resolve().parents[2]
RUN = "tests/runs/formats/5"
TABLE = "sample_data/penguins.csv"
SHOW_IMPORTED = """
import atexit, sys
atexit.register(lambda: print("imported", *sys.modules, file=sys.stderr))
from made_cli.__main__ import main
main()
"""
COMPLETING = {"_MADE_COMPLETE": "complete_bash", "COMP_WORDS": "made sch", "COMP_CWORD": "1"}
MODELS = {"torch", "safetensors", "sklearn", "scipy"}
TABLES = {"pandas", "pyarrow"}


def imported(*arguments: str, **environment: str) -> set[str]:
    """Returns the modules that are imported when a command has ended, in a process of its own."""
    command = [sys.executable, "-c", SHOW_IMPORTED, *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, encoding="utf-8", check=True
    )
    _, _, names = done.stderr.rpartition("imported ")
    return set(names.split())


def commands(modules: set[str]) -> set[str]:
    """Returns the commands among modules."""
    return {name for name in NAMES if f"made_cli.cli.{name.replace('-', '_')}" in modules}


def test_a_command_imports_no_other() -> None:
    assert commands(imported("info", RUN)) == {"info"}
    assert commands(imported(_MADE_COMPLETE="complete_bash", COMP_WORDS="made score --per", COMP_CWORD="2")) == {
        "score"
    }
    assert commands(imported("--help")) == {*NAMES}


def test_a_run_is_read_without_the_search_for_relations() -> None:
    assert not imported("info", RUN) & {"made_cli.tables.relations.finding"}


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("train", "--help")])
def test_help_imports_no_library_of_numbers(arguments: tuple[str, ...]) -> None:
    assert not imported(*arguments) & (MODELS | TABLES | {"numpy"})


def test_completion_imports_no_library_of_numbers() -> None:
    assert not imported(**COMPLETING) & (MODELS | TABLES | {"numpy"})


def test_what_a_run_holds_is_read_without_torch_and_without_pandas() -> None:
    assert not imported("info", RUN) & (MODELS | TABLES)


def test_a_run_is_verified_without_torch_and_without_pandas() -> None:
    assert not imported("verify", RUN) & {"torch", "pandas"}


def test_the_kinds_of_columns_are_found_without_torch() -> None:
    assert not imported("schema", TABLE) & MODELS


def test_scoring_imports_nothing_that_trains_or_compiles(tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("colour,weight,day\n")
    found = imported("score", RUN, str(rows))
    assert "torch" in found
    assert not found & {"torch._dynamo", "sympy", "sklearn", "made_cli.training", "made_cli.fidelity"}
