"""Columns that were counted block by block have the kinds that those of the whole table have."""

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made_cli.config import Overrides
from made_cli.errors import UserError
from made_cli.tables.columns.counted import CountedTable
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.recognition import Finding
from made_cli.tables.columns.schema_file import schema_json
from made_cli.tables.files.delimited import TextOptions
from made_cli.tables.files.several import read_tables
from made_cli.tables.files.table import Table
from tests.training.in_blocks import Parts

RNG = np.random.default_rng(0)
ROWS = 4_000


def told(findings: list[Finding]) -> list[tuple[object, ...]]:
    return [(each.column.name, each.why, each.marks, each.kind) for each in findings]


def both(frame: pd.DataFrame, size: int, most: int, **more: Any) -> tuple[list[Finding], list[Finding]]:  # noqa: ANN401
    table, overrides = Table(frame, "table", None), Overrides(**more)
    return infer(table, overrides), infer(CountedTable(Parts(table, size), most), overrides)


TYPED: dict[str, Any] = {
    "integers": RNG.integers(-5, 1_000, ROWS),
    "numbers with gaps": np.where(RNG.random(ROWS) < 0.01, np.nan, RNG.normal(size=ROWS).round(3)),
    "nullable": pd.array(RNG.integers(0, 500, ROWS), dtype="Int64"),
    "single": RNG.normal(size=ROWS).astype(np.float32),
    "logical": RNG.random(ROWS) < 0.5,
    "days": [datetime.date(2020, 1, 1) + datetime.timedelta(days=int(day)) for day in RNG.integers(0, 900, ROWS)],
    "times": pd.Timestamp("2020-01-01") + pd.to_timedelta(RNG.integers(0, 10**6, ROWS), "s"),
    "parts of seconds late": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(ROWS) // 3_000 * 250, "ms"),
    "names": pd.Categorical(RNG.choice(["ab", "cd", "ef"], ROWS)),
    "texts": np.where(RNG.random(ROWS) < 0.2, "", "yes"),
    "empty at first": [None] * 300 + [1.5] * (ROWS - 300),
    "always empty": [None] * ROWS,
    "one value": 7,
    "rows": np.arange(ROWS),
}
TEXTS = {
    "euros": [f"{number // 100},{number % 100:02d} €" for number in RNG.integers(0, 10**6, ROWS)],
    "marked": np.where(RNG.random(ROWS) < 0.02, "n/a", RNG.integers(0, 10**6, ROWS).astype(str)),
    "dates": [f"{day:02d}.{month:02d}.19" for day, month in zip(*RNG.integers(1, 13, (2, ROWS)), strict=True)],
    "answers": RNG.choice(["none", "some", "all"], ROWS),
    "spellings": RNG.choice(["New York", "New  York", "Rome"], ROWS),
    "codes": [f"{number:05d}" for number in RNG.integers(0, 300, ROWS)],
    "free": [f"word {number}" for number in RNG.permutation(ROWS)],
    "blank": RNG.choice(["a", "b", " "], ROWS),
}


@pytest.mark.parametrize("size", [1_000, 3_999, ROWS])
def test_few_distinct_texts_have_the_kinds_of_the_whole(size: int) -> None:
    for frame in (pd.DataFrame(TYPED), pd.DataFrame(TEXTS)):
        whole, counted = both(frame, size, ROWS)
        assert told(counted) == told(whole)
        assert schema_json(counted, ROWS) == schema_json(whole, ROWS)
        assert schema_of(counted, "") == schema_of(whole, "")


CELLS = st.one_of(
    st.sampled_from(["", "?", "NA", "-", " ", "a", "A", "b", "0", "1", "01", "1.50", "2,5", "1.234", "12 %", "-3"]),
    st.integers(-(10**6), 10**6).map(str),
    st.floats(-100, 100).map(lambda number: f"{number:.2f}"),
    st.dates().map(str),
)


@given(st.lists(st.tuples(CELLS, CELLS, st.integers(0, 3).map(str)), min_size=1, max_size=60), st.integers(1, 70))
@settings(max_examples=60, deadline=None)
def test_any_texts_have_the_kinds_of_the_whole(rows: list[tuple[str, ...]], size: int) -> None:
    whole, counted = both(pd.DataFrame(rows, columns=["a", "b", "c"]), size, 100)
    assert told(counted) == told(whole)


def test_many_distinct_texts_have_the_kinds_of_the_whole() -> None:
    for frame in (pd.DataFrame(TYPED), pd.DataFrame(TEXTS)):
        whole, counted = both(frame, 500, 200)
        kept = [name for name in frame if name not in ("codes", "free")]
        assert [each.column.name for each in counted if each.column.drawn]
        for one, other in zip(whole, counted, strict=True):
            if one.column.name in kept:
                assert (other.why, other.marks) == (one.why, one.marks)
                assert other.form == one.form
                assert other.column.all_missing == one.column.missing
                assert other.column.all_rows == ROWS


def odd(cells: list[str]) -> tuple[Finding, Finding]:
    """What a column of numbers is taken for, as a whole and in blocks, where single cells are something else."""
    texts = [f"{number}.25" for number in range(10, 10 + ROWS)]
    for place, cell in enumerate(cells):
        texts[1_000 + 700 * place] = cell
    frame = pd.DataFrame({"x": texts})
    table = Table(frame, "table", None)
    (whole,), (counted,) = infer(table), infer(CountedTable(Parts(table, 50), 30, most_drawn=100))
    assert counted.column.drawn is not None
    return whole, counted


@pytest.mark.parametrize("cells", [["unknown"], ["n/a", "?"], [""], ["-0.25"], ["1e30"], ["3"], ["7", " "]], ids=repr)
def test_a_single_odd_cell_is_not_missed(cells: list[str]) -> None:
    whole, counted = odd(cells)
    assert (counted.why, counted.column.all_missing, counted.column.marks) == (
        whole.why,
        whole.column.missing,
        whole.column.marks,
    )
    if whole.kind is not None:
        assert counted.form == whole.form
        assert counted.kind is not None
        assert (counted.kind.lower, counted.kind.missing) == (whole.kind.lower, whole.kind.missing)  # type: ignore[union-attr]


def test_numbers_of_a_type_keep_their_ends_and_empty_cells() -> None:
    values = np.random.default_rng(0).lognormal(size=ROWS)
    values[[70, 900]] = np.nan, -2.5
    (whole,), (counted,) = both(pd.DataFrame({"x": values}), 50, 30)
    assert whole.kind is not None and counted.kind is not None  # noqa: PT018
    assert (counted.kind.lower, counted.kind.missing) == (whole.kind.lower, whole.kind.missing)  # type: ignore[union-attr]
    assert (counted.column.all_missing, counted.column.all_rows) == (1, ROWS)


def test_more_labels_than_are_counted_are_left_out() -> None:
    frame = pd.DataFrame({"x": [f"word {number % 500}" for number in range(ROWS)], "y": ["a", "b"] * (ROWS // 2)})
    _, (found, _) = both(frame, 50, 100)
    assert found.kind is None
    assert found.why == "an identifier or free text: more than 100 distinct values in 4,000 rows"
    assert schema_json([found], ROWS)["columns"][0]["distinct"] >= 100
    with pytest.raises(UserError, match="column 'x' has more than 100 distinct labels"):
        both(frame, 50, 100, kinds={"x": "categorical"})


def test_a_cell_that_is_not_what_its_column_was_declared_to_be_is_named_by_its_place() -> None:
    frame = pd.DataFrame({"x": ["1", "2", "3", "b", "5"] * 3})
    with pytest.raises(UserError, match="table, row 4, column 'x': 'b' is not a number"):
        infer(CountedTable(Parts(Table(frame, "table", None), 2)), Overrides(kinds={"x": "numeric"}))


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(UserError, match="no rows"):
        infer(CountedTable(Parts(Table(pd.DataFrame({"x": []}), "table", None), 2)))


def test_the_rows_that_are_drawn_do_not_depend_on_the_blocks() -> None:
    table = Table(pd.DataFrame({"x": np.arange(1_000.0)}), "table", None)
    one, other = (CountedTable(Parts(table, size), 10, most_drawn=50).drawn.table().frame for size in (7, 400))
    assert len(one) == 50
    assert one["x"].tolist() == other["x"].tolist() == sorted(one["x"])


def test_sample_tables_have_the_kinds_of_the_whole() -> None:
    table = read_tables(["sample_data/penguins.csv"], TextOptions())
    assert told(infer(CountedTable(Parts(table, 25)))) == told(infer(table))
