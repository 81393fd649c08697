"""`made score`: which rows are listed, in which order, beside which columns; and labels never seen."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from made_cli.errors import Exit
from tests.cli.program import error, made

LINES = (
    "name,flag,twin,city,age,pay\n"
    '007,0,0,Ulm,40,30.5\n"Lee, Ann",0,0,Ulm,41,9999.99\n,1,1,Paris,30,29.5\nZoe,1,1,Ulm,31,30.1\n'
)


def listed(run: Path, *options: str, lines: str = LINES) -> pd.DataFrame:
    done = made("score", run, "-", *options, "-q", stdin=lines.encode())
    assert (done.code, done.err) == (0, "")
    return pd.read_csv(io.StringIO(done.out), dtype={"name": str}, keep_default_na=False)


def test_columns_of_the_table_are_carried_along_before_the_scores(run: Path) -> None:
    found = listed(run, "--id", "name", "--id", "city")
    assert list(found) == ["name", "city", "log_prob"]
    assert found["name"].tolist() == ["007", "Lee, Ann", "", "Zoe"]
    assert found["log_prob"].tolist() == listed(run)["log_prob"].tolist()


def test_the_oddest_rows_come_first_with_their_numbers_in_the_table(run: Path) -> None:
    plain, found = listed(run)["log_prob"].to_numpy(), listed(run, "--sort", "odd", "--id", "name")
    assert list(found) == ["row", "name", "log_prob"]
    assert found["row"].tolist() == (np.argsort(plain) + 1).tolist()
    assert found["log_prob"].tolist() == sorted(plain)
    assert listed(run, "--sort", "odd", "--id", "name", "--head", "2").equals(found.head(2))
    assert len(listed(run, "--sort", "odd", "--head", "9")) == 4


def test_a_list_in_parquet_has_the_same_rows(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "odd.parquet"
    options = ("--sort", "odd", "--id", "name", "--top", "1")
    assert made("score", run, "-", *options, "-o", path, stdin=LINES.encode()).code == 0
    kept, found = pd.read_parquet(path), listed(run, *options)
    assert list(kept) == list(found)
    kept = kept.astype(object).where(kept.notna(), "")  # in a file with types, what is empty is missing
    assert kept[["row", "name", "odd_1_value"]].astype(str).equals(found[["row", "name", "odd_1_value"]].astype(str))


def test_cells_with_labels_that_training_had_none_of_are_counted(run: Path) -> None:
    lines = LINES.replace("Ulm,40", "Bern,40")
    told = made("score", run, "-", stdin=lines.encode()).err.splitlines()
    assert told[0] == "labels that training had none of: 2 cells (city 2); each has a small fixed probability"
    assert "training had none" not in made("score", run, "-", "--columns", "age", stdin=lines.encode()).err
    assert "training had none" not in made("score", run, "-", stdin=LINES.replace("Paris", "Ulm").encode()).err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--id", "nmae"), ["no column 'nmae'", "Is it 'name'?"]),
        (("--id", "name", "--id", "name"), ["would be named name", "--id"]),
        (("--id", "city", "--per-column"), ["would be named city", "--per-column"]),
        (("--head", "3"), ["--head", "--sort odd"]),
        (("--sort", "even"), ["--sort", "even"]),
        (("--given", "age=3"), ["--given 'age=3'", "names of columns", "--given age"]),
        (("--columns", "ctiy"), ["no column 'ctiy'", "Is it 'city'?"]),
    ],
)
def test_what_cannot_be_listed_is_refused(options: tuple[str, ...], words: list[str], run: Path) -> None:
    error(made("score", run, "-", *options, stdin=LINES.encode()), Exit.USAGE, *words)
