"""The README's session, lists of commands and Python run as printed; and the script tells failure from success."""

import functools
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import made_cli
from tests import readme
from tests.cli.program import made

README = (readme.ROOT / "README.md").read_text(encoding="utf-8")


def _folder(path: Path, *lines: str) -> Path:
    text = "\n".join(("# A readme", "", "<!-- session -->", "```sh", *lines, "```", ""))
    (path / "README.md").write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """A table of the columns that the README names; the tests run in a folder that has it as a file."""
    rng, rows = np.random.default_rng(0), 200
    sex = rng.choice(np.array(["Female", "Male"], dtype=object), rows)
    age, hours = rng.integers(17, 91, rows), rng.normal(40, 8, rows).round(1)
    pay = np.where(age + hours + rng.normal(0, 15, rows) > 105, ">50K", "<=50K")
    frame = pd.DataFrame({"age": age, "sex": sex, "hours": hours, "pay": pay})
    frame.to_csv(tmp_path / "your.csv", index=False)
    _with_holes(frame).head(50).to_csv(tmp_path / "new.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return frame


def _with_holes(frame: pd.DataFrame) -> pd.DataFrame:
    holes = np.random.default_rng(1).random(frame.shape) < 0.1
    return frame.mask(holes)


@pytest.mark.usefixtures("people")
def test_the_commands_that_the_readme_lists_run_as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADE_TRAIN_EPOCHS", "1")  # every option has its variable; all else is as printed
    lines = readme.listed(README)
    commands = {"schema", "train", "score", "sample", "compare", "report", "impute", "query", "export", "verify"}
    assert commands == {line.split()[1] for line in lines}
    for line in lines:
        done = made(*shlex.split(line)[1:])
        assert done.code == 0, f"{line}\n{done.err}"


@pytest.mark.usefixtures("people")
def test_a_schema_goes_out_and_comes_back_as_the_docs_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MADE_TRAIN_EPOCHS", "1")
    lines = readme.commands((readme.ROOT / "docs" / "columns.md").read_text(encoding="utf-8"))
    assert len(lines) == 3
    for line in lines:
        command, _, file = line.partition(" > ")
        done = made(*shlex.split(command)[1:])
        assert done.code == 0, f"{line}\n{done.err}"
        if file:
            schema = json.loads(done.out)
            assert schema["columns"][2]["name"] == "hours"
            schema["columns"][2]["kind"] = None
            Path(file).write_text(json.dumps(schema), encoding="utf-8")
    assert made_cli.load("runs/yours").run.record.schema.names == ("age", "sex", "pay")
    refused = made("train", "your.csv", "--schema", "schema.json", "--out", "runs/yours", "--resume", "--drop", "age")
    assert refused.code == 2
    Path("schema.json").write_text('{"columns": [{"name": "age", "kind": "years"}]}', encoding="utf-8")
    wrong = made("train", "your.csv", "--schema", "schema.json", "--out", "runs/other")
    assert (wrong.code, "schema.json: columns[0].kind: input should be" in wrong.err) == (2, True)


def test_the_readme_s_python_runs_as_printed(people: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_cli, "TrainingConfig", functools.partial(made_cli.TrainingConfig, epochs=1))
    names = {
        "frame": people.head(120),
        "valid_frame": people[120:160],
        "test_frame": people[160:],
        "new_frame": people[160:],
        "frame_with_holes": _with_holes(people),
    }
    code = readme.python(README)
    assert "made_cli.fit(" in code
    exec(compile(code, "README.md", "exec"), names)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md"])
def test_the_sessions_of_readme_and_tutorial_run_as_printed(page: str, tmp_path: Path) -> None:
    (tmp_path / page).parent.mkdir(exist_ok=True)
    shutil.copy(readme.ROOT / page, tmp_path / page)
    shutil.copytree(readme.ROOT / "sample_data", tmp_path / "sample_data")
    assert readme.run(tmp_path, page) == 0


def test_a_session_echoes_each_command_before_its_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    folder = _folder(tmp_path, "echo one", "", "# a remark", "echo two \\", "  three")
    script = [sys.executable, readme.__file__, str(folder)]
    done = subprocess.run(script, capture_output=True, text=True, check=True)  # through a pipe, as in a log
    assert done.stdout == "$ echo one\none\n$ echo two \\\n  three\ntwo three\n"


def test_a_session_stops_at_the_first_failure(tmp_path: Path) -> None:
    assert readme.run(_folder(tmp_path, "(exit 3) | cat", "touch later")) == 3
    assert not (tmp_path / "later").exists()


def test_a_reader_that_has_seen_enough_is_no_failure(tmp_path: Path) -> None:
    assert readme.run(_folder(tmp_path, "yes | head -n 1")) == 0


def test_a_readme_without_a_session_is_a_failure(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert readme.run(tmp_path) == 1
    (tmp_path / "README.md").write_text("```sh\nmade --help\n```\n", encoding="utf-8")
    assert readme.run(tmp_path) == 1
    assert "<!-- session -->" in capfd.readouterr().err


def test_a_second_session_removes_what_the_first_made_and_nothing_else(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "mkdir runs/x && touch runs/x/a")  # fails where runs/x is already there
    (folder / "runs" / "mine").mkdir(parents=True)
    assert readme.run(folder) == 0
    assert readme.run(folder) == 0
    assert (folder / "runs" / "mine").is_dir()
    assert (folder / "runs" / "x" / "a").is_file()
