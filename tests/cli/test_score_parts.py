"""`made score` of some columns, of rows with unknown cells, and cell by cell."""

import io
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from made_cli.errors import Exit
from made_cli.runs.loading import load_run
from tests.cli.program import error, made, strict_json


def scored(*arguments: str | Path, stdin: str = "") -> pd.DataFrame:
    done = made("score", *arguments, "-q", stdin=stdin.encode())
    assert (done.code, done.err) == (0, "")
    return pd.read_csv(io.StringIO(done.out))


def test_the_probabilities_of_a_column_sum_to_1_and_the_others_need_not_be_there(run: Path) -> None:
    for options in (("--columns", "flag"), ("--columns", "flag", "--given", "twin")):
        found = scored(run, "-", *options, stdin="flag,twin\n0,1\n1,1\n")
        assert np.exp(found["log_prob"]).sum() == pytest.approx(1, abs=1e-5)


def odd(place: int) -> list[str]:
    return [f"odd_{place}", f"odd_{place}_value", f"odd_{place}_surprisal"]


def test_columns_are_taken_as_they_are_named_so_that_their_parts_add_up(run: Path, tables: Path) -> None:
    def log_prob(*options: str) -> np.ndarray:
        return scored(run, tables / "t.csv", *options)["log_prob"].to_numpy()

    for a, b in (("age", "city"), ("city", "age"), ("pay,flag", "age"), ("pay", "age,city,twin,flag")):
        whole = log_prob("--columns", f"{a},{b}")
        parts = log_prob("--columns", a) + log_prob("--columns", b, "--given", a)
        np.testing.assert_allclose(parts, whole, atol=1e-5)
    assert np.abs(log_prob("--columns", "age,city") - log_prob("--columns", "city,age")).max() > 1e-3


def test_all_columns_named_are_the_whole_row_where_orderings_are_fixed(
    ordered: Path, tables: Path, frame: pd.DataFrame
) -> None:
    whole = made("score", ordered, tables / "t.csv").out
    assert made("score", ordered, tables / "t.csv", "--columns", ",".join(frame.columns[::-1])).out == whole


ONE = ("--permutations", "1")


def in_its_order(run: Path, *left_out: str) -> str:
    """The names of the columns, but for some, as the first member of a run orders them."""
    loaded = load_run(run)
    names = [loaded.record.schema.names[column] for column in loaded.members(1)[0].ordering.columns]
    return ",".join(name for name in names if name not in left_out)


def test_given_some_columns_all_others_are_scored(run: Path, tables: Path) -> None:
    given = scored(run, tables / "t.csv", "--given", "age,flag", *ONE)
    others = in_its_order(run, "age", "flag")
    named = scored(run, tables / "t.csv", "--given", "age,flag", "--columns", others, *ONE)
    assert given["log_prob"].tolist() == named["log_prob"].tolist()
    cells = scored(run, tables / "t.csv", "--given", "age,flag", "--per-column")
    assert list(cells) == ["log_prob", "twin", "city", "pay"]


def test_an_empty_cell_that_is_unknown_is_left_out_of_the_score(run: Path, tables: Path, frame: pd.DataFrame) -> None:
    known = scored(run, tables / "t.csv", "--missing", "marginal", *ONE)["log_prob"]
    rest = scored(run, tables / "t.csv", "--columns", in_its_order(run, "age"), *ONE)["log_prob"]
    whole = scored(run, tables / "t.csv", "--missing", "outcome", *ONE)["log_prob"]
    empty = frame["age"].isna()
    assert empty.sum() == 8
    np.testing.assert_allclose(known[empty], rest[empty], atol=1e-4)
    assert (known[empty] - whole[empty]).abs().min() > 1e-3


def test_a_run_says_what_its_empty_cells_are(marginal: Path, tables: Path) -> None:
    default = made("score", marginal, tables / "t.csv").out
    assert made("score", marginal, tables / "t.csv", "--missing", "marginal").out == default
    done = made("score", marginal, tables / "t.csv", "--missing", "outcome")
    error(done, Exit.USAGE, "--missing marginal", "knows of no empty cell")
    found = scored(marginal, "-", stdin="flag,twin,city,age,pay\n,,,,\n0,,,,\n1,,,,\n")
    assert found["log_prob"][0] == pytest.approx(0, abs=1e-6)
    assert np.exp(found["log_prob"][1:]).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("combine", ["mixture", "bound"])
def test_surprisals_of_asked_cells_are_never_negative_and_others_have_none(
    combine: str, run: Path, tables: Path
) -> None:
    options = ("--per-column", "--columns", "pay,city", "--given", "age", "--combine", combine)
    found = scored(run, tables / "t.csv", *options)
    assert list(found) == ["log_prob", "city", "pay"]
    assert (found[["city", "pay"]] >= 0).all(axis=None)
    if combine == "bound":
        np.testing.assert_allclose(found["log_prob"], -found["city"] - found["pay"] - math.log(0.01), rtol=1e-9)


def test_the_surprisal_of_an_unknown_cell_is_empty(marginal: Path, tables: Path, frame: pd.DataFrame) -> None:
    for option in ("--per-column", "--leave-one-out"):
        found = scored(marginal, tables / "t.csv", option)
        assert found["age"].isna().tolist() == frame["age"].isna().tolist()
        assert found.drop(columns="age").notna().all(axis=None)


def test_leave_one_out_gives_each_cell_all_others(run: Path, tables: Path) -> None:
    """Two equal columns: whatever the ordering, the other one of the two is known."""
    found = scored(run, tables / "t.csv", "--leave-one-out", *ONE)
    plain = scored(run, tables / "t.csv", "--per-column", *ONE)
    assert list(found) == list(plain)
    assert found["log_prob"].tolist() == plain["log_prob"].tolist()
    alone = scored(run, tables / "t.csv", "--columns", "twin", "--given", in_its_order(run, "twin"), *ONE)
    np.testing.assert_allclose(found["twin"], -alone["log_prob"], rtol=1e-4)
    one_out, before = (scored(run, tables / "t.csv", option)["twin"] for option in ("--leave-one-out", "--per-column"))
    assert not np.allclose(one_out, before, rtol=1e-3)


def test_the_oddest_cells_are_named_the_oddest_first(run: Path, tables: Path, frame: pd.DataFrame) -> None:
    lines = frame.head(3).to_csv(index=False) + "0,0,Ulm,40,9999.99\n0,0,Ulm,9999,30.5\n"
    found = scored(run, "-", "--top", "2", stdin=lines)
    assert list(found) == ["log_prob", *odd(1), *odd(2)]
    assert found["odd_1"].tolist()[3:] == ["pay", "age"]
    assert (found["odd_1"] != found["odd_2"]).all()
    assert found["odd_1_value"].tolist()[3:] == [9999.99, 9999]
    every = scored(run, tables / "t.csv", "--top", "9", "--leave-one-out", "--per-column")
    assert list(every) == ["log_prob", *(name for place in range(1, 6) for name in odd(place)), *frame.columns]
    for row, name in enumerate(every["odd_1"]):
        assert every["odd_1_surprisal"][row] == pytest.approx(every[name][row])
    assert scored(run, tables / "t.csv", "--top", "9", "--columns", "city", "--given", "pay").shape == (120, 4)


def test_an_unknown_cell_is_not_odd(marginal: Path) -> None:
    found = scored(marginal, "-", "--top", "3", stdin="flag,twin,city,age,pay\n0,,Ulm,,\n")
    assert {found["odd_1"][0], found["odd_2"][0]} == {"flag", "city"}
    assert found[odd(3)].isna().all(axis=None)


def test_a_label_that_training_had_none_of_is_an_error_where_it_is_asked_for(run: Path) -> None:
    lines = "flag,twin,city,age,pay\n0,1,Ulm,30,3.5\n0,1,Paris,30,3.5\n"
    assert len(scored(run, "-", stdin=lines)) == 2
    done = made("score", run, "-", "--unseen", "error", stdin=lines.encode())
    error(done, Exit.SCHEMA_MISMATCH, "line 3, column 'city': 'Paris', of which training had none", "--unseen other")
    assert len(scored(run, "-", "--unseen", "error", "--columns", "age", stdin=lines)) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--columns", "flag,size"), ["--columns", "no column 'size'", "'pay'"]),
        (("--given", ""), ["--given", "no column ''"]),
        (("--columns", "flag,age", "--given", "age"), ["--columns and --given both name 'age'"]),
        (("--given", "flag,twin,city,age,pay"), ["leaves nothing to ask"]),
        (("--top", "0"), ["--top"]),
        (("--missing", "never"), ["--missing", "never"]),
        (("--unseen", "ignore"), ["--unseen", "ignore"]),
    ],
)
def test_wrong_questions_are_named(options: tuple[str, ...], words: list[str], run: Path, tables: Path) -> None:
    error(made("score", run, tables / "t.csv", *options), Exit.USAGE, *words)


def test_a_run_of_fixed_orderings_names_the_one_that_answers_anything(
    ordered: Path, never_first: list[str], tables: Path
) -> None:
    for option in (("--columns", ",".join(never_first)), ("--leave-one-out",), ("--given", ",".join(never_first))):
        error(made("score", ordered, tables / "t.csv", *option), Exit.USAGE, str(ordered), "--questions any")


def test_a_column_named_like_one_of_the_oddest_is_refused(tables: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("odd_2,a\n" + "1,0\n0,1\n" * 20)
    made("train", tmp_path / "t.csv", "--out", tmp_path / "run", "--hidden", "8", "--epochs", "1")
    done = made("score", tmp_path / "run", tmp_path / "t.csv", "--per-column", "--top", "2")
    error(done, Exit.USAGE, "odd_2", "--per-column")
    assert made("score", tmp_path / "run", tmp_path / "t.csv", "--per-column", "--top", "1").code == 0


def test_combinations_are_compared_on_whole_rows_only(marginal: Path, frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.assign(pay=["", *frame["pay"][1:]]).to_csv(tmp_path / "t.csv", index=False)
    done = made("ensemble-eval", marginal, tmp_path / "t.csv")
    assert done.code == Exit.SCHEMA_MISMATCH
    assert "a cell is empty, and unknown to the run" in done.err


def test_an_unknown_cell_is_no_unseen_one(run: Path, frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.assign(flag=["", *frame["flag"][1:]]).to_csv(tmp_path / "t.csv", index=False)
    assert made("score", run, tmp_path / "t.csv", "--unseen", "error").code == Exit.SCHEMA_MISMATCH
    assert made("score", run, tmp_path / "t.csv", "--unseen", "error", "--missing", "marginal").code == Exit.OK


# How far the members disagree --------------------------------------------------------------------------------------

EIGHT = ("--permutations", "8")
SPREAD = ["log_prob", "log_prob_std", "log_prob_least", "log_prob_greatest"]


@pytest.mark.parametrize("options", [EIGHT, (*EIGHT, "--given", "age,flag"), (*EIGHT, "--combine", "bound")])
def test_a_line_says_how_far_members_disagree_and_leaves_the_rows_as_they_are(
    options: tuple[str, ...], run: Path, tables: Path
) -> None:
    done = made("score", run, tables / "t.csv", *options)
    rows = scored(run, tables / "t.csv", *options, "--spread")
    assert list(rows) == SPREAD
    assert done.out.splitlines()[0] == "log_prob"
    assert rows["log_prob"].tolist() == scored(run, tables / "t.csv", *options)["log_prob"].tolist()
    std = rows["log_prob_std"]
    said = f"8 members disagree by {std.mean():.2g} nats a row on average, {std.max():.2g} at most (standard deviation)"
    assert done.err == said + "\n"
    assert (rows["log_prob_least"] <= rows["log_prob"] + 1e-9).all()
    assert (rows["log_prob"] <= rows["log_prob_greatest"] + 1e-9).all()
    assert (std > 0).all()


@pytest.mark.parametrize("options", [ONE, (*EIGHT, "--columns", "flag")])
def test_members_that_cannot_disagree_are_not_said_to_agree(options: tuple[str, ...], run: Path, tables: Path) -> None:
    done = made("score", run, tables / "t.csv", *options)
    who = "one member" if options == ONE else "8 members that take these columns alike"
    assert done.err == f"{who}: how far others would disagree cannot be told\n"
    rows = scored(run, tables / "t.csv", *options, "--spread", "--per-column")
    assert list(rows)[:4] == SPREAD
    assert rows["log_prob_std"].isna().all()
    assert rows["log_prob_least"].tolist() == rows["log_prob_greatest"].tolist() == rows["log_prob"].tolist()


def test_the_report_has_the_means_of_the_rows(run: Path, tables: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    done = made("score", run, tables / "t.csv", "--given", "age", "--spread", "--json", *EIGHT, "-o", rows, "-q")
    assert (done.code, done.err) == (0, "")
    found, frame = strict_json(done.out), pd.read_csv(rows)
    assert (found["schema_version"], found["rows"], found["unit"]) == (1, 120, "nats")
    assert found["log_prob"] == pytest.approx(frame["log_prob"].mean())
    assert found["se"] == pytest.approx(frame["log_prob"].sem())
    means = [found["members"][name] for name in ("std", "least", "greatest")]
    assert means == pytest.approx(frame[SPREAD[1:]].mean().tolist())
    assert found["members"]["greatest_std"] == pytest.approx(frame["log_prob_std"].max())
    assert found["members"]["count"] == 8


def test_the_report_of_one_member_or_of_no_rows_has_no_figures_that_nobody_knows(
    run: Path, tables: Path, tmp_path: Path
) -> None:
    nothing = dict.fromkeys(("std", "least", "greatest", "greatest_std"))
    to_file = ("--json", "-o", tmp_path / "rows.csv", "--force")
    found = strict_json(made("score", run, tables / "t.csv", *ONE, *to_file).out)
    assert found["members"] == {"count": 1, **nothing}
    done = made("score", run, tables / "header.csv", *EIGHT, *to_file)
    assert (strict_json(done.out)["log_prob"], done.err) == (None, "")
    assert strict_json(done.out)["members"] == {"count": 8, **nothing}


def test_a_report_leaves_standard_output_to_no_rows(run: Path, tables: Path) -> None:
    error(made("score", run, tables / "t.csv", "--json"), Exit.USAGE, "--json", "-o")


def test_a_column_named_like_one_of_the_spread_is_refused(tables: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("log_prob_std,a\n" + "1,0\n0,1\n" * 20)
    made("train", tmp_path / "t.csv", "--out", tmp_path / "run", "--hidden", "8", "--epochs", "1")
    done = made("score", tmp_path / "run", tmp_path / "t.csv", "--per-column", "--spread")
    error(done, Exit.USAGE, "log_prob_std", "--per-column")
    assert made("score", tmp_path / "run", tmp_path / "t.csv", "--per-column").code == 0
