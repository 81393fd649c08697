"""Relations between columns, as commands list them, count them, and take them from people."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from made_cli.tables.files import in_blocks
from made_cli.tables.files.in_blocks import Sizes
from tests.cli.program import error, made
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
        "broken_in": [],
    }
    assert {each["form"] for each in found} == {"equation", "order", "function", "implication"}


def test_schema_names_the_first_rows_that_break_a_relation(tmp_path: Path) -> None:
    frame = orders(2000)
    frame.loc[[4, 40, 400, 1400], "shipped"] = "2018-01-01"
    frame.to_csv(tmp_path / "orders.csv", index=False)
    done = made("schema", tmp_path / "orders.csv")
    (line,) = (line for line in done.out.splitlines() if line.startswith("ordered <= shipped"))
    assert line.split()[3:] == ["1,996", "4", "line", "6,", "line", "42,", "line", "402", "…"]
    found = json.loads(made("schema", tmp_path / "orders.csv", "--json").out)["relations"]
    places = {each["relation"]: each["broken_in"] for each in found}
    assert places["ordered <= shipped"] == ["line 6", "line 42", "line 402"]
    assert places["total = discount + paid"] == []


def test_rows_of_several_files_are_named_with_theirs(tmp_path: Path) -> None:
    frame = orders(2000)
    frame.loc[1400, "shipped"] = "2018-01-01"
    frame[:1000].to_csv(tmp_path / "a.csv", index=False)
    frame[1000:].to_csv(tmp_path / "b.csv", index=False)
    found = json.loads(made("schema", tmp_path / "*.csv", "--json").out)["relations"]
    (places,) = (each["broken_in"] for each in found if each["relation"] == "ordered <= shipped")
    assert places == [f"{tmp_path / 'b.csv'}, line 402"]


def test_reasons_are_set_to_the_left(files: Path) -> None:
    lines = made("schema", files / "real.csv").out.splitlines()
    start = lines[1].index("why")
    assert all(line[start:][:1].strip() and not line[start - 1].strip() for line in lines[2:10])


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


BRIEF = ("--hidden", "8", "--orderings", "1", "--epochs", "1", "-q")


@pytest.fixture(scope="module")
def run(files: Path) -> Path:
    """A run of the orders, one relation of which is stated."""
    done = made("train", files / "real.csv", "--out", files / "run", *BRIEF, "--relation", "weight <= price")
    assert done.code == 0, done.err
    return files / "run"


def test_train_says_which_stated_relation_many_rows_break(files: Path) -> None:
    done = made("train", files / "real.csv", "--out", files / "no", "--dry-run", "--relation", "weight <= price")
    assert done.code == 0, done.err
    (line,) = [line for line in done.err.splitlines() if "break it; it is used nevertheless" in line]
    assert line.startswith("'weight <= price': ")


def test_a_dry_run_lists_the_relations_that_would_be_used(files: Path) -> None:
    for mode, title in (("soft", "relations, soft"), ("hard", "relations, hard")):
        done = made("train", files / "real.csv", "--out", files / "no", "--dry-run", "--relations", mode)
        lines = [line.split("  ")[0] for line in done.err.splitlines()]
        start = lines.index(title)
        assert lines[start + 1 : start + 5] == [
            "relation",
            "total = discount + paid",
            "total = price * quantity",
            "ordered <= shipped",
        ]
    done = made("train", files / "real.csv", "--out", files / "no", "--dry-run", "--relations", "off")
    assert (done.code, "ordered <= shipped" in done.err) == (0, False)


def test_relations_that_cannot_be_used_are_wrong_usage(files: Path) -> None:
    train = "train", files / "real.csv", "--out", files / "no", "-q"
    error(made(*train, "--relation", "ordered <= shiped"), 2, "no column 'shiped'", "Is it 'shipped'?")
    error(made(*train, "--relation", "country <= name"), 2, "'country' is a categorical column")
    error(made(*train, "--relations", "off", "--relation", "price <= total"), 2, "--relations off")
    assert made(*train, "--relations", "firm").code == 2


def test_info_lists_the_relations_of_a_run(run: Path) -> None:
    lines = made("info", run).out.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("relations, soft"))
    assert lines[start + 2].split()[:3] == ["weight", "<=", "price"]
    assert lines[start + 5].split() == ["ordered", "<=", "shipped", "900", "0"]
    found = json.loads(made("info", run, "--json").out)
    assert found["training"]["relations"] == "soft"
    assert found["relations"][3] == {
        "relation": "ordered <= shipped",
        "form": "order",
        "columns": ["ordered", "shipped"],
        "support": 900,
        "breaks": 0,
    }


def test_score_names_the_relations_that_each_row_breaks_beside_its_oddest_columns(files: Path, run: Path) -> None:
    done = made("score", run, files / "worse.csv", "--top", "1", "--json", "-o", files / "scores.csv", "-q")
    assert done.code == 0, done.err
    scores = pd.read_csv(files / "scores.csv", keep_default_na=False)
    assert list(scores) == ["log_prob", "odd_1", "odd_1_value", "odd_1_surprisal", "breaks"]
    told = [text.split("; ") for text in scores["breaks"]]
    assert [each for each in told[0] if each != "weight <= price"] == [
        "total = discount + paid",
        "total = price * quantity",
        "ordered <= shipped",
    ]
    assert {each for row in told[30:] for each in row} <= {"", "weight <= price"}
    counted = {each["relation"]: each["breaks"] for each in json.loads(done.out)["relations"]}
    assert counted["ordered <= shipped"] == 3
    assert counted["total = discount + paid"] == 30


def test_broken_relations_are_counted_over_the_blocks_of_a_long_table(
    files: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("score", run, files / "worse.csv", "--top", "1", "--json", "-q", "--force", "-o", files / "blocks.csv")
    whole = json.loads(made(*asked).out)["relations"]
    monkeypatch.setattr(in_blocks, "SIZES", Sizes(whole_bytes=0, piece=2_000))
    assert json.loads(made(*asked).out)["relations"] == whole


def test_of_columns_that_are_not_in_question_no_relation_is_broken(files: Path, run: Path) -> None:
    done = made("score", run, files / "worse.csv", "--top", "1", "--columns", "ordered,shipped", "-q")
    lines = done.out.splitlines()
    assert lines[0] == "log_prob,odd_1,odd_1_value,odd_1_surprisal,breaks"
    assert {line.rpartition(",")[2] for line in lines[1:4]} == {"ordered <= shipped"}
    assert {line.rpartition(",")[2] for line in lines[4:]} == {""}


def test_resume_takes_the_relations_that_the_run_was_begun_with(files: Path, run: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(run, tmp_path / "run"))
    again = "train", files / "real.csv", "--out", path, "--resume", "--epochs", "1", "-q"
    error(made(*again, "--relation", "price <= total"), 2, "the run was begun with others")
    error(made(*again, "--relations", "hard"), 2, "the run was begun with soft")
    done = made(*again, "--relation", "weight <= price", "--relation", "total = paid + discount")
    assert done.code == 0, done.err


def test_a_report_lists_the_relations_of_its_run(run: Path, tmp_path: Path) -> None:
    done = made("report", run, "-o", tmp_path / "report.html", "--rows", "100", "-q")
    assert done.code == 0, done.err
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Relations between columns" in page
    assert "ordered &lt;= shipped" in page
