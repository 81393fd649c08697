"""`made sample` where some columns are known."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from made_cli.errors import Exit
from tests.cli.program import error, made


def drawn(*arguments: str | Path) -> pd.DataFrame:
    """Rows as the text that was written."""
    done = made("sample", *arguments)
    assert (done.code, done.err) == (0, "")
    return pd.read_csv(io.StringIO(done.out), dtype=str, keep_default_na=False)


def test_labels_come_back_as_they_were_typed_and_numbers_as_the_column_writes_them(
    run: Path, frame: pd.DataFrame
) -> None:
    rows = drawn(run, "-n", "30", "--given", "city=Bonn, am Rhein", "--given", "pay=31.5", "--given", "age=40.0")
    assert list(rows) == list(frame)
    assert len(rows) == 30
    assert set(rows["city"]) == {"Bonn, am Rhein"}
    assert set(rows["pay"]) == {"31.5"}
    assert set(rows["age"]) == {"40"}
    assert len(set(rows["flag"])) == 2


def test_numbers_alone_may_be_given_by_name_and_in_a_file(run: Path, tmp_path: Path) -> None:
    rows = drawn(run, "-n", "5", "--given", "pay=31.5", "--given", "age=40")
    assert (set(rows["pay"]), set(rows["age"])) == ({"31.5"}, {"40"})
    assert len(rows) == 5
    (tmp_path / "ages.csv").write_text("age\n40\n33\n", encoding="utf-8")
    assert drawn(run, "--given-file", tmp_path / "ages.csv", "-n", "2")["age"].tolist() == ["40", "40", "33", "33"]


def test_the_seed_alone_decides_on_what_is_drawn(run: Path) -> None:
    first, again, other = (
        made("sample", run, "-n", "20", "--given", "flag=1", "--seed", seed).out for seed in ("1", "1", "2")
    )
    assert first == again != other


def test_each_line_of_a_file_gives_n_rows_one_line_after_the_other(run: Path, tmp_path: Path) -> None:
    lines = ["age,note,city", "40,x,Ulm", '33,y,"Bonn, am Rhein"', "40.00,z,Ulm"]
    (tmp_path / "known.csv").write_text("\n".join(lines), encoding="utf-8")
    rows = drawn(run, "--given-file", tmp_path / "known.csv", "-n", "4")
    assert rows["age"].tolist() == ["40"] * 4 + ["33"] * 4 + ["40"] * 4
    assert rows["city"].tolist() == ["Ulm"] * 4 + ["Bonn, am Rhein"] * 4 + ["Ulm"] * 4
    assert "note" not in rows
    assert len(drawn(run, "--given-file", tmp_path / "known.csv")) == 3


def test_a_file_of_known_cells_is_read_as_the_options_say(run: Path, tables: Path, tmp_path: Path) -> None:
    (tmp_path / "known.txt").write_bytes('city:age\n"Köln ""C""":40\n'.encode("latin-1"))
    rows = drawn(run, "--given-file", tmp_path / "known.txt", "--delimiter", ":", "--encoding", "latin-1")
    assert rows[["city", "age"]].to_numpy().tolist() == [['Köln "C"', "40"]]
    bare = ("--out", tmp_path / "bare", "--no-header", "--hidden", "8", "--epochs", "1", "-q")
    assert made("train", tables / "t.data", *bare).code == 0
    (tmp_path / "known.data").write_text("1\n0\n1\n", encoding="utf-8")
    rows = drawn(tmp_path / "bare", "--given-file", tmp_path / "known.data", "--no-header")
    assert (rows.shape, rows.iloc[:, 0].tolist()) == ((3, 2), ["1", "0", "1"])


def test_all_columns_may_be_given(run: Path, tables: Path) -> None:
    done = made("sample", run, "--given-file", tables / "t.csv")
    assert done.out == (tables / "t.csv").read_text(encoding="utf-8")


def test_what_is_drawn_follows_what_is_given(tmp_path: Path) -> None:
    flag = np.random.default_rng(0).integers(0, 2, 400)
    pd.DataFrame({"flag": flag, "twin": flag}).to_csv(tmp_path / "t.csv", index=False)
    made(
        "train",
        tmp_path / "t.csv",
        "--out",
        tmp_path / "run",
        "--hidden",
        "8",
        "--epochs",
        "60",
        "--learning-rate",
        "0.02",
        "-q",
    )
    for value in "01":
        rows = drawn(tmp_path / "run", "-n", "200", "--given", f"twin={value}")
        assert (rows["flag"] == value).mean() > 0.9
    done = made("sample", tmp_path / "run", "-n", "1", "--given", "twin=2")
    error(done, Exit.USAGE, "twin: training had no label '2'", "'0', '1'")


def test_a_run_to_which_empty_cells_are_unknown_draws_none(marginal: Path) -> None:
    assert (drawn(marginal, "-n", "300") != "").all(axis=None)
    assert (drawn(marginal, "-n", "100", "--given", "flag=1") != "").all(axis=None)
    error(made("sample", marginal, "-n", "1", "--given", "age="), Exit.USAGE, "age: an empty cell is unknown")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), ["-n", "how many rows"]),
        (("--given", "flag=1"), ["-n", "how many rows"]),
        (("-n", "1", "--given", "flag"), ["--given 'flag': there is no =", "NAME=VALUE"]),
        (("-n", "1", "--given", "size=3"), ["no column 'size'", "'pay'"]),
        (("-n", "1", "--given", "flag=1", "--given", "flag=0"), ["'flag' is given twice"]),
        (("-n", "1", "--given", "city=Paris"), ["city: training had no label 'Paris'", "'Ulm'"]),
        (("-n", "1", "--given", "age=young"), ["age: 'young' is not a number", "Write it as the table does"]),
        (("-n", "1", "--given", "flag=1", "--given-file", "t.csv"), ["--given and --given-file"]),
        (("-n", "1", "--given", "flag=1", "--combine", "product"), ["--combine product draws whole rows"]),
        (("--given-file", "t.csv", "--combine", "weighted"), ["--combine weighted draws whole rows"]),
    ],
)
def test_wrong_usage_is_named(options: tuple[str, ...], words: list[str], run: Path) -> None:
    error(made("sample", run, *options), Exit.USAGE, *words)


def test_a_file_that_gives_nothing_of_use_is_refused(run: Path, tables: Path, tmp_path: Path) -> None:
    files = {"other.csv": "note\nx\n", "none.csv": "age\n", "strange.csv": "age,city\n30,Ulm\n31,Paris\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    ask = ("sample", run, "--given-file")
    error(made(*ask, tmp_path / "other.csv"), Exit.SCHEMA_MISMATCH, "other.csv: none of its columns", "'pay'")
    error(made(*ask, tmp_path / "none.csv"), Exit.SCHEMA_MISMATCH, "none.csv: no rows")
    error(made(*ask, tmp_path / "strange.csv"), Exit.SCHEMA_MISMATCH, "strange.csv, line 3, column 'city': 'Paris'")
    error(made(*ask, tmp_path / "nothing.csv"), Exit.BAD_DATA, "nothing.csv")


def test_a_run_of_fixed_orderings_names_the_one_that_draws_given_anything(
    ordered: Path, never_first: list[str], frame: pd.DataFrame
) -> None:
    cells = [part for name in never_first for part in ("--given", f"{name}={frame[name].iloc[1]}")]
    error(made("sample", ordered, "-n", "1", *cells), Exit.USAGE, str(ordered), "--questions any")
