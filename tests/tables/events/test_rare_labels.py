"""Labels that share an outcome, and cells that are unknown, in questions."""

import pytest

from made_cli.config import Overrides
from made_cli.errors import Exit, UserError
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.regions import cells
from made_cli.tables.columns.schema import Schema
from made_cli.tables.events.expressions import event_of
from tests.tables.small import table


def schema(*rare: str) -> Schema:
    """A column of a label a, a label 5, and some labels that one row has; and a column that is dropped."""
    data = table(x=["a", "5"] * 10 + list(rare), row=[str(place) for place in range(20 + len(rare))])
    return schema_of(infer(data, Overrides(drop={"row"})), data.source)


@pytest.mark.parametrize("text", ['x == "b"', "x == 7", "x == 7.0", 'x != "b"', 'x in ["a", "b"]', "x > 6"])
def test_one_of_several_rare_labels_cannot_be_asked_about(text: str) -> None:
    with pytest.raises(UserError, match="x: 2 rare labels share one outcome, which cannot be told apart") as caught:
        event_of(schema("b", "7"), text)
    assert caught.value.code == Exit.USAGE


def test_the_only_rare_label_is_its_bucket() -> None:
    assert event_of(schema("b"), 'x == "b"') == [{0: cells({2})}]
    assert event_of(schema("7"), "x > 5") == [{0: cells({2})}]


def test_all_rare_labels_together_are_their_bucket() -> None:
    assert event_of(schema("7", "8"), "x > 5") == [{0: cells({2})}]
    assert event_of(schema("7", "8"), "x >= 5") == [{0: cells({0, 2})}]


def test_a_column_that_was_left_out_is_named_with_the_reason() -> None:
    with pytest.raises(UserError, match="no column 'row': it was left out, left out by --drop") as caught:
        event_of(schema(), "row == 3")
    assert caught.value.hint == "Its columns are 'x'."


def test_an_unknown_cell_is_no_value_to_ask_for() -> None:
    data = table(x=["a", "b", ""] * 10, n=[*map(str, range(20)), *[""] * 10])
    found = schema_of(infer(data, missing="marginal"), data.source)
    for kind in found.kinds:
        with pytest.raises(UserError, match=f"{kind.name}: an empty cell is unknown in this run, and no value"):
            kind.code("")
    with pytest.raises(UserError, match="an empty cell is unknown"):
        event_of(found, 'n == ""')
