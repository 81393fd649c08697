"""Tables and a trained run that the tests of the command line share."""

import json
import shutil
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from made_cli.ensemble import evaluation
from made_cli.training import network_trainer
from tests.cli.program import BRIEF_EVALUATION, LEARN_FAST, made, strict_json

FEW = 1024
"""Rows that entropies are estimated on."""
BRIEF_REPORT = ("--rows", "200", "-q")
"""Options of `report` where what is drawn need not be much."""


@pytest.fixture(scope="session", autouse=True)
def converged() -> Iterator[None]:
    """Trainings of five epochs count as done; what is said of those that are not is in test_going_on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network_trainer, "levelled_off", lambda evaluations: True)
        yield


@pytest.fixture(scope="session")
def frame() -> pd.DataFrame:
    """120 rows of every kind, with empty cells, delimiters and quotes."""
    rng = np.random.default_rng(0)
    flag = rng.integers(0, 2, 120)
    frame = pd.DataFrame(
        {
            "flag": flag,
            "twin": flag,
            "city": rng.choice(np.array(["Ulm", "Bonn, am Rhein", 'Köln "C"'], dtype=object), 120),
            "age": pd.array(rng.integers(18, 90, 120), dtype="Int64"),
            "pay": rng.normal(30, 5, 120).round(2),
        }
    )
    frame.loc[::17, "age"] = pd.NA
    return frame


@pytest.fixture(scope="session")
def tables(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with that table in every form, and some broken ones."""
    folder = tmp_path_factory.mktemp("tables")
    frame.to_csv(folder / "t.csv", index=False)
    frame.to_csv(folder / "t.tsv.gz", index=False, sep="\t")
    frame.to_parquet(folder / "t.parquet")
    bits = frame[["flag", "twin"]].to_numpy()
    np.savez(folder / "t.npz", train=bits, test=bits[:5])
    frame[["flag", "twin"]].to_csv(folder / "t.data", index=False, header=False, sep=" ")
    frame.drop(columns="pay").to_csv(folder / "no_pay.csv", index=False)
    lines = (folder / "t.csv").read_text(encoding="utf-8").splitlines()
    (folder / "ragged.csv").write_text("\n".join([*lines[:7], "1,2", *lines[7:]]), encoding="utf-8")
    (folder / "young.csv").write_text("\n".join([*lines[:7], "1,1,Ulm,young,3.5", *lines[7:]]), encoding="utf-8")
    (folder / "header.csv").write_text(lines[0] + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def run(tables: Path) -> Path:
    """A run on that table that was trained for any ordering."""
    folder = tables / "run"
    done = made("train", tables / "t.csv", "--out", folder, "--hidden", "8", "--epochs", "5", "-q")
    assert (done.code, done.err) == (0, "")
    return folder


@pytest.fixture(scope="session")
def ordered(tables: Path) -> Path:
    """A run of two networks of two orderings each."""
    folder = tables / "ordered"
    options = ("--orderings", "2", "--networks", "2", "--hidden", "8", "--questions", "none", "--epochs", "5", "-q")
    assert made("train", tables / "t.csv", "--out", folder, *options).code == 0
    return folder


@pytest.fixture(scope="session")
def never_first(ordered: Path, frame: pd.DataFrame) -> list[str]:
    """Three columns that no ordering of that run has first."""
    orderings = json.loads((ordered / "run.json").read_bytes())["orderings"]
    first = [{frame.columns[place] for place in each["columns"][:3]} for network in orderings for each in network]
    return next(list(names) for names in combinations(frame.columns, 3) if set(names) not in first)


@pytest.fixture(scope="session")
def marginal(tables: Path) -> Path:
    """A run on that table to which empty cells are unknown."""
    folder = tables / "marginal"
    options = ("--missing", "marginal", "--hidden", "8", "--epochs", "5", "-q")
    assert made("train", tables / "t.csv", "--out", folder, *options).code == 0
    return folder


@pytest.fixture
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is estimated of an ensemble need not be estimated well."""
    monkeypatch.setattr(evaluation, "PROPOSED", FEW)


@pytest.fixture(scope="session")
def saved(run: Path, tables: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A run with everything saved, and what ensemble-eval said of it. Not to be changed."""
    folder = Path(shutil.copytree(run, tmp_path_factory.mktemp("saved") / "run"))
    options = ("--fit-on", tables / "t.csv", *BRIEF_EVALUATION, *LEARN_FAST, "--seed", "7", "--save")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "PROPOSED", FEW)
        done = made("ensemble-eval", folder, tables / "t.csv", *options, "--json")
    assert (done.code, done.err.splitlines()[-1]) == (
        0,
        f"saved in {folder} for --combine of score and sample: product, weighted, pool",
    )
    return folder, strict_json(done.out)


@pytest.fixture(scope="session")
def report_of_mixed(run: Path, tables: Path) -> Path:
    """A report of columns of every kind, with empty cells, made of standard output. Not to be changed."""
    return _report(tables / "mixed.html", run, tables / "t.csv")


@pytest.fixture(scope="session")
def report_of_images(tables: Path) -> Path:
    """A report of images of 6 × 6 pixels, stripes from top to bottom. Not to be changed."""
    ink = np.repeat(np.random.default_rng(0).random((300, 1, 6)) < 0.5, 6, axis=1)
    np.savez(tables / "stripes.npz", x=ink.reshape(300, 36).astype(np.uint8))
    data, folder = f"{tables / 'stripes.npz'}:x", tables / "stripes"
    assert made("train", data, "--out", folder, "--hidden", "32", "--epochs", "60", "-q").code == 0
    return _report(tables / "stripes.html", folder, data)


def _report(file: Path, *arguments: str | Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "PROPOSED", FEW)
        done = made("report", *arguments, *BRIEF_REPORT)
    assert (done.code, done.err) == (0, "")
    file.write_text(done.out, encoding="utf-8")
    return file
