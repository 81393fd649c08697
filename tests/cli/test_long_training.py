"""`made train` of a long table: its rows are encoded once into files of the run folder, and trained from there."""

import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from made_cli.cli import training_tables
from made_cli.errors import Exit
from made_cli.training import network_trainer, run_trainer
from tests.cli.program import Started, error, made
from tests.cli.test_launch import done as done_together

SMALL = ("--hidden", "8,8", "--epochs", "3")
DISK = ("--rows", "disk")


def record(run: Path) -> dict[str, Any]:
    found = json.loads((run / "run.json").read_bytes())
    assert isinstance(found, dict)
    return found


def test_the_files_of_rows_are_told_and_gone_when_training_has_ended(tables: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    found = made("train", tables / "t.csv", "--out", run, *SMALL, *DISK)
    assert found.code == 0
    assert f"108 rows encoded into 4 kB in {run}/rows/train.npy, until the training has ended" in found.err
    assert "12 are held out for validation" in found.err
    assert not (run / "rows").exists()
    assert record(run)["data"]["rows"] == "disk"
    assert made("score", run, tables / "t.csv").code == 0
    assert made("verify", run).code == 0


def test_files_of_rows_are_kept_where_that_is_asked_for(tables: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert made("train", tables / "t.csv", "--out", run, *SMALL, *DISK, "--keep-rows").code == 0
    assert len(np.load(run / "rows" / "train.npy")) == 108
    made_again = made("train", tables / "t.csv", "--out", run, "--resume", "--epochs", "1", "--keep-rows")
    assert "108 rows" in made_again.err
    assert made("train", tables / "t.csv", "--out", run, "--force", *SMALL).code == 0


def test_the_size_of_a_table_decides(tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_tables, "LONG_CELLS", 100)
    monkeypatch.setattr(training_tables, "LONG_TEXT", 100)
    for name in ("t.csv", "t.parquet"):
        run = tmp_path / name
        assert made("train", tables / name, "--out", run, *SMALL).code == 0
        assert record(run)["data"]["rows"] == "disk"
        assert made("train", tables / name, "--out", run, "--force", *SMALL, "--rows", "memory").code == 0
        assert record(run)["data"]["rows"] == "memory"


def test_a_long_table_has_the_schema_of_one_that_is_not(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = made("schema", tables / "t.csv", "--json")
    monkeypatch.setattr(training_tables, "LONG_TEXT", 100)
    assert made("schema", tables / "t.csv", "--json").out == whole.out


@pytest.mark.slow
def test_an_interrupted_training_goes_on_with_its_files(tables: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    training = Started(
        "train", tables / "t.csv", "--out", run, "--hidden", "8", "--epochs", "9999", "--patience", "9999", *DISK,
        folder=tmp_path,
    )  # fmt: skip
    training.wait_until((run / "manifest.json").exists)
    training.send(signal.SIGINT)
    assert training.done().code == Exit.INTERRUPTED
    assert (run / "rows" / "train.npy").exists()
    refused = made("train", tables / "t.csv", "--out", run, "--resume", "--rows", "memory")
    error(refused, Exit.USAGE, "--rows memory", "--rows disk")
    on = Started("train", tables / "t.csv", "--out", run, "--resume", "--time-limit", "1s", folder=tmp_path).done()
    assert on.code == 0, on.err
    assert not (run / "rows").exists()


def test_a_dry_run_encodes_nothing(tables: Path, tmp_path: Path) -> None:
    found = made("train", tables / "t.csv", "--out", tmp_path / "run", *DISK, "--dry-run")
    assert found.code == 0
    assert "a step takes" in found.err
    assert list(tmp_path.iterdir()) == []


def test_a_training_that_cannot_begin_leaves_no_files(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = made("train", tables / "t.csv", "--out", tmp_path / "run", *DISK, "--relation", "age <= nothing")
    assert found.code == Exit.USAGE
    assert not (tmp_path / "run" / "rows").exists()
    monkeypatch.setattr("made_cli.core.memory.memory_of", lambda device: 1_000)
    found = made("train", tables / "t.csv", "--out", tmp_path / "run", *DISK)
    assert (found.code, "of memory, and there are 1 kB" in found.err) == (Exit.USAGE, True)
    assert not (tmp_path / "run" / "rows").exists()


def test_two_processes_train_on_the_files_of_the_first(tables: Path, tmp_path: Path) -> None:
    training = ("train", tables / "t.csv", *SMALL, "--batch-size", "50", *DISK, "--out")
    first, second = done_together(tmp_path, *training, tmp_path / "together")
    assert (first.code, second.code, second.err) == (0, 0, "")
    assert not (tmp_path / "together" / "rows").exists()
    assert made(*training, tmp_path / "alone").code == 0
    assert record(tmp_path / "together")["data"] == record(tmp_path / "alone")["data"]
    found = [json.loads((tmp_path / name / "metrics.json").read_bytes()) for name in ("together", "alone")]
    assert found[0]["valid"]["bound"]["nll"] == pytest.approx(found[1]["valid"]["bound"]["nll"], abs=1e-4)


def test_networks_at_the_same_time_are_trained_on_all_rows_of_the_files(tables: Path, tmp_path: Path) -> None:
    for name, jobs in (("one", "1"), ("two", "2")):
        options = (*SMALL, *DISK, "--networks", "2", "--jobs", jobs, "--threads", jobs, "-q")
        assert made("train", tables / "t.csv", "--out", tmp_path / name, *options).code == 0
    for network in ("0.safetensors", "1.safetensors"):
        one, two = ((tmp_path / name / "networks" / network).read_bytes() for name in ("one", "two"))
        assert one == two


@pytest.mark.parametrize(
    "options", [("--missing", "marginal"), ("--objective", "product"), ("--orderings", "all"), ("--relations", "hard")]
)
def test_every_way_of_training_works_from_files(tables: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    run = tmp_path / "run"
    assert made("train", tables / "t.csv", "--out", run, *SMALL, *DISK, *options).code == 0
    assert made("score", run, tables / "t.csv").code == 0


@pytest.mark.slow
def test_a_search_for_settings_works_from_files(tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_trainer, "EVALUATION_STEPS", 2)
    monkeypatch.setattr(run_trainer, "PREPARING", 60.0)
    found = made("train", tables / "t.csv", "--out", tmp_path / "run", *DISK, "--preset", "best", "--time-limit", "4s")
    assert found.code == 0, found.err
    assert not (tmp_path / "run" / "rows").exists()


def test_bad_lines_are_set_aside_once_and_files_are_one_table(tables: Path, tmp_path: Path) -> None:
    text = (tables / "t.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "a.csv").write_text("".join([*text[:60], "1,2\n"]), encoding="utf-8")
    (tmp_path / "b.csv").write_text("".join([text[0], *text[60:]]), encoding="utf-8")
    run, bad = tmp_path / "run", tmp_path / "bad.csv"
    data = (tmp_path / "a.csv", tmp_path / "b.csv")
    found = made("train", *data, "--valid", tables / "t.csv", "--out", run, *SMALL, *DISK, "--rejects", bad)
    assert found.code == 0, found.err
    assert bad.read_text(encoding="utf-8") == "1,2\n"
    assert found.err.count("1 line set aside") == 1
    assert (record(run)["data"]["train_rows"], record(run)["data"]["valid_rows"]) == (120, 120)
