"""Options from a file: what they mean, what goes before them, and what is refused."""

import json
import shlex
from pathlib import Path

import pytest

from made_cli.errors import Exit
from tests.cli.program import error, made


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "made.toml"
    file.write_text(
        '[train]\nnetworks = 2\nhidden = "8,8"\ntime-limit = "1h"\nepochs = 3\nkind = ["one=categorical"]\n'
        "quiet = true\n[sample]\nn = 20\nseed = 5\n",
        encoding="utf-8",
    )
    return file


def trained(table: Path, out: Path, *typed: str) -> dict[str, object]:
    done = made("train", table, "--out", out, *typed)
    assert done.code == Exit.OK, done.err
    record = json.loads((out / "run.json").read_bytes())
    return {**record["training"], **record["network"]}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("one,two\n" + "1,a\n2,b\n1,a\n3,b\n" * 10, encoding="utf-8")
    return path


def test_a_file_says_what_would_be_typed(table: Path, settings: Path, tmp_path: Path) -> None:
    found = trained(table, tmp_path / "run", "--config", str(settings))
    assert (found["networks"], found["hidden"], found["time_limit"], found["epochs"]) == (2, [8, 8], 3600.0, 3)
    same = "--networks 2 --hidden 8,8 --time-limit 1h --epochs 3 --kind one=categorical"
    assert trained(table, tmp_path / "typed", *shlex.split(same)) == found


def test_what_is_typed_goes_before_a_variable_and_that_before_the_file(
    table: Path, settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MADE_TRAIN_NETWORKS", "3")
    monkeypatch.setenv("MADE_TRAIN_EPOCHS", "2")
    monkeypatch.setenv("MADE_TRAIN_CONFIG", str(settings))
    found = trained(table, tmp_path / "run", "--networks", "1")
    assert (found["networks"], found["epochs"], found["hidden"]) == (1, 2, [8, 8])


def test_each_command_has_its_own_table(table: Path, settings: Path, tmp_path: Path) -> None:
    trained(table, tmp_path / "run", "--config", str(settings))
    drawn = [
        made("sample", tmp_path / "run", *map(str, typed)).out
        for typed in (["--config", settings], ["-n", "20", "--seed", "5"])
    ]
    assert drawn[0] == drawn[1]
    assert drawn[0] != made("sample", tmp_path / "run", "-n", "20").out


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("networks = 4", "[networks]: no command of this name"),
        ("[trian]\nnetworks = 4", "[trian]: no command of this name"),
        ("[train]\nnetwork = 4", "[train] has no option 'network'"),
        ("[train]\nconfig = 'other.toml'", "[train] has no option 'config'"),
        ("[train]\nquiet = 'yes'", "[train] quiet = 'yes'"),
        ("[train]\nnetworks = true", "[train] networks = true"),
        ("[train]\nnetworks = [1, 2]", "[train] networks = [1, 2]"),
        ("[train\n", "not TOML"),
    ],
)
def test_what_no_command_has_is_refused(text: str, problem: str, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "made.toml"
    file.write_text(text, encoding="utf-8")
    done = made("train", table, "--out", tmp_path / "run", "--config", file)
    error(done, Exit.USAGE, f"{file}: {problem}")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("value", "problem"), [("0", "input should be greater than"), ("'x'", "not a whole number")])
def test_a_wrong_value_is_told_with_the_file_that_has_it(table: Path, tmp_path: Path, value: str, problem: str) -> None:
    file = tmp_path / "made.toml"
    file.write_text(f"[train]\nnetworks = {value}\n", encoding="utf-8")
    done = made("train", table, "--out", tmp_path / "run", "--config", file)
    error(done, Exit.USAGE, f"Error: {file}: [train] networks = {value.strip(chr(39))}: {problem}")


def test_a_file_that_is_not_there_is_said(table: Path, tmp_path: Path) -> None:
    none = tmp_path / "none.toml"
    error(made("train", table, "--out", tmp_path / "run", "--config", none), Exit.USAGE, "none.toml: cannot be read")


def test_a_misspelt_variable_is_told_with_the_one_that_it_may_be(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADE_SCHEMA_DELIMTER", ";")
    monkeypatch.setenv("MADE_SCHEMA_ENCODING", "utf-8")
    monkeypatch.setenv("MADE_BY", "hand")
    done = made("schema", table)
    assert (done.code, done.err.count("Warning")) == (0, 1)
    assert "MADE_SCHEMA_DELIMTER belongs to no option; MADE_SCHEMA_DELIMITER does" in done.err
