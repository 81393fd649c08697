"""The Python face: a DataFrame in, scores and a DataFrame out."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import made_cli
from made_cli import NetworkConfig, Overrides, TrainingConfig, fit, load
from made_cli.density import Density
from made_cli.errors import Exit, UserError

NETWORK = NetworkConfig(hidden=(8,), dropout=0.1)
TRAINING = TrainingConfig(epochs=3)


def mixed(rows: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "flag": rng.random(rows) < 0.4,
            "city": rng.choice(np.array(["Bonn", "Köln", "Ulm"], dtype=object), rows),
            "grade": pd.Categorical(rng.choice(np.array(["a", "b"], dtype=object), rows)),
            "age": rng.integers(18, 90, rows),
            "height": rng.normal(1.7, 0.1, rows).round(2),
            "children": pd.array(rng.integers(0, 4, rows), dtype="Int64"),
        },
        index=pd.Index(range(1000, 1000 + rows)),
    )
    frame.loc[1000, ["height", "city"]] = None
    frame.loc[1001, "children"] = pd.NA
    return frame


@pytest.fixture(scope="module")
def density() -> Density:
    return fit(mixed(), network=NETWORK, training=TRAINING)


def test_every_row_of_a_mixed_frame_has_a_score(density: Density) -> None:
    scores = density.score_samples(mixed())
    assert scores.shape == (120,)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()


def test_columns_are_found_by_name_and_others_ignored(density: Density) -> None:
    frame = mixed()
    turned = frame[frame.columns[::-1]].assign(more=1)
    assert np.array_equal(density.score_samples(turned), density.score_samples(frame))


def test_a_missing_column_is_named(density: Density) -> None:
    with pytest.raises(UserError) as caught:
        density.score_samples(mixed().drop(columns="age"))
    assert caught.value.code == Exit.SCHEMA_MISMATCH
    assert "'age'" in str(caught.value)


def test_text_among_numbers_is_named_by_row_and_column(density: Density) -> None:
    frame = mixed().astype({"age": object})
    frame.iloc[4, 3] = "young"
    with pytest.raises(UserError, match=r"row 5, column 'age': 'young'"):
        density.score_samples(frame)


def test_a_sample_has_the_columns_and_types_of_the_table(density: Density) -> None:
    drawn = density.sample(200, seed=1)
    assert drawn.shape == (200, 6)
    assert list(drawn.columns) == list(mixed().columns)
    assert drawn["flag"].dtype in ("bool", "boolean")
    assert pd.api.types.is_integer_dtype(drawn["age"])
    assert pd.api.types.is_float_dtype(drawn["height"])
    assert pd.api.types.is_integer_dtype(drawn["children"])
    assert set(drawn["city"].dropna()) <= {"Bonn", "Köln", "Ulm", ""}
    assert set(drawn["grade"]) == {"a", "b"}
    assert np.isfinite(density.score_samples(drawn)).all()


def test_the_same_seed_draws_the_same_rows(density: Density) -> None:
    pd.testing.assert_frame_equal(density.sample(20, seed=3), density.sample(20, seed=3))
    assert not density.sample(20, seed=3).equals(density.sample(20, seed=4))


def test_more_permutations_are_another_mixture(density: Density) -> None:
    frame = mixed()
    one, many = (density.score_samples(frame, permutations=count) for count in (1, 20))
    assert one.shape == many.shape
    assert not np.array_equal(one, many)
    assert np.array_equal(density.score_samples(frame), density.score_samples(frame, permutations=8))


def test_a_saved_density_loads_and_scores_the_same(tmp_path: Path) -> None:
    fitted = fit(mixed(), out=tmp_path / "run", network=NETWORK, training=TRAINING)
    loaded = load(tmp_path / "run")
    assert np.array_equal(loaded.score_samples(mixed()), fitted.score_samples(mixed()))
    pd.testing.assert_frame_equal(loaded.sample(10), fitted.sample(10))


def test_a_run_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    fit(mixed(), out=tmp_path / "run", network=NETWORK, training=TRAINING)
    with pytest.raises(UserError) as caught:
        fit(mixed(), out=tmp_path / "run", network=NETWORK, training=TRAINING)
    assert caught.value.code == Exit.RUN_REFUSED


def test_kinds_can_be_overruled_and_columns_dropped() -> None:
    overrides = Overrides(kinds={"age": "categorical"}, drop=frozenset({"city"}))
    drawn = fit(mixed(), network=NETWORK, training=TRAINING, overrides=overrides).sample(50)
    assert "city" not in drawn
    assert set(drawn["age"]) <= set(mixed()["age"])


def test_names_that_are_no_text_become_text() -> None:
    frame = pd.DataFrame({0: [0, 1] * 20, 1: [1, 1, 0, 0] * 10})
    fitted = fit(frame, network=NETWORK, training=TRAINING)
    assert list(fitted.sample(2).columns) == ["0", "1"]
    assert fitted.score_samples(frame).shape == (40,)


def test_validation_rows_can_be_given() -> None:
    fitted = fit(mixed(), valid=mixed(30), network=NETWORK, training=TRAINING)
    assert fitted.run.record.data.valid_rows == 30
    assert fitted.run.record.data.train_rows == 120


def test_a_frame_without_rows_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        fit(mixed().iloc[:0], network=NETWORK, training=TRAINING)
    assert caught.value.code == Exit.BAD_DATA


def test_no_rows_to_score_are_no_scores(density: Density) -> None:
    assert density.score_samples(mixed().iloc[:0]).shape == (0,)


def test_all_that_the_face_promises_is_there() -> None:
    assert all(hasattr(made_cli, name) for name in made_cli.__all__)


def test_labels_read_as_another_type_can_be_refused(density: Density) -> None:
    frame = mixed().assign(city="Bonn").assign(grade=3)
    assert np.isfinite(density.score_samples(frame)).all()
    with pytest.raises(UserError, match="row 1, column 'grade': '3', of which training had none"):
        density.score_samples(frame, unseen="error")


def test_rows_given_numbers_alone_have_these(density: Density) -> None:
    drawn = density.sample(6, given={"height": 1.7})
    assert drawn["height"].tolist() == [1.7] * 6


def test_rows_given_some_cells_have_these_and_keep_their_types(density: Density) -> None:
    drawn = density.sample(20, given={"city": "Ulm", "age": 40, "flag": True})
    assert set(drawn["city"]) == {"Ulm"}
    assert (set(drawn["age"]), drawn["age"].dtype) == ({40}, np.dtype("int64"))
    assert (set(drawn["flag"]), drawn["flag"].dtype) == ({True}, np.dtype("bool"))


def test_empty_cells_are_filled_and_all_else_stays(density: Density) -> None:
    frame = mixed()
    filled = density.impute(frame)
    assert not filled.isna().any().any()
    assert filled.index.equals(frame.index)
    whole = frame.notna()
    assert (filled.where(whole) == frame).where(whole, True).all().all()


def test_the_probabilities_of_an_event_and_its_opposite_sum_to_1(density: Density) -> None:
    assert density.probability("age > 50") + density.probability("not (age > 50)") == pytest.approx(1)
    assert 0 < density.probability('city == "Ulm"', given={"flag": True}) < 1


def test_a_density_prints_as_one_line(density: Density) -> None:
    assert repr(density) == "<Density of 6 columns, learned from 108 rows>"
