"""The Python face: a DataFrame in, scores and a DataFrame out."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import made_cli
from made_cli import EnsembleConfig, NetworkConfig, Overrides, TrainingConfig, fit, load
from made_cli.density import Density
from made_cli.errors import Exit, UserError
from made_cli.inference.evaluation import RunEvaluation
from tests.cli.program import made

NETWORK = NetworkConfig(hidden=(8,), dropout=0.1)
TRAINING = TrainingConfig(epochs=3)
ENSEMBLE = EnsembleConfig(samples=2048, sparsity=0.01)


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
    assert np.array_equal(density.score_samples(frame), density.score_samples(frame, permutations=4))


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
    event, other = density.query("age > 50"), density.query("not (age > 50)")
    assert event.estimate + other.estimate == pytest.approx(1)
    found = density.query('city == "Ulm" and age > 50', given={"flag": True}, samples=400, permutations=2, seed=3)
    assert 0 < found.estimate < 1
    assert (found.samples, found.permutations) == (400, 2)
    assert 0 < found.se < 0.1
    assert found.disagreement is not None
    assert found.disagreement.least <= found.estimate <= found.disagreement.greatest
    assert found.uncertainty == pytest.approx(np.hypot(found.disagreement.std, found.se))


def test_the_spread_of_the_members_is_by_row_beside_the_scores(density: Density) -> None:
    frame = mixed()
    found = density.spread(frame, given=["age", "city"])
    assert list(found) == ["log_prob", "log_prob_std", "log_prob_least", "log_prob_greatest"]
    assert found.index.equals(frame.index)
    assert np.array_equal(found["log_prob"], density.score_samples(frame, given=["age", "city"]))
    assert (found["log_prob_std"] > 0).all()
    assert density.spread(frame, permutations=1)["log_prob_std"].isna().all()


def test_several_imputed_tables_come_with_how_sure_their_cells_are(density: Density) -> None:
    frame = mixed()
    tables, columns = density.impute_several(frame, 3, seed=1)
    assert len(tables) == 3
    pd.testing.assert_frame_equal(tables[0], density.impute(frame, seed=1))
    assert [(column.kind.name, column.cells) for column in columns] == [("city", 1), ("height", 1), ("children", 1)]
    assert all(column.disagreement is not None for column in columns)


def test_parts_of_rows_are_scored_as_they_are_named(density: Density) -> None:
    whole = density.score_samples(mixed(), columns=["age", "city", "flag"])
    age, rest = (
        density.score_samples(mixed(), columns=["age"]),
        density.score_samples(mixed(), columns=["city", "flag"], given=["age"]),
    )
    np.testing.assert_allclose(age + rest, whole, atol=1e-5)
    assert not np.allclose(whole, density.score_samples(mixed(), columns=["flag", "city", "age"]), atol=1e-5)
    assert np.array_equal(age, density.score_samples(mixed()[["age"]], columns=["age"]))
    wrong: list[tuple[list[str] | None, list[str]]] = [
        (["size"], []),
        ([], []),
        (None, [str(name) for name in mixed()]),
        (["age"], ["age"]),
    ]
    for columns, given in wrong:
        with pytest.raises(UserError) as caught:
            density.score_samples(mixed(), columns=columns, given=given)
        assert caught.value.code == Exit.USAGE


def test_empty_cells_may_be_unknown(density: Density) -> None:
    known = density.score_samples(mixed(), missing="marginal")
    whole = density.score_samples(mixed())
    np.testing.assert_allclose(known[2:], whole[2:], atol=1e-4)
    assert np.abs(known[:2] - whole[:2]).min() > 1e-3


def test_surprisals_have_the_rows_and_columns_of_the_frame(density: Density) -> None:
    frame = mixed()
    cells = density.surprisals(frame, columns=["height", "age"], given=["flag"])
    assert list(cells) == ["age", "height"]
    assert cells.index.equals(frame.index)
    alone = density.surprisals(frame, leave_one_out=True, permutations=1, missing="marginal")
    assert np.array_equal(alone.isna(), frame.isna())
    odd = density.surprisals(frame.assign(height=[*frame["height"][:-1], 99.0]), top=2)
    assert list(odd) == [f"odd_{place}{of}" for place in (1, 2) for of in ("", "_value", "_surprisal")]
    assert odd.iloc[-1, 0] == "height"


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Density:
    """A density in a folder, with what was learned saved."""
    fitted = fit(mixed(), out=tmp_path_factory.mktemp("density") / "run", network=NETWORK, training=TRAINING)
    fitted.evaluate(mixed(40), fit_on=mixed(90), config=ENSEMBLE, save=True)
    return fitted


@pytest.fixture(scope="module")
def found(density: Density) -> RunEvaluation:
    """What the density has to say of its combinations."""
    return density.evaluate(mixed(40), fit_on=mixed(90), config=ENSEMBLE)


@pytest.mark.parametrize("name", ["weighted", "product", "pool"])
def test_what_is_learned_can_be_used_at_once_and_is_what_is_saved(
    name: str, density: Density, saved: Density, found: RunEvaluation
) -> None:
    learned = found.evaluation.learned
    assert learned is not None
    product, weighted, pool = found.evaluation.product.estimate, learned.weighted.estimate, learned.pool.estimate
    estimate = {"weighted": weighted, "product": product, "pool": pool}[name]
    scores = density.score_samples(mixed(40), combine=found.combined[name])
    assert estimate is not None
    assert -scores.mean() == pytest.approx(estimate.nll)
    np.testing.assert_allclose(saved.score_samples(mixed(40), combine=name), scores)
    drawn = density.sample(20, combine=found.combined[name], seed=2)
    pd.testing.assert_frame_equal(drawn, saved.sample(20, combine=name, seed=2))


def test_a_density_in_memory_has_nothing_saved_and_no_folder_to_save_in(density: Density) -> None:
    with pytest.raises(UserError, match="no pool is saved with this run") as caught:
        density.score_samples(mixed(), combine="pool")
    assert "evaluate()" in caught.value.hint
    with pytest.raises(UserError, match="in memory only"):
        density.evaluate(mixed(40), config=ENSEMBLE, save=True)


def test_rows_given_cells_and_rows_of_the_bound_are_refused_where_there_is_no_way(saved: Density) -> None:
    with pytest.raises(UserError, match="from the equal mixture"):
        saved.sample(3, combine="product", given={"city": "Ulm"})
    with pytest.raises(UserError, match="the bound is no density"):
        saved.sample(3, combine="bound")


def test_the_most_likely_cells_are_filled_in_alike_every_time(density: Density) -> None:
    first, again = (density.impute(mixed(), mode="most-likely", seed=0) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert not first.isna().any().any()


def test_a_device_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--device abacus"):
        fit(mixed(), device="abacus")
    with pytest.raises(UserError, match="--device abacus"):
        load(tmp_path, device="abacus")


def test_the_command_line_and_python_draw_the_same_rows(saved: Density) -> None:
    assert saved.run.folder is not None
    done = made("sample", saved.run.folder, "-n", "7", "--seed", "3")
    assert saved.sample(7, seed=3).to_csv(index=False).splitlines()[0] == done.out.splitlines()[0]
    assert saved.sample(7, seed=3)["age"].tolist() == pd.read_csv(io.StringIO(done.out))["age"].tolist()


def test_a_density_prints_as_one_line(density: Density) -> None:
    assert repr(density) == "<Density of 6 columns, learned from 108 rows>"


def test_a_density_says_whether_its_training_converged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"a": [0, 1] * 20, "b": [1, 0] * 20})
    for converged in (True, False):
        monkeypatch.setattr("made_cli.training.network_trainer.levelled_off", lambda found, is_so=converged: is_so)
        fitted = fit(frame, out=tmp_path / str(converged), network=NETWORK, training=TRAINING)
        assert (fitted.converged, load(tmp_path / str(converged)).converged) == (converged, converged)


def test_a_stated_relation_is_in_the_run_and_warned_of_where_many_rows_break_it() -> None:
    stated = Overrides(relation=["children < age", "age < height"])
    with pytest.warns(UserWarning, match="'age < height': 107 of 107 rows break it") as caught:
        found = fit(mixed(), network=NETWORK, training=TRAINING, overrides=stated)
    assert [each.filename for each in caught] == [__file__]
    record = found.run.record
    said = [each.relation.said(record.schema.kinds) for each in record.relations]
    assert said == ["children < age", "age < height"]


def test_a_text_is_no_list_of_relations() -> None:
    with pytest.raises(UserError, match="relation"):
        Overrides(relation="children < age")


def test_a_run_that_is_there_is_replaced_by_force_alone(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [0, 1] * 20, "b": [1, 0] * 20})
    for seed, force in ((0, False), (1, True)):
        fit(frame, out=tmp_path / "run", training=TrainingConfig(epochs=1, seed=seed), network=NETWORK, force=force)
    assert load(tmp_path / "run").run.record.training.seed == 1
    with pytest.raises(UserError, match="already holds a run") as caught:
        fit(frame, out=tmp_path / "run", training=TRAINING, network=NETWORK)
    assert caught.value.code == Exit.RUN_REFUSED


def test_a_training_tells_how_far_it_is() -> None:
    told: list[tuple[float, int]] = []
    fit(
        mixed(),
        network=NETWORK,
        training=TRAINING,
        on_progress=lambda done, found: told.append((done, found.epoch)),
    )
    shares, epochs = zip(*told, strict=True)
    assert list(shares) == sorted(shares)
    assert (shares[-1], epochs[-1]) == (1.0, 3)


def test_rows_are_drawn_for_each_row_of_a_table_of_known_cells(saved: Density, tmp_path: Path) -> None:
    known = pd.DataFrame({"city": ["Ulm", "Bonn"], "age": [30, 40]})
    drawn = saved.sample(2, given=known, seed=5)
    assert drawn["city"].tolist() == ["Ulm", "Ulm", "Bonn", "Bonn"]
    assert drawn["age"].tolist() == [30, 30, 40, 40]
    known.to_csv(tmp_path / "known.csv", index=False)
    done = made("sample", str(saved.run.folder), "-n", "2", "--given-file", tmp_path / "known.csv", "--seed", "5")
    assert pd.read_csv(io.StringIO(done.out))["height"].fillna(0).tolist() == drawn["height"].fillna(0).tolist()
