"""The search for settings: what is tried, what is kept, and what the rest of the time is used for."""

import math
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.runs.folder import Folder
from made_cli.runs.record import RunRecord
from made_cli.training import search, tried_settings
from made_cli.training.network_trainer import NetworkTrainer
from made_cli.training.prepare import Prepared, prepare
from made_cli.training.search import ROUNDS, SEARCH_SHARE, Search
from made_cli.training.tried_settings import TRIED
from tests.training.small import CPU, table, twins

SMALL = NetworkConfig(hidden=(8,))
BEST = TrainingConfig(preset="best", time_limit=3.0)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on by a fiftieth of a second whenever somebody looks: 150 steps are three seconds."""
    ticks = count()
    monkeypatch.setattr(search, "monotonic", lambda: next(ticks) / 50)


def prepared(network: NetworkConfig = SMALL, training: TrainingConfig = BEST, rows: int = 300) -> Prepared:
    return prepare(table(twins(rows)), None, network, training)


def chosen(search: Search) -> RunRecord:
    record = search.choose(lambda: False)
    assert record is not None
    return record


def test_every_setting_is_tried_once_and_the_better_half_goes_on() -> None:
    found = Search(prepared(), CPU)
    found.choose(lambda: False)
    rounds = [[trial for trial in found.trials if trial.round == number] for number in range(1, ROUNDS + 1)]
    # The better half is of networks of one ordering alone; beside it goes the best of the others.
    assert [len(trials) for trials in rounds] in ([8, 4, 2], [8, 5, 3], [8, 4, 3], [8, 5, 4])
    for trials in rounds:
        assert [trial.valid_nll for trial in trials] == sorted(trial.valid_nll for trial in trials)
        assert trials[0].kept
    assert [sum(trial.kept for trial in trials) for trials in rounds] == [len(rounds[1]), len(rounds[2]), 1]
    assert len({(trial.dropout, trial.weight_decay, trial.orderings) for trial in rounds[0]}) == 8


def test_the_best_of_other_orderings_goes_on_beside_a_half_that_has_none() -> None:
    found = Search(prepared(), CPU)
    for nll, candidate in enumerate(found.alive):  # those of one base ordering come first
        candidate.reached = search._Reached(nll)
    kept = search._better_half(found.alive)
    assert [candidate.valid_nll for candidate in kept] == [0, 1, 2, 3, 4]
    assert [candidate.valid_nll for candidate in search._better_half(found.alive[2:6])] == [2, 3, 4]


def test_what_is_behind_and_still_falling_fast_goes_on() -> None:
    behind, ahead = Search(prepared(), CPU).alive[:2]
    behind.reached, ahead.reached = search._Reached(9.5), search._Reached(9.0)
    for candidate, fall in ((behind, 1.0), (ahead, 0.1)):
        for trainer in candidate.trainers:
            trainer.progress.plateau = tuple((step, 20 - fall * math.log(step)) for step in range(100, 1_000, 100))
    assert search._promise(behind) == pytest.approx(9.5 - math.log(2))
    assert search._promise(behind) < search._promise(ahead) < 9.0


@pytest.mark.slow
def test_two_choices_of_orderings_are_left_to_the_last_round() -> None:
    for seed in range(2):
        found = Search(prepared(training=replace(BEST, seed=seed)), CPU)
        found.choose(lambda: False)
        for number in range(1, ROUNDS + 1):
            assert len({trial.orderings for trial in found.trials if trial.round == number}) >= 2


def test_what_is_set_is_not_tried_otherwise() -> None:
    network, training = replace(SMALL, dropout=0.25), replace(BEST, orderings="natural", networks=3)
    found = Search(prepared(network, training), CPU)
    record = chosen(found)
    assert {(trial.hidden, trial.dropout, trial.orderings) for trial in found.trials} == {((8,), 0.25, "natural")}
    assert {trial.weight_decay for trial in found.trials} > {record.training.weight_decay}
    assert len(record.orderings) == 3


def test_what_is_left_open_is_tried() -> None:
    network, training = NetworkConfig(), TrainingConfig(preset="best", time_limit=60.0)
    tried = [candidate.record for candidate in Search(prepared(network, training), CPU).alive]
    assert len(tried) == len(TRIED)
    assert {record.network.hidden for record in tried} == {(250, 250), (1000, 1000)}
    assert {record.training.orderings for record in tried} == {1, 4, "all"}


def test_the_settings_chosen_are_those_of_the_last_trial_kept() -> None:
    found = Search(prepared(), CPU)
    record = chosen(found)
    last = next(trial for trial in found.trials if trial.round == ROUNDS)
    settings = (record.network.dropout, record.training.weight_decay, record.training.orderings)
    assert settings == (last.dropout, last.weight_decay, last.orderings)


def test_the_last_round_ends_with_the_decay_and_the_first_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []
    monkeypatch.setattr(NetworkTrainer, "extend", lambda trainer, seconds: given.append(seconds))
    found = Search(prepared(), CPU)
    found.choose(lambda: False)
    last = [trial for trial in found.trials if trial.round == ROUNDS]
    assert sum(given) == pytest.approx(found.seconds / ROUNDS)
    assert len(given) == sum(2 if trial.orderings == 1 else 1 for trial in last)


def test_connectivity_is_tried_where_it_is_open() -> None:
    def connectivities(training: TrainingConfig) -> set[str | None]:
        return {candidate.record.training.connectivity for candidate in Search(prepared(training=training), CPU).alive}

    assert connectivities(BEST) == {"fixed", "resampled"}
    assert connectivities(replace(BEST, connectivity="fixed")) == {"fixed"}


@pytest.mark.slow
def test_networks_get_the_time_that_the_search_leaves() -> None:
    record = chosen(Search(prepared(training=replace(BEST, time_limit=20.0)), CPU))
    assert record.training.time_limit == pytest.approx(20.0 * (1 - SEARCH_SHARE), abs=2.0)
    assert len(record.orderings) == record.training.networks
    assert record.training.networks is not None
    assert record.training.networks >= 4


@pytest.mark.parametrize(
    ("fall", "spread", "networks"),
    [
        (1.0, 0.1, 1),
        (0.3, 0.9, 3),
        (0.1, 0.9, 9),
        (0.01, 0.9, 16),
        (0.0, 0.9, 16),
        (0.0, math.nan, 8),
        (1.0, math.nan, 8),
    ],
)
def test_time_goes_to_more_networks_or_to_longer_training_by_what_gains_more(
    fall: float, spread: float, networks: int
) -> None:
    candidate = Search(prepared(), CPU).alive[0]
    assert len(candidate.trainers) == 2
    candidate.seconds, candidate.reached = 20.0, search._Reached(9.0, spread)
    for trainer in candidate.trainers:
        trainer.progress.step = trainer.progress.best_step = 900
        trainer.progress.plateau = tuple((step, 20 - fall * math.log(step)) for step in range(100, 1_000, 100))
    assert search._most_useful_count(candidate, seconds=100.0) == networks


def test_of_what_has_hardly_begun_there_are_two() -> None:
    candidate = Search(prepared(), CPU).alive[0]
    candidate.seconds, candidate.reached = 20.0, search._Reached(9.0, 0.5)
    for trainer in candidate.trainers:
        trainer.progress.step = trainer.progress.best_step = 300
        trainer.progress.plateau = ((100, 10.0), (200, 9.5), (300, 9.2))
    assert search._most_useful_count(candidate, seconds=100.0) == 2


def test_what_has_stopped_improving_gets_the_time_it_took_to_get_there() -> None:
    candidate = Search(prepared(), CPU).alive[0]
    candidate.seconds, candidate.reached = 40.0, search._Reached(9.0, 0.1)
    for trainer in candidate.trainers:
        trainer.progress.step, trainer.progress.best_step, trainer.progress.since_lowest = 900, 450, 4
    assert search._most_useful_count(candidate, seconds=100.0) == 8


def test_of_numbers_less_dropout_is_tried() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 3)).round(3)).rename(columns=str)
    tried = Search(prepare(table(frame), None, SMALL, BEST), CPU).alive
    assert sum(candidate.record.network.dropout == 0 for candidate in tried) == 4


def test_an_interrupted_search_chooses_nothing() -> None:
    found, asked = Search(prepared(), CPU), count()
    assert found.choose(lambda: next(asked) > 8) is None
    assert found.trials == []


def test_the_better_settings_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two, one of which learns nothing at all."""
    monkeypatch.setattr(
        tried_settings, "TRIED", ({"dropout": 0.99, "weight_decay": 0.0}, {"dropout": 0.0, "weight_decay": 0.0})
    )
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2, (400, 4))
    frame = pd.DataFrame(np.concatenate([bits, bits], axis=1)).rename(columns=str)
    training = replace(BEST, learning_rate=0.02)
    found = Search(prepare(table(frame), None, SMALL, training), CPU)
    assert chosen(found).network.dropout == 0.0


def test_trials_are_kept_in_the_run_folder(tmp_path: Path) -> None:
    found = Search(prepared(), CPU)
    record = chosen(found)
    folder = Folder(tmp_path / "run")
    folder.create(record, trials=found.trials)
    folder.commit()
    again = Folder(tmp_path / "run")
    assert again.open() == record
    assert again.trials() == found.trials
    folder = Folder(tmp_path / "other")
    folder.create(prepared().record)
    folder.commit()
    other = Folder(tmp_path / "other")
    other.open()
    assert other.trials() == []
