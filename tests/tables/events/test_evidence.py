"""Evidence: cells that a person knows, as NAME=VALUE or as a table."""

import math

import numpy as np
import pandas as pd
import pytest

from made_cli.config import Missing
from made_cli.errors import Exit, UserError
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.schema import Schema
from made_cli.tables.events.evidence import evidence_codes, evidence_from_table, evidence_from_texts, evidence_texts
from made_cli.tables.files.table import Table
from made_cli.tables.text.typed_columns import frame_of
from tests.tables.small import table

ROWS = 40


def schema(missing: Missing = "outcome") -> Schema:
    data = table(
        **{
            "a": ["x", "y"] * 20,
            "a=b": ["1", "x=y"] * 20,
            "city": ["Ulm", "Bonn"] * 18 + ["Rom", "Oslo", "Ulm", ""],
            "pay": [*(f"{cents / 100:.2f}" for cents in range(1, 117, 3)), ""],
        }
    )
    return schema_of(infer(data, missing=missing), data.source)


def refused(schema: Schema, *texts: str) -> UserError:
    with pytest.raises(UserError) as caught:
        evidence_from_texts(schema, texts)
    assert caught.value.code == Exit.USAGE
    assert caught.value.hint
    return caught.value


def refused_table(schema: Schema, data: Table) -> UserError:
    with pytest.raises(UserError) as caught:
        evidence_from_table(schema, data)
    assert caught.value.code == Exit.SCHEMA_MISMATCH
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a=x", (0, "x")), ("a=b=1", (1, "1")), ("a=b=x=y", (1, "x=y")), ("city=", (2, "")), ("pay=0.50", (3, "0.50"))],
)
def test_the_longest_name_that_the_run_knows_is_taken(text: str, expected: tuple[int, str]) -> None:
    assert evidence_texts(schema(), [text]) == dict([expected])


def test_values_become_codes() -> None:
    found = evidence_codes(schema(), ["pay=0.50", "city=Bonn", "a=y"])
    assert found == {3: 0.5, 2: 0.0, 0: 1.0}
    assert math.isnan(evidence_codes(schema(), ["pay="])[3])


def test_what_cannot_be_given_is_named() -> None:
    assert str(refused(schema(), "city")) == "--given 'city': there is no ="
    assert str(refused(schema(), "town=Ulm")) == "the run has no column 'town'"
    assert str(refused(schema(), "city=Paris")) == "city: training had no label 'Paris'"
    assert str(refused(schema(), "pay=much")) == "pay: 'much' is not a number"
    assert str(refused(schema(), "city=Ulm", "city=Bonn")) == "--given: 'city' is given twice"
    assert "an empty cell is unknown in this run" in str(refused(schema("marginal"), "city="))


def test_a_row_that_is_given_once_is_known_in_these_columns_alone() -> None:
    found = evidence_from_texts(schema(), ["a=x", "pay=0.50"])
    assert found.columns == (0, 3)
    assert found.codes[0, [0, 3]].tolist() == [0.0, 0.5]


def test_cells_come_back_as_they_were_given_though_rare_labels_share_a_code() -> None:
    found = evidence_from_texts(schema(), ["city=Oslo", "pay=.5"])
    decoded = schema().decode(np.tile(found.codes, (30, 1)), np.random.default_rng(0))
    drawn = frame_of(decoded)
    assert set(drawn["city"]) == {"Rom", "Oslo"}
    back = frame_of(found.repeated(30).written_into(decoded))
    assert list(back.columns) == list(drawn.columns)
    assert back["city"].tolist() == ["Oslo"] * 30
    assert back["pay"].tolist() == drawn["pay"].tolist()
    assert back["a"].tolist() == drawn["a"].tolist()


def test_all_columns_of_a_table_that_the_run_knows_are_given() -> None:
    data = table(more=["m", "n"], pay=["0.5", ""], city=["Rom", "Ulm"])
    found = evidence_from_table(schema(), data)
    assert found.columns == (3, 2)
    np.testing.assert_array_equal(found.codes[:, 2:], [[2.0, 0.5], [1.0, math.nan]])
    assert frame_of(found.cells)["city"].tolist() == ["Rom", "Ulm"]


def test_rows_are_repeated_one_after_the_other() -> None:
    found = evidence_from_table(schema(), table(city=["Rom", "Ulm"], a=["x", "y"])).repeated(3)
    assert found.codes[:, 0].tolist() == [0, 0, 0, 1, 1, 1]
    assert frame_of(found.cells)["city"].tolist() == ["Rom"] * 3 + ["Ulm"] * 3
    assert frame_of(found.cells).index.tolist() == list(range(6))


def test_numbers_that_were_numbers_are_not_written_as_text() -> None:
    frame = pd.DataFrame({"city": ["Ulm", "Bonn"] * 20, "size": np.arange(40) * 7 % 33})
    found = schema_of(infer(Table(frame, "data", None)), "data")
    cells = frame_of(evidence_from_texts(found, ["city=Ulm", "size=7"]).cells)
    assert cells.to_dict("list") == {"city": ["Ulm"], "size": [7]}
    assert cells["size"].dtype == frame["size"].dtype


def test_a_table_that_gives_nothing_that_the_run_knows_is_refused() -> None:
    assert str(refused_table(schema(), table(town=["Ulm"]))) == "data.csv: none of its columns is one of the run's"
    assert str(refused_table(schema(), table(city=[]))) == "data.csv: no rows"


def test_a_cell_that_training_had_nothing_like_is_refused_with_its_place() -> None:
    error = refused_table(schema(), table(city=["Ulm", "Paris"]))
    assert str(error) == "data.csv, line 3, column 'city': 'Paris', of which training had none"
    error = refused_table(schema(), table(city=["Ulm", "Bonn"], pay=["1", "much"]))
    assert str(error) == "data.csv, line 3, column 'pay': 'much' is not a number"


def test_a_cell_that_is_unknown_cannot_be_given() -> None:
    error = refused_table(schema("marginal"), table(city=["Ulm", ""]))
    assert str(error) == "data.csv, line 3, column 'city': the cell is empty, and empty cells are unknown"
    assert "made impute" in error.hint
    assert evidence_from_table(schema(), table(city=["Ulm", ""])).codes[1, 2] == 3  # an outcome otherwise


def numbers_only() -> Schema:
    data = table(x=[str(place * place) for place in range(60)], y=[f"{place * 7 % 60 / 10}" for place in range(60)])
    return schema_of(infer(data), data.source)


def test_rows_of_which_only_numbers_are_known_are_repeated() -> None:
    known = evidence_from_texts(numbers_only(), ["x=36"]).repeated(4)
    assert known.codes[:, 0].tolist() == [36.0] * 4
    drawn = numbers_only().decode(known.codes, np.random.default_rng(0))
    pd.testing.assert_frame_equal(frame_of(known.written_into(drawn)), frame_of(drawn))


def test_rows_of_a_table_of_numbers_are_repeated() -> None:
    known = evidence_from_table(numbers_only(), table(y=["0.5", "3"])).repeated(2)
    assert known.codes[:, 1].tolist() == [0.5, 0.5, 3.0, 3.0]
    assert known.rows == len(frame_of(known.cells)) == 4
