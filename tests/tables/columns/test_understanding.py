"""What the cells of a table mean is decided over all of its columns, and told."""

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from made_cli.config import Overrides
from made_cli.tables.columns.encoding import codes_of
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.kinds import Categorical, Numeric
from made_cli.tables.columns.recognition import Finding
from made_cli.tables.columns.schema import Schema
from made_cli.tables.events.expressions import event_of
from made_cli.tables.files.table import Table
from tests.tables.small import table

ROWS = 60
NUMBERS = [f"{place * place / 10:.1f}" for place in range(ROWS)]
EITHER = [f"{1 + place % 9},{place * 17:03d}" for place in range(ROWS - 10)] + ["7"] * 10


def findings(overrides: Overrides | None = None, **columns: list[str]) -> dict[str, Finding]:
    return {finding.column.name: finding for finding in infer(table(**columns), overrides)}


def labels(finding: Finding) -> tuple[str, ...]:
    assert isinstance(finding.kind, Categorical)
    return finding.kind.labels


@pytest.mark.parametrize("mark", ["NA", "?", "N/A", "NULL", "nan", " ", " ?"])
def test_a_mark_is_an_empty_cell_in_every_column(mark: str) -> None:
    found = findings(
        grade=[*"AB", mark] * 20, size=[*NUMBERS[:-1], mark], free=[f"text {n}" for n in NUMBERS[:-1]] + [mark]
    )
    assert [finding.column.missing for finding in found.values()] == [20, 1, 1]
    assert labels(found["grade"]) == ("A", "B")
    assert found["free"].kind is None
    (left,) = schema_of(list(found.values()), "data").left_out
    assert mark.strip() in ("", *left.marks)


def test_what_may_be_an_answer_is_a_label_unless_it_marks_empty_cells_elsewhere() -> None:
    wall = ["None", "Brick", "Stone"] * 20
    alone = findings(wall=wall)["wall"]
    assert labels(alone) == ("Brick", "None", "Stone")
    assert alone.why == "labels; 'None' is one of them (an empty cell with --na None)"
    beside = findings(wall=wall, size=[*NUMBERS[:-1], "None"])["wall"]
    assert labels(beside) == ("Brick", "Stone")
    assert beside.column.marks == {"None": 20}


def test_na_is_a_label_among_codes_of_two_letters() -> None:
    assert labels(findings(country=["DE", "NA", "FR"] * 20)["country"]) == ("DE", "FR", "NA")
    assert labels(findings(country=["DE", "NA", "Fr"] * 20)["country"]) == ("DE", "Fr")


def test_a_person_says_what_marks_empty_cells_in_every_column() -> None:
    found = findings(
        Overrides(na={"-999", "unknown"}), grade=["A", "unknown", "NA"] * 20, size=[*NUMBERS[:-2], "-999", "unknown"]
    )
    assert labels(found["grade"]) == ("A", "NA")
    assert [finding.column.missing for finding in found.values()] == [20, 2]
    assert isinstance(found["size"].kind, Numeric)
    assert found["size"].kind.lower == 0.0
    assert labels(findings(Overrides(na={""}), grade=["A", "?", ""] * 20)["grade"]) == ("?", "A")


def test_what_marks_an_empty_cell_is_kept_with_the_run_and_old_runs_have_what_they_had() -> None:
    data = table(grade=["A", "unknown", "B"] * 20, size=[*NUMBERS[:-1], "unknown"])
    schema = schema_of(infer(data, Overrides(na={"unknown"})), "data")
    adapter = TypeAdapter(Schema)
    assert adapter.validate_json(adapter.dump_json(schema)) == schema
    assert schema.empty(table(grade=["unknown", "?"], size=["unknown", "?"])).tolist() == [[True, True], [False, False]]
    old = adapter.dump_python(schema)
    for kind in old["kinds"]:
        for new in ("marks", "mark", "notation"):
            kind.pop(new, None)
    before = adapter.validate_python(old)
    assert before.empty(table(grade=["", "NA"], size=["?", "1"])).tolist() == [[True, True], [False, False]]


def test_decimals_have_the_sign_that_they_have_where_nothing_else_can_be_meant() -> None:
    assert "'1,000' is 1000; otherwise with --decimal ," in findings(x=EITHER)["x"].why
    beside = findings(x=EITHER, y=[number.replace(".", ",") for number in NUMBERS])["x"]
    assert "'1,000' is 1; otherwise with --decimal ." in beside.why
    asked = findings(Overrides(decimal=","), x=EITHER)["x"]
    assert isinstance(asked.kind, Numeric)
    assert asked.kind.encode(["1,500"]).tolist() == [1.5]


def test_numbers_in_a_notation_of_people_are_a_column_of_numbers_written_back_as_they_were() -> None:
    cells = [f"{place * 37},{place % 10}0 €" for place in range(10, 27)] + [
        f"{place}.{place * 7:03d},50 €" for place in range(1, 99)
    ]
    finding = findings(price=cells)["price"]
    assert isinstance(finding.kind, Numeric)
    assert (finding.why, finding.kind.resolution) == ("numbers written as -1.234,5 €", 0.1)
    assert finding.kind.decode(finding.kind.encode(cells), np.random.default_rng(0)) == cells
    assert finding.kind.encode(["1009,3", "1.009,30 €"]).tolist() == [1009.3, 1009.3]
    schema = schema_of([finding], "data")
    adapter = TypeAdapter(Schema)
    assert adapter.validate_json(adapter.dump_json(schema)) == schema
    asked = [event_of(schema, f"price > {value}") for value in ("1234.500", "'1.234,5'", "1234.5", "'1.234,50 €'")]
    assert all(event == asked[0] for event in asked)
    assert finding.kind.code("1.234") == 1234.0
    assert finding.kind.code("12.5") == 12.5


def test_numbers_that_were_no_text_have_no_notation() -> None:
    (finding,) = findings(x=[number.replace(".", ",") for number in NUMBERS]).values()
    assert finding.kind is not None
    typed = Table(pd.DataFrame({"x": [1.234, 348.1]}), "new", None)
    assert codes_of(finding.kind, typed.column("x")).tolist() == [1.234, 348.1]
    (floats,) = infer(Table(pd.DataFrame({"x": [1.234 + n for n in range(ROWS)]}), "new", None), Overrides(decimal=","))
    assert floats.why == "numbers"


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (
            [f"{place * 37} {'$€'[place % 2]}" for place in range(ROWS)],
            "numbers with several units ($, €), which are not one quantity",
        ),
        ([*(str(place) for place in range(40)), "40+"] * 2, "labels; '40+' as all numbers that it means"),
        (["3", "3.0", "4", "4.0", "5", "5.0"] * 10, "few distinct numbers, some spelled in several ways"),
        (["3", "3.0", "word"] * 20, "labels, a number spelled in several ways being one"),
        (["TRUE", "1", "0", "false"] * 20, "spellings of 0 and 1"),
        (
            ["Ulm", " Ulm", "Bonn", "Bad\u00a0Urach", "Bad  Urach"] * 9,
            "labels, those that look alike but for blanks being one",
        ),
        (
            [f"{place * 37}".translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")) for place in range(ROWS)],
            "written in other digits than 0 to 9, which are read as text",
        ),
        ([f"{place * 37} kg" for place in range(ROWS)], "numbers written as -1234.5 kg"),
        (
            [f"{place * 37} {'kg' if place % 2 else 'g'}" for place in range(ROWS)],
            "numbers with several units (g, kg), which are not one quantity",
        ),
        (["1 low", "2 mid", "3 high"] * 20, "labels"),
        (
            [f"{10 + place % 7},34,567" for place in range(ROWS)] + ["1,00,000"] * 20,
            "few distinct numbers written as -12,34,567.5",
        ),
    ],
)
def test_the_reason_is_the_true_one(cells: list[str], why: str) -> None:
    assert findings(x=cells)["x"].why == why
