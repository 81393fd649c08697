"""`made train --jobs`: one voice, one folder, however many processes train its networks."""

import json
import signal
from pathlib import Path

import pytest

from made_cli.errors import Exit
from tests.cli.program import Started, error, made
from tests.cli.test_launch import done

SMALL = ("--hidden", "8", "--networks", "3", "--jobs", "2", "--batch-size", "20", "--patience", "1000")


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_signal_to_all_saves_all_and_resume_goes_on(number: signal.Signals, tables: Path, tmp_path: Path) -> None:
    training = ("train", tables / "t.csv", "--out", tmp_path / "run", "--epochs", "12000", *SMALL)
    process = Started(*training, folder=tmp_path)
    log = tmp_path / "run" / "metrics.jsonl"
    process.wait_until(lambda: log.exists() and {json.loads(each)["network"] for each in _lines(log)} == {0, 1})
    process.send(number)
    stopped = process.done()
    said, hint = stopped.err.splitlines()[-2:]
    assert stopped.code == 128 + number
    assert said == f"Interrupted; 0 of 3 networks are trained, and all is saved in {tmp_path / 'run'}"
    words = hint.removeprefix("Go on with: made ").split()
    assert words == ["train", str(tables / "t.csv"), "--jobs", "2", "--out", str(tmp_path / "run"), "--resume"]
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_bytes())
    assert [each["stopped"] for each in metrics["networks"]] == ["interrupted", "interrupted"]
    ended = made(*words, "--time-limit", "0.5s")
    assert ended.code == 0
    assert [line.split(":")[0] for line in ended.err.splitlines()[:3]] == ["network 1", "network 2", "network 3"]
    assert made("verify", tmp_path / "run").code == 0


def _lines(log: Path) -> list[str]:
    """The whole lines of a log that is being written."""
    return [line for line in log.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]


def test_processes_of_torchrun_train_one_network_together(tables: Path, tmp_path: Path) -> None:
    found = done(tmp_path, "train", tables / "t.csv", *SMALL, "--out", tmp_path / "run")
    (told,) = [each for each in found if each.err]
    error(told, Exit.USAGE, "--jobs 2", "torchrun")


def test_one_network_is_trained_by_one_process(tables: Path, tmp_path: Path) -> None:
    options = ("--hidden", "8", "--epochs", "1", "--jobs", "3")
    trained = made("train", tables / "t.csv", "--out", tmp_path / "run", *options)
    assert trained.code == 0
    assert "--jobs 3: there is one network only" in trained.err


def test_no_job_is_none(tables: Path, tmp_path: Path) -> None:
    error(made("train", tables / "t.csv", "--out", tmp_path / "run", "--jobs", "0"), Exit.USAGE, "--jobs")
