"""The types that tables of text are given where they come in blocks."""

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd
import pytest

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.block_types import BlockTypes
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.text.typed_columns import TypedTable, columns_of
from tests.tables.small import table


def block(*cells: str) -> TypedTable:
    return columns_of(pd.DataFrame({"x": pd.Series(cells, dtype=object)}))


def types(trained: Sequence[str], *blocks: TypedTable, target: str = "a.parquet") -> list[str]:
    """The type of the column in each block, after a run whose training had these cells."""
    decided = BlockTypes(schema_of(infer(table(x=list(trained))), "t.csv"), target)
    return [str(decided.of(each)["x"].cells.dtype).removesuffix("[pyarrow]") for each in blocks]


NUMBERS = [str(n * n) for n in range(60)]


@pytest.mark.parametrize(
    ("trained", "found"),
    [
        (NUMBERS, "int64"),
        ([f"{n / 2}" for n in range(60)], "double"),
        (["true", "false"] * 30, "bool"),
        (["yes", "no"] * 30, "string"),
        ([f"{date(2021, 1, 1) + timedelta(3 * n):%d.%m.%Y}" for n in range(90)], "date32[day]"),
    ],
)
def test_all_blocks_have_the_type_that_the_schema_says_whatever_cells_the_first_has(
    trained: list[str], found: str
) -> None:
    blocks = [block("", ""), block(*trained), block(trained[1], "")]
    assert types(trained, *blocks) == [found] * 3


def test_a_column_that_no_run_knows_is_text_however_its_first_rows_read() -> None:
    decided = BlockTypes(schema_of(infer(table(y=NUMBERS)), "t.csv"), "a.parquet")
    assert [str(decided.of(each)["x"].cells.dtype) for each in (block("1", "2"), block("x"))] == ["string[pyarrow]"] * 2


def test_integers_that_half_fill_their_type_have_a_wider_one_for_those_to_come() -> None:
    assert types(NUMBERS, block(str(2**62 - 1)), block(str(2**63 - 1))) == ["int64"] * 2
    assert types(NUMBERS, block(str(2**62)), block(str(2**63))) == ["decimal128(38, 0)"] * 2


def test_a_cell_of_another_type_is_refused_in_parquet_and_text_in_json_lines() -> None:
    labels = ["1", "2", "3"] * 20
    with pytest.raises(UserError, match=r"a\.parquet: column 'x' has a cell that is no int64, as those before") as told:
        types(labels, block("1"), block("x"))
    assert told.value.code == Exit.OUTPUT
    assert types(labels, block("1"), block("2", "x"), block("3"), target="a.jsonl") == ["int64", "string", "int64"]


def test_no_cell_is_rounded_to_the_type_of_those_before() -> None:
    with pytest.raises(UserError, match="no int64"):
        types(NUMBERS, block("1"), block("2.5"))
    with pytest.raises(UserError, match="no int64"):
        types(NUMBERS, block("1"), block(str(2**63)))
