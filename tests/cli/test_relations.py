"""Relations between columns, as `made schema` lists them and `made compare` counts them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.program import made
from tests.tables.relations.small import orders


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Orders, and rows in which 30 of 300 total something else and 3 were shipped too early."""
    folder = tmp_path_factory.mktemp("relations")
    real, worse = orders(), orders(300, seed=1)
    worse.loc[:29, "total"] += 1
    worse.loc[:2, "shipped"] = "2021-01-01"
    real.to_csv(folder / "real.csv", index=False)
    worse.to_csv(folder / "worse.csv", index=False)
    orders(200, seed=2).to_csv(folder / "holdout.csv", index=False)
    return folder


def test_schema_lists_the_relations_with_the_rows_that_keep_them(files: Path) -> None:
    done = made("schema", files / "real.csv")
    assert done.code == 0
    lines = done.out.splitlines()
    start = next(place for place, line in enumerate(lines) if line.strip() == "relations")
    assert lines[start + 1].split("  ")[0] == "relation"
    assert next(line.split() for line in lines[start + 2 :]) == ["total", "=", "discount", "+", "paid", "1,000", "0"]


def test_schema_as_json_has_the_relations_and_their_columns(files: Path) -> None:
    found = json.loads(made("schema", files / "real.csv", "--json").out)["relations"]
    assert found[2] == {
        "relation": "ordered <= shipped",
        "form": "order",
        "columns": ["ordered", "shipped"],
        "support": 1000,
        "breaks": 0,
    }
    assert {each["form"] for each in found} == {"equation", "order", "function", "implication"}


def test_columns_that_are_left_out_have_no_relations(files: Path) -> None:
    found = json.loads(made("schema", files / "real.csv", "--drop", "total", "--drop", "shipped", "--json").out)
    assert not [each for each in found["relations"] if {"total", "shipped"} & set(each["columns"])]


def test_labels_of_one_row_are_named_too(tmp_path: Path) -> None:
    labels = [*np.resize(["a", "b", "c"], 600), *np.resize(["gone"], 300), "lost", "sold"]
    notes = [*np.resize(["x", "y", "y"], 300), *np.resize(["y", "x", "x"], 300), *[""] * 302]
    pd.DataFrame({"label": labels, "note": notes}).to_csv(tmp_path / "t.csv", index=False)
    found = json.loads(made("schema", tmp_path / "t.csv", "--json").out)["relations"]
    assert [each["relation"] for each in found] == ["note is empty exactly when label is 'gone' or 'lost' or 'sold'"]


def test_compare_counts_the_rows_that_break_each_relation_in_each_table(files: Path) -> None:
    done = made(
        "compare",
        files / "real.csv",
        files / "worse.csv",
        "--holdout",
        files / "holdout.csv",
        "--no-classifier",
        "--json",
    )
    found = json.loads(done.out)["relations"]
    assert [each["synthetic"]["breaks"] for each in found] == [30, 30, 3, 0, 0, 0]
    assert found[2]["relation"] == "ordered <= shipped"
    assert found[2]["real"] == {"support": 1000, "breaks": 0}
    assert found[2]["synthetic"] == {"support": 297, "breaks": 3}
    assert found[2]["holdout"] == {"support": 200, "breaks": 0}


def test_compare_shows_the_shares_side_by_side(files: Path) -> None:
    lines = made("compare", files / "real.csv", files / "worse.csv", "--no-classifier").out.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("relations"))
    assert lines[start + 1].split() == ["relation", "real", "synthetic"]
    assert lines[start + 4].split() == ["ordered", "<=", "shipped", "0.00%", "1.00%"]
