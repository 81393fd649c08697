"""The networks of a run are trained one after another, from the seed of the run, within its time."""

import itertools
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from made_cli.config import Connectivity, NetworkConfig, TrainingConfig
from made_cli.ensemble.members import log_likelihoods
from made_cli.ensemble.mixture import equal_mixture
from made_cli.runs.loading import load_run
from made_cli.training import run_trainer
from made_cli.training.beginning import untrained
from made_cli.training.costs import costs_of
from made_cli.training.network_trainer import NetworkTrainer
from tests.training.small import (
    Orderings,
    coins,
    contents,
    densities,
    finish,
    table,
    trainer_of,
    twins,
)


@pytest.mark.parametrize("connectivity", ["fixed", "resampled"])
@pytest.mark.parametrize("orderings", ["natural", 1, 3, "all"])
def test_every_choice_of_orderings_trains_saves_loads_and_scores(
    orderings: Orderings,
    connectivity: Connectivity,
    tmp_path: Path,
) -> None:
    config = TrainingConfig(epochs=3, orderings=orderings, connectivity=connectivity, networks=2)
    trainer = finish(trainer_of(twins(), config, tmp_path / "run"))
    codes = trainer.record.schema.encode(table(twins()))
    matrix = log_likelihoods(trainer.run.members(), codes)
    assert np.isfinite(matrix).all()
    loaded = load_run(tmp_path / "run")
    assert loaded.record == trainer.record
    assert np.array_equal(log_likelihoods(loaded.members(), codes), matrix)
    members = loaded.members()
    assert len(members) == {"natural": 2, 1: 2, 3: 6, "all": 16}[orderings]
    assert all((member.ordering.connectivity is None) == (connectivity == "fixed") for member in members)


def test_networks_of_a_run_are_different_and_each_is_reported() -> None:
    trainer = finish(trainer_of(twins(), TrainingConfig(epochs=3, networks=3)))
    first, second, third = (network.network.input_weight for network in trainer.networks)
    assert not torch.equal(first, second)
    assert not torch.equal(second, third)
    assert len(trainer.metrics().networks) == 3
    reported = [result.valid_nll for result in trainer.metrics().networks if result.valid_nll is not None]
    assert len(reported) == 3
    assert trainer.metrics().valid["bound"].nll == pytest.approx(np.mean(reported))


def test_networks_that_are_left_no_time_end_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = trainer_of(coins(), TrainingConfig(time_limit=0.05, networks=3, steps=20))
    step = NetworkTrainer._step

    def slow(self: NetworkTrainer) -> None:
        time.sleep(0.1)
        step(self)

    monkeypatch.setattr(NetworkTrainer, "_step", slow)
    finish(trainer)
    assert [result.steps for result in trainer.metrics().networks] == [1, 1, 1]
    assert {result.stopped for result in trainer.metrics().networks} == {"the time limit"}


def test_making_and_saving_the_first_network_counts_against_the_time_limit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ticks = itertools.count(0.0, 1000.0)  # seconds that pass for the run, not for its networks
    monkeypatch.setattr(run_trainer, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    trainer = finish(trainer_of(coins(), TrainingConfig(time_limit=600, steps=40), tmp_path / "run"))
    assert trainer.metrics().networks[0].steps == 1


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    config = TrainingConfig(epochs=5, connectivity="resampled")
    for name, seed in [("one", 1), ("again", 1), ("other", 2)]:
        finish(trainer_of(twins(), replace(config, seed=seed), tmp_path / name))
    one, again, other = (contents(tmp_path / name) for name in ("one", "again", "other"))
    assert one == again
    assert one["networks/0.safetensors"] != other["networks/0.safetensors"]


def test_a_run_of_two_networks_begins_as_a_run_of_one(tmp_path: Path) -> None:
    one = finish(trainer_of(twins(), TrainingConfig(epochs=3, networks=1)))
    two = finish(trainer_of(twins(), TrainingConfig(epochs=3, networks=2)))
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
    trainer = finish(trainer_of(ODD[name], TrainingConfig(epochs=3), tmp_path / "run"))
    codes = trainer.record.schema.encode(table(ODD[name]))
    scores = equal_mixture(log_likelihoods(load_run(tmp_path / "run").members(), codes))
    assert scores.shape == (len(ODD[name]),)
    assert np.isfinite(scores).all()


def test_the_other_value_of_a_constant_column_is_possible_but_not_likely() -> None:
    frame = ODD["constant column"]
    trainer = finish(trainer_of(frame, TrainingConfig(epochs=3)))
    usual, other = densities(trainer, pd.DataFrame({"a": [0, 1], "b": [1, 1]}))
    assert 0 < other < usual / 10


def test_costs_count_parameters_and_the_most_steps() -> None:
    trainer = trainer_of(coins(), TrainingConfig(epochs=5, batch_size=50), network=NetworkConfig(hidden=(16,)))
    costs = costs_of(trainer)
    assert costs.parameters == sum(weight.numel() for weight in untrained(trainer.record, 0).parameters())
    assert costs.steps == 5 * -(-len(trainer.rows.train) // 50)
    assert costs.step_seconds is not None
    assert 0 < costs.step_seconds < 5


def test_between_evaluations_the_training_is_saved_only_so_often(
    tmp_path: Path, short: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = trainer_of(coins(), TrainingConfig(epochs=30), tmp_path / "run")
    states: list[bool] = []
    monkeypatch.setattr(run_trainer, "SAVE_EVERY", -1.0)
    for _ in trainer.train_and_evaluate(lambda: False):
        states.append((tmp_path / "run" / "resume").is_dir())
    assert states[:-1] == [True] * (len(states) - 1)
    assert not states[-1]
