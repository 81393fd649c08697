"""What is said while something takes a while."""

import time
from pathlib import Path

import pytest

from made_cli.cli import messages
from made_cli.cli.messages import Messages
from tests.cli.program import made


def waited(messages_: Messages, seconds: float, capsys: pytest.CaptureFixture[str]) -> str:
    with messages_.waiting("reading t.csv"):
        time.sleep(seconds)
    return capsys.readouterr().err


def test_waiting_is_shown_on_a_terminal_once_it_takes_a_while(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(messages, "AT_ONCE", 0.01)
    assert waited(Messages(), 0.1, capsys) == ""
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes that for a terminal
    assert waited(Messages(quiet=True), 0.1, capsys) == ""
    while "reading t.csv …" not in waited(Messages(), 0.1, capsys):
        pass
    monkeypatch.setattr(messages, "AT_ONCE", 60.0)
    assert waited(Messages(), 0.0, capsys) == ""


def test_a_table_that_is_read_at_once_is_read_without_a_word(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(messages, "AT_ONCE", 60.0)
    assert made("schema", tables / "t.csv").err == ""
