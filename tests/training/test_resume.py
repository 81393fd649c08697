"""A training that was interrupted or killed, then resumed, ends bit for bit as one that was not."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from made_cli.atomic import write_bytes
from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.errors import Exit, UserError
from made_cli.runs import folder, manifest
from made_cli.runs.folder import Folder
from made_cli.runs.loading import load_run
from made_cli.runs.place import check_free
from made_cli.runs.tensors import from_safetensors
from made_cli.training import run_trainer
from made_cli.training.progress import RunState
from tests.training.small import brisk, contents, finish, resumed, run_until, trainer_of, twins

# 27 rows in batches of 6: 5 steps an epoch, an evaluation every second epoch, two networks of 60 steps, all that is
# random switched on.
FRAME = twins(30)
CONFIG = TrainingConfig(networks=2, epochs=12, batch_size=6, connectivity="resampled", learning_rate=0.01)
NETWORK = NetworkConfig(hidden=(6, 6), dropout=0.3)
STEPS = 120


@pytest.fixture(autouse=True, scope="module")
def short() -> Iterator[None]:
    with brisk():
        yield


@pytest.fixture(scope="module")
def whole(short: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the folder of the uninterrupted training holds."""
    path = tmp_path_factory.mktemp("whole") / "run"
    trainer = finish(trainer_of(FRAME, CONFIG, path, network=NETWORK))
    assert sum(result.steps for result in trainer.metrics().networks) == STEPS
    assert trainer.metrics().networks[0].stopped == "the last epoch"
    return contents(path)


MOMENTS = {
    "before the first step": 0,
    "in the first epoch": 2,
    "between two epochs, before the first evaluation": 5,
    "just before the first evaluation": 9,
    "mid-epoch after an evaluation": 13,
    "in the decay": 55,
    "at the last step of the first network": 59,
    "between the networks": 60,
    "in the second network, before its first evaluation": 64,
    "in the second network's decay": 113,
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupted_training_ends_as_if_it_had_not_been(moment: str, whole: dict[str, Any], tmp_path: Path) -> None:
    assert not run_until(trainer_of(FRAME, CONFIG, tmp_path, network=NETWORK), MOMENTS[moment])
    finish(resumed(FRAME, tmp_path))
    assert contents(tmp_path) == whole


def test_a_training_interrupted_again_and_again_ends_as_if_it_had_not_been(
    whole: dict[str, Any], tmp_path: Path
) -> None:
    sittings = 1
    over = run_until(trainer_of(FRAME, CONFIG, tmp_path, network=NETWORK), 7)
    while not over:
        over = run_until(resumed(FRAME, tmp_path), 7)
        sittings += 1
    assert sittings == STEPS // 7 + 1
    assert contents(tmp_path) == whole


def test_what_is_trained_of_an_interrupted_network_can_be_loaded(tmp_path: Path) -> None:
    trainer = trainer_of(FRAME, CONFIG, tmp_path, network=NETWORK)
    run_until(trainer, 75)
    assert trainer.network_trainer is not None
    loaded = load_run(tmp_path)
    assert len(loaded.networks) == 2
    best = trainer.network_trainer.best_weights
    assert all(torch.equal(best[name], weight) for name, weight in loaded.networks[1].state_dict().items())
    assert Folder(tmp_path).path.joinpath("resume").is_dir()


def test_an_interrupted_run_says_so_and_keeps_its_figures(tmp_path: Path) -> None:
    run_until(trainer_of(FRAME, CONFIG, tmp_path, network=NETWORK), 75)
    folder = Folder(tmp_path)
    folder.open()
    metrics = folder.metrics()
    assert metrics is not None
    assert not metrics.finished
    assert [network.stopped for network in metrics.networks] == ["the last epoch", "interrupted"]
    assert metrics.networks[1].valid_nll is not None


def test_a_run_interrupted_before_its_first_evaluation_is_the_model_of_independent_columns(tmp_path: Path) -> None:
    run_until(trainer_of(FRAME, CONFIG, tmp_path, network=NETWORK), 3)
    (network,) = load_run(tmp_path).networks
    untrained = trainer_of(FRAME, CONFIG, network=NETWORK).trainer_of(0).made
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in untrained.state_dict().items())
    assert not load_run(tmp_path).converged
    finish(resumed(FRAME, tmp_path))
    assert len(load_run(tmp_path).networks) == 2


def test_a_training_that_has_ended_goes_on_only_if_it_is_said_how_long(tmp_path: Path) -> None:
    finish(trainer_of(FRAME, TrainingConfig(epochs=1), tmp_path))
    with pytest.raises(UserError) as caught:
        resumed(FRAME, tmp_path)
    assert caught.value.code == Exit.RUN_REFUSED


def test_resuming_with_other_rows_is_refused(tmp_path: Path) -> None:
    run_until(trainer_of(FRAME, CONFIG, tmp_path, network=NETWORK), 20)
    changed = FRAME.copy()
    changed["size"] = FRAME["size"].to_numpy()[::-1]
    with pytest.raises(UserError) as caught:
        resumed(changed, tmp_path)
    assert caught.value.code == Exit.SCHEMA_MISMATCH


# A killed process ------------------------------------------------------------------------------------------------


BRIEF = replace(CONFIG, epochs=2)


@pytest.fixture(scope="module")
def brief(short: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the folder of the training that nobody killed holds."""
    path = tmp_path_factory.mktemp("brief") / "run"
    finish(trainer_of(FRAME, BRIEF, path, network=NETWORK))
    return contents(path)


class Killed(BaseException):
    """Nothing catches it: the disk is left as SIGKILL would leave it."""


def dying_at(event: int, patch: pytest.MonkeyPatch) -> None:
    """Makes the process die right before the n-th thing that it does to the disk, a half-written file left behind."""
    count = iter(range(10**6))

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def instead(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 (whatever the function takes)
            if next(count) == event:
                if function is write_bytes:
                    Path(arguments[0]).with_name(".made-dead.tmp").write_bytes(arguments[1][:10])
                raise Killed
            return function(*arguments, **options)

        return instead

    for module in (folder, manifest):
        patch.setattr(module, "write_bytes", watched(write_bytes))
    patch.setattr(Folder, "append_evaluation", watched(Folder.append_evaluation))
    for name in ("mkdir", "rmdir", "unlink", "replace"):
        patch.setattr(Path, name, watched(getattr(Path, name)))


def check_state(path: Path) -> bool:
    """Checks that what loads is of one piece, and says whether it was evaluated."""
    folder = Folder(path)
    folder.open()
    loaded = load_run(path)
    metrics = folder.metrics()
    for network, result in zip(loaded.networks, metrics.networks if metrics else (), strict=False):
        if result.valid_nll is None:
            return False
        trainer = trainer_of(FRAME, BRIEF, network=NETWORK)
        network_trainer = trainer.trainer_of(loaded.networks.index(network))
        network_trainer.average = network
        assert network_trainer._validate().nll == pytest.approx(result.valid_nll, abs=1e-12)
    return True


def kill_and_resume(event: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> bool | None:
    """Kills a training at an event, checks and resumes; None where it was over before."""
    with monkeypatch.context() as patch:
        patch.setattr(run_trainer, "SAVE_EVERY", -1.0)
        dying_at(event, patch)
        try:
            finish(trainer_of(FRAME, BRIEF, path, network=NETWORK))
        except Killed:
            pass
        else:
            return None
    if not (path / "manifest.json").is_file():
        check_free(path, force=False)  # not in the way
        return False
    loads = check_state(path)
    saved = Folder(path)
    saved.open()
    metrics = saved.metrics()
    if metrics and metrics.finished:
        assert saved.resume_state(RunState, from_safetensors) is None
        saved.commit()  # puts in place what the manifest names already
    else:
        finish(resumed(FRAME, path))
    return loads


@pytest.mark.slow
def test_a_training_killed_at_every_thirteenth_touch_of_the_disk_goes_on(
    brief: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _kill_everywhere(range(3, 10**6, 13), brief, tmp_path, monkeypatch)


@pytest.mark.slow
def test_a_training_killed_at_any_touch_of_the_disk_goes_on(
    brief: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _kill_everywhere(range(10**6), brief, tmp_path, monkeypatch)


def _kill_everywhere(events: range, brief: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes: list[bool] = []
    for event in events:
        path = tmp_path / str(event)
        loads = kill_and_resume(event, path, monkeypatch)
        if loads is None:
            break
        outcomes.append(loads)
        if (path / "manifest.json").is_file():
            found = contents(path)  # whatever else is there is litter that no manifest names
            assert {name: found.get(name) for name in brief} == brief, f"killed at event {event}"
    assert len(outcomes) > 5
    assert any(outcomes)
    assert not all(outcomes)


def test_the_next_save_sweeps_up_after_a_killed_process(tmp_path: Path) -> None:
    run_until(trainer_of(FRAME, CONFIG, tmp_path, network=NETWORK), 20)
    litter = [tmp_path / ".made-dead.tmp", tmp_path / "networks" / ".made-dead.tmp"]
    for file in litter:
        file.write_bytes(b"half")
    finish(resumed(FRAME, tmp_path))
    assert not any(file.exists() for file in litter)
    assert sorted(os.listdir(tmp_path)) == ["manifest.json", "metrics.json", "metrics.jsonl", "networks", "run.json"]
