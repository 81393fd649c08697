"""`made impute`: the empty cells of a table, filled, and nothing else changed."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

from made_cli.errors import Exit
from tests.cli.program import error, made, strict_json


@pytest.fixture(scope="module")
def holes(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table with a hole in every third cell, in another order of columns, and with one that no run knows."""
    gaps = frame.astype(object)
    for place in range(gaps.size):
        if place % 3 == 0:
            gaps.iat[place // 5, place % 5] = None
    gaps.insert(2, "note", [f"  n°{place}, " if place % 2 else "" for place in range(len(gaps))])
    path = tmp_path_factory.mktemp("holes") / "holes.csv"
    gaps.iloc[:, ::-1].to_csv(path, index=False)
    return path


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def check_filled(before: list[list[str]], after: list[list[str]]) -> None:
    """Checks that what was empty is filled, but in the column that the run does not know, and all else as it was."""
    note = before[0].index("note")
    assert before[0] == after[0]
    assert len(before) == len(after)
    for was, now in zip(before, after, strict=True):
        for place, cell in enumerate(was):
            assert now[place] == cell if cell or place == note else now[place]


@pytest.mark.parametrize("mode", ["sample", "most-likely"])
@pytest.mark.parametrize("which", ["run", "marginal"])
def test_empty_cells_are_filled_and_all_others_are_as_they_were(
    mode: str, which: str, holes: Path, request: pytest.FixtureRequest
) -> None:
    done = made("impute", request.getfixturevalue(which), holes, "--mode", mode)
    assert (done.code, done.err) == (0, "filled 205 cells of 120 rows\n")
    before, after = cells(holes.read_text(encoding="utf-8")), cells(done.out)
    check_filled(before, after)
    filled = pd.read_csv(io.StringIO(done.out))
    assert set(filled["city"]) == {"Ulm", "Bonn, am Rhein", 'Köln "C"'}
    assert set(filled["flag"]) == {0, 1}
    assert (filled["age"] % 1 == 0).all()


def test_lines_without_holes_are_the_same_bytes(run: Path, tables: Path, frame: pd.DataFrame) -> None:
    before, after = ((tables / "t.csv").read_text(encoding="utf-8"), made("impute", run, tables / "t.csv", "-q").out)
    changed = [a != b for a, b in zip(before.splitlines(), after.splitlines(), strict=True)]
    assert changed == [False, *frame["age"].isna()]


def test_where_nothing_is_empty_the_table_is_the_same(run: Path, frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.dropna().to_csv(tmp_path / "full.csv", index=False)
    for mode in ("sample", "most-likely"):
        done = made("impute", run, tmp_path / "full.csv", "--mode", mode)
        assert done.out == (tmp_path / "full.csv").read_text(encoding="utf-8")
        assert done.err == "filled 0 cells of 0 rows\n"
    header = made("impute", run, "-", stdin=b"flag,twin,city,age,pay\n")
    assert (header.code, header.out) == (0, "flag,twin,city,age,pay\n")


def test_the_same_seed_fills_with_the_same_bytes(run: Path, holes: Path) -> None:
    first, again, other = (made("impute", run, holes, "--seed", seed).out for seed in ("1", "1", "2"))
    assert first == again != other
    likeliest = [made("impute", run, holes, "--mode", "most-likely").out for _ in range(2)]
    assert likeliest[0] == likeliest[1] != first


def test_several_draws_stand_one_below_the_other_and_are_numbered(run: Path, holes: Path, tmp_path: Path) -> None:
    assert made("impute", run, holes, "--draws", "3", "-o", tmp_path / "filled.csv", "-q").code == 0
    header, *rows = cells((tmp_path / "filled.csv").read_text(encoding="utf-8"))
    assert header[-1] == "draw"
    assert [row[-1] for row in rows] == ["1"] * 120 + ["2"] * 120 + ["3"] * 120
    before, tables = cells(holes.read_text(encoding="utf-8")), [rows[start : start + 120] for start in (0, 120, 240)]
    for table in tables:
        check_filled(before, [header[:-1], *(row[:-1] for row in table)])
    assert [row[:-1] for row in tables[0]] != [row[:-1] for row in tables[1]]


@pytest.mark.parametrize("trained", ["t.csv", "t.parquet"])
@pytest.mark.parametrize("filled", ["t.csv", "t.parquet"])
def test_types_are_those_of_the_table_whatever_the_run_was_trained_on(
    trained: str, filled: str, tables: Path, tmp_path: Path
) -> None:
    made("train", tables / trained, "--out", tmp_path / "run", "--hidden", "8", "--epochs", "1", "-q")
    assert made("impute", tmp_path / "run", tables / filled, "-o", tmp_path / "t.parquet", "-q").code == 0
    after = pd.read_parquet(tmp_path / "t.parquet")
    before = pd.read_parquet(tables / filled) if filled == "t.parquet" else pd.read_csv(tables / filled)
    assert after["age"].notna().all()
    assert pd.api.types.is_integer_dtype(after["age"])
    known = before["age"].notna()
    assert after["age"][known].astype(int).tolist() == before["age"][known].astype(int).tolist()
    for name in ("flag", "twin", "city", "pay"):
        assert after[name].tolist() == before[name].tolist()
    assert (after["age"].astype(float) % 1 == 0).all()


def test_a_filled_table_can_be_scored_without_empty_cells(run: Path, tables: Path) -> None:
    filled = made("impute", run, tables / "t.csv", "-q").out
    done = made("score", run, "-", "--unseen", "error", stdin=filled.encode())
    assert (done.code, len(done.out.splitlines())) == (0, 121)


def test_bars_are_no_data(run: Path, holes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = made("impute", run, holes)
    monkeypatch.setenv("FORCE_COLOR", "1")
    shown = made("impute", run, holes)
    assert shown.out == plain.out
    assert "imputing" in shown.err
    assert made("impute", run, holes, "--quiet").err == ""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--mode", "most-likely", "--draws", "2"), ["--draws", "--mode sample"]),
        (("--draws", "0"), ["--draws"]),
        (("--mode", "mean"), ["--mode", "mean", "most-likely"]),
    ],
)
def test_wrong_usage_is_named(options: tuple[str, ...], words: list[str], run: Path, holes: Path) -> None:
    error(made("impute", run, holes, *options), Exit.USAGE, *words)


def test_a_table_that_cannot_be_filled_is_refused(run: Path, tables: Path, tmp_path: Path) -> None:
    error(made("impute", run, tables / "no_pay.csv"), Exit.SCHEMA_MISMATCH, "no column 'pay'")
    error(made("impute", run, tables / "young.csv"), Exit.SCHEMA_MISMATCH, "young.csv, line 8, column 'age'", "'young'")
    error(made("impute", run, tables / "nothing.csv"), Exit.BAD_DATA, "nothing.csv")
    error(made("impute", run, tables / "nothing.csv", "-o", tmp_path / "x.xlsx"), Exit.OUTPUT, "x.xlsx")
    lines = "flag,twin,city,age,pay,draw\n1,1,Ulm,,3,x\n"
    done = made("impute", run, "-", "--draws", "2", stdin=lines.encode())
    error(done, Exit.USAGE, "a column is named draw", "--seed")
    assert made("impute", run, "-", stdin=lines.encode()).code == 0


def test_a_run_of_fixed_orderings_names_the_one_that_fills_anything(ordered: Path, holes: Path) -> None:
    error(made("impute", ordered, holes), Exit.USAGE, str(ordered), "--questions any")


# How sure the filled cells are -------------------------------------------------------------------------------------


def test_several_draws_come_with_how_sure_each_column_is(run: Path, holes: Path, tmp_path: Path) -> None:
    to_file = ("--draws", "3", "--permutations", "8", "-o", tmp_path / "filled.csv", "--force")
    done = made("impute", run, holes, *to_file)
    said, title, header, *lines = done.err.splitlines()
    assert (done.out, said) == ("", "filled 205 cells of 120 rows")
    assert "probability" in title
    assert header.split() == ["column", "filled", "likeliest", "±", "over", "members", "draws", "differ", "by"]
    assert [line.split()[0] for line in lines] == ["flag", "twin", "city", "age", "pay"]
    assert [len(line.split()) for line in lines] == [5, 5, 5, 4, 4]  # the likeliest number is no word

    found = strict_json(made("impute", run, holes, *to_file, "--json").out)
    assert (found["schema_version"], found["rows"], found["cells"], found["draws"]) == (1, 120, 205, 3)
    assert sum(column["cells"] for column in found["columns"]) == 205
    for column, line in zip(found["columns"], lines, strict=True):
        is_label, members = column["name"] in ("flag", "twin", "city"), column["members"]
        assert (column["probability"] is not None) == (column["draws_differ"] is not None) == is_label
        assert (column["draws_std"] is None) == is_label
        assert members["count"] == 8
        assert 0 < members["std"] < members["greatest"] - members["least"]
        draws = column["draws_differ"] if is_label else column["draws_std"]
        assert line.split()[-2:] == [f"{members['std']:.2g}", f"{draws:.2g}"]


def test_labels_and_numbers_differ_between_draws_as_the_tables_do(run: Path, holes: Path, tmp_path: Path) -> None:
    done = made("impute", run, holes, "--draws", "2", "-o", tmp_path / "filled.csv", "--json")
    found = {column["name"]: column for column in strict_json(done.out)["columns"]}
    before, after = pd.read_csv(holes), pd.read_csv(tmp_path / "filled.csv")
    one, other = (after[after["draw"] == draw].reset_index(drop=True) for draw in (1, 2))
    empty = before["city"].isna()
    assert found["city"]["draws_differ"] == pytest.approx((one["city"] != other["city"])[empty].mean())
    empty = before["pay"].isna()
    gaps = (one["pay"] - other["pay"])[empty].abs()
    assert found["pay"]["draws_std"] == pytest.approx((gaps / 2**0.5).mean(), rel=1e-6)


def test_one_table_or_one_member_has_nothing_to_compare_with(run: Path, holes: Path, tmp_path: Path) -> None:
    to_file = ("-o", tmp_path / "filled.csv", "--force")
    done = made("impute", run, holes, "--mode", "most-likely", "--permutations", "1", "--json", *to_file)
    for column in strict_json(done.out)["columns"]:
        assert column["members"] == {"count": 1, "std": None, "least": None, "greatest": None}
        assert column["draws_differ"] is column["draws_std"] is None
    assert "not told" in made("impute", run, holes, "--draws", "2", "--permutations", "1", *to_file).err


def test_a_report_leaves_standard_output_to_no_table(run: Path, holes: Path) -> None:
    error(made("impute", run, holes, "--json"), Exit.USAGE, "--json", "-o")


def test_only_the_cells_of_named_columns_are_filled(run: Path, holes: Path) -> None:
    done = made("impute", run, holes, "--columns", "city,age")
    assert (done.code, done.err) == (0, "filled 85 cells of 82 rows\n")
    before = pd.read_csv(holes, dtype=str, keep_default_na=False)
    after = pd.read_csv(io.StringIO(done.out), dtype=str, keep_default_na=False)
    assert (after[["city", "age"]] != "").all(axis=None)
    others = ["flag", "twin", "note", "pay"]
    assert after[others].equals(before[others])
    error(made("impute", run, holes, "--columns", "aeg"), Exit.USAGE, "no column 'aeg'", "Is it 'age'?")
