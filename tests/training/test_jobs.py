"""Networks that processes train at the same time are those that one process trains one after another.

Other processes do not know what a test patches: evaluations come after twenty steps.
"""

import io
import multiprocessing
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import TypeAdapter

from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.errors import Exit, UserError
from made_cli.runs.folder import Folder
from made_cli.runs.loading import load_run
from made_cli.training import network_trainer
from made_cli.training.convergence import levelled_off
from made_cli.training.costs import costs_of
from made_cli.training.prepare import prepare, prepare_again
from made_cli.training.progress import Cycle, NetworkState, Progress, RunState
from made_cli.training.resuming import resume
from made_cli.training.run_trainer import RunTrainer
from made_cli.training.schedule import Schedule
from tests.training.small import CPU, contents, finish, resumed, table, trainer_of, twins

FRAME = twins(30)
NETWORK = NetworkConfig(hidden=(6, 6), dropout=0.3)
CONFIG = TrainingConfig(networks=3, epochs=12, batch_size=6, connectivity="resampled", learning_rate=0.01)
"""27 rows in 5 steps an epoch: three networks of 60 steps, each with three evaluations."""
LONG = TrainingConfig(networks=2, epochs=40_000, batch_size=6, patience=10**6)


def at_once(config: TrainingConfig, path: Path | None, jobs: int = 2) -> RunTrainer:
    """A training by several processes that has not begun."""
    prepared = prepare(table(FRAME), None, NETWORK, config)
    folder = None if path is None else Folder(path)
    if folder is not None:
        folder.create(prepared.record)
    return RunTrainer(prepared.record, prepared.rows, CPU, folder, jobs=jobs)


def again(path: Path, jobs: int = 2, **more: Any) -> RunTrainer:  # noqa: ANN401 (what `resume` takes)
    folder = Folder(path)
    record = folder.open()
    trainer = RunTrainer(record, prepare_again(record, table(FRAME), None), CPU, folder, jobs=jobs)
    resume(trainer, **more)
    return trainer


def interrupt(trainer: RunTrainer, enough: Callable[[], bool]) -> None:
    """Trains until it is enough."""
    for _ in trainer.train_and_evaluate(enough):
        pass
    assert not trainer.finished


@pytest.fixture(scope="module", autouse=True)
def as_elsewhere() -> Iterator[None]:
    """What other tests have patched for all is here as it is in the processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network_trainer, "levelled_off", levelled_off)
        yield


@pytest.fixture(scope="module")
def whole(as_elsewhere: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that one process has trained. Not to be changed."""
    path = tmp_path_factory.mktemp("whole") / "run"
    finish(trainer_of(FRAME, CONFIG, path, network=NETWORK))
    return path


def test_two_processes_make_the_folder_that_one_makes(whole: Path, tmp_path: Path) -> None:
    trainer = finish(at_once(CONFIG, tmp_path / "run"))
    assert contents(tmp_path / "run") == contents(whole)
    for own, other in zip(trainer.networks, load_run(whole).networks, strict=True):
        assert torch.equal(own.network.input_weight, other.network.input_weight)


def test_an_interrupted_training_goes_on_by_any_number_of_processes(whole: Path, tmp_path: Path) -> None:
    first = at_once(CONFIG, tmp_path / "run")
    interrupt(first, lambda: any(each.metrics("").steps >= 20 for each in first.training.values()))
    two = Path(shutil.copytree(tmp_path / "run", tmp_path / "two"))
    finish(resumed(FRAME, tmp_path / "run"))
    assert contents(tmp_path / "run") == contents(whole)
    finish(again(two))
    assert contents(two) == contents(whole)


def killed_one(signals: list[int]) -> bool:
    """Kills one of the processes that this one has started, once."""
    if not signals:
        signals.append(signal.SIGKILL)
        os.kill(multiprocessing.active_children()[-1].pid or 0, signal.SIGKILL)
    return False


def test_a_process_that_is_killed_ends_all_and_what_was_saved_goes_on(tmp_path: Path) -> None:
    trainer, signals = at_once(LONG, tmp_path / "run"), list[int]()
    with pytest.raises(UserError, match=r"the process that trained network \d was killed by SIGKILL") as caught:
        interrupt(trainer, lambda: killed_one(signals))
    assert caught.value.code == Exit.INTERNAL
    assert "fewer --jobs" in caught.value.hint
    assert not multiprocessing.active_children()
    assert again(tmp_path / "run").metrics().networks[0].steps >= 0


def test_an_error_in_one_process_is_told_as_it_is_and_ends_all(tmp_path: Path) -> None:
    trainer = at_once(TrainingConfig(networks=2, epochs=50, learning_rate=1e30), tmp_path / "run")
    with pytest.raises(UserError, match="training diverged") as caught:
        interrupt(trainer, lambda: False)
    assert caught.value.code == Exit.DIVERGED
    assert not multiprocessing.active_children()


def test_another_cycle_of_networks_at_the_same_time_ends_as_one_after_another(whole: Path, tmp_path: Path) -> None:
    paths = [Path(shutil.copytree(whole, tmp_path / name)) for name in ("one", "two")]
    for jobs, path in enumerate(paths, start=1):
        finish(again(path, jobs, epochs=4))
    assert contents(paths[0]) == contents(paths[1])


def test_a_disk_that_is_full_is_told_before_any_process_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(buffering: int, dir: Path) -> io.FileIO:
        assert (buffering, dir) == (0, tmp_path / "run")
        return io.FileIO("/dev/full", "w")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    trainer = at_once(CONFIG, tmp_path / "run")
    with pytest.raises(UserError, match=r"cannot write .* No space left on device") as caught:
        finish(trainer)
    assert caught.value.code == Exit.OUTPUT
    assert not multiprocessing.active_children()


# How the time is divided -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("jobs", "networks", "seconds"), [(1, 4, [25, 100 / 3]), (2, 4, [50, 50]), (2, 3, [50, 100]), (8, 3, [100, 100])]
)
def test_networks_share_the_clock_by_turns(jobs: int, networks: int, seconds: list[float]) -> None:
    config = TrainingConfig(networks=networks, time_limit=100.0)
    prepared = prepare(table(FRAME), None, NETWORK, config)
    trainer = RunTrainer(prepared.record, prepared.rows, CPU, jobs=jobs)
    assert [trainer.network_cycle(index).seconds for index in (0, 1)] == pytest.approx(seconds)


def test_a_network_that_has_to_wait_has_no_more_time_than_there_is(tmp_path: Path) -> None:
    first = at_once(TrainingConfig(networks=2, time_limit=1_000.0, patience=10**6, steps=10**6), tmp_path / "run")
    interrupt(first, lambda: first.seconds > 0.2)
    assert [each.metrics("").seconds > 0 for each in first.training.values()] == [True, True]
    one = again(tmp_path / "run", jobs=1)
    one.begin_networks()
    assert one.network_trainer is not None
    assert one.network_trainer.cycle.seconds == pytest.approx(500.0, abs=5.0)
    two = again(tmp_path / "run", jobs=1, time_limit=60.0)
    assert [each.state.cycle.seconds for each in two.waiting.values()] == pytest.approx([30.0, 30.0], abs=5.0)


def test_what_a_training_costs_is_of_all_processes_and_by_turns() -> None:
    prepared = prepare(table(FRAME), None, NETWORK, TrainingConfig(networks=5, epochs=2))
    one, two, many = (costs_of(RunTrainer(prepared.record, prepared.rows, CPU), jobs) for jobs in (1, 2, 99))
    assert [each.turns for each in (one, two, many)] == [5, 3, 1]
    rows = prepared.rows.train.nbytes + prepared.rows.valid.nbytes
    assert [each.memory - rows for each in (two, many)] == [2 * (one.memory - rows), 5 * (one.memory - rows)]


# What is saved ---------------------------------------------------------------------------------------------------


def test_the_state_of_a_training_from_before_networks_were_trained_at_the_same_time_is_read() -> None:
    state = NetworkState(Cycle(seed=1), Progress(step=40, evaluations=2), Schedule(60), {})
    current = TypeAdapter(NetworkState).dump_python(state)
    ended = {"stopped": "the last epoch", "valid_nll": 2.0, "best_step": 60, "steps": 60, "epochs": 12}
    done = [{**ended, "seconds": 1.0, "converged": False}]
    old = {"cycle": {"number": 0}, "done": done, "evaluations": 5, "current": current}
    found = TypeAdapter(RunState).validate_python(old)
    assert found.training == {1: state}
    assert found.done[0].best_step == 60
    assert found.cycle.lines == 3
    assert not TypeAdapter(RunState).validate_python({**old, "current": None}).training


def test_the_log_keeps_of_each_network_what_its_state_knows_of(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    lines = ["0 a", "1 b", "nonsense", "1 c", "0 d", "1 e", "2 f"]
    text = [f'{{"network": {line[0]}, "what": "{line[2]}"}}' if line[0].isdecimal() else line for line in lines]
    (tmp_path / "metrics.jsonl").write_text("\n".join([*text, ""]), encoding="utf-8")
    folder.keep_evaluations(1, {1: 2, 0: None})
    kept = (tmp_path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert kept == [text[0], text[4], text[1], text[3]]
