"""`made ensemble-eval`: its figures, as JSON and as tables, and what it refuses."""

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from made_cli.cli import ensemble_json, ensemble_report
from made_cli.config import ORDERINGS
from made_cli.ensemble.combination import Product
from made_cli.ensemble.evaluation import EvaluatedProduct
from made_cli.ensemble.mixture import Estimate
from made_cli.ensemble.normaliser import Normaliser
from made_cli.errors import Exit
from tests.cli.program import BRIEF_EVALUATION, LEARN_FAST, error, evaluated, made, strict_json

pytestmark = pytest.mark.usefixtures("few_rows")


@pytest.fixture(scope="module")
def second(tables: Path) -> Path:
    """Another run on the same table."""
    folder = tables / "second"
    options = ("--hidden", "8", "--epochs", "3", "--seed", "5", "-q")
    assert made("train", tables / "t.csv", "--out", folder, *options).code == 0
    return folder


def test_figures_are_written_to_a_file_as_the_json_has_them(
    ordered: Path, tables: Path, tmp_path: Path, few_rows: None
) -> None:
    asked = ("ensemble-eval", ordered, tables / "t.csv", *BRIEF_EVALUATION, "-q")
    done = made(*asked, "-o", tmp_path / "figures.json", "--json")
    assert (done.code, done.err) == (0, "")
    assert (tmp_path / "figures.json").read_text(encoding="utf-8") == done.out
    error(made(*asked, "-o", tmp_path / "none" / "figures.json"), Exit.OUTPUT, "does not exist")


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
    found = evaluated(run, second, tables / "t.csv")
    assert [member["run"] for member in found["members"]] == 3 * [str(run), str(second)]
    assert [point["permutations"] for point in found["curve"]] == [2, 6]
    assert found["permutations"] == 6
    assert "weighted" not in found
    assert "pool" not in found


def test_each_run_gives_all_its_members_and_the_curve_is_over_all(run: Path, ordered: Path, tables: Path) -> None:
    third = tables / "third"
    options = ("--orderings", "3", "--hidden", "6", "--questions", "none", "--epochs", "5", "-q")
    assert made("train", tables / "t.csv", "--out", third, *options).code == 0
    found = strict_json(
        made("ensemble-eval", ordered, third, tables / "t.csv", "--samples", "2048", "--json", "-q").out
    )
    assert [member["run"] for member in found["members"]] == 3 * [str(ordered), str(third)] + [str(ordered)]
    assert [point["permutations"] for point in found["curve"]] == [1, 2, 4, 7]
    some = ("--permutations", "1,3,4", "--samples", "2048", "--json", "-q")
    of_each = strict_json(made("ensemble-eval", ordered, third, tables / "t.csv", *some).out)
    assert [point["permutations"] for point in of_each["curve"]] == [2, 6, 7]  # the third run has no fourth
    error(made("ensemble-eval", ordered, third, tables / "t.csv", "--permutations", "5"), Exit.USAGE, "4 members")


def test_members_say_where_their_orderings_come_from(run: Path, tables: Path) -> None:
    counts = f"{ORDERINGS},{ORDERINGS + 3}"
    done = made("ensemble-eval", run, tables / "t.csv", "--permutations", counts, "--samples", "2048", "--json")
    found = strict_json(done.out)
    assert [member["origin"] for member in found["members"]] == ORDERINGS * ["base"] + 3 * ["known-first"]
    base, more = found["curve"]
    assert base["std"] == pytest.approx(0, abs=1e-12)  # all subsets of that size are the base orderings
    assert base["bound"] == pytest.approx(np.mean([member["nll"] for member in found["members"][:ORDERINGS]]))
    assert more["bound"] == pytest.approx(found["bound"]["nll"])


def test_runs_of_different_tables_areerror(run: Path, tables: Path, tmp_path: Path) -> None:
    brief = ("--hidden", "8", "--epochs", "1", "-q")
    assert made("train", tables / "no_pay.csv", "--out", tmp_path / "run", *brief).code == 0
    done = made("ensemble-eval", run, tmp_path / "run", tables / "t.csv")
    error(done, Exit.SCHEMA_MISMATCH, str(run), str(tmp_path / "run"), "schema: only one of them has a column 'pay'")


def test_saving_in_two_runs_is_a_usage_error(run: Path, second: Path, tables: Path) -> None:
    done = made("ensemble-eval", run, second, tables / "t.csv", "--save")
    error(done, Exit.USAGE, "--save keeps the result in the run", "--out RUN")


def test_a_run_without_data_is_a_usage_error(run: Path) -> None:
    error(made("ensemble-eval", run), Exit.USAGE, "RUN… DATA")


def test_strong_sparsity_leaves_one_member(run: Path, tables: Path) -> None:
    weighted = evaluated(run, tables / "t.csv", "--fit-on", tables / "t.csv", "--sparsity", "0.9")["weighted"]
    assert (weighted["nonzero"], sorted(weighted["weights"])) == (1, [0, 0, 1])


def test_a_normaliser_that_may_be_zero_is_strict_json_all_the_same() -> None:
    product = Product((1.0,), Normaliser(-9.0, (-math.inf, -7.0), 2048, 3.0))
    found = ensemble_json.product_figures(EvaluatedProduct(product, Estimate(20.0, 0.1), 3.0))
    assert found["log_z_interval"] == [None, -7.0]
    assert found["nll_interval"] == [None, 22.0]


def test_too_few_rows_to_learn_on_areerror(run: Path, tables: Path, frame: pd.DataFrame, tmp_path: Path) -> None:
    frame[:4].to_csv(tmp_path / "few.csv", index=False)
    done = made("ensemble-eval", run, tables / "t.csv", "--fit-on", tmp_path / "few.csv", *BRIEF_EVALUATION)
    error(done, Exit.BAD_DATA, "few.csv: 4 rows are too few", "--fit-on")


def test_the_matrix_is_written_and_read_back(
    run: Path, tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = (run, tables / "t.csv", "--matrix", tmp_path / "matrix.npz")
    first = evaluated(*ask)

    def forbidden(*arguments: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr("made_cli.inference.evaluation.score_rows", forbidden)
    assert evaluated(*ask) == first
    error(made("ensemble-eval", *ask, "--permutations", "2"), Exit.BAD_DATA, "matrix.npz was made of other members")
    (tmp_path / "matrix.npz").write_bytes(b"")
    error(made("ensemble-eval", *ask, *BRIEF_EVALUATION), Exit.BAD_DATA, "matrix.npz", "--matrix")
    error(made("ensemble-eval", *ask[:3], tmp_path / "no" / "folder.npz"), Exit.OUTPUT, "folder.npz")


def test_the_tables_show_what_the_json_says(saved: tuple[Path, dict[str, Any]], tables: Path) -> None:
    folder, found = saved
    options = ("--fit-on", tables / "t.csv", *BRIEF_EVALUATION, *LEARN_FAST, "--seed", "7")
    done = made("ensemble-eval", folder, tables / "t.csv", *options, "-q")
    assert (done.code, done.err) == (0, "")
    for name in ("bound", "equal mixture", "weighted mixture of", "product", "pool"):
        line = next(line for line in done.out.splitlines() if line.startswith(name) and "±" not in line)
        key = {"equal mixture": "mixture", "weighted mixture of": "weighted"}.get(name, name)
        assert f"{found[key]['nll']:.4f}" in line
    assert "Normalisers, with intervals of 95 %" in done.out


def test_the_members_are_listed_from_the_best_and_many_only_at_both_ends(
    run: Path, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ensemble_report, "ENDS", 1)
    monkeypatch.setenv("COLUMNS", "300")  # the folder's name may be long
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


def test_ensemble_eval_says_in_json_what_the_design_promises(run: Path, tables: Path) -> None:
    done = made("ensemble-eval", run, tables / "t.csv", "--permutations", "1,2,4", "--json")
    found = json.loads(done.out)
    assert (found["schema_version"], found["rows"], found["columns"]) == (1, 120, 5)
    assert (found["permutations"], found["unit"]) == (4, "nats")
    assert {"nll", "se"} <= found["bound"].keys() & found["mixture"].keys()
    assert found["mixture"]["nll"] <= found["bound"]["nll"]
    assert found["gap"] == pytest.approx(found["bound"]["nll"] - found["mixture"]["nll"])
    assert [point["permutations"] for point in found["curve"]] == [1, 2, 4]
    assert all({"permutations", "bound", "mixture"} <= point.keys() for point in found["curve"])
    assert found["curve"][-1]["mixture"] == pytest.approx(found["mixture"]["nll"], rel=1e-12)
    assert [member["run"] for member in found["members"]] == [str(run)] * 4
    assert all(sorted(member["ordering"]) == [0, 1, 2, 3, 4] for member in found["members"])
    assert np.mean([member["nll"] for member in found["members"]]) == pytest.approx(found["bound"]["nll"])


def test_ensemble_eval_and_score_agree(run: Path, tables: Path) -> None:
    found = json.loads(made("ensemble-eval", run, tables / "t.csv", "--permutations", "4", "--json").out)
    for how in ("mixture", "bound"):
        done = made("score", run, tables / "t.csv", "--permutations", "4", "--combine", how)
        scored = [float(line) for line in done.out.splitlines()[1:]]
        assert found[how]["nll"] == pytest.approx(-np.mean(scored), rel=1e-12)
        assert found[how]["se"] == pytest.approx(np.std(scored, ddof=1) / np.sqrt(120), rel=1e-9)


def test_ensemble_eval_shows_a_table(ordered: Path, tables: Path) -> None:
    done = made("ensemble-eval", ordered, tables / "t.csv")
    assert done.code == 0
    assert "mixture" in done.out
    found = json.loads(made("ensemble-eval", ordered, tables / "t.csv", "--json").out)
    assert found["permutations"] == 4
    assert [member["network"] for member in found["members"]] == [0, 1, 0, 1]
