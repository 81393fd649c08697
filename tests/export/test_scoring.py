"""A model of ONNX says of any row what its member says, to the last digits."""

import copy
import json
from dataclasses import replace

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray

import made_cli
from made_cli.errors import Exit, UserError
from made_cli.export.scoring import scoring_model
from made_cli.runs.run import Run
from made_cli.tables.files.table import table_of_frame

ROWS = 1200
Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """A column of every distribution: of two labels, few, one, very many, and of numbers of every sort."""
    rng = np.random.default_rng(0)
    spent = np.where(rng.random(ROWS) < 0.3, 0, rng.lognormal(3, 2, ROWS).round(2))
    return pd.DataFrame(
        {
            "flag": rng.integers(0, 2, ROWS),
            "city": rng.choice(["Ulm", "Bonn", "Kiel", ""], ROWS),
            "constant": "no",
            "age": pd.Series(rng.integers(18, 90, ROWS)).astype(str).mask(rng.random(ROWS) < 0.1, ""),
            "spent": spent,
            "fine": rng.normal(0, 1, ROWS).round(6),
            "day": pd.date_range("2020-01-01", periods=ROWS).astype(str),
            "street": [f"street {row % 400}" for row in range(ROWS)],
        }
    )


def _fitted(frame: pd.DataFrame, direct: str = "all", **settings: object) -> Run:
    network = made_cli.NetworkConfig(hidden=(16, 16, 8), direct=direct)  # type: ignore[arg-type]
    training = made_cli.TrainingConfig(epochs=2, networks=2, relations="off", **settings)  # type: ignore[arg-type]
    kinds = {"street": "categorical", "age": "numeric"} if "street" in frame else {}
    return made_cli.fit(frame, network=network, training=training, overrides=made_cli.Overrides(kinds=kinds)).run


@pytest.fixture(scope="module", params=["all", "few"])
def run(frame: pd.DataFrame, request: pytest.FixtureRequest) -> Run:
    return _fitted(frame, request.param)


def _codes(run: Run, frame: pd.DataFrame) -> Floats:
    return np.asarray(run.record.schema.encode(table_of_frame(frame)), dtype=np.float64)


def _scores(run: Run, number: int, codes: Floats) -> Floats:
    model = scoring_model(run, number).SerializeToString()
    (found,) = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, {"codes": codes})
    return np.asarray(found)


def _said(run: Run, number: int, codes: Floats) -> Floats:
    member = run.members(number)[-1]
    with torch.inference_mode():
        terms = member.made.log_prob(torch.from_numpy(codes), member.ordering)
    return np.asarray(terms.double().sum(1))


def _odd(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows whose cells training never saw: other labels, empty cells, below the bound, atoms, and far out."""
    odd = frame.head(12).astype(object)
    changes = [("city", "Rom"), ("flag", ""), ("constant", "yes"), ("constant", "perhaps"), ("street", "lane")]
    changes += [("age", ""), ("spent", "0"), ("spent", "-3"), ("spent", ""), ("fine", "40"), ("spent", "123456789.01")]
    for row, (column, cell) in enumerate(changes):
        odd.loc[row, column] = cell
    return odd


@pytest.mark.parametrize("number", [1, 6, 11])
def test_a_model_says_what_its_member_says(run: Run, frame: pd.DataFrame, number: int) -> None:
    for table in (frame, _odd(frame)):
        codes = _codes(run, table)
        np.testing.assert_allclose(_scores(run, number, codes), _said(run, number, codes), rtol=1e-5, atol=1e-5)
        exact = replace(run, networks=[copy.deepcopy(made).double() for made in run.networks])
        np.testing.assert_allclose(_scores(exact, number, codes), _said(exact, number, codes), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("columns", [["flag"], ["flag", "city"], ["fine"], ["constant", "flag"]])
def test_a_table_may_have_columns_of_one_kind_alone(frame: pd.DataFrame, columns: list[str]) -> None:
    run = _fitted(frame[columns])
    codes = _codes(run, frame)
    np.testing.assert_allclose(_scores(run, 1, codes), _said(run, 1, codes), rtol=1e-5, atol=1e-5)


def test_a_code_that_means_nothing_makes_a_row_nan(run: Run, frame: pd.DataFrame) -> None:
    codes = _codes(run, frame.head(5))
    for row, (name, code) in enumerate([("flag", 7.0), ("city", -1.0), ("city", 0.5), ("street", np.nan)]):
        codes[row, run.record.schema.names.index(name)] = code
    assert np.isnan(_scores(run, 1, codes)).tolist() == [True] * 4 + [False]


def test_a_row_with_an_unknown_cell_is_nan() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.integers(0, 3, 300), "b": rng.normal(0, 1, 300).round(3)})
    run = _fitted(frame.mask(rng.random(frame.shape) < 0.2), missing="marginal")
    codes = np.array([[0.0, 0.5], [np.nan, 0.5], [0.0, np.nan]])
    found = _scores(run, 1, codes)
    assert np.isnan(found).tolist() == [False, True, True]
    np.testing.assert_allclose(found[:1], _said(run, 1, codes[:1]), rtol=1e-5)


def test_what_codes_mean_stands_in_the_model(run: Run, frame: pd.DataFrame) -> None:
    held = {each.key: each.value for each in scoring_model(run, 1).metadata_props}
    columns = {each["name"]: each for each in json.loads(held["columns"])}
    assert columns["city"] == {
        "name": "city",
        "kind": "categorical",
        "codes": {"Bonn": 0, "Kiel": 1, "Ulm": 2},
        "empty": 3,
        "other": 4,
    }
    assert columns["constant"]["codes"] == {"no": 0, "yes": 1}
    assert columns["day"] == {"name": "day", "kind": "time", "unit": "day", "resolution": 1.0}
    assert json.loads(held["ordering"]) == [frame.columns[each] for each in run.members(1)[0].ordering.columns]


def test_a_run_that_keeps_to_relations_is_refused() -> None:
    rng = np.random.default_rng(0)
    low = rng.integers(0, 50, 300)
    frame = pd.DataFrame({"low": low, "high": low + rng.integers(0, 50, 300)})
    overrides = made_cli.Overrides(kinds={"low": "numeric", "high": "numeric"}, relation=["low <= high"])
    training = made_cli.TrainingConfig(epochs=1)
    density = made_cli.fit(frame, network=made_cli.NetworkConfig(hidden=(8,)), training=training, overrides=overrides)
    with pytest.raises(UserError, match="relations") as refused:
        scoring_model(density.run, 1)
    assert refused.value.code == Exit.USAGE
    assert "--relations off" in refused.value.hint
