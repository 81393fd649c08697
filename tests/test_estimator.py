"""The estimator: scikit-learn's own checks, pipelines, searches, and tables in all forms."""

import inspect
import pickle
import pickletools
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from made_cli import MadeDensity, NetworkConfig, Overrides, TrainingConfig, fit
from made_cli.errors import SettingError, UserError

FAST: dict[str, Any] = {"hidden": (4,), "epochs": 1, "orderings": 1}


def people(rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    city = rng.choice(np.array(["Bonn", "Ulm"], dtype=object), rows)
    age = rng.integers(18, 90, rows).astype(float)
    age[:3] = np.nan
    return pd.DataFrame({"city": city, "age": age, "height": rng.normal(1.7, 0.1, rows).round(2)})


@pytest.fixture(scope="module")
def fitted() -> MadeDensity:
    return MadeDensity(**FAST).fit(people())


# All of them: none is expected to fail.
@parametrize_with_checks([MadeDensity(**FAST)])  # type: ignore[untyped-decorator]
def test_scikit_learn_s_checks_pass(estimator: MadeDensity, check: Callable[[MadeDensity], None]) -> None:
    check(estimator)


def test_parameters_are_the_settings_of_the_configurations_with_their_defaults() -> None:
    settings = asdict(NetworkConfig()) | asdict(TrainingConfig())
    assert MadeDensity().get_params() == settings | {
        "overrides": None,
        "device": "cpu",
        "jobs": 1,
        "permutations": None,
    }
    assert inspect.signature(fit).parameters["device"].default == MadeDensity().device


def test_it_scores_as_the_density_that_fit_learns(fitted: MadeDensity) -> None:
    density = fit(people(), network=NetworkConfig(hidden=(4,)), training=TrainingConfig(epochs=1, orderings=1))
    scores = fitted.score_samples(people())
    np.testing.assert_array_equal(scores, density.score_samples(people()))
    assert fitted.score(people()) == scores.mean()


def test_the_same_seed_makes_the_same_density_and_another_seed_another(fitted: MadeDensity) -> None:
    again, other = clone(fitted).fit(people()), clone(fitted).set_params(seed=1).fit(people())
    np.testing.assert_array_equal(again.score_samples(people()), fitted.score_samples(people()))
    assert not np.array_equal(other.score_samples(people()), fitted.score_samples(people()))


FORMS = {
    "Arrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    "dicts": lambda frame: frame.to_dict("records"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_table_with_names_scores_alike_in_every_form(fitted: MadeDensity, form: str) -> None:
    table = FORMS[form](people())
    expected = fitted.score_samples(people())
    np.testing.assert_array_equal(fitted.score_samples(table), expected)
    same = clone(fitted).fit(table)
    assert same.feature_names_in_.tolist() == ["city", "age", "height"]
    np.testing.assert_array_equal(same.score_samples(people()), expected)


class Polars:
    """A DataFrame as those of other libraries are to this one: by Arrow's interface, with text as views."""

    def __init__(self, frame: pd.DataFrame) -> None:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        self.table = table.set_column(0, "city", table["city"].cast(pa.string_view()))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


def test_a_frame_of_another_library_is_read_through_arrow(fitted: MadeDensity) -> None:
    expected = fitted.score_samples(people())
    np.testing.assert_array_equal(fitted.score_samples(Polars(people())), expected)


def test_an_array_of_objects_has_labels_numbers_and_empty_cells(fitted: MadeDensity) -> None:
    model = clone(fitted).fit(people().to_numpy())
    assert not hasattr(model, "feature_names_in_")
    np.testing.assert_allclose(model.score_samples(people().to_numpy()), fitted.score_samples(people()))
    assert model.sample(5).shape == (5, 3)


def test_a_sample_has_the_form_of_what_was_learned_from(fitted: MadeDensity) -> None:
    states = (3, 3, 4, generator := np.random.RandomState(0), generator)
    drawn, same, *others = (pd.DataFrame(fitted.sample(20, random_state=state)) for state in states)
    assert list(drawn.columns) == ["city", "age", "height"]
    pd.testing.assert_frame_equal(drawn, same)
    assert not any(drawn.equals(other) for other in others)
    assert not others[1].equals(others[2])
    numbers = MadeDensity(**FAST).fit(np.random.default_rng(0).normal(size=(50, 2)))
    assert isinstance(numbers.sample(4), np.ndarray)


def test_columns_in_another_order_are_refused(fitted: MadeDensity) -> None:
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.score_samples(people()[["age", "city", "height"]])


def test_pipelines_score_and_sample() -> None:
    X = people()[["height"]].assign(more=np.arange(60) % 7 / 3.0)
    pipeline = make_pipeline(StandardScaler(), MadeDensity(**FAST)).fit(X)
    assert pipeline.score_samples(X).shape == (60,)
    assert pipeline.score(X) == pytest.approx(pipeline.score_samples(X).mean())
    kept = make_pipeline(FunctionTransformer(), MadeDensity(**FAST)).fit(people())
    assert kept[-1].feature_names_in_.tolist() == ["city", "age", "height"]


def test_a_grid_search_finds_the_settings_of_the_highest_mean_log_density() -> None:
    search = GridSearchCV(MadeDensity(**FAST), {"epochs": [1, 3], "seed": [0, 1]}, cv=2).fit(people())
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all()
    assert search.best_score_ == scores.max()
    assert search.best_estimator_.density_.run.record.training.epochs == search.best_params_["epochs"]


def test_a_pickle_of_a_density_needs_nothing_but_this_package(fitted: MadeDensity) -> None:
    pickled = pickle.dumps(fitted.density_, protocol=0)
    named = {str(argument).split()[0] for code, argument, _ in pickletools.genops(pickled) if code.name == "GLOBAL"}
    assert {name.partition(".")[0] for name in named} <= {"made_cli", "copy_reg", "_codecs", "__builtin__"}
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.score_samples(people()), fitted.score_samples(people()))
    assert again.density_.run.record == fitted.density_.run.record


def test_what_is_known_of_columns_is_an_override(fitted: MadeDensity) -> None:
    model = clone(fitted).set_params(overrides=Overrides(drop={"city"})).fit(people())
    assert model.density_.run.record.schema.names == ("age", "height")
    assert list(model.sample(2).columns) == ["age", "height"]


def test_a_setting_out_of_its_range_is_refused_when_it_learns() -> None:
    with pytest.raises(SettingError, match="epochs"):
        MadeDensity(epochs=-1).fit(people())


def test_cells_that_no_text_stands_for_are_refused(fitted: MadeDensity) -> None:
    cells = people().to_numpy()
    cells[0, 0] = {"Bonn": "Ulm"}
    with pytest.raises(UserError, match="cells of type dict"):
        clone(fitted).fit(cells)


@pytest.mark.slow
def test_without_scikit_learn_the_rest_works_and_the_estimator_says_what_to_install() -> None:
    code = """
import sys
sys.modules["sklearn"] = None
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "sklearn" else found(name)
from made_cli import *
import made_cli
try:
    made_cli.MadeDensity
except made_cli.UserError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "MadeDensity needs scikit-learn: pip install 'made-cli[sklearn]'\n"
