"""Training learns, keeps its best weights, keeps its budgets, and says why it ended."""

import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from made_cli.config import Connectivity, NetworkConfig, TrainingConfig
from made_cli.core.made import OrderedMade
from made_cli.core.network import Dropout
from made_cli.ensemble.members import log_likelihoods
from made_cli.ensemble.mixture import equal_mixture
from made_cli.errors import Exit, UserError
from made_cli.runs.folder import load_run
from made_cli.training import network_trainer, run_trainer, schedule
from made_cli.training.network_trainer import Evaluation, NetworkTrainer
from made_cli.training.run_trainer import RunTrainer
from tests.training.small import Orderings, contents, finish, table, training, twins

COLUMNS = ["one", "two"]


def coins(rows: int = 200) -> pd.DataFrame:
    return twins(rows)[COLUMNS]


def densities(job: RunTrainer, frame: pd.DataFrame) -> list[float]:
    codes = job.record.schema.encode(table(frame))
    return [float(value) for value in np.exp(equal_mixture(log_likelihoods(job.run.members(), codes)))]


def evaluations(job: RunTrainer) -> list[Evaluation]:
    return [evaluation for _, evaluation in job.train_and_evaluate(lambda: False)]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks and the phases of the schedule come ten times as soon."""
    monkeypatch.setattr(network_trainer, "EVALUATION_STEPS", 10)
    monkeypatch.setattr(schedule, "WARM_UP", 20)
    monkeypatch.setattr(schedule, "SHORTEST_DECAY", 10)


def test_the_loss_goes_down_and_two_equal_columns_are_learned(short: None) -> None:
    job = training(coins(), TrainingConfig(epochs=300, learning_rate=0.01))
    found = evaluations(job)
    assert found[-1].train_nll < found[0].train_nll - 0.3
    assert found[-1].valid_nll < found[0].valid_nll - 0.3
    equal, unequal = densities(job, pd.DataFrame({"one": [1, 1], "two": [1, 0]}))
    assert equal > 0.35
    assert unequal < 0.05


@pytest.mark.parametrize("orderings", ["natural", 2, "all"])
def test_the_reported_validation_bound_is_the_loaded_runs(
    orderings: Orderings,
    short: None,
    tmp_path: Path,
) -> None:
    config = TrainingConfig(epochs=40, learning_rate=0.01, orderings=orderings)
    job = training(twins(), config, tmp_path / "run")
    fit = job._network_trainer(0)  # names the orderings that validation averages over
    finish(job)
    members = [load_run(tmp_path / "run").networks[0].under(ordering) for ordering in fit.validation_orderings]
    with torch.no_grad():
        again = -np.mean([float(member.log_prob(job.rows.valid).sum(1).mean()) for member in members])
    assert job.metrics()["networks"][0]["valid_nll"] == pytest.approx(again, abs=1e-6)


def test_the_best_weights_are_kept_not_the_last(short: None, monkeypatch: pytest.MonkeyPatch) -> None:
    job = training(coins(), TrainingConfig(epochs=200, learning_rate=0.01))
    seen: list[tuple[float, torch.Tensor]] = []
    figures = iter([3.0, 2.0, 1.0, *range(4, 400)])
    monkeypatch.setattr(NetworkTrainer, "_validate", lambda self: float(next(figures)))
    for _, evaluation in job.train_and_evaluate(lambda: False):
        average = job.network_trainer.average if job.network_trainer else None
        seen.append((evaluation.valid_nll, average.network.input_weight.clone() if average else torch.zeros(0)))
    kept = job.networks[0].network.input_weight
    assert torch.equal(kept, next(weights for figure, weights in seen if figure == 1.0))
    assert job.metrics()["networks"][0]["valid_nll"] == 1.0
    assert not torch.equal(kept, seen[-2][1])


def test_early_stopping_ends_training_and_says_so(short: None, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = iter([1.0, *range(2, 400)])
    monkeypatch.setattr(NetworkTrainer, "_validate", lambda self: float(next(figures)))
    job = finish(training(coins(), TrainingConfig(patience=3)))
    result = job.metrics()["networks"][0]
    assert result["stopped"] == "validation stopped improving"
    assert result["best_step"] == 10
    assert 40 < result["steps"] <= 40 + max(10, math.ceil(0.3 * 40)) + 10


@pytest.mark.parametrize(("epochs", "batch"), [(1, 1000), (1, 7), (2, 60), (13, 9)])
def test_there_are_exactly_as_many_epochs_as_allowed(epochs: int, batch: int) -> None:
    job = training(twins(), TrainingConfig(epochs=epochs, batch_size=batch))
    found = evaluations(job)
    result = job.metrics()["networks"][0]
    assert result["stopped"] == "the last epoch"
    assert result["epochs"] == epochs == found[-1].epoch
    assert result["steps"] == epochs * -(-len(job.rows.train) // batch)


def test_without_epochs_the_number_of_steps_is_the_budget() -> None:
    job = finish(training(coins(), TrainingConfig(steps=17)))
    result = job.metrics()["networks"][0]
    assert (result["steps"], result["stopped"]) == (17, "the last step")


def test_every_training_row_is_seen_once_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    fit = training(pd.DataFrame({"a": np.arange(50) ** 1.5}), TrainingConfig(epochs=3, batch_size=7))._network_trainer(
        0
    )
    seen: list[float] = []
    log_prob = OrderedMade.log_prob

    def noted(self: OrderedMade, codes: torch.Tensor, dropout: Dropout | None = None) -> torch.Tensor:
        seen.extend(codes[:, 0].tolist())
        return log_prob(self, codes, dropout)

    monkeypatch.setattr(OrderedMade, "log_prob", noted)
    for _ in range(2 * fit.batches):
        fit._step()
    rows = sorted(fit.rows.train[:, 0].tolist())
    assert sorted(seen[: len(rows)]) == sorted(seen[len(rows) :]) == rows
    assert seen[: len(rows)] != seen[len(rows) :]  # in another turn


def test_a_time_limit_shorter_than_an_epoch_still_leaves_a_run(tmp_path: Path) -> None:
    job = training(coins(5000), TrainingConfig(time_limit=0.05, batch_size=2), tmp_path / "run")
    started = time.monotonic()
    finish(job)
    assert time.monotonic() - started < 5
    result = job.metrics()["networks"][0]
    assert result["stopped"] == "the time limit"
    assert result["epochs"] == 0
    assert 1 <= result["steps"] < 1000
    assert len(load_run(tmp_path / "run").members()) == 8


def test_a_slow_step_does_not_make_the_decay_pass_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    job = training(coins(), TrainingConfig(time_limit=0.5, steps=60))
    step = NetworkTrainer._step

    def slow(self: NetworkTrainer) -> None:
        time.sleep(0.05)
        step(self)

    monkeypatch.setattr(NetworkTrainer, "_step", slow)
    result = finish(job).metrics()["networks"][0]
    assert result["steps"] <= 11
    assert result["stopped"] == "the time limit"


def test_the_decay_takes_as_many_steps_as_the_time_limit_leaves() -> None:
    job = training(coins(), TrainingConfig(time_limit=5.0))
    fit = job._network_trainer(0)
    fit.progress.step, fit.progress.seconds = 100, 4.0
    fit._consider_decay()
    assert (fit.schedule.decay_start, fit.schedule.decay_end) == (100, 125)


def test_a_decay_that_turns_out_too_slow_is_cut_off_by_the_time_limit() -> None:
    job = training(coins(), TrainingConfig(time_limit=5.0))
    fit = job._network_trainer(0)
    fit.schedule.start_decay(100, "validation stopped improving")
    fit.progress.step, fit.progress.seconds = 150, 5.1
    fit._consider_decay()
    assert fit.stopped == "the time limit"


def test_networks_that_are_left_no_time_end_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    job = training(coins(), TrainingConfig(time_limit=0.05, networks=3, steps=20))
    step = NetworkTrainer._step

    def slow(self: NetworkTrainer) -> None:
        time.sleep(0.1)
        step(self)

    monkeypatch.setattr(NetworkTrainer, "_step", slow)
    finish(job)
    assert [result["steps"] for result in job.metrics()["networks"]] == [1, 1, 1]
    assert {result["stopped"] for result in job.metrics()["networks"]} == {"the time limit"}


def test_the_learning_rate_rises_then_comes_down_to_zero() -> None:
    plan = schedule.Schedule(budget=10 * schedule.WARM_UP)
    assert plan.factor(0) == 1 / schedule.WARM_UP
    assert plan.factor(schedule.WARM_UP) == 1
    plan.start_decay(600, "a reason")
    factors = [plan.factor(step) for step in range(600, 781)]
    assert factors[0] == 1
    assert factors == sorted(factors, reverse=True)
    assert plan.factor(780) == 0
    assert plan.finished(780)
    assert not plan.finished(779)


def test_a_small_budget_is_not_all_warm_up() -> None:
    assert [schedule.Schedule(budget=40).factor(step) for step in (0, 3)] == [0.25, 1]


def test_a_decay_never_goes_beyond_the_budget_nor_the_steps_it_is_given() -> None:
    plan, given = schedule.Schedule(budget=1000), schedule.Schedule(budget=1000)
    plan.start_decay(980, "a reason")
    given.start_decay(980, "a reason", most=7.9)
    assert (plan.decay_end, given.decay_end) == (1000, 987)


def test_a_loss_that_is_no_number_is_told_with_exit_code_7() -> None:
    with pytest.raises(UserError) as caught:
        finish(training(twins(), TrainingConfig(epochs=50, learning_rate=1e30)))
    assert caught.value.code == Exit.DIVERGED
    assert "nan" in str(caught.value)
    assert "--learning-rate" in caught.value.hint


@pytest.mark.parametrize("connectivity", ["fixed", "resampled"])
@pytest.mark.parametrize("orderings", ["natural", 1, 3, "all"])
def test_every_choice_of_orderings_trains_saves_loads_and_scores(
    orderings: Orderings,
    connectivity: Connectivity,
    tmp_path: Path,
) -> None:
    config = TrainingConfig(epochs=3, orderings=orderings, connectivity=connectivity, networks=2)
    job = finish(training(twins(), config, tmp_path / "run"))
    codes = job.record.schema.encode(table(twins()))
    matrix = log_likelihoods(job.run.members(), codes)
    assert np.isfinite(matrix).all()
    loaded = load_run(tmp_path / "run")
    assert loaded.record == job.record
    assert np.array_equal(log_likelihoods(loaded.members(), codes), matrix)
    members = loaded.members()
    assert len(members) == {"natural": 2, 1: 2, 3: 6, "all": 16}[orderings]
    assert all((member.ordering.connectivity is None) == (connectivity == "fixed") for member in members)


def test_networks_of_a_run_are_different_and_each_is_reported() -> None:
    job = finish(training(twins(), TrainingConfig(epochs=3, networks=3)))
    first, second, third = (network.network.input_weight for network in job.networks)
    assert not torch.equal(first, second)
    assert not torch.equal(second, third)
    assert len(job.metrics()["networks"]) == 3
    reported = [result["valid_nll"] for result in job.metrics()["networks"]]
    assert job.metrics()["valid"]["bound"]["nll"] == pytest.approx(np.mean(reported))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    config = TrainingConfig(epochs=5, connectivity="resampled")
    for name, seed in [("one", 1), ("again", 1), ("other", 2)]:
        finish(training(twins(), replace(config, seed=seed), tmp_path / name))
    one, again, other = (contents(tmp_path / name) for name in ("one", "again", "other"))
    assert one == again
    assert one["networks/0.safetensors"] != other["networks/0.safetensors"]


def test_a_run_of_two_networks_begins_as_a_run_of_one(tmp_path: Path) -> None:
    one = finish(training(twins(), TrainingConfig(epochs=3, networks=1)))
    two = finish(training(twins(), TrainingConfig(epochs=3, networks=2)))
    assert torch.equal(one.networks[0].network.input_weight, two.networks[0].network.input_weight)


ODD = {
    "one column": pd.DataFrame({"a": [0, 1] * 20}),
    "one row": pd.DataFrame({"a": [1], "b": ["x"]}),
    "constant column": pd.DataFrame({"a": [0] * 30, "b": [0, 1, 1] * 10}),
    "all-missing column": pd.DataFrame({"a": [None] * 30, "b": [0, 1, 1] * 10}),
    "one column of numbers": pd.DataFrame({"a": np.arange(60) ** 1.5}),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_tables_train_load_and_score(name: str, tmp_path: Path) -> None:
    job = finish(training(ODD[name], TrainingConfig(epochs=3), tmp_path / "run"))
    codes = job.record.schema.encode(table(ODD[name]))
    scores = equal_mixture(log_likelihoods(load_run(tmp_path / "run").members(), codes))
    assert scores.shape == (len(ODD[name]),)
    assert np.isfinite(scores).all()


def test_the_other_value_of_a_constant_column_is_possible_but_not_likely() -> None:
    frame = ODD["constant column"]
    job = finish(training(frame, TrainingConfig(epochs=3)))
    usual, other = densities(job, pd.DataFrame({"a": [0, 1], "b": [1, 1]}))
    assert 0 < other < usual / 10


def test_no_rows_are_refused() -> None:
    with pytest.raises(UserError) as caught:
        training(pd.DataFrame({"a": []}), TrainingConfig(epochs=3))
    assert caught.value.code == Exit.BAD_DATA


def test_validation_rows_without_any_are_refused() -> None:
    with pytest.raises(UserError) as caught:
        training(coins(), TrainingConfig(epochs=3), valid=coins().iloc[:0])
    assert caught.value.code == Exit.BAD_DATA


def test_given_validation_rows_are_looked_at_and_not_trained_on() -> None:
    job = training(coins(40), TrainingConfig(epochs=3), valid=pd.DataFrame({"one": [1], "two": [0]}))
    assert (len(job.rows.train), len(job.rows.valid)) == (40, 1)


def test_costs_count_parameters_and_the_most_steps() -> None:
    job = training(coins(), TrainingConfig(epochs=5, batch_size=50), network=NetworkConfig(hidden=(16,)))
    costs = job.costs()
    assert costs.parameters == sum(weight.numel() for weight in job.record.untrained(0).parameters())
    assert costs.steps == 5 * -(-len(job.rows.train) // 50)
    assert 0 < costs.step_seconds < 5


def test_saving_is_between_looks_only_so_often(tmp_path: Path, short: None, monkeypatch: pytest.MonkeyPatch) -> None:
    job = training(coins(), TrainingConfig(epochs=30), tmp_path / "run")
    states: list[bool] = []
    monkeypatch.setattr(run_trainer, "SAVE_EVERY", -1.0)
    for _ in job.train_and_evaluate(lambda: False):
        states.append((tmp_path / "run" / "resume").is_dir())
    assert states[:-1] == [True] * (len(states) - 1)
    assert not states[-1]
