"""The README's session runs as printed; and the script that runs it tells failure from success."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import readme


def _folder(path: Path, *lines: str) -> Path:
    text = "\n".join(("# A readme", "", "<!-- session -->", "```sh", *lines, "```", ""))
    (path / "README.md").write_text(text, encoding="utf-8")
    return path


@pytest.mark.slow
def test_the_readme_s_session_runs_as_printed(tmp_path: Path) -> None:
    shutil.copy(readme.ROOT / "README.md", tmp_path)
    shutil.copytree(readme.ROOT / "sample_data", tmp_path / "sample_data")
    assert readme.run(tmp_path) == 0


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
