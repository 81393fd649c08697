"""The Python face does what the commands do, with tables of any library in hand."""

import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import made_cli
from made_cli import NetworkConfig, TrainingConfig, UserError, fit, resume
from made_cli.density import Density
from made_cli.ensemble import evaluation
from made_cli.tables.files.frames import Frame
from tests.cli.program import made
from tests.test_density import mixed

NETWORK = NetworkConfig(hidden=(8,), dropout=0.1)
TRAINING = TrainingConfig(epochs=3)


@pytest.fixture(scope="module")
def density(tmp_path_factory: pytest.TempPathFactory) -> Density:
    """A density in a folder. Not to be changed."""
    return fit(mixed(), out=tmp_path_factory.mktemp("face") / "run", network=NETWORK, training=TRAINING)


def in_other_forms(frame: pd.DataFrame) -> list[Frame]:
    """The same table as Arrow, as rows, and as a table of polars where there is polars."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    rows = [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]
    others = [import_module("polars").from_arrow(table)] if find_spec("polars") else []
    return [table, rows, *others]


def cells(frame: pd.DataFrame) -> list[list[str]]:
    return [[str(cell) for cell in row] for row in frame.astype(str).to_numpy()]


def test_tables_of_other_libraries_and_lists_of_rows_are_taken(density: Density) -> None:
    frame = mixed()
    expected, filled = density.score_samples(frame), density.impute(frame, seed=2)
    known = pd.DataFrame({"city": ["Ulm", "Bonn"], "age": [30, 40]})
    drawn = density.sample(2, given=known, seed=5)
    for table, some in zip(in_other_forms(frame), in_other_forms(known), strict=True):
        assert np.array_equal(density.score_samples(table), expected)
        assert cells(density.impute(table, seed=2)) == cells(filled)
        assert density.sample(2, given=some, seed=5).equals(drawn)
        assert len(density.surprisals(table, top=1)) == len(density.spread(table)) == len(frame)
        learned = fit(table, valid=table, network=NETWORK, training=TRAINING)
        assert learned.sample(3)["city"].isin(["Bonn", "Köln", "Ulm", ""]).all()
    with pytest.raises(UserError, match="no table: str"):
        density.score_samples("a.csv")  # type: ignore[arg-type]


def test_a_training_that_has_ended_goes_on_with_its_own_rows(tmp_path: Path) -> None:
    fit(mixed(), out=tmp_path / "run", network=NETWORK, training=TRAINING)
    told: list[float] = []
    longer = resume(tmp_path / "run", mixed(), epochs=2, on_progress=lambda done, found: told.append(done))
    assert told[-1] == 1.0
    assert len(longer.score_samples(mixed())) == 120
    assert made_cli.verify(tmp_path / "run").networks == 1
    with pytest.raises(UserError, match="not the rows that the run was begun with"):
        resume(tmp_path / "run", mixed(100), epochs=2)
    with pytest.raises(UserError, match="has ended"):
        resume(tmp_path / "run", mixed())


def test_a_comparison_has_the_figures_of_the_command(tmp_path: Path) -> None:
    real, other = mixed(), mixed().sample(frac=1, replace=True, random_state=0)
    for name, frame in (("real", real), ("other", other)):
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    done = made("compare", tmp_path / "real.csv", tmp_path / "other.csv", "--json", "-q")
    found = made_cli.compare(real, other)
    assert found.detection is not None
    figures = json.loads(done.out)
    assert (found.shape, found.trend) == pytest.approx((figures["shape"], figures["trend"]), abs=1e-3)
    assert made_cli.compare(real, other, classifier_rows=None).detection is None


def test_a_report_is_that_of_the_command(density: Density, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "PROPOSED", 1024)
    page = density.report(mixed(60), rows=100)
    assert page.startswith("<!DOCTYPE html>")
    assert "the 60 rows of the DataFrame" in page
    assert "No rows were named" in density.report(rows=100)


def test_a_density_in_memory_has_no_report() -> None:
    with pytest.raises(UserError, match="in memory only"):
        fit(mixed(40), network=NETWORK, training=TrainingConfig(epochs=1)).report(rows=100)
