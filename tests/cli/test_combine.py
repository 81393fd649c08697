"""`ensemble-eval`, and the combinations that it saves for `score` and `sample`."""

import json
import math
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from made_cli.cli import ensemble_json, ensemble_report
from made_cli.ensemble import evaluation
from made_cli.ensemble.combination import Product
from made_cli.ensemble.evaluation import EvaluatedProduct
from made_cli.ensemble.mixture import Estimate
from made_cli.ensemble.normaliser import Normaliser
from made_cli.errors import Exit
from tests.cli.program import Done, made

BRIEF = ("--samples", "2048", "--permutations", "1,3")
LEARN = ("--sparsity", "0.01")


@pytest.fixture(scope="module", autouse=True)
def few_rows() -> Iterator[None]:
    """What is estimated here need not be estimated well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "PROPOSED", 1024)
        yield


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    """The run, to save in."""
    return Path(shutil.copytree(run, tmp_path / "copy"))


@pytest.fixture(scope="module")
def second(tables: Path) -> Path:
    """Another run on the same table."""
    folder = tables / "second"
    options = ("--hidden", "8", "--epochs", "3", "--seed", "5", "-q")
    assert made("train", tables / "t.csv", "--out", folder, *options).code == 0
    return folder


@pytest.fixture(scope="module")
def saved(run: Path, tables: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A run with everything saved, and what ensemble-eval said of it. Not to be changed."""
    folder = Path(shutil.copytree(run, tmp_path_factory.mktemp("saved") / "run"))
    options = ("--fit-on", tables / "t.csv", *BRIEF, *LEARN, "--seed", "7", "--save")
    done = made("ensemble-eval", folder, tables / "t.csv", *options, "--json")
    assert (done.code, done.err.splitlines()[-1]) == (
        0,
        f"saved in {folder} for --combine of score and sample: product, weighted, pool",
    )
    return folder, _strict(done.out)


def _strict(text: str) -> dict[str, Any]:
    """Reads JSON that has no NaN and no infinities."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    found = json.loads(text, parse_constant=refuse)
    assert isinstance(found, dict)
    return found


def _evaluated(*arguments: str | Path) -> dict[str, Any]:
    done = made("ensemble-eval", *arguments, *BRIEF, "--json", "-q")
    assert (done.code, done.err) == (0, "")
    return _strict(done.out)


def _refused(done: Done, code: int, *words: str) -> None:
    assert (done.code, done.out) == (code, "")
    assert "Traceback" not in done.err
    folded = " ".join(re.sub("[│╭╮╰╯─]", " ", done.err).split())  # a usage error stands in a box
    for word in words:
        assert word in folded


def test_the_json_has_the_shape_that_the_design_promises(saved: tuple[Path, dict[str, Any]]) -> None:
    folder, found = saved
    heads = ("schema_version", "rows", "columns", "permutations", "unit")
    assert [found[head] for head in heads] == [1, 120, 5, 3, "nats"]
    for name in ("bound", "mixture", "weighted", "product", "pool"):
        assert found[name]["se"] > 0
        assert found[name]["nll"] <= found["bound"]["nll"] + 1e-9
    for name in ("product", "pool"):
        product = found[name]
        low, high = product["log_z_interval"]
        assert low <= product["log_z"] <= high <= 0
        assert product["acceptance"] == pytest.approx(math.exp(product["log_z"]))
        assert 0 < product["ess"] <= product["samples"]
        claims = [product["nll"] + end - product["log_z"] for end in (low, high)]
        assert product["nll_interval"] == pytest.approx(claims)
        assert sum(product["exponents"]) == pytest.approx(1)
    assert len(found["weighted"]["weights"]) == 3
    assert found["weighted"]["nonzero"] == np.count_nonzero(found["weighted"]["weights"])
    assert found["gap"] == pytest.approx(found["bound"]["nll"] - found["mixture"]["nll"])
    assert found["entropy"].keys() == {"single", "mixture", "weighted", "product", "pool"}
    assert [set(point) >= {"permutations", "bound", "mixture", "product"} for point in found["curve"]] == [True, True]
    assert [point["std"] > 0 for point in found["curve"]] == [True, False]
    assert found["pool"]["penalty"] >= 0
    assert sum(found["positions"]) == pytest.approx(found["bound"]["nll"])
    assert [(m["run"], sorted(m["ordering"])) for m in found["members"]] == [(str(folder), [0, 1, 2, 3, 4])] * 3


def test_members_of_two_runs_are_combined(run: Path, second: Path, tables: Path) -> None:
    found = _evaluated(run, second, tables / "t.csv")
    assert [member["run"] for member in found["members"]] == 3 * [str(run), str(second)]
    assert [point["permutations"] for point in found["curve"]] == [2, 6]
    assert found["permutations"] == 6
    assert "weighted" not in found
    assert "pool" not in found


def test_each_run_gives_as_many_members_as_the_smallest_has(run: Path, ordered: Path, tables: Path) -> None:
    done = made("ensemble-eval", run, ordered, tables / "t.csv", "--samples", "2048", "--json")
    assert done.err.splitlines()[0] == "taking 4 members of each run, for one has no more"
    assert [member["run"] for member in _strict(done.out)["members"]] == 4 * [str(run), str(ordered)]


def test_runs_of_different_tables_are_refused(run: Path, tables: Path, tmp_path: Path) -> None:
    brief = ("--hidden", "8", "--epochs", "1", "-q")
    assert made("train", tables / "no_pay.csv", "--out", tmp_path / "run", *brief).code == 0
    done = made("ensemble-eval", run, tmp_path / "run", tables / "t.csv")
    _refused(done, Exit.SCHEMA_MISMATCH, str(run), str(tmp_path / "run"), "schema")


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
    _refused(done, Exit.USAGE, f"no {combine} is saved", f"made ensemble-eval {run} DATA{extra} --save")


def test_what_was_learned_scores_some_columns_too(saved: tuple[Path, dict[str, Any]], tables: Path) -> None:
    done = made("score", saved[0], tables / "t.csv", "--combine", "weighted", "--columns", "flag,pay")
    assert (done.code, len(done.out.splitlines())) == (0, 121)


def test_the_product_is_of_whole_rows_in_the_members_own_orderings(
    saved: tuple[Path, dict[str, Any]], tables: Path
) -> None:
    for options in (("--columns", "flag,pay,city,twin,age"), ("--leave-one-out",)):
        done = made("score", saved[0], tables / "t.csv", "--combine", "product", *options)
        _refused(done, Exit.USAGE, "a product has its normaliser for whole rows only", "--combine mixture")


def test_one_member_of_a_combination_is_a_usage_error(saved: tuple[Path, dict[str, Any]]) -> None:
    done = made("sample", saved[0], "-n", "3", "--combine", "product", "--member", "2")
    _refused(done, Exit.USAGE, "--member", "from all")


def test_without_rows_to_learn_on_the_product_alone_is_saved(copy: Path, tables: Path) -> None:
    done = made("ensemble-eval", copy, tables / "t.csv", *BRIEF, "--save")
    assert done.err.splitlines()[-1].endswith(": product")
    assert made("sample", copy, "-n", "3", "--combine", "product").code == 0
    _refused(made("sample", copy, "-n", "3", "--combine", "pool"), Exit.USAGE, "no pool is saved")


def test_a_combination_is_of_the_members_that_it_was_saved_with(
    saved: tuple[Path, dict[str, Any]], tables: Path
) -> None:
    ask = ("score", saved[0], tables / "t.csv", "--combine", "product", "--permutations")
    assert made(*ask, "3").code == 0
    _refused(made(*ask, "2"), Exit.USAGE, "saved for 3 permutations, not 2")


def test_saving_in_two_runs_is_a_usage_error(run: Path, second: Path, tables: Path) -> None:
    done = made("ensemble-eval", run, second, tables / "t.csv", "--save")
    _refused(done, Exit.USAGE, "--save keeps the result in the run: name one run only")


def test_a_run_without_data_is_a_usage_error(run: Path) -> None:
    _refused(made("ensemble-eval", run), Exit.USAGE, "RUN… DATA")


def test_strong_sparsity_leaves_one_member(run: Path, tables: Path) -> None:
    weighted = _evaluated(run, tables / "t.csv", "--fit-on", tables / "t.csv", "--sparsity", "0.9")["weighted"]
    assert (weighted["nonzero"], sorted(weighted["weights"])) == (1, [0, 0, 1])


def test_free_exponents_have_no_guarantee_and_cannot_be_sampled(copy: Path, tables: Path) -> None:
    options = ("--fit-on", tables / "t.csv", *LEARN, "--free-exponents", "--save")
    found = _evaluated(copy, tables / "t.csv", *options)
    assert not found["pool"]["guaranteed"]
    assert found["pool"]["acceptance"] is None
    assert found["product"]["guaranteed"]
    scored = made("score", copy, tables / "t.csv", "--combine", "pool").out.splitlines()[1:]
    assert -np.mean([float(line) for line in scored]) == pytest.approx(found["pool"]["nll"], rel=1e-12)
    _refused(made("sample", copy, "-n", "3", "--combine", "pool"), Exit.USAGE, "free exponents", "--combine product")


def test_a_pool_that_cannot_be_trusted_is_neither_claimed_nor_saved(
    copy: Path, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "LEAST_ESS", math.inf)
    options = ("--fit-on", tables / "t.csv", *LEARN, "--free-exponents", "--save")
    found = _evaluated(copy, tables / "t.csv", *options)
    assert [found["pool"][name] for name in ("nll", "se", "nll_interval")] == [None] * 3
    assert found["entropy"]["pool"] is None
    done = made("ensemble-eval", copy, tables / "t.csv", *options, *BRIEF)
    assert re.search("pool +not claimed", done.out)
    assert done.err.splitlines()[-1].endswith(": product, weighted")


def test_a_normaliser_that_may_be_zero_is_strict_json_all_the_same() -> None:
    product = Product((1.0,), Normaliser(-9.0, (-math.inf, -7.0), 2048, 3.0))
    found = ensemble_json.product_figures(EvaluatedProduct(product, Estimate(20.0, 0.1), 3.0))
    assert found["log_z_interval"] == [None, -7.0]
    assert found["nll_interval"] == [None, 22.0]


def test_too_few_rows_to_learn_on_are_refused(run: Path, tables: Path, frame: pd.DataFrame, tmp_path: Path) -> None:
    frame[:4].to_csv(tmp_path / "few.csv", index=False)
    done = made("ensemble-eval", run, tables / "t.csv", "--fit-on", tmp_path / "few.csv", *BRIEF)
    _refused(done, Exit.BAD_DATA, "few.csv: 4 rows are too few", "--fit-on")


def test_the_matrix_is_written_and_read_back(
    run: Path, tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = (run, tables / "t.csv", "--matrix", tmp_path / "matrix.npz")
    first = _evaluated(*ask)

    def forbidden(*arguments: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("made_cli.inference.evaluation.score_rows", forbidden)
    assert _evaluated(*ask) == first
    _refused(
        made("ensemble-eval", *ask, "--permutations", "2"), Exit.BAD_DATA, "matrix.npz", "other members or other rows"
    )
    (tmp_path / "matrix.npz").write_bytes(b"")
    _refused(made("ensemble-eval", *ask, *BRIEF), Exit.BAD_DATA, "matrix.npz", "--matrix")
    _refused(made("ensemble-eval", *ask[:3], tmp_path / "no" / "folder.npz"), Exit.OUTPUT, "folder.npz")


def test_the_tables_show_what_the_json_says(saved: tuple[Path, dict[str, Any]], tables: Path) -> None:
    folder, found = saved
    options = ("--fit-on", tables / "t.csv", *BRIEF, *LEARN, "--seed", "7")
    done = made("ensemble-eval", folder, tables / "t.csv", *options, "-q")
    assert (done.code, done.err) == (0, "")
    for name in ("bound", "equal mixture", "weighted mixture of", "product", "pool"):
        line = next(line for line in done.out.splitlines() if line.startswith(name) and "±" not in line)
        key = {"equal mixture": "mixture", "weighted mixture of": "weighted"}.get(name, name)
        assert f"{found[key]['nll']:.4f}" in line
    assert "Normalisers, with intervals of 95 %" in done.out


def test_training_again_drops_what_was_saved(saved: tuple[Path, dict[str, Any]], tables: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(saved[0], tmp_path / "copy"))
    assert made("train", tables / "t.csv", "--out", copy, "--hidden", "8", "--epochs", "1", "--force", "-q").code == 0
    assert not (copy / "ensemble.json").exists()
    _refused(made("sample", copy, "-n", "3", "--combine", "product"), Exit.USAGE, "no product is saved")


def test_a_saved_ensemble_that_was_tampered_with_is_refused(saved: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(saved[0], tmp_path / "copy"))
    file = copy / "ensemble.json"
    file.write_text(file.read_text(encoding="utf-8").replace("0", "1", 1), encoding="utf-8")
    _refused(made("sample", copy, "-n", "3", "--combine", "product"), Exit.RUN_REFUSED, "ensemble.json is damaged")


def test_the_members_are_listed_from_the_best_and_many_only_at_both_ends(
    run: Path, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ensemble_report, "ENDS", 1)
    done = made("ensemble-eval", run, tables / "t.csv", "--permutations", "4", "--samples", "2048")
    listed = done.out[done.out.index("By ordering") :].splitlines()[2:]
    assert [line.split()[0] == "…" for line in listed if not line.startswith(" ")] == [False, True, False]
    best, worst = (float(re.findall(r"\d+\.\d{4}", line)[0]) for line in (listed[0], listed[-1]))
    assert best <= worst


def test_a_claim_is_made_with_the_pessimistic_end_of_the_interval(saved: tuple[Path, dict[str, Any]]) -> None:
    product = saved[1]["product"]
    assert product["nll_interval"][1] == pytest.approx(product["nll"] - product["log_z"] + product["log_z_interval"][1])
    assert product["nll_interval"][0] <= product["nll"] <= product["nll_interval"][1]


def test_the_members_that_em_left_a_weight_are_named(saved: tuple[Path, dict[str, Any]]) -> None:
    weighted = saved[1]["weighted"]
    assert len(weighted["nonzero_members"]) == weighted["nonzero"]
    assert all(weighted["weights"][index] > 0 for index in weighted["nonzero_members"])
