"""Completion in shells: what each asks for, in a process of its own, and what it is answered."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = "tests/runs/formats/6"
TABLE = "sample_data/penguins.csv"


def asked(*, folder: Path = ROOT, **variables: str) -> str:
    """Returns what the program answers a shell."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | variables
    command = [sys.executable, "-m", "made_cli"]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout


def completed(*words: str, folder: Path = ROOT) -> list[str]:
    """Returns what bash is offered for the last word."""
    line = " ".join(words)
    return asked(folder=folder, _MADE_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=f"{len(words) - 1}").split(
        "\n"
    )


def test_run_folders_complete_where_a_run_is_wanted() -> None:
    for command in ("info", "score", "sample", "ensemble-eval"):
        assert completed("made", command, "tests/runs/fo")[:3] == [f"tests/runs/formats/{place}" for place in (4, 5, 6)]
    assert completed("made", "ensemble-eval", RUN, "tests/runs/fo") == ["", ""]


def test_columns_of_a_run_complete_in_a_list() -> None:
    assert completed("made", "score", RUN, TABLE, "--columns", "colour,w") == ["colour,weight", ""]
    assert completed("made", "score", RUN, TABLE, "--given", "d") == ["day", ""]
    assert completed("made", "impute", RUN, TABLE, "--columns", "co") == ["colour", ""]


def test_known_cells_complete_with_their_labels() -> None:
    assert completed("made", "sample", RUN, "--given", "colour=r") == ["colour=red", ""]
    assert completed("made", "query", RUN, "'weight > 1'", "--given", "we") == ["weight=", ""]


def test_columns_of_a_table_complete_before_there_is_a_run() -> None:
    assert completed("made", "train", TABLE, "--drop", "s") == ["species", "sex", ""]
    kinds = ["year=categorical", "year=numeric", "year=time", ""]
    assert completed("made", "schema", TABLE, "--kind", "ye") == kinds
    assert completed("made", "compare", TABLE, "x.csv", "--drop", "ye") == ["year", ""]
    assert completed("made", "score", RUN, TABLE, "--id", "is") == ["island", ""]
    assert completed("made", "train", TABLE, "--no-header", "--drop", "s") == ["", ""]


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz", "t.parquet", "t;.csv"])
def test_every_form_of_table_names_its_columns(name: str, tmp_path: Path) -> None:
    sign = "\t" if "tsv" in name else ";" if ";" in name else ","
    text = f'\ufeffpay grade{sign}"a{sign}b"\n1{sign}2\n'
    if name.endswith(".parquet"):
        pq.write_table(pa.table({"pay grade": [1], "a,b": [2]}), tmp_path / name)
    else:
        (tmp_path / name).write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    typed = name.replace(";", "\\;")
    assert completed("made", "train", typed, "--drop", "p", folder=tmp_path) == ["pay\\ grade", ""]


@pytest.mark.parametrize("words", [("info", "nowhere/x"), ("score", "nowhere", "t.csv", "--columns", "a")])
def test_what_cannot_be_read_has_no_completion(words: tuple[str, ...]) -> None:
    assert completed("made", *words) == ["", ""]
    assert completed("made", "train", "made_cli/cli/app.py", "--drop", "x") == ["", ""]


def test_zsh_and_fish_are_answered_in_their_own_ways() -> None:
    line = f"made score {RUN} {TABLE} --columns colour,w"
    assert asked(_MADE_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=line) == (
        "_arguments '*: :((\"colour,weight\"))'\n"
    )
    action = "get-args"
    found = asked(_MADE_COMPLETE="complete_fish", _TYPER_COMPLETE_FISH_ACTION=action, _TYPER_COMPLETE_ARGS=line)
    assert found == "colour,weight\n"


def test_bash_completes_once_it_is_installed(tmp_path: Path) -> None:
    program = tmp_path / "made"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m made_cli "$@"\n')
    program.chmod(0o755)
    script = """
        made --install-completion || exit 1
        source "$HOME/.bash_completions/made.sh"
        COMP_WORDS=(made info tests/runs/formats/)
        COMP_CWORD=2
        _made_completion made
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    environment = os.environ | {"HOME": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "--norc", "-c", script], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=60
    )
    assert done.returncode == 0, done.stderr
    formats = sorted(str(each.relative_to(ROOT)) for each in (ROOT / "tests" / "runs" / "formats").iterdir())
    assert done.stdout.splitlines()[-len(formats) :] == formats
    assert "made.sh" in (tmp_path / ".bashrc").read_text()
