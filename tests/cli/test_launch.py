"""`made train` in several processes, as torchrun starts them: one run, one voice, and on it goes when one is killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
import torch
from torch import distributed
from torch._C._distributed_c10d import HashStore

from made_cli.cli import launch
from made_cli.cli.launch import Launch, launched
from made_cli.errors import Exit
from made_cli.runs.loading import load_run
from tests.cli.program import Done, Started, error, made

SMALL = ("--hidden", "8,8", "--batch-size", "50", "--patience", "1000")
LAUNCHER = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")


def variables(rank: int, port: int, **more: str) -> dict[str, str]:
    """What torchrun sets for a process."""
    own = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}
    return own | {"MASTER_PORT": str(port), "TORCHELASTIC_RUN_ID": "a job", "OMP_NUM_THREADS": "1"} | more


def started(folder: Path, *arguments: str | Path, **more: str) -> list[Started]:
    """Starts the command in two processes that find each other."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = []
    for rank in range(2):
        own = folder / f"outputs-{rank}"
        own.mkdir(exist_ok=True)
        processes.append(Started(*arguments, folder=own, environment=variables(rank, port, **more)))
    return processes


def done(folder: Path, *arguments: str | Path, **more: str) -> list[Done]:
    return [each.done() for each in started(folder, *arguments, **more)]


def weights(path: Path) -> bytes:
    return (path / "networks" / "0.safetensors").read_bytes()


@pytest.mark.slow
def test_a_killed_process_ends_the_others_and_the_job_started_again_ends_as_if_nothing_had_been(
    tables: Path, tmp_path: Path
) -> None:
    training = ("train", tables / "t.csv", "--epochs", "20", *SMALL, "--out")
    first, second = started(tmp_path, *training, tmp_path / "run")
    second.wait_until((tmp_path / "run" / "manifest.json").exists)
    second.send(signal.SIGKILL)
    assert second.done().code == -signal.SIGKILL
    ended = first.done()
    assert ended.code == Exit.INTERNAL
    assert ended.err.splitlines()[-2] == "Error: process 0 of 2 has lost the others"

    again = done(tmp_path, *training, tmp_path / "run", TORCHELASTIC_RESTART_COUNT="1")
    whole = done(tmp_path, *training, tmp_path / "whole")
    assert [each.code for each in (*again, *whole)] == [0, 0, 0, 0]
    assert weights(tmp_path / "run") == weights(tmp_path / "whole")
    assert "saved in" in whole[0].err
    assert whole[1] == Done(0, "", "")  # only the first speaks


def test_a_signal_to_one_saves_in_the_first_and_ends_both(tables: Path, tmp_path: Path) -> None:
    training = ("train", tables / "t.csv", "--epochs", "5000", *SMALL, "--out", tmp_path / "run")
    first, second = started(tmp_path, *training)
    second.wait_until((tmp_path / "run" / "manifest.json").exists)
    second.send(signal.SIGTERM)
    found = [each.done() for each in (first, second)]
    assert [each.code for each in found] == [Exit.TERMINATED, Exit.TERMINATED]
    assert sum("all is saved" in each.err for each in found) == 1
    assert json.loads((tmp_path / "run" / "metrics.json").read_bytes())["networks"][0]["stopped"] == "interrupted"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("missing.csv",), Exit.BAD_DATA, "missing.csv"),
        (("-",), Exit.USAGE, "standard input"),
        (("t.csv", "--preset", "best"), Exit.USAGE, "--preset best"),
        (("t.csv", "--hiden", "3"), Exit.USAGE, "--hiden"),
    ],
)
def test_what_is_wrong_is_told_once(
    arguments: tuple[str, ...], code: int, words: str, tables: Path, tmp_path: Path
) -> None:
    data, *options = arguments
    found = done(tmp_path, "train", data if data == "-" else tables / data, *options, "--out", tmp_path / "run")
    assert sorted(each.err.count("Error: ") for each in found) == [0, 1]
    (told,) = [each for each in found if each.err]
    assert told.code == code
    assert words in told.err


def test_a_dry_run_is_of_one_process(tables: Path, tmp_path: Path) -> None:
    first, second = done(tmp_path, "train", tables / "t.csv", "--dry-run", "--out", tmp_path / "run")
    assert "a step takes" in first.err
    assert second == Done(0, "", "")


# What a job that is started again does ---------------------------------------------------------------------------


def test_only_the_job_that_began_a_run_goes_on_with_it(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = ("train", tables / "t.csv", "--epochs", "1", "--out", tmp_path / "run")
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "one job")
    assert made(*training).code == 0
    before = weights(tmp_path / "run")
    error(made(*training), Exit.RUN_REFUSED, "already holds a run")
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    assert made(*training).code == 0  # it had ended
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "another job")
    error(made(*training), Exit.RUN_REFUSED, "already holds a run")
    assert weights(tmp_path / "run") == before
    assert load_run(tmp_path / "run").record.job == "one job"


def test_resume_may_be_typed_from_the_start_of_a_job_that_is_started_again(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = ("train", tables / "t.csv", "--epochs", "1", "--resume", "--out", tmp_path / "run")
    error(made(*training), Exit.RUN_REFUSED, "not a run folder")
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "a job")
    monkeypatch.setenv("TORCHELASTIC_MAX_RESTARTS", "3")
    assert made(*training).code == 0


def test_a_process_by_itself_is_nobody_s_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")  # of some other program's
    assert launched() == Launch()
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    assert str(os.getppid()) in (launched().job or "")


def test_processes_wait_for_days_for_one_that_reads_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, timedelta] = {}
    monkeypatch.setattr(launch, "_stores", [])
    meeting = iter([(HashStore(), 1, 2)])
    monkeypatch.setattr(sys.modules["torch.distributed.rendezvous"], "rendezvous", lambda *place: meeting)
    monkeypatch.setattr(distributed, "init_process_group", lambda backend, **options: asked.update(options))
    monkeypatch.setattr(distributed, "destroy_process_group", lambda: None)
    with Launch(rank=1, count=2).joined(torch.device("cpu")):
        assert asked["timeout"] >= timedelta(days=1)


@pytest.mark.slow
def test_torchrun_starts_a_job_again_which_ends_as_if_nothing_had_been(tables: Path, tmp_path: Path) -> None:
    launcher = [*LAUNCHER, "--max-restarts=1"]
    training = ["-m", "made_cli", "train", str(tables / "t.csv"), "--epochs", "150", *SMALL, "--out"]
    own = {**os.environ, "OMP_NUM_THREADS": "1"}
    assert subprocess.run([*launcher, *training, str(tmp_path / "whole")], env=own, capture_output=True).returncode == 0
    job = subprocess.Popen([*launcher, *training, str(tmp_path / "run")], env=own, stderr=subprocess.PIPE)
    kill(job, 1, tmp_path / "run")
    _, told = job.communicate(timeout=120)
    assert job.returncode == 0, told.decode()
    assert weights(tmp_path / "run") == weights(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 1])
def test_a_job_of_which_a_process_is_killed_ends_with_an_error_within_half_a_minute(
    rank: int, tables: Path, tmp_path: Path
) -> None:
    training = ["-m", "made_cli", "train", str(tables / "t.csv"), "--epochs", "100000", *SMALL, "--out"]
    own = {**os.environ, "OMP_NUM_THREADS": "1"}
    job = subprocess.Popen([*LAUNCHER, *training, str(tmp_path / "run")], env=own, stderr=subprocess.DEVNULL)
    kill(job, rank, tmp_path / "run")
    assert job.wait(timeout=30) == 1


def kill(job: subprocess.Popen[bytes], rank: int, run: Path) -> None:
    """Kills a process of a job of torchrun, once the run is there."""
    while not (run / "manifest.json").exists():
        assert job.poll() is None
        time.sleep(0.01)
    os.kill(process_of(job.pid, rank), signal.SIGKILL)


def process_of(launcher: int, rank: int) -> int:
    """The process of a rank among the children of a launcher."""
    wanted = f"\0RANK={rank}\0".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == launcher and wanted in b"\0" + (folder / "environ").read_bytes():
                return int(folder.name)
        except OSError:
            continue
    raise AssertionError("no such process")
