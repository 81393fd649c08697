"""The relations that a run is trained with."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from made_cli.config import NetworkConfig, Overrides, TrainingConfig
from made_cli.errors import Exit, UserError
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.files.table import table_of_frame
from made_cli.tables.relations.finding import Read, relations_in
from made_cli.tables.relations.functions import EMPTY, Function
from made_cli.tables.relations.relation import Relation
from made_cli.training import relations
from made_cli.training.prepare import Prepared, prepare
from made_cli.training.rows import split_rows
from tests.tables.relations.small import orders

TRAINING = TrainingConfig(validation=0.2)
FOUND = [
    "total = discount + paid",
    "total = price * quantity",
    "ordered <= shipped",
    "country and name are one and the same",
    "currency follows from country",
    "coupon is empty exactly when discount is 0.0",
]


def prepared(frame: pd.DataFrame, *stated: str, training: TrainingConfig = TRAINING) -> Prepared:
    table = table_of_frame(frame.astype(str).replace("nan", ""))
    return prepare(table, None, NetworkConfig(), training, Overrides(relation=stated))


def said(found: Prepared) -> list[str]:
    return [each.relation.said(found.record.schema.kinds) for each in found.record.relations]


def test_a_run_has_the_relations_of_its_training_rows_and_their_counts() -> None:
    found = prepared(orders())
    assert said(found) == FOUND
    assert {each.count.breaks for each in found.record.relations} == {0}
    assert found.record.relations[2].count.support == len(found.rows.train) == 800
    assert found.related.doubts == ()


def test_rows_that_are_held_out_have_no_say() -> None:
    frame = orders()
    _, held_out = split_rows(len(frame), TRAINING.validation, TRAINING.seed)
    frame.loc[held_out, "shipped"] = "2021-01-01"
    assert "ordered <= shipped" in said(prepared(frame))


def test_without_relations_none_are_looked_for() -> None:
    off = prepared(orders(), training=replace(TRAINING, relations="off"))
    assert (off.record.relations, off.record.training.relations) == ((), "off")


def test_to_state_a_relation_where_none_are_used_is_wrong_usage() -> None:
    with pytest.raises(UserError, match="--relations off uses none") as caught:
        prepared(orders(), "price <= total", training=replace(TRAINING, relations="off"))
    assert caught.value.code == Exit.USAGE


def test_a_stated_relation_comes_first_and_is_told_where_many_rows_break_it() -> None:
    found = prepared(orders(), "weight <= price")
    count = found.record.relations[0].count
    assert said(found) == ["weight <= price", *FOUND]
    assert count.breaks > 0.01 * count.rows
    assert found.related.doubts == (f"'weight <= price': {count.breaks} of 800 rows break it; it is used nevertheless",)


def test_a_stated_relation_that_says_nothing_of_any_row_is_told() -> None:
    frame = orders().assign(late=lambda f: [f["shipped"][0]] + [""] * (len(f) - 2) + [f["shipped"][1]])
    frame["early"] = np.where(frame["late"] == "", frame["ordered"], "")
    assert prepared(frame, "early <= late").related.doubts == ("'early <= late': it says something of no row",)


@pytest.mark.parametrize(
    "text",
    [
        "ordered <= shipped",
        "shipped >= ordered",
        "total = paid + discount",
        "paid = total - discount",
        "total = quantity * price",
        "currency follows from country",
        "name follows from country",
        "country follows from name",
    ],
)
def test_what_is_stated_and_found_is_there_once(text: str) -> None:
    assert said(prepared(orders(), text)) == FOUND


@pytest.mark.parametrize("text", ["ordered < shipped", "price = total / quantity", "country follows from currency"])
def test_what_says_something_else_than_what_is_found_is_there_too(text: str) -> None:
    assert said(prepared(orders(), text)) == [text, *FOUND]


def test_a_relation_that_is_stated_twice_is_there_once() -> None:
    assert said(prepared(orders(), "price <= total", "total >= price")) == ["price <= total", *FOUND]


def test_of_cells_that_are_unknown_nothing_is_said() -> None:
    frame = orders().assign(currency=lambda f: f["currency"].where(f.index % 9 > 0, ""))
    frame["dark"] = frame["country"].where(frame["country"] != "FR", "")
    found = prepared(frame, training=replace(TRAINING, missing="marginal"))
    assert not [text for text in said(found) if "empty" in text]
    functions = [each.relation for each in found.record.relations if isinstance(each.relation, Function)]
    assert [function for function in functions if len(function.entries) == 2]
    for function in functions:
        assert not [key for key, value in function.entries.items() if EMPTY in key or math.isnan(value)]


def test_of_many_rows_some_are_searched_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[int] = []

    def find(
        read: Read, rows: int, kinds: Sequence[Kind], rng: np.random.Generator, on_limit: Callable[[str], None]
    ) -> list[Relation]:
        searched.append(rows)
        return relations_in(read, rows, kinds, rng, on_limit)

    monkeypatch.setattr(relations, "relations_in", find)
    monkeypatch.setattr(relations, "MOST_CELLS", 13 * 500)
    found = prepared(orders(), "weight <= price")
    assert searched == [500]
    assert said(found) == ["weight <= price", *FOUND]
    assert [each.count.rows for each in found.record.relations[:2]] == [800, 800]


def test_one_column_has_no_relations() -> None:
    assert prepared(orders()[["weight"]]).record.relations == ()
