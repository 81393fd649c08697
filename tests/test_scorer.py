"""A scorer for workers: it travels as a path, and gives the figures of `made score`, however rows are cut."""

import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch

from made_cli import Density, NetworkConfig, Scorer, TrainingConfig, UserError, fit, scorer
from made_cli.runs.loading import load_run
from made_cli.runs.run import Run


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """200 rows of a number and a label, some of them empty."""
    rng = np.random.default_rng(0)
    city = pd.Series(rng.choice(["Ulm", "Bonn"], 200)).mask(rng.random(200) < 0.1)
    return pd.DataFrame({"pay": rng.normal(30, 5, 200).round(1), "city": city}, index=range(7, 207))


@pytest.fixture(scope="module")
def density(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Density:
    out = tmp_path_factory.mktemp("scorer") / "run"
    return fit(rows, out=out, network=NetworkConfig(hidden=(8,)), training=TrainingConfig(epochs=1))


def test_a_frame_comes_back_with_its_scores(density: Density, rows: pd.DataFrame) -> None:
    found = Scorer(density.run.name)(rows)
    assert found.drop(columns="log_prob").equals(rows)
    assert np.array_equal(found["log_prob"], density.score_samples(rows))


def test_batches_of_arrow_come_back_as_what_they_are_with_the_same_figures(
    density: Density, rows: pd.DataFrame
) -> None:
    asked, table = {"columns": ["city"], "given": ["pay"]}, pa.Table.from_pandas(rows, preserve_index=False)
    given = Scorer(density.run.name, columns=["city"], given=["pay"])
    expected = density.score_samples(rows, columns=asked["columns"], given=asked["given"])
    parts = list(given.each(table.to_batches(max_chunksize=70)))
    assert {type(part) for part in parts} == {pa.RecordBatch}
    assert np.array_equal(np.concatenate([part["log_prob"].to_numpy() for part in parts]), expected)
    assert given(table).schema.names == ["pay", "city", "log_prob"]
    assert given(table.slice(0, 0)).num_rows == 0


@pytest.mark.slow
def test_another_process_scores_with_a_scorer_that_was_pickled(
    density: Density, rows: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(density.run.name)
    monkeypatch.chdir(folder.parent)
    travelling = Scorer(folder.name)
    assert len(pickle.dumps(travelling)) < 1000
    monkeypatch.chdir(tmp_path)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        parts = pool.map(travelling, [rows.iloc[:90], rows.iloc[90:]])
    assert np.array_equal(pd.concat(parts)["log_prob"], density.score_samples(rows))


def test_a_process_loads_a_run_once(density: Density, rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    loads = list[str]()

    def load(path: str, device: torch.device) -> Run:
        loads.append(path)
        return load_run(path, device)

    scorer._loaded.cache_clear()
    monkeypatch.setattr(scorer, "load_run", load)
    first = Scorer(density.run.name)
    assert not loads
    for each in (first, pickle.loads(pickle.dumps(first)), Scorer(density.run.name, columns=["pay"])):
        each(rows.head(3))
    assert loads == [density.run.name]


def test_a_batch_that_has_scores_already_is_refused(density: Density, rows: pd.DataFrame) -> None:
    with pytest.raises(UserError, match="log_prob already"):
        Scorer(density.run.name)(rows.assign(log_prob=0.0))
