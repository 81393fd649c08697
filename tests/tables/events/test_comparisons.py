"""Columns compared with each other, row by row."""

import math

import pytest

from made_cli.config import Overrides
from made_cli.errors import UserError
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.events.comparisons import HOLDS, Comparison
from made_cli.tables.events.expressions import event_of
from made_cli.tables.relations.values import values_of
from tests.tables.small import table

TABLE = table(
    ordered=[f"2024-03-{1 + row % 28:02d}" for row in range(60)],
    shipped=["" if row % 9 == 0 else f"2024-03-{1 + (row * 5) % 28:02d}" for row in range(60)],
    low=[f"{row % 40}.5" for row in range(60)],
    high=["" if row % 7 == 0 else f"{(row * 3) % 40}.50" for row in range(60)],
    pay=[f"{row % 40}.5 €" for row in range(60)],
    home=["Ulm", "Bonn", ""] * 20,
    away=["Bonn", "Bonn", "Köln", "Ulm", "Ulm"] * 12,
)
KINDS = {"low": "numeric", "high": "numeric", "pay": "numeric"}
SCHEMA = schema_of(infer(TABLE, Overrides(kinds=KINDS)), TABLE.source)
VALUES = values_of(SCHEMA.encode(TABLE), SCHEMA.kinds)
CELLS = {name: [TABLE.column(name).texts[place] for place in TABLE.column(name).inverse] for name in TABLE.names}


def true_of(text: str) -> list[bool]:
    ((comparison, region),) = event_of(SCHEMA, text)[0].items()
    assert isinstance(comparison, Comparison)
    return [(holds == (region == HOLDS)) for holds in comparison.holds(VALUES).tolist()]


def number(text: str) -> float:
    return float(text) if text else math.nan


def test_times_and_numbers_are_compared_by_their_order_and_what_is_empty_is_not() -> None:
    dates = [*zip(CELLS["shipped"], CELLS["ordered"], strict=True)]
    assert true_of("shipped < ordered") == true_of("ordered > shipped") == [a != "" and a < b for a, b in dates]
    assert true_of("shipped >= ordered") == [a != "" and a >= b for a, b in dates]
    numbers = [(number(a), number(b)) for a, b in zip(CELLS["low"], CELLS["high"], strict=True)]
    assert true_of("low <= high") == [a <= b for a, b in numbers]
    assert true_of("low == high") == [a == b for a, b in numbers]
    assert any(true_of("low == high"))
    assert true_of("low != high") == [a != b for a, b in numbers]


def test_labels_are_the_same_or_not() -> None:
    assert true_of("home == away") == [a == b for a, b in zip(CELLS["home"], CELLS["away"], strict=True)]
    assert true_of("away != home") == [a != b for a, b in zip(CELLS["home"], CELLS["away"], strict=True)]


def test_a_comparison_and_its_opposite_are_told_apart_in_boxes() -> None:
    assert event_of(SCHEMA, "low < high and not low < high") == []
    ((region,),) = (box.values() for box in event_of(SCHEMA, "low < high or not low < high"))
    assert (0 in region, 1 in region) == (True, True)
    assert [len(box) for box in event_of(SCHEMA, "low < high <= low and home == 'Ulm'")] == [3]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("home < away", "'home' and 'away' cannot be compared by <"),
        ("home == low", "'home' is a binary column and 'low' is a numeric column"),
        ("low < ordered", "one is counted in plain numbers, the other in days since 1970"),
        ("low < pay", "one is counted in plain numbers, the other in €"),
    ],
)
def test_columns_of_other_kinds_are_not_compared(text: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as refused:
        event_of(SCHEMA, text)
    assert "Compare numbers or times of one unit" in refused.value.hint
