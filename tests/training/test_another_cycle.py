"""A training that has ended goes on: from its best weights, never to worse ones, and bit for bit when interrupted."""

import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.ensemble.combination import SavedEnsemble, SavedMember
from made_cli.errors import Exit, UserError
from made_cli.runs.folder import Folder
from made_cli.runs.loading import load_run
from made_cli.runs.metrics import RunMetrics, ValidationNll
from made_cli.training import run_trainer
from made_cli.training.beginning import network_seed
from made_cli.training.network_trainer import NetworkTrainer
from made_cli.training.run_trainer import RunTrainer
from made_cli.training.schedule import TIME_LIMIT
from tests.training.small import brisk, coins, contents, evaluations, finish, resumed, run_until, trainer_of, twins
from tests.training.test_resume import Killed, dying_at

# 27 rows in batches of 6: 5 steps an epoch, an evaluation every second epoch, two networks of 30 steps, then 40 more.
FRAME = twins(30)
CONFIG = TrainingConfig(networks=2, epochs=6, batch_size=6, connectivity="resampled", learning_rate=0.01)
NETWORK = NetworkConfig(hidden=(6, 6), dropout=0.3)
MORE = 8
STEPS = 80
EVALUATIONS = 8
"""Of both networks, in the first cycle."""


@pytest.fixture(autouse=True, scope="module")
def short() -> Iterator[None]:
    with brisk():
        yield


@pytest.fixture(scope="module")
def ended(short: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose training has ended. Not to be changed."""
    path = tmp_path_factory.mktemp("ended") / "run"
    finish(trainer_of(FRAME, CONFIG, path, network=NETWORK))
    return path


@pytest.fixture(scope="module")
def further(ended: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run, trained further. Not to be changed."""
    path = Path(shutil.copytree(ended, tmp_path_factory.mktemp("further") / "run"))
    finish(resumed(FRAME, path, epochs=MORE))
    return path


@pytest.fixture
def run(ended: Path, tmp_path: Path) -> Path:
    """The run whose training has ended, to go on with."""
    return Path(shutil.copytree(ended, tmp_path / "run"))


def metrics_of(path: Path) -> RunMetrics:
    folder = Folder(path)
    folder.open()
    metrics = folder.metrics()
    assert metrics is not None
    return metrics


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]


def weights(path: Path) -> list[bytes]:
    return [(path / "networks" / f"{index}.safetensors").read_bytes() for index in range(2)]


def test_steps_epochs_seconds_and_evaluations_count_on(ended: Path, further: Path) -> None:
    before, after = metrics_of(ended), metrics_of(further)
    assert (before.cycles, after.cycles, after.finished) == (1, 2, True)
    assert [(network.steps, network.epochs) for network in after.networks] == [(70, 14)] * 2
    assert all(a.seconds > b.seconds for a, b in zip(after.networks, before.networks, strict=True))
    assert lines(further)[: len(lines(ended))] == lines(ended)
    for network in range(2):
        found = [
            (line["step"], line["epoch"], line["seconds"]) for line in lines(further) if line["network"] == network
        ]
        assert found == sorted(found)
        assert [step for step, _, _ in found if step % 10 == 0] == list(range(10, 80, 10))
        assert found[-1][:2] == (70, 14)
    assert not (further / "resume").exists()


def test_each_network_is_the_better_for_it_or_as_it_was(ended: Path, further: Path) -> None:
    changed = [a != b for a, b in zip(weights(ended), weights(further), strict=True)]
    for index, (before, after) in enumerate(zip(metrics_of(ended).networks, metrics_of(further).networks, strict=True)):
        assert before.valid_nll is not None
        assert after.valid_nll is not None
        assert after.best.is_below(before.best) if changed[index] else after.best == before.best
        assert (after.best_step > 30) == changed[index]
        trainer = trainer_of(FRAME, CONFIG, network=NETWORK).trainer_of(index)
        trainer.average = load_run(further).networks[index]
        assert trainer._validate().nll == pytest.approx(after.valid_nll, abs=1e-12)
    assert any(changed)


def test_a_cycle_that_finds_nothing_better_changes_neither_weights_nor_what_was_saved_with_them(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(run)
    folder.open()
    ensemble = SavedEnsemble((SavedMember(0, load_run(run).members(1)[0].ordering, "base"),), {})
    folder.put_ensemble(ensemble)
    folder.commit()
    before, old = metrics_of(run), weights(run)
    monkeypatch.setattr(NetworkTrainer, "_validate", lambda self: ValidationNll(1_000.0))
    monkeypatch.setattr(run_trainer, "SAVE_EVERY", -1.0)
    trainer = finish(resumed(FRAME, run, epochs=MORE))
    assert weights(run) == old
    assert [n.valid_nll for n in metrics_of(run).networks] == [n.valid_nll for n in before.networks]
    assert [n.best_step for n in metrics_of(run).networks] == [n.best_step for n in before.networks]
    assert not any(line["best"] for line in lines(run)[EVALUATIONS:])
    again = Folder(run)
    again.open()
    assert again.ensemble(trainer.record) == ensemble
    for trained, loaded in zip(trainer.networks, load_run(run).networks, strict=True):
        assert torch.equal(trained.network.input_weight, loaded.network.input_weight)


def test_a_new_cycle_draws_what_no_other_cycle_did(run: Path) -> None:
    trainers = [trainer_of(FRAME, CONFIG, network=NETWORK).trainer_of(0)]
    for _ in range(2):
        trainer = resumed(FRAME, run, epochs=1)
        trainers.append(trainer.trainer_of(0))
        finish(trainer)
    orders = [trainer.row_rng.permutation(27).tolist() for trainer in trainers]
    noise = [torch.rand(3, generator=trainer.generator).tolist() for trainer in trainers]
    drawn = [[trainer.orderings.at(step) for step in range(20)] for trainer in trainers]
    for found in (orders, noise, drawn):
        assert all(one != other for one, other in itertools.combinations(found, 2))
    assert (
        trainers[0].validation.shares[0].orderings == trainers[2].validation.shares[0].orderings
    )  # or figures would not compare
    assert metrics_of(run).cycles == 3


@pytest.mark.parametrize("seed", [0, 7, 2**40])
def test_no_two_networks_and_cycles_share_a_seed(seed: int) -> None:
    found = [network_seed(seed, index, cycle) for index in range(5) for cycle in range(5)]
    assert len(set(found)) == 25
    assert network_seed(seed, 3, 0) == network_seed(seed, 3)


def test_the_learning_rate_rises_again_and_comes_down_to_zero(further: Path) -> None:
    rates = {line["step"]: line["learning_rate"] for line in lines(further) if line["network"] == 0}
    assert rates[30] == rates[70] == 0
    assert rates[40] == rates[50] == CONFIG.learning_rate


# Interrupted, killed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", [0, 1, 7, 23, 39, 40, 45, 79])
def test_an_interrupted_cycle_ends_as_if_it_had_not_been(moment: int, run: Path, further: Path) -> None:
    assert not run_until(resumed(FRAME, run, epochs=MORE), moment)
    assert len(load_run(run).networks) == 2
    assert not metrics_of(run).finished
    finish(resumed(FRAME, run))
    assert contents(run) == contents(further)


def test_a_cycle_interrupted_again_and_again_ends_as_if_it_had_not_been(run: Path, further: Path) -> None:
    over, sittings = run_until(resumed(FRAME, run, epochs=MORE), 11), 1
    while not over:
        over, sittings = run_until(resumed(FRAME, run), 11), sittings + 1
    assert sittings == STEPS // 11 + 1
    assert contents(run) == contents(further)


LITTLE = 2


@pytest.fixture(scope="module")
def little_further(ended: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the folder of a short cycle that nobody killed holds."""
    path = Path(shutil.copytree(ended, tmp_path_factory.mktemp("little") / "run"))
    finish(resumed(FRAME, path, epochs=LITTLE))
    return contents(path)


def check_networks(path: Path) -> None:
    """Checks that the run can be used, and that its figures are those of its networks."""
    loaded = load_run(path)
    assert len(loaded.networks) == 2
    for index, result in enumerate(metrics_of(path).networks):
        trainer = trainer_of(FRAME, CONFIG, network=NETWORK).trainer_of(index)
        trainer.average = loaded.networks[index]
        assert trainer._validate().nll == pytest.approx(result.valid_nll, abs=1e-12)


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 11])
def test_a_run_killed_at_any_touch_of_the_disk_can_be_used_and_goes_on(
    every: int, ended: Path, little_further: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for event in itertools.count(0, every):
        path = Path(shutil.copytree(ended, tmp_path / str(event)))
        with monkeypatch.context() as patch:
            patch.setattr(run_trainer, "SAVE_EVERY", -1.0)
            dying_at(event, patch)
            try:
                finish(resumed(FRAME, path, epochs=LITTLE))
                break
            except Killed:
                pass
        check_networks(path)
        metrics = metrics_of(path)
        if not (metrics.finished and metrics.cycles == 2):
            finish(resumed(FRAME, path, epochs=LITTLE if metrics.finished else None))
        last = Folder(path)
        last.open()
        last.commit()  # puts in place what the manifest names already, where the process was killed just then
        found = contents(path)
        assert {name: found.get(name) for name in little_further} == little_further, f"killed at event {event}"
    assert event > 40


# How much more -------------------------------------------------------------------------------------------------------


def test_more_time_is_shared_equally_by_the_networks(run: Path) -> None:
    trainer = resumed(FRAME, run, time_limit=30.0)
    assert trainer.network_cycle(0).seconds == pytest.approx(15.0)
    assert trainer.network_cycle(0).steps is None
    next(trainer.train_and_evaluate(lambda: False))  # some of it is used
    assert trainer.network_trainer is not None
    trainer.network_trainer.schedule.end(trainer.network_trainer.progress.step, "the test")
    trainer._finish(0)
    used = trainer.done[0].seconds - trainer.cycle.before[0].seconds
    assert trainer.network_cycle(1).seconds == pytest.approx(30.0 - used)


def test_time_alone_ends_a_cycle_that_has_no_epochs(run: Path) -> None:
    after = finish(resumed(FRAME, run, time_limit=0.2)).metrics()
    assert {network.stopped for network in after.networks} <= {TIME_LIMIT, "validation stopped improving"}
    assert after.seconds < metrics_of(run).seconds + 5


def interrupted(path: Path, *, time_limit: float | None) -> RunTrainer:
    config = TrainingConfig(networks=2, batch_size=6, steps=200, time_limit=time_limit)
    trainer = trainer_of(FRAME, config, path, network=NETWORK)
    run_until(trainer, 25)
    return trainer


def trainer_in(path: Path, *, time_limit: float | None = None) -> NetworkTrainer:
    trainer = resumed(FRAME, path, time_limit=time_limit)
    trainer.begin_networks()
    assert trainer.network_trainer is not None
    return trainer.network_trainer


def test_an_interrupted_training_gets_the_time_it_is_given_in_place_of_what_was_left(tmp_path: Path) -> None:
    interrupted(tmp_path, time_limit=1_000.0)
    assert trainer_in(tmp_path).cycle.seconds == 500.0
    longer = trainer_in(tmp_path, time_limit=60.0)
    assert longer.cycle.seconds == pytest.approx(longer.progress.seconds + 30.0)
    assert trainer_in(tmp_path).cycle.seconds == longer.cycle.seconds  # saved at once
    assert resumed(FRAME, tmp_path).cycle.ends == pytest.approx(longer.progress.seconds + 60.0)


def test_a_decay_for_lack_of_time_is_over_once_there_is_more_and_any_other_is_not(tmp_path: Path) -> None:
    interrupted(tmp_path, time_limit=1_000.0)
    for reason, start in [(TIME_LIMIT, None), ("validation stopped improving", 20)]:
        trainer = resumed(FRAME, tmp_path)
        trainer.begin_networks()
        assert trainer.network_trainer is not None
        trainer.network_trainer.schedule.start_decay(20, reason)
        trainer.save(interrupted=True)
        assert trainer_in(tmp_path, time_limit=500.0).schedule.decay_start == start


def test_a_training_killed_right_after_its_first_save_may_be_given_another_time(tmp_path: Path) -> None:
    run_until(trainer_of(FRAME, TrainingConfig(time_limit=1_000.0), tmp_path, network=NETWORK), 0)
    trainer = trainer_in(tmp_path, time_limit=7.0)
    assert trainer.cycle.seconds == trainer.progress.seconds + 7.0


def test_the_epochs_of_an_interrupted_training_are_those_it_was_begun_with(run: Path) -> None:
    run_until(resumed(FRAME, run, epochs=MORE), 20)
    with pytest.raises(UserError, match=r"--epochs 9: .* with --epochs 8") as caught:
        resumed(FRAME, run, epochs=9)
    assert caught.value.code == Exit.USAGE
    finish(resumed(FRAME, run, epochs=MORE))
    assert metrics_of(run).networks[1].epochs == 14


# Patience ------------------------------------------------------------------------------------------------------------


def begun_again(path: Path, figures: list[float], monkeypatch: pytest.MonkeyPatch) -> RunTrainer:
    """A training to go on with, and what its evaluations are to find."""
    finish(trainer_of(coins(), TrainingConfig(epochs=10, patience=3), path))
    found = itertools.chain(figures, itertools.repeat(figures[-1]))
    monkeypatch.setattr(NetworkTrainer, "_validate", lambda self: ValidationNll(next(found)))
    return resumed(coins(), path, time_limit=1_000.0)


def test_patience_begins_once_the_learning_rate_is_high_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # It climbs to a plateau that is worse than where it began, and then learns for five evaluations.
    figures = [1.0, 1.5, 2.0, 1.9, 1.8, 1.7, 1.6, 1.55]
    found = evaluations(begun_again(tmp_path / "run", figures, monkeypatch))
    high = [evaluation.valid_nll for evaluation in found if evaluation.learning_rate == found[4].learning_rate]
    assert high == [*figures, 1.55, 1.55, 1.55]
    assert found[-1].learning_rate == 0


def test_a_cycle_that_learns_nothing_ends_after_twice_the_patience(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = begun_again(tmp_path / "run", [2.0], monkeypatch)
    found = evaluations(trainer)
    high = [evaluation for evaluation in found if evaluation.learning_rate == found[3].learning_rate]
    assert len(high) == 2 * 3 + 1
    assert trainer.metrics().networks[0].stopped == "validation stopped improving"
    assert trainer.metrics().converged
