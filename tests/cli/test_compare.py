"""`made compare`: how good synthetic rows are."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from made_cli.errors import Exit
from made_cli.fidelity import privacy
from tests.cli.program import error, made

FAST = "--no-classifier"


@pytest.fixture(scope="module")
def files(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real table with an identifier, and others beside it."""
    folder = tmp_path_factory.mktemp("compare")
    rng = np.random.default_rng(1)
    named = frame.assign(id=[f"row {index}" for index in range(len(frame))])
    named.to_csv(folder / "real.csv", index=False)
    named.sample(frac=1, random_state=1).to_csv(folder / "same.csv", index=False)
    shuffled = frame.assign(pay=frame["pay"] + 5, twin=rng.permutation(frame["twin"]))
    shuffled[shuffled.columns[::-1]].to_csv(folder / "worse.csv", index=False)
    frame.assign(pay=frame["pay"] + 0.005).to_csv(folder / "holdout.csv", index=False)
    frame.drop(columns=["pay", "city"]).to_csv(folder / "narrow.csv", index=False)
    frame.astype({"age": object}).replace({"age": {frame["age"][5]: "young"}}).to_csv(folder / "young.csv", index=False)
    frame[:0].to_csv(folder / "none.csv", index=False)
    return folder


def compared(*arguments: str | Path) -> dict[str, Any]:
    done = made("compare", *arguments, "--json", "-q")
    assert (done.code, done.err) == (0, "")
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_a_table_is_like_itself(files: Path) -> None:
    found = compared(files / "real.csv", files / "same.csv")
    assert (found["shape"], found["trend"]) == (1.0, pytest.approx(1.0))
    assert all(column["shape"] == 1 for column in found["columns"])
    assert found["classifier"]["auc"] < 0.5 + 2 * found["classifier"]["by_chance"]
    assert found["privacy"]["synthetic"] == {"copies": 1.0, "median_distance": 0.0, "queries": 120}


def test_json_holds_all_that_was_found(files: Path) -> None:
    found = compared(files / "real.csv", files / "worse.csv", "--holdout", files / "holdout.csv", "--seed", "3")
    assert (found["schema_version"], found["seed"]) == (1, 3)
    assert found["real"] == {"source": str(files / "real.csv"), "rows": 120}
    assert [left["name"] for left in found["left_out"]] == ["id"]
    worst, *others = found["columns"]
    assert worst["name"] == "pay"
    assert worst["shape"] < min(column["shape"] for column in others)
    assert worst.keys() == {"name", "kind", "shape", "trend", "empty_real", "empty_synthetic", "permutation_importance"}
    assert found["worst_pairs"][0]["columns"] == ["flag", "twin"]
    assert {(*pair["columns"], pair["measure"]) for pair in found["worst_pairs"]} >= {("age", "pay", "correlation")}
    assert len(found["worst_pairs"]) == 10
    assert found["classifier"]["auc"] > 0.65
    assert found["shape"] == pytest.approx(np.mean([column["shape"] for column in found["columns"]]))
    assert found["trend"] == pytest.approx(np.mean([pair["similarity"] for pair in found["worst_pairs"]]))
    assert [found["privacy"][role]["copies"] for role in ("synthetic", "holdout")] == [0, 0]
    assert 0 <= found["privacy"]["nearer_than_holdout"] <= 1


def test_the_table_has_the_scores_first_and_then_the_columns(files: Path) -> None:
    done = made("compare", files / "real.csv", files / "worse.csv", "--holdout", files / "holdout.csv")
    assert done.code == 0
    lines = done.out.splitlines()
    starts = ("mean column shape", "mean pair trend", "two-sample AUC", "copies", "median distance", "nearer", "pay")
    places = [next(place for place, line in enumerate(lines) if line.startswith(start)) for start in starts]
    assert places == sorted(places)
    assert "column 'id' is not compared" in done.err


def test_what_gives_rows_away_is_shown_where_they_can_be_told_apart(files: Path) -> None:
    def last_cell(synthetic: str) -> str:
        out = made("compare", files / "real.csv", files / synthetic).out
        return next(line for line in out.splitlines() if line.startswith("pay")).split()[-1]

    assert float(last_cell("worse.csv")) > 0.1
    assert float(last_cell("same.csv")) == 1.0  # the trend: no cell stands after it


def test_copies_are_pointed_out_where_the_classifier_has_met_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pd.DataFrame(rng.normal(size=(400, 3)).round(3), columns=list("abc")).to_csv(tmp_path / "t.csv", index=False)
    assert "rows were copied" in made("compare", tmp_path / "t.csv", tmp_path / "t.csv").out


def test_without_scikit_learn_all_the_rest_is_shown(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    done = made("compare", files / "real.csv", files / "worse.csv")
    assert done.code == 0
    assert "mean column shape" in done.out
    assert "AUC" not in done.out
    assert sum("pip install 'made-cli[compare]'" in line for line in done.err.splitlines()) == 1
    assert compared(files / "real.csv", files / "worse.csv")["classifier"] is None


def test_the_slow_part_can_be_left_out_and_changes_nothing_else(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "QUERIES", 30)  # so that they are drawn
    slow, fast = (compared(files / "real.csv", files / "worse.csv", *options) for options in ([], [FAST]))
    assert fast["classifier"] is None
    assert fast["privacy"] == slow["privacy"]
    assert fast["worst_pairs"] == slow["worst_pairs"]


def test_the_seed_alone_decides_which_rows_the_classifier_gets(files: Path) -> None:
    def classifier(seed: str, *options: str) -> dict[str, float]:
        found: dict[str, float] = compared(files / "real.csv", files / "holdout.csv", "--seed", seed, *options)[
            "classifier"
        ]
        return found

    drawn = classifier("1", "--rows", "60")
    assert drawn == classifier("1", "--rows", "60") != classifier("2", "--rows", "60")
    assert (drawn["rows"], classifier("1")["rows"]) == (60, 120)


def test_kinds_and_drops_overrule(files: Path) -> None:
    options = ("--kind", "age=categorical", "--drop", "pay", FAST)
    found = compared(files / "real.csv", files / "worse.csv", *options)
    assert {column["name"]: column["kind"] for column in found["columns"]}["age"] == "categorical"
    assert [left["name"] for left in found["left_out"]] == ["pay", "id"]
    assert compared(files / "real.csv", files / "narrow.csv", "--drop", "pay", "--drop", "city", FAST)["shape"] == 1


@pytest.mark.parametrize(
    "text",
    ["x\n" + "1\n2\n" * 5, "x\n1\n", "x\ny\n", "x,y,z\n1,,a\n2,,a\n3,,a\n", "x,y\n0.5,\n,1\n,\n"],
    ids=["one column", "one row", "one label", "constant and all empty columns", "hardly a cell"],
)
def test_the_smallest_tables_can_be_compared(text: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(text)
    found = compared(tmp_path / "t.csv", tmp_path / "t.csv", "--holdout", tmp_path / "t.csv")
    assert found["shape"] == 1
    assert found["trend"] == (None if "," not in text else pytest.approx(1))
    assert found["privacy"]["nearer_than_holdout"] == pytest.approx(0.05)
    assert made("compare", tmp_path / "t.csv", tmp_path / "t.csv").code == 0


def test_errors_name_what_is_wrong(files: Path) -> None:
    real = files / "real.csv"
    for role in ((), (files / "same.csv", "--holdout")):
        narrow, young, none = (
            made("compare", real, *role, files / name) for name in ("narrow.csv", "young.csv", "none.csv")
        )
        error(narrow, Exit.SCHEMA_MISMATCH, "narrow.csv", "no column 'city', 'pay'", "--drop")
        error(young, Exit.SCHEMA_MISMATCH, "young.csv, line 7, column 'age'", "'young'", "--kind age=categorical")
        error(none, Exit.BAD_DATA, "none.csv", "no rows")
    error(made("compare", files / "none.csv", real), Exit.BAD_DATA, "none.csv", "no rows")
    error(made("compare", real, files / "nothing.csv"), Exit.BAD_DATA, "nothing.csv")
    error(made("compare", real), Exit.USAGE, "SYNTHETIC")
    error(made("compare", real, real, "--rows", "1"), Exit.USAGE, "--rows")


def test_help_names_every_option() -> None:
    done = made("compare", "--help")
    assert (done.code, done.err) == (0, "")
    for word in ("REAL", "SYNTHETIC", "--holdout", "--no-classifier", "--rows", "--kind", "--drop", "--seed", "--json"):
        assert word in done.out
