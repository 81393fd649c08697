"""What is said while something takes a while."""

import time
from pathlib import Path

import pytest

from made_cli.cli import messages, waiting
from made_cli.cli.messages import Messages
from tests.cli.program import made


def waited(messages_: Messages, seconds: float, capsys: pytest.CaptureFixture[str]) -> str:
    with messages_.waiting("reading t.csv"):
        time.sleep(seconds)
    return capsys.readouterr().err


def test_waiting_is_shown_on_a_terminal_once_it_takes_a_while(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(waiting, "AT_ONCE", 0.01)
    assert waited(Messages(), 0.1, capsys) == ""
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes that for a terminal
    assert waited(Messages(quiet=True), 0.1, capsys) == ""
    while "reading t.csv …" not in waited(Messages(), 0.1, capsys):
        pass
    monkeypatch.setattr(waiting, "AT_ONCE", 60.0)
    assert waited(Messages(), 0.0, capsys) == ""


def test_a_table_that_is_read_at_once_is_read_without_a_word(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(waiting, "AT_ONCE", 60.0)
    assert made("schema", tables / "t.csv").err == ""


def test_where_there_is_no_terminal_a_line_says_now_and_then_what_takes_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(messages, "LINE_EVERY", 0.05)
    assert waited(Messages(), 0.3, capsys).splitlines()[0] == "reading t.csv: 0 s so far"
    assert waited(Messages(quiet=True), 0.3, capsys) == ""
    monkeypatch.setattr(messages, "LINE_EVERY", 60.0)
    assert waited(Messages(), 0.0, capsys) == ""


def lines_of(task: str, total: float | None, steps: int, capsys: pytest.CaptureFixture[str], *, quiet: bool) -> str:
    with Messages(quiet=quiet).progress(task, total) as bar:
        for _ in range(steps):
            bar.advance()
    return capsys.readouterr().err


def test_where_there_is_no_terminal_a_line_says_how_much_is_done_and_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(messages, "LINE_EVERY", 0.0)
    assert lines_of("scoring", 4, 1, capsys, quiet=False) == "scoring: 25% done, about 0 s left\n"
    assert lines_of("imputing", None, 2, capsys, quiet=False).splitlines()[1] == "imputing: 0 s so far"
    assert lines_of("scoring", 4, 1, capsys, quiet=True) == ""
    monkeypatch.setattr(messages, "LINE_EVERY", 60.0)
    assert lines_of("scoring", 4, 4, capsys, quiet=False) == ""


@pytest.mark.parametrize("options", [(), ("--leave-one-out",), ("--leave-one-out", "--top", "1")])
def test_scoring_gets_as_far_as_it_says(
    options: tuple[str, ...], run: Path, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "LINE_EVERY", 0.0)
    lines = made("score", run, tables / "t.csv", "--permutations", "2", *options).err.splitlines()
    last = [line for line in lines if line.startswith("scoring: ")][-1]
    assert last == "scoring: 100% done, about 0 s left"


def test_a_training_says_how_far_it_is_before_it_has_evaluated_anything(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "LINE_EVERY", 0.0)
    done = made("train", tables / "t.csv", "--out", tmp_path / "run", "--hidden", "8", "--epochs", "3")
    lines = [line for line in done.err.splitlines() if line.endswith("%)")]
    assert lines[0] == "training, 0 s (0%)"
    assert lines[-1].startswith("epoch 3: validation bound ")
    assert lines[-1].endswith(" (100%)")


def test_what_has_no_measure_is_shown_by_its_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    shown = lines_of("imputing", None, 2, capsys, quiet=False)
    assert "imputing" in shown
    assert "0:00:00" in shown
    assert "left" not in shown
    assert "left" in lines_of("scoring", 2, 2, capsys, quiet=False)
