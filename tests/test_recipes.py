"""The recipes of docs/scale.md for engines, run as they are printed: the figures of `made score`, to the bit."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import made_cli
from tests import readme

WITHOUT_A_CLUSTER = {
    "PYSPARK_PYTHON": sys.executable,
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
}
PATIENCE = 240.0
"""Seconds that an engine is given to start, score and end."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run, and rows in several files: numbers, labels and times, each with empty cells."""
    rng, rows, place = np.random.default_rng(0), 400, tmp_path_factory.mktemp("recipes")
    columns = {
        "pay": pd.Series(rng.normal(30, 5, rows).round(1)),
        "age": pd.Series(rng.integers(18, 90, rows), dtype="Int64"),
        "rooms": pd.Series(rng.integers(1, 4, rows), dtype="Int64"),
        "city": pd.Series(rng.choice(["Ulm", "Bonn"], rows)),
        "since": pd.Timestamp(2020, 1, 1) + pd.Series(pd.to_timedelta(rng.integers(0, 900, rows), unit="D")),
    }
    frame = pd.DataFrame({name: cells.mask(rng.random(rows) < 0.1) for name, cells in columns.items()})
    network, training = made_cli.NetworkConfig(hidden=(8,)), made_cli.TrainingConfig(epochs=1)
    made_cli.fit(frame, out=place / "runs" / "yours", network=network, training=training)
    (place / "new").mkdir()
    frame.insert(0, "id", [f"row {number}" for number in range(rows)])
    for part in range(4):
        frame[part * 100 : part * 100 + 100].to_parquet(place / "new" / f"part-{part}.parquet")
    return place


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "said", "instead"),
    [
        ("pyspark", "", ""),
        ("pyspark", "mapInPandas", "mapInArrow"),
        ("ray", "", ""),
        ("ray", '"pyarrow"', '"numpy"'),
        ("ray", '"pyarrow"', '"pandas"'),
    ],
)
def test_a_recipe_gives_the_figures_of_made_score(
    engine: str, said: str, instead: str, folder: Path, tmp_path: Path
) -> None:
    if find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed")
    code = readme.recipe(engine.removeprefix("py"))
    assert said in code
    for name in ("runs", "new"):
        (tmp_path / name).symlink_to(folder / name)
    (tmp_path / "recipe.py").write_text(code.replace(said, instead), encoding="utf-8")
    environment = os.environ | WITHOUT_A_CLUSTER | {"PYTHONPATH": str(readme.ROOT)}
    script = [sys.executable, "recipe.py"]
    done = subprocess.run(
        script, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = pd.read_parquet(tmp_path / "scores").set_index("id")
    rows = made_cli.read_table(folder / "new")
    expected = made_cli.load(folder / "runs" / "yours").score_samples(rows)
    assert np.array_equal(found.loc[rows["id"], "log_prob"], expected)
