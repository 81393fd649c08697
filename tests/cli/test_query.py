"""`made query`: how probable something is."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from made_cli.errors import Exit
from tests.cli.program import error, made

FEW = ("--samples", "2000")
EIGHT = ("--permutations", "8")


def asked(run: Path, event: str, *options: str) -> dict[str, Any]:
    done = made("query", run, event, *FEW, *options, "--json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert isinstance(found, dict)
    return found


def test_the_json_says_what_was_asked_and_how_sure_the_answer_is(run: Path) -> None:
    found = asked(run, "age > 50 and pay < 30", "--given", "city=Ulm", "--permutations", "4")
    what = ["probability", "uncertainty", "se", "members", "samples", "permutations", "counted"]
    assert list(found) == ["schema_version", "event", "given", *what]
    assert (found["schema_version"], found["event"], found["given"]) == (1, "age > 50 and pay < 30", ["city=Ulm"])
    assert (found["samples"], found["permutations"]) == (2000, 4)
    assert 0.02 < found["probability"] < 0.8
    assert 0 < found["se"] < 0.02
    members = found["members"]
    assert list(members) == ["count", "std", "least", "greatest"]
    assert members["count"] == 4
    assert 0 <= members["least"] <= found["probability"] <= members["greatest"] <= 1
    assert found["uncertainty"] == pytest.approx(math.hypot(members["std"], found["se"]))


def test_columns_compared_with_each_other_are_said_to_be_counted(run: Path) -> None:
    event = "age > pay and city != 'Ulm'"
    done, found = made("query", run, event, *FEW, *EIGHT), asked(run, event, *EIGHT)
    assert done.out.splitlines()[2].endswith("members; counted among them, for columns are compared with each other")
    assert found["counted"]
    assert 0 < found["se"] < 0.02
    assert "counted" not in made("query", run, "age > 50", *FEW, *EIGHT).out


def test_the_text_shows_what_the_json_says(run: Path) -> None:
    event = "flag == 1 or age < 40"  # two pieces that exclude each other
    done, found = made("query", run, event, *FEW, *EIGHT), asked(run, event, *EIGHT)
    assert (done.code, done.err) == (0, "")
    title, line, rows = done.out.splitlines()
    assert title == f"P({event})"
    value, margin, least, greatest = map(float, re.findall(r"0\.\d+", line)[:4])
    assert re.match(r"0\.\d+ ± 0\.\d+ \(members 0\.\d+–0\.\d+; sampling error ", line)
    assert value == pytest.approx(found["probability"], abs=0.1 * margin + 0.005)
    assert margin == pytest.approx(found["uncertainty"], rel=0.2)
    assert [least, greatest] == pytest.approx([found["members"]["least"], found["members"]["greatest"]], abs=0.01)
    assert rows == f"{found['samples']:,} rows drawn, 8 members"
    assert (
        "P(flag == 1) given twin=0, city=Ulm"
        in made("query", run, "flag == 1", "--given", "twin=0", "--given", "city=Ulm", *FEW).out
    )


def test_an_answer_is_told_with_its_margin_its_members_and_its_sampling_error(run: Path) -> None:
    line = made("query", run, "flag == 1", "--given", "city=Ulm", *FEW).out.splitlines()[1]
    assert re.fullmatch(r"0\.\d+ ± 0\.0*[1-9]\d* \(members 0\.\d+–0\.\d+; sampling error (< )?0\.\d+\)", line)


def test_one_member_does_not_say_how_sure_it_is(run: Path) -> None:
    found = asked(run, "flag == 1", "--permutations", "1")
    assert found["uncertainty"] is None
    assert found["members"] == {"count": 1, "std": None, "least": None, "greatest": None}
    _, line, rows = made("query", run, "flag == 1", "--permutations", "1", *FEW).out.splitlines()
    assert "(one member: how sure cannot be told; no sampling error)" in line
    assert "±" not in line
    assert rows == "0 rows drawn, 1 member"


def test_all_that_a_column_may_be_has_probability_1(run: Path) -> None:
    for parts in (["flag == 0", "flag == 1"], ["age < 40", "age >= 40", 'age == ""']):
        found = [asked(run, event, "--given", "city=Ulm") for event in parts]
        assert sum(part["probability"] for part in found) == pytest.approx(1, abs=1e-5)
    assert asked(run, "flag == 0 or flag != 0")["probability"] == pytest.approx(1, abs=1e-6)


def test_what_is_given_decides_where_it_is_asked_about(run: Path) -> None:
    assert asked(run, "flag == 1 and age > 10", "--given", "flag=0")["probability"] == 0
    assert asked(run, "flag == 1", "--given", "flag=1")["probability"] == 1
    assert made("query", run, "flag == 1", "--given", "flag=1", *FEW).out.splitlines()[1] == "1 (certain)"


def test_the_seed_alone_decides_on_the_answer(run: Path) -> None:
    event = "pay > 30 and age > 40"
    assert asked(run, event, "--seed", "1") == asked(run, event, "--seed", "1") != asked(run, event, "--seed", "2")


def test_the_members_that_answer_include_the_score_which_asks_them_directly(run: Path) -> None:
    found = asked(run, 'city == "Ulm"', "--given", "flag=1")
    scored = made("score", run, "-", "--columns", "city", "--given", "flag", stdin=b"flag,city\n1,Ulm\n").out
    probability = math.exp(float(scored.split()[1]))
    assert found["members"]["least"] - 1e-5 <= probability <= found["members"]["greatest"] + 1e-5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ["EVENT"]),
        (("age >",), ["cannot read 'age >'", "`backticks`"]),
        (("age = 3",), ["cannot read 'age = 3'"]),
        (("size > 3",), ["no column 'size'", "'pay'"]),
        (("city == 'Paris'",), ["city: training had no label 'Paris'", "'Ulm'"]),
        (("age > city",), ["columns 'city' and 'age' cannot be compared by <", "'city' is a"]),
        (("city > 3",), ["city holds labels"]),
        (("age > 3", "--given", "flag"), ["--given 'flag'"]),
        (("age > 3", "--given", "flag=1", "--given", "flag=0"), ["'flag' is given twice"]),
        (("age > 3", "--given", "city=Paris"), ["no label 'Paris'"]),
        (("age > 3", "--samples", "1"), ["--samples"]),
    ],
)
def test_what_cannot_be_asked_is_named(arguments: tuple[str, ...], words: list[str], run: Path) -> None:
    error(made("query", run, *arguments), Exit.USAGE, *words)


def test_a_run_that_is_refused_answers_nothing(tables: Path) -> None:
    error(made("query", tables, "age > 3"), Exit.RUN_REFUSED, "not a run folder")


def test_a_run_of_fixed_orderings_answers_and_given_what_comes_first_only(
    ordered: Path, never_first: list[str]
) -> None:
    assert 0.2 < asked(ordered, "flag == 1")["probability"] < 0.8
    texts = {"flag": "1", "twin": "1", "city": "Ulm", "age": "30", "pay": "30.5"}
    cells = [part for name in never_first for part in ("--given", f"{name}={texts[name]}")]
    rest = next(name for name in texts if name not in never_first)
    event = f'{rest} == "{texts[rest]}"'
    error(made("query", ordered, event, *cells), Exit.USAGE, str(ordered), "--questions any")


def test_an_empty_cell_cannot_be_asked_about_where_it_is_unknown(marginal: Path) -> None:
    error(made("query", marginal, 'age == ""'), Exit.USAGE, "age: an empty cell is unknown in this run")
    assert asked(marginal, "age > 0 or age <= 0")["probability"] == pytest.approx(1, abs=1e-5)
