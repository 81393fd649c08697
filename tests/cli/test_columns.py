"""What cells are taken for, as the command line shows it and lets a person overrule it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from made_cli.errors import Exit
from tests.cli.program import made


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 rows with commas before decimals, marks of empty cells, and a column of free text."""
    rng = np.random.default_rng(0)
    lines = ["price;share;mass;grade;note"]
    for row in range(200):
        cents, tenths = (int(number) for number in rng.integers(100, (900_000, 1000)))
        price = f"{cents // 100:,}".replace(",", ".") + f",{cents % 100:02d} €"
        grade = "NA" if row % 10 == 0 else "ABC"[row % 3]
        note = "NA" if row % 4 == 0 else f"note {row}"
        share = "NA" if row == 7 else f"{tenths // 10},{tenths % 10} %"
        lines.append(f"{price};{share};{1 + row % 9},{row * 4:03d};{grade};{note}")
    path = tmp_path_factory.mktemp("prices") / "prices.csv"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def columns(*args: str | Path) -> dict[str, Any]:
    return {column["name"]: column for column in json.loads(made("schema", *args, "--json").out)["columns"]}


def test_schema_shows_the_notation_and_the_marks_of_empty_cells(prices: Path) -> None:
    found = columns(prices)
    assert {name: column["kind"] for name, column in found.items()} == {
        "price": "numeric", "share": "numeric", "mass": "numeric", "grade": "categorical", "note": None,
    }  # fmt: skip
    assert [found[name]["empty"] for name in ("share", "grade", "note", "price")] == [
        {"NA": 1},
        {"NA": 20},
        {"NA": 50},
        {},
    ]
    assert found["price"]["why"] == "numbers written as -1.234,5 €"
    assert "'NA' (20)" in made("schema", prices).out


def test_a_person_says_what_stands_before_decimals_and_what_marks_empty_cells(prices: Path) -> None:
    assert columns(prices)["mass"]["resolution"] == 0.002
    assert columns(prices, "--decimal", ".")["mass"]["resolution"] == 2
    assert columns(prices, "--na", "C", "--na", "NA")["grade"]["empty"] == {"NA": 20, "C": 60}
    assert columns(prices, "--na", "C")["grade"]["distinct"] == 3
    assert made("schema", prices, "--decimal", ";").code == Exit.USAGE


def test_a_run_writes_and_reads_numbers_as_its_table_does(prices: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert made("train", prices, "--out", run, "--hidden", "8", "--epochs", "5", "-q").code == 0
    drawn = made("sample", run, "-n", "20")
    assert drawn.out.count(" €") == 20
    asked = [made("query", run, event, "-q").out for event in ("price > 2000.5", "price > '2.000,50 €'")]
    assert asked[0].partition("\n")[2] == asked[1].partition("\n")[2]
    filled = made("impute", run, prices, "-o", tmp_path / "filled.csv")
    assert "filled 21 cells of 21 rows" in filled.err
    assert "not filled: 50 empty cells of column 'note'" in filled.err
    assert "--kind note=categorical" in filled.err
    assert (tmp_path / "filled.csv").read_text(encoding="utf-8").count("NA") == 50
    again = made("train", prices, "--out", run, "--resume", "--epochs", "1", "--na", "C")
    assert "begun with other" in again.err
