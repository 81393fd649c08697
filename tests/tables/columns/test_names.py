"""Names of columns in what people type."""

import pytest

from made_cli.errors import UserError
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.names import columns_listed
from tests.tables.small import table

SCHEMA = schema_of(infer(table(**{name: ["u", "v"] * 9 for name in ("a", "b", "a,b", 'the "c", d', '"e"')})), "t.csv")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("b, a", ["b", "a"]),
        ("a,b", ["a,b"]),  # the longest name there is
        ('"a","b"', ["a", "b"]),
        ('"a,b",a', ["a,b", "a"]),
        ('a , "the ""c"", d" ,b', ["a", 'the "c", d', "b"]),
        ('the "c", d,b', ['the "c", d', "b"]),
        ('"e",a', ['"e"', "a"]),
    ],
)
def test_a_list_names_columns_with_commas_between_and_quotes_where_they_help(text: str, names: list[str]) -> None:
    assert columns_listed(SCHEMA, text, "--columns") == names


@pytest.mark.parametrize("text", ["a,", '"a,c"', '"a" b', ""])
def test_a_list_of_other_names_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="no column"):
        columns_listed(SCHEMA, text, "--columns")
