"""The combinations that `ensemble-eval --save` keeps, for `score` and `sample`."""

import math
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from made_cli.ensemble import evaluation
from made_cli.errors import Exit
from tests.cli.program import BRIEF_EVALUATION, LEARN_FAST, error, evaluated, made

pytestmark = pytest.mark.usefixtures("few_rows")


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    """The run, to save in."""
    return Path(shutil.copytree(run, tmp_path / "copy"))


@pytest.mark.parametrize("combine", ["weighted", "product", "pool"])
def test_score_agrees_with_what_was_saved(combine: str, saved: tuple[Path, dict[str, Any]], tables: Path) -> None:
    folder, found = saved
    scored = made("score", folder, tables / "t.csv", "--combine", combine).out.splitlines()[1:]
    assert -np.mean([float(line) for line in scored]) == pytest.approx(found[combine]["nll"], rel=1e-12)


@pytest.mark.parametrize("combine", ["weighted", "product", "pool"])
def test_rows_are_drawn_from_what_was_saved(
    combine: str, saved: tuple[Path, dict[str, Any]], frame: pd.DataFrame, tmp_path: Path
) -> None:
    done = made("sample", saved[0], "-n", "30", "--combine", combine)
    assert done.code == 0
    (tmp_path / "rows.csv").write_text(done.out, encoding="utf-8")
    rows = pd.read_csv(tmp_path / "rows.csv")
    assert (len(rows), list(rows)) == (30, list(frame))
    said = re.fullmatch(r"accepted (\d+\.\d\d) % of (\d+) rows of the mixture\n", done.err)
    assert bool(said) == (combine != "weighted")
    assert made("sample", saved[0], "-n", "30", "--combine", combine, "-q").err == ""


@pytest.mark.parametrize(
    ("combine", "extra"), [("product", ""), ("weighted", " --fit-on VALID"), ("pool", " --fit-on VALID")]
)
@pytest.mark.parametrize("command", ["score", "sample"])
def test_where_nothing_is_saved_the_error_names_the_command_to_run(
    command: str, combine: str, extra: str, run: Path, tables: Path
) -> None:
    arguments = ("score", run, tables / "t.csv") if command == "score" else ("sample", run, "-n", "3")
    done = made(*arguments, "--combine", combine)
    error(done, Exit.USAGE, f"no {combine} is saved", f"made ensemble-eval {run} DATA{extra} --save")


def test_what_was_learned_scores_some_columns_too(saved: tuple[Path, dict[str, Any]], tables: Path) -> None:
    done = made("score", saved[0], tables / "t.csv", "--combine", "weighted", "--columns", "flag,pay")
    assert (done.code, len(done.out.splitlines())) == (0, 121)


def test_the_product_is_of_whole_rows_in_the_members_own_orderings(
    saved: tuple[Path, dict[str, Any]], tables: Path
) -> None:
    for options in (("--columns", "flag,pay,city,twin,age"), ("--leave-one-out",)):
        done = made("score", saved[0], tables / "t.csv", "--combine", "product", *options)
        error(done, Exit.USAGE, "a product has its normaliser for whole rows only", "--combine mixture")


def test_one_member_of_a_combination_is_a_usage_error(saved: tuple[Path, dict[str, Any]]) -> None:
    done = made("sample", saved[0], "-n", "3", "--combine", "product", "--member", "2")
    error(done, Exit.USAGE, "--member", "from all")


def test_without_rows_to_learn_on_the_product_alone_is_saved(copy: Path, tables: Path) -> None:
    done = made("ensemble-eval", copy, tables / "t.csv", *BRIEF_EVALUATION, "--save")
    assert done.err.splitlines()[-1].endswith(": product")
    assert made("sample", copy, "-n", "3", "--combine", "product").code == 0
    error(made("sample", copy, "-n", "3", "--combine", "pool"), Exit.USAGE, "no pool is saved")


def test_a_combination_is_of_the_members_that_it_was_saved_with(
    saved: tuple[Path, dict[str, Any]], tables: Path
) -> None:
    ask = ("score", saved[0], tables / "t.csv", "--combine", "product", "--permutations")
    assert made(*ask, "3").code == 0
    error(made(*ask, "2"), Exit.USAGE, "saved for 3 permutations, not 2")


def test_free_exponents_have_no_guarantee_and_cannot_be_sampled(copy: Path, tables: Path) -> None:
    options = ("--fit-on", tables / "t.csv", *LEARN_FAST, "--free-exponents", "--save")
    found = evaluated(copy, tables / "t.csv", *options)
    assert not found["pool"]["guaranteed"]
    assert found["pool"]["acceptance"] is None
    assert found["product"]["guaranteed"]
    scored = made("score", copy, tables / "t.csv", "--combine", "pool").out.splitlines()[1:]
    assert -np.mean([float(line) for line in scored]) == pytest.approx(found["pool"]["nll"], rel=1e-12)
    error(made("sample", copy, "-n", "3", "--combine", "pool"), Exit.USAGE, "free exponents", "--combine product")


def test_a_pool_that_cannot_be_trusted_is_neither_claimed_nor_saved(
    copy: Path, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "LEAST_ESS", math.inf)
    options = ("--fit-on", tables / "t.csv", *LEARN_FAST, "--free-exponents", "--save")
    found = evaluated(copy, tables / "t.csv", *options)
    assert [found["pool"][name] for name in ("nll", "se", "nll_interval")] == [None] * 3
    assert found["entropy"]["pool"] is None
    done = made("ensemble-eval", copy, tables / "t.csv", *options, *BRIEF_EVALUATION)
    assert re.search("pool +not claimed", done.out)
    assert done.err.splitlines()[-1].endswith(": product, weighted")


def test_training_again_drops_what_was_saved(saved: tuple[Path, dict[str, Any]], tables: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(saved[0], tmp_path / "copy"))
    assert made("train", tables / "t.csv", "--out", copy, "--hidden", "8", "--epochs", "1", "--force", "-q").code == 0
    assert not (copy / "ensemble.json").exists()
    error(made("sample", copy, "-n", "3", "--combine", "product"), Exit.USAGE, "no product is saved")


def test_a_saved_ensemble_that_was_tampered_with_iserror(saved: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(saved[0], tmp_path / "copy"))
    file = copy / "ensemble.json"
    file.write_text(file.read_text(encoding="utf-8").replace("0", "1", 1), encoding="utf-8")
    error(made("sample", copy, "-n", "3", "--combine", "product"), Exit.RUN_REFUSED, "ensemble.json is damaged")
