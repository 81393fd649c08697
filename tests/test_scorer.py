"""A scorer for workers: it travels as a path, and gives the figures of `made score`, however rows are cut."""

import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
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


def test_arrays_by_the_names_of_columns_come_back_with_the_same_figures(density: Density, rows: pd.DataFrame) -> None:
    arrays = {name: rows[name].to_numpy() for name in rows} | {"image": np.zeros((200, 3, 3))}
    found = Scorer(density.run.name)(arrays)
    assert list(found) == ["pay", "city", "image", "log_prob"]
    assert found["image"] is arrays["image"]
    assert np.array_equal(found["log_prob"], density.score_samples(rows))
    with pytest.raises(UserError, match="'pay'"):
        Scorer(density.run.name)(arrays | {"pay": np.zeros((200, 2))})


def test_whole_numbers_that_became_decimals_beside_empty_cells_are_what_they_were(tmp_path: Path) -> None:
    # As Ray and Spark hand over columns of whole numbers that have empty cells.
    rng = np.random.default_rng(0)
    rooms, age = (pd.array(rng.integers(*ends, 200), dtype="Int64") for ends in ((1, 5), (18, 90)))
    table = pa.table({"rooms": pa.array(rooms.astype(object)), "age": pa.array(age.astype(object))})
    table = table.set_column(0, "rooms", pc.if_else(pa.array(np.arange(200) % 7 > 0), table["rooms"], None))
    training = TrainingConfig(epochs=1)
    fit(table, out=tmp_path / "run", network=NetworkConfig(hidden=(8,)), training=training)
    given = Scorer(tmp_path / "run")
    arrays = {name: table[name].to_numpy() for name in table.column_names}
    assert arrays["rooms"].dtype == np.float64
    assert np.array_equal(given(arrays)["log_prob"], given(table)["log_prob"].to_numpy())


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
