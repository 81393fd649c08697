"""Questions in people's words mean what they mean in Python's."""

import pytest

from made_cli.config import Overrides
from made_cli.errors import UserError
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.events.expressions import event_of
from tests.tables.small import table

TABLE = table(
    city=["Ulm", "Bonn", ""] * 20,
    age=[str(18 + row % 40) if row % 7 else "" for row in range(60)],
    between=["a", "b"] * 30,
    empty=["x", "y"] * 30,
    day=[f"2024-03-{1 + row % 28:02d}" for row in range(60)],
)
SCHEMA = schema_of(infer(TABLE, Overrides(kinds={"age": "numeric"})), TABLE.source)


@pytest.mark.parametrize(
    ("said", "python"),
    [
        ("age between 20 and 30", "20 <= age <= 30"),
        ("age BETWEEN -3 AND 30.5", "-3 <= age <= 30.5"),
        ("age not between 20 and 30 and city == 'Ulm'", "not (20 <= age <= 30) and city == 'Ulm'"),
        ("day between '2024-03-02' and '2024-03-09'", "day >= '2024-03-02' and day <= '2024-03-09'"),
        ("city is empty", "city == ''"),
        ("age IS NOT EMPTY or city == 'Ulm'", "age != '' or city == 'Ulm'"),
        ("NOT (age < 20 OR city In ['Ulm', 'Bonn'])", "not (age < 20 or city in ['Ulm', 'Bonn'])"),
        ("city == 'Ulm' Or city is empty", "city == 'Ulm' or city == ''"),
    ],
)
def test_a_question_in_words_is_that_of_python(said: str, python: str) -> None:
    assert event_of(SCHEMA, said) == event_of(SCHEMA, python)


def test_columns_named_like_words_are_still_columns() -> None:
    assert event_of(SCHEMA, "between == 'a'") == event_of(SCHEMA, "`between` == 'a'")
    assert event_of(SCHEMA, "empty == 'x' and between == 'b'") == event_of(
        SCHEMA, "`empty` == 'x' and `between` == 'b'"
    )
    assert event_of(SCHEMA, "empty is empty") == event_of(SCHEMA, "`empty` == ''")
    columns = table(AND=["0", "1"] * 30)
    schema = schema_of(infer(columns, Overrides()), columns.source)
    assert event_of(schema, "AND == 1") == event_of(schema, "`AND` == 1")


@pytest.mark.parametrize("text", ["age between 3", "city is full", "age between and 5", "age and between 3 and 5"])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="cannot read"):
        event_of(SCHEMA, text)
