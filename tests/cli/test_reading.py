"""Options for reading tables, and what is said of a table that looks wrong."""

from pathlib import Path

import pytest

from made_cli.errors import Exit
from tests.cli.program import error, made, strict_json

ROWS = "".join(f"{n % 7},{n % 3}.5\n" for n in range(40))


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + ROWS + "7\n" + ROWS + "8,9,10\n")
    return path


def test_bad_lines_are_set_aside_and_counted(broken: Path, tmp_path: Path) -> None:
    done = made("schema", broken, "--rejects", tmp_path / "bad.csv", "--json")
    assert done.err == f"{broken}: 2 lines set aside in {tmp_path}/bad.csv; 80 rows are left\n"
    assert strict_json(done.out)["rows"] == 80
    assert (tmp_path / "bad.csv").read_text() == "7\n8,9,10\n"


def test_more_bad_lines_than_asked_for_are_an_error(broken: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    error(made("schema", broken, "--rejects", bad, "--max-bad-rows", "1"), Exit.BAD_DATA, "line 83", "3 cells")
    assert not bad.exists()
    error(made("schema", broken), Exit.BAD_DATA, "line 42", "--rejects FILE")


def test_no_bad_lines_leave_an_empty_file(tables: Path, tmp_path: Path) -> None:
    done = made("schema", tables / "t.csv", "--rejects", tmp_path / "bad.csv")
    assert "0 lines set aside" in done.err
    assert (tmp_path / "bad.csv").read_bytes() == b""


def test_the_file_for_bad_lines_has_to_be_another_one(broken: Path, tmp_path: Path) -> None:
    before = broken.read_bytes()
    error(made("schema", broken, "--rejects", broken), Exit.OUTPUT, "the table itself")
    error(made("schema", broken, "--rejects", tmp_path / "no" / "bad.csv"), Exit.OUTPUT)
    error(made("schema", broken, "--rejects", "-"), Exit.USAGE, "standard output")
    error(made("schema", broken, "--max-bad-rows", "3"), Exit.USAGE, "--rejects")
    assert broken.read_bytes() == before


def test_bad_lines_of_training_and_validation_go_to_one_file(run: Path, tables: Path, tmp_path: Path) -> None:
    bad, text = tmp_path / "bad.csv", (tables / "t.csv").read_text(encoding="utf-8")
    for name in ("train", "valid"):
        (tmp_path / f"{name}.csv").write_text(text + f"{name}\n", encoding="utf-8")
    options = ("--valid", tmp_path / "valid.csv", "--hidden", "8", "--epochs", "1", "--rejects", bad)
    done = made("train", tmp_path / "train.csv", "--out", tmp_path / "run", *options)
    assert done.code == 0, done.err
    assert bad.read_text() == "train\nvalid\n"
    done = made("score", run, tmp_path / "train.csv", "--rejects", bad, "-q")
    assert (len(done.out.splitlines()), done.err, bad.read_text()) == (121, "", "train\n")


def test_lines_above_the_names_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Prices, as of March\n\na,b\n" + ROWS)
    error(made("schema", tmp_path / "t.csv"), Exit.BAD_DATA, "line 2", "--skip-lines 2")
    assert strict_json(made("schema", tmp_path / "t.csv", "--skip-lines", "2", "--json").out)["rows"] == 40


def test_what_looks_wrong_is_said_once_and_not_to_the_quiet(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(ROWS)
    done = made("schema", tmp_path / "t.csv")
    assert done.err.count("t.csv: line 1 does not look like names: '0' stands above such cells") == 1
    assert made("schema", tmp_path / "t.csv", "-q").err == ""
    assert made("schema", tmp_path / "t.csv", "--no-header").err == ""


def test_several_files_are_scored_imputed_and_shown_as_one(run: Path, tables: Path, tmp_path: Path) -> None:
    whole = made("score", run, tables / "t.csv").out
    header, *rows = (tables / "t.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    parts = [tmp_path / f"part-{part}.csv" for part in (1, 2)]
    for part, place in zip(parts, (slice(0, 50), slice(50, None)), strict=True):
        part.write_text(header + "".join(rows[place]), encoding="utf-8")
    for names in (parts, [tmp_path], [tmp_path / "part-*.csv"]):
        assert made("score", run, *names).out == whole
        assert made("impute", run, *names).out == made("impute", run, tables / "t.csv").out
        assert strict_json(made("schema", *names, "--json").out)["rows"] == 120
    done = made("ensemble-eval", run, tmp_path, "--json", "--samples", "2048", "-q")
    assert strict_json(done.out)["rows"] == 120
    assert made("compare", tmp_path, tables / "t.csv", "--no-classifier").code == 0


def test_a_message_names_the_file_of_the_line(run: Path, tables: Path) -> None:
    error(
        made("score", run, tables / "t.csv", tables / "young.csv"),
        Exit.SCHEMA_MISMATCH,
        "young.csv, line 8, column 'age'",
    )
    error(made("score", run, tables / "t.csv", tables / "no_pay.csv"), Exit.BAD_DATA, "no_pay.csv: no column 'pay'")


def test_several_files_are_trained_on_as_one(tables: Path, tmp_path: Path) -> None:
    options = ("--hidden", "8", "--epochs", "2", "-q")
    done = made("train", tables / "t.csv", tables / "t.csv", "--out", tmp_path / "run", *options)
    assert (done.code, done.err) == (0, "")
    again = made(
        "train", tables / "t.csv", tables / "t.csv", "--out", tmp_path / "run", "--resume", "--epochs", "1", "-q"
    )
    assert again.code == 0, again.err
    one = made("train", tables / "t.csv", "--out", tmp_path / "run", "--resume", "--epochs", "1")
    error(one, Exit.SCHEMA_MISMATCH, "and 1 more")
