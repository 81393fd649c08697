"""A schema that a person edits: what is changed holds, what is not changes nothing, and a mistake is named."""

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import made_cli
from made_cli import Overrides, UserError
from made_cli.errors import Exit
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.schema import Schema
from made_cli.tables.files.table import table_of_frame


def goods() -> pd.DataFrame:
    rng, rows = np.random.default_rng(0), 80
    columns = {
        "number": [str(row) for row in range(rows)],
        "zip": rng.choice(["10115", "10117", "10119", "20095"], rows),
        "weight": [f"{a},{b}" for a, b in zip(rng.integers(1, 9, rows), rng.integers(100, 999, rows), strict=True)],
        "price": [f"{a},{b}" for a, b in zip(rng.integers(1, 9, rows), rng.integers(100, 999, rows), strict=True)],
        "size": ["NA", "-999", "?", *(str(size) for size in rng.integers(1, 500, rows - 3))],
        "grade": rng.choice(["a", "b", "-"], rows),
        "day": ["30.02.2020", *(f"{day % 28 + 1:02}.{day % 12 + 1:02}.2020" for day in range(rows - 1))],
    }
    return pd.DataFrame(columns, dtype=object)


PLACES = {name: place for place, name in enumerate(goods())}


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return made_cli.schema(goods())


def edited(found: dict[str, Any], column: str, /, **edits: object) -> dict[str, Any]:
    changed = copy.deepcopy(found)
    changed["columns"][PLACES[column]].update(edits)
    return changed


def schema_with(given: object) -> Schema:
    return schema_of(infer(table_of_frame(goods()), Overrides(schema=given)), "goods")  # type: ignore[arg-type]


def test_an_unedited_schema_changes_nothing(found: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text(json.dumps(found))
    kinds = {column["name"]: column["kind"] for column in found["columns"]}
    assert kinds == dict(zip(PLACES, [None, "categorical", *["numeric"] * 3, "categorical", "time"], strict=True))
    expected = schema_of(infer(table_of_frame(goods())), "goods")
    assert schema_with(found) == schema_with(tmp_path / "schema.json") == expected


@pytest.mark.parametrize(
    ("name", "kind"), [("number", "numeric"), ("number", "categorical"), ("zip", "numeric"), ("size", "categorical")]
)
def test_a_kind_is_what_it_was_edited_to(found: dict[str, Any], name: str, kind: str) -> None:
    again = made_cli.schema(goods(), Overrides(schema=edited(found, name, kind=kind)))["columns"]
    assert again[PLACES[name]]["kind"] == kind
    others = zip(again, found["columns"], strict=True)
    assert [new for new, old in others if new != old] == [again[PLACES[name]]]


def test_a_column_of_kind_null_is_left_out(found: dict[str, Any]) -> None:
    assert schema_with(edited(found, "zip", kind=None)).names == ("weight", "price", "size", "grade", "day")


def test_marks_are_those_of_one_column(found: dict[str, Any]) -> None:
    schema = schema_with(edited(found, "size", empty=["NA", "?", "-999"]))
    size, grade = (schema.kinds[schema.names.index(name)] for name in ("size", "grade"))
    assert size.marks is not None
    assert grade.marks is not None
    assert {"NA", "-999", "NULL"} <= {*size.marks}
    assert "-999" not in grade.marks
    again = made_cli.schema(goods(), Overrides(schema=edited(found, "size", empty=["NA", "?", "-999"])))
    assert again["columns"][PLACES["size"]]["missing"] == 3


def test_a_mark_taken_away_is_a_label_or_an_error_that_names_its_line(found: dict[str, Any]) -> None:
    labels = edited(found, "size", empty=["NA"], kind="categorical")
    again = made_cli.schema(goods(), Overrides(schema=labels))["columns"][PLACES["size"]]
    assert again["missing"] == 1
    with pytest.raises(UserError, match=r"row 3, column 'size': '\?' is not a number"):
        schema_with(edited(found, "size", empty=["NA"]))


def test_a_mark_added_among_labels_is_an_empty_cell(found: dict[str, Any]) -> None:
    again = made_cli.schema(goods(), Overrides(schema=edited(found, "grade", empty=["-"])))["columns"]
    assert again[PLACES["grade"]]["missing"] == goods()["grade"].eq("-").sum()


def test_one_column_has_another_sign_before_decimals(found: dict[str, Any]) -> None:
    again = made_cli.schema(goods(), Overrides(schema=edited(found, "weight", decimal=",", resolution=None)))["columns"]
    weight, price = again[PLACES["weight"]], again[PLACES["price"]]
    assert (weight["decimal"], weight["resolution"]) == (",", 0.001)
    assert (price["decimal"], price["resolution"]) == (".", 1.0)


def test_a_sign_that_the_numbers_do_not_have_is_refused(found: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"columns\[4\].decimal: ',', but the numbers of column 'size' have '.'"):
        schema_with(edited(found, "size", decimal=","))


def test_what_is_typed_goes_before_the_file(found: dict[str, Any]) -> None:
    overrides = Overrides(schema=edited(found, "zip", kind=None), kinds={"zip": "numeric"}, drop={"day"})
    again = {column["name"]: column["kind"] for column in made_cli.schema(goods(), overrides)["columns"]}
    assert (again["zip"], again["day"]) == ("numeric", None)


def test_what_can_only_be_found_is_refused_where_it_is_said_otherwise(found: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"columns\[4\].resolution: 10.0, but the cells of 'size' have 1.0") as caught:
        schema_with(edited(found, "size", resolution=10))
    assert caught.value.code == Exit.SCHEMA_MISMATCH


@pytest.mark.parametrize(
    ("edits", "problem"),
    [
        ({"kind": "numric"}, r"the schema: columns\[1\].kind: input should be"),
        ({"knd": "numeric"}, r"the schema: columns\[1\].knd: "),
        ({"decimal": ";"}, r"the schema: columns\[1\].decimal: input should be"),
        ({"name": "size"}, r"the schema: columns\[4\].name: a second column 'size'"),
        ({"empty": {"NA": "x"}}, r"the schema: columns\[1\].empty"),
    ],
)
def test_a_mistake_is_named_by_its_place(found: dict[str, Any], edits: dict[str, Any], problem: str) -> None:
    with pytest.raises(UserError, match=problem) as caught:
        schema_with(edited(found, "zip", **edits))
    assert caught.value.code == Exit.USAGE


def test_a_column_of_one_of_the_two_only_is_an_error(found: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"columns\[1\]: the DataFrame has no column 'plz'") as caught:
        schema_with(edited(found, "zip", name="plz"))
    assert caught.value.code == Exit.SCHEMA_MISMATCH
    with pytest.raises(UserError, match="no column 'day', which the DataFrame has") as caught:
        schema_with(found | {"columns": found["columns"][:-1]})
    assert caught.value.code == Exit.SCHEMA_MISMATCH


@pytest.mark.parametrize(
    ("text", "problem"), [('{"columns": [\n}', "line 2: not JSON"), ("[]", "dictionary"), ("{}", "columns: ")]
)
def test_a_file_that_is_no_schema_is_named(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(UserError, match=problem) as caught:
        schema_with(tmp_path / "s.json")
    assert "s.json" in str(caught.value)
    with pytest.raises(UserError, match=r"none\.json: cannot be read: No such file"):
        schema_with(str(tmp_path / "none.json"))
