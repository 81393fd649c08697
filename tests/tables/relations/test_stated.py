"""Relations as people type them."""

import numpy as np
import pandas as pd
import pytest

from made_cli.config import Overrides
from made_cli.errors import Exit, UserError
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.files.table import table_of_frame
from made_cli.tables.relations.equations import Equation
from made_cli.tables.relations.functions import Function
from made_cli.tables.relations.orders import Order
from made_cli.tables.relations.relation import Relation
from made_cli.tables.relations.stated import stated_relation
from made_cli.tables.relations.values import values_of
from tests.tables.relations.small import orders

FRAME = orders(300).assign(**{"net pay": lambda f: (f["total"] - f["discount"]).round(), "from": lambda f: f["paid"]})
TABLE = table_of_frame(FRAME.astype(str))
SCHEMA = schema_of(infer(TABLE, Overrides(drop={"channel"})), "orders")
VALUES = values_of(SCHEMA.encode(TABLE), SCHEMA.kinds)


def stated(text: str) -> Relation:
    return stated_relation(text, SCHEMA, VALUES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ordered <= shipped", "ordered <= shipped"),
        ("shipped>=ordered", "ordered <= shipped"),
        (" price < total ", "price < total"),
        ("total > price", "price < total"),
        ("total = price * quantity", "total = price * quantity"),
        ("price = total / quantity", "price = total / quantity"),
        ("total = discount + paid", "total = discount + paid"),
        ("total = discount + paid + weight", "total = discount + paid + weight"),
        ("paid = total - discount", "total = paid + discount"),
        ("paid = `from`", "paid = from"),
        ("shipped = ordered + quantity", "shipped = ordered + quantity"),
        ("`net pay` <= total", "net pay <= total"),
        ("currency follows from country", "currency follows from country"),
        ("weight follows from country and coupon", "weight follows from country and coupon"),
    ],
)
def test_what_is_stated_is_read(text: str, said: str) -> None:
    assert stated(text).said(SCHEMA.kinds) == said


def test_a_sign_without_equality_makes_an_order_strict() -> None:
    found = [stated(f"ordered {sign} shipped") for sign in ("<", "<=")]
    assert [isinstance(each, Order) and each.strict for each in found] == [True, False]


def test_a_difference_may_be_rounded_as_it_is_itself_and_not_as_what_it_is_taken_from() -> None:
    found = stated("`net pay` = total - discount")
    assert isinstance(found, Equation)
    assert found.rounding == 0.5
    assert not found.broken(VALUES).any()


def test_a_function_has_the_commonest_value_of_all_labels_that_there_are() -> None:
    found = stated("currency follows from country")
    assert isinstance(found, Function)
    assert found.entries == {(0,): 0.0, (1,): 0.0, (2,): 1.0}
    assert not found.broken(VALUES).any()
    loose = stated("name follows from coupon")
    assert isinstance(loose, Function)
    values = VALUES[:, [SCHEMA.names.index("coupon"), SCHEMA.names.index("name")]]
    for (code,), value in loose.entries.items():
        group = values[np.isnan(values[:, 0]) if code == -1 else values[:, 0] == code, 1]
        assert (group == value).sum() == max(np.unique(group, return_counts=True)[1])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ordered <= shiped", "the table has no column 'shiped'"),
        ("channel follows from country", "the table has no column 'channel': it was left out, left out by --drop"),
        ("weight <= country", "'country' is a categorical column, of neither numbers nor times"),
        ("weight <= ordered", "one is counted in plain numbers, the other in days since 1970"),
        ("weight = ordered + shipped", "points in time"),
        ("shipped = ordered * quantity", "points in time"),
        ("name follows from weight", "'weight' is a numeric column, and functions are of labels"),
        ("total = total + paid", "it names a column twice"),
        ("paid = total - total", "it names a column twice"),
        ("total = price + quantity + paid + weight", "it has none of the known forms"),
        ("total = price + quantity - paid", "it has none of the known forms"),
        ("total = 2 * price", "it has none of the known forms"),
        ("total == price", "it has none of the known forms"),
        ("total = price +", "it has none of the known forms"),
        ("name follows country", "it has none of the known forms"),
        ("`total <= price", "it has none of the known forms"),
        ("", "it has none of the known forms"),
        ("total", "it has none of the known forms"),
    ],
)
def test_what_is_no_relation_is_refused_in_a_line_with_a_next_step(text: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        stated(text)
    assert caught.value.code == Exit.USAGE
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_a_name_that_there_is_not_is_answered_with_the_nearest() -> None:
    with pytest.raises(UserError) as caught:
        stated("ordered <= shiped")
    assert caught.value.hint.startswith("Is it 'shipped'? Its columns are 'ordered', ")


def test_a_column_of_labels_that_are_numbers_is_a_quantity() -> None:
    frame = pd.DataFrame({"few": ["1", "2", "3"] * 100, "many": ["3", "4", "5"] * 100})
    schema = schema_of(infer(table_of_frame(frame)), "frame")
    values = values_of(schema.encode(table_of_frame(frame)), schema.kinds)
    found = stated_relation("few < many", schema, values)
    assert found.speaks_of(values).all()
    assert not found.broken(values).any()
