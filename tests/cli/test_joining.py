"""`made ensemble-eval RUN… DATA --out RUN`: a run of the networks of several, which answers as any other."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from made_cli.ensemble import evaluation
from made_cli.errors import Exit
from made_cli.runs.folder import Folder
from made_cli.runs.loading import load_run
from tests.cli.conftest import FEW
from tests.cli.program import error, made, strict_json

PARTS = {
    "any": ("--hidden", "8", "--orderings", "2", "--relation", "flag <= twin"),
    "fixed": ("--hidden", "6,6", "--orderings", "1", "--networks", "2", "--questions", "none", "--seed", "3"),
    "all": ("--hidden", "8", "--orderings", "all", "--connectivity", "resampled", "--relations", "off"),
}
MEMBERS = 2 + 2 + 8


@pytest.fixture(scope="module")
def parts(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Runs of one table that have little in common."""
    folder = tmp_path_factory.mktemp("parts")
    for name, options in PARTS.items():
        assert made("train", tables / "t.csv", "--out", folder / name, *options, "--epochs", "3", "-q").code == 0
    return [folder / name for name in PARTS]


@pytest.fixture(scope="module")
def joined(parts: list[Path], tables: Path) -> tuple[Path, dict[str, Any]]:
    """All of them as one run, and what was said of it. Not to be changed."""
    folder = parts[0].parent / "joined"
    learning = ("--fit-on", tables / "t.csv", "--samples", "2048", "--sparsity", "0.01", "--json")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "PROPOSED", FEW)
        done = made("ensemble-eval", *parts, tables / "t.csv", *learning, "--out", folder)
    assert (done.code, done.err.splitlines()[-1]) == (
        0,
        f"saved in {folder} for --combine of score and sample: product, weighted, pool",
    )
    return folder, strict_json(done.out)


@pytest.mark.parametrize("combine", ["product", "weighted", "pool"])
def test_it_scores_as_the_runs_were_said_to(combine: str, joined: tuple[Path, dict[str, Any]], tables: Path) -> None:
    folder, said = joined
    done = made("score", folder, tables / "t.csv", "--combine", combine, "-q")
    scores = [float(row["log_prob"]) for row in csv.DictReader(io.StringIO(done.out))]
    assert -np.mean(scores) == pytest.approx(said[combine]["nll"], abs=1e-6)


def test_its_members_are_those_of_the_runs(joined: tuple[Path, dict[str, Any]], parts: list[Path]) -> None:
    folder, said = joined
    assert said["permutations"] == MEMBERS
    members, of_parts = load_run(folder).members(), [load_run(part).members() for part in parts]
    # In turn from each network: the first orderings of all four, the second of two, then those of the last.
    assert [member.network for member in members] == [0, 1, 2, 3, 0, *7 * [3]]
    assert [member.any_question for member in members[:4]] == [True, False, False, True]
    assert [member.made.config.hidden for member in members[:4]] == [(8,), (6, 6), (6, 6), (8,)]
    assert [bool(member.made.rules.relations) for member in members[:4]] == [True, False, False, False]
    assert [member.ordering for member in members if member.network == 0] == [each.ordering for each in of_parts[0]]
    assert [members[1].ordering, members[2].ordering] == [each.ordering for each in of_parts[1]]


def test_it_answers_what_any_run_does(joined: tuple[Path, dict[str, Any]], tables: Path, frame: pd.DataFrame) -> None:
    folder, _ = joined
    for command in (
        ("verify", folder),
        ("info", folder),
        ("sample", folder, "-n", "5", "--combine", "product", "-q"),
        ("sample", folder, "-n", "5", "--given", "flag=1", "-q"),
        ("impute", folder, tables / "t.csv", "-q"),
        ("query", folder, "age > 50", "--given", "city=Ulm", "-q"),
        ("score", folder, tables / "t.csv", "--columns", "age,pay", "--given", "city", "-q"),
        ("score", folder, tables / "t.csv", "--top", "2", "-q"),
        ("report", folder, "-q"),
    ):
        done = made(*command)
        assert (done.code, done.err) == (0, ""), command


def test_what_each_run_was_is_told(joined: tuple[Path, dict[str, Any]]) -> None:
    found = strict_json(made("info", joined[0], "--json").out)
    assert [part["network"]["hidden"] for part in found["parts"]] == [[8], [6, 6], [8]]
    assert [part["training"]["seed"] for part in found["parts"]] == [0, 3, 0]
    assert len(found["metrics"]["networks"]) == 4
    shown = made("info", joined[0]).out
    assert "hidden layers of 8; 6, 6" in shown
    assert "networks of run 3" in shown
    lines = (joined[0] / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    assert sorted({json.loads(line)["network"] for line in lines}) == [0, 1, 2, 3]


def test_it_joins_others_in_turn(joined: tuple[Path, dict[str, Any]], parts: list[Path], tables: Path) -> None:
    again = parts[0].parent / "again"
    options = ("--samples", "2048", "--permutations", "1", "--json", "-q")
    assert made("ensemble-eval", joined[0], parts[1], tables / "t.csv", *options, "--out", again).code == 0
    record = Folder(again).open()
    assert [len(part.orderings) for part in record.parts] == [1, 2, 1, 2]
    assert len(record.orderings) == record.training.networks == 6


def test_it_cannot_be_trained(joined: tuple[Path, dict[str, Any]], tables: Path) -> None:
    options = ("--resume", "--epochs", "3", "-q")
    done = made("train", tables / "t.csv", "--out", joined[0], *options)
    error(done, Exit.RUN_REFUSED, "joins the networks of 3 runs")


def test_neither_a_run_nor_anything_else_is_overwritten(
    joined: tuple[Path, dict[str, Any]], parts: list[Path], tables: Path
) -> None:
    evaluating: tuple[str | Path, ...] = ("ensemble-eval", *parts, tables / "t.csv", "--out")
    error(made(*evaluating, joined[0]), Exit.RUN_REFUSED, "already holds a run")
    error(made(*evaluating, parts[1], "--force"), Exit.USAGE, "it is one of the runs")
    error(made(*evaluating, tables / "t.csv"), Exit.RUN_REFUSED, "not a run folder")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--kind", "age=categorical"), "the column 'age' is"),
        (("--drop", "twin"), "a column 'twin'"),
        (("--na", "Ulm"), "the column 'flag' has other marks of empty cells"),
    ],
)
def test_runs_of_other_columns_are_refused_by_the_first_that_differs(
    options: tuple[str, ...], said: str, parts: list[Path], tables: Path, tmp_path: Path
) -> None:
    training = ("train", tables / "t.csv", "--out", tmp_path / "other", "--hidden", "8", "--epochs", "1", "-q")
    assert made(*training, *options).code == 0
    done = made("ensemble-eval", parts[0], tmp_path / "other", tables / "t.csv", "--out", tmp_path / "joined")
    error(done, Exit.SCHEMA_MISMATCH, "do not share a schema", said)
    assert not (tmp_path / "joined").exists()
