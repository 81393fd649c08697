"""The schema: tables to codes and back, and the schema itself to JSON and back."""

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.kinds import Numeric
from made_cli.tables.columns.schema import Schema
from made_cli.tables.files.table import Table
from made_cli.tables.text.numbers import NumberFormat, parse
from made_cli.tables.text.timestamps import TimeFormat
from made_cli.tables.text.typed_columns import frame_of

ROWS = 60


def schema(frame: pd.DataFrame) -> Schema:
    return schema_of(infer(Table(frame, "data", None)), "data")


def there_and_back(frame: pd.DataFrame) -> pd.DataFrame:
    found = schema(frame)
    return frame_of(found.decode(found.encode(Table(frame, "data", None)), np.random.default_rng(0)))


def typed() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    gaps = rng.random(ROWS) < 0.3
    return pd.DataFrame(
        {
            "integer": rng.integers(0, 500, ROWS) * 3,
            "few integers": rng.integers(0, 3, ROWS),
            "number": rng.normal(size=ROWS).round(2),
            "number with gaps": np.where(gaps, np.nan, rng.normal(size=ROWS).round(1)),
            "single": rng.normal(size=ROWS).round(2).astype(np.float32),
            "truth": gaps,
            "truth with gaps": pd.array([None if x < 0.3 else x < 0.6 for x in rng.random(ROWS)], dtype="boolean"),
            "nullable": pd.array(
                [None if gap else 2**40 + int(n) for n, gap in zip(rng.integers(0, 10**6, ROWS), gaps, strict=True)],
                dtype="Int64",
            ),
            "empty": pd.array([None] * ROWS, dtype="Float64"),
        }
    )


def test_typed_columns_come_back_in_their_type() -> None:
    pd.testing.assert_frame_equal(there_and_back(typed()), typed(), rtol=1e-12)


def test_text_comes_back_as_text_and_empty_cells_as_missing() -> None:
    frame = pd.DataFrame(
        {
            "object": pd.Series(["a", "", "b"] * 9, dtype=object),
            "str": pd.Series(["a", None, "b"] * 9, dtype="str"),
            "category": pd.Series(["a", None, "b"] * 9, dtype="category"),
            "money": pd.Series(["2.50", "", "10.00"] * 9, dtype=object),
        }
    )
    back = there_and_back(frame)
    assert [str(dtype) for dtype in back.dtypes] == ["object", "str", "category", "object"]
    for name in ("object", "str", "category"):
        assert back[name].astype(object).where(back[name].notna(), None).tolist() == ["a", None, "b"] * 9
    assert back["money"].tolist() == ["2.50", None, "10.00"] * 9


@given(st.data())
def test_cells_of_text_come_back_whatever_they_hold(data: st.DataObject) -> None:
    hostile = ["", '"', ",", "\n", "🦆", "NA", "nan", "0012", " 1", "1.0", "1", "-0", "1e5", "2.50", "1e-9"]
    size = data.draw(st.integers(1, 30))
    columns = st.lists(st.sampled_from(hostile), min_size=size, max_size=size)
    # Each twice, so that no label is rare.
    frame = pd.DataFrame({name: data.draw(columns) * 2 for name in "ab"}, dtype=object)
    found = schema(frame)
    back = there_and_back(frame)
    for kind in found.kinds:
        for decoded, cell in zip(back[kind.name].fillna(""), frame[kind.name], strict=True):
            assert kind.is_empty(decoded) == kind.is_empty(cell)
            assert isinstance(kind, Numeric) or kind.is_empty(cell) or decoded == cell or parse(decoded) == parse(cell)


@pytest.mark.parametrize("distinct", [2, 60])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Rome", "America/St_Johns"])
def test_times_of_pandas_come_back_in_their_type(distinct: int, unit: str, zone: str | None) -> None:
    # Among them the hours at which the clocks are changed.
    times = pd.Series(pd.date_range("2019-03-29", periods=distinct, freq="3h", tz="UTC").tz_convert(zone))
    times = pd.concat([times, pd.Series([pd.NaT] * 2), times], ignore_index=True)
    dtype = f"datetime64[{unit}, {zone}]" if zone else f"datetime64[{unit}]"
    frame = pd.DataFrame({"time": times.astype(pd.api.types.pandas_dtype(dtype))})
    assert [kind.described for kind in schema(frame).kinds] == ["binary" if distinct == 2 else "time"]
    pd.testing.assert_frame_equal(there_and_back(frame), frame)


@pytest.mark.parametrize("distinct", [2, 60])
def test_dates_come_back_as_dates(distinct: int) -> None:
    dates = [datetime.date(2020, 1, 1 + day % 28) if day else None for day in range(distinct)]
    frame = pd.DataFrame({"date": pd.Series(dates, dtype=object)})
    back = there_and_back(frame)["date"]
    assert [None if pd.isna(date) else date for date in back] == dates


def test_a_draw_beyond_the_nanoseconds_is_the_last_day_that_they_reach() -> None:
    found = schema(pd.DataFrame({"time": pd.date_range("2019-03-01", periods=60, freq="D").astype("datetime64[ns]")}))
    drawn = frame_of(found.decode(np.array([[-1e15], [1e15], [0.0]]), np.random.default_rng(0)))["time"]
    assert [time.year for time in drawn] == [1677, 2262, 1970]


def test_columns_are_found_by_name_and_others_ignored() -> None:
    frame = typed()
    found = schema(frame)
    mixed = frame[frame.columns[::-1]].assign(more=1)
    np.testing.assert_array_equal(found.encode(Table(mixed, "new", None)), found.encode(Table(frame, "data", None)))


def test_missing_columns_are_named() -> None:
    found = schema(typed())
    with pytest.raises(UserError, match=r"new: no column 'number', 'truth' \(2 of the 9") as caught:
        found.encode(Table(typed().drop(columns=["truth", "number"]), "new", None))
    assert caught.value.code == Exit.SCHEMA_MISMATCH


def test_a_missing_column_is_answered_with_one_that_is_nearly_it() -> None:
    found = schema(typed())
    with pytest.raises(UserError) as caught:
        found.encode(Table(typed().rename(columns={"number": "Number"}), "new", None))
    assert "Is it 'Number'?" in caught.value.hint


def test_a_cell_that_is_no_number_is_named_with_its_line_and_column() -> None:
    found = schema(pd.DataFrame({"x": [str(n / 7) for n in range(50)]}, dtype=object))
    new = Table(pd.DataFrame({"x": ["1", "", "abc"]}, dtype=object), "new.csv", np.array([2, 3, 5]))
    with pytest.raises(UserError, match=r"new\.csv, line 5, column 'x': 'abc' is not a number") as caught:
        found.encode(new)
    assert caught.value.code == Exit.SCHEMA_MISMATCH


@pytest.mark.parametrize("rows", [0, 1])
def test_few_rows_and_none_are_encoded_and_decoded(rows: int) -> None:
    frame = typed()
    found = schema(frame)
    codes = found.encode(Table(frame.head(rows), "new", None))
    assert codes.shape == (rows, 9)
    assert len(frame_of(found.decode(codes, np.random.default_rng(0)))) == rows


def test_codes_of_labels_alone_are_bytes_and_unseen_ones_fit() -> None:
    frame = pd.DataFrame({"a": [str(n % 15) for n in range(90)], "b": ["0"] * 90}, dtype=object)
    found = schema(frame)
    assert found.compact
    new = Table(pd.DataFrame({"a": ["x", "", "3"], "b": ["1", "x", ""]}, dtype=object), "new", None)
    codes = found.encode(new)
    assert codes.dtype == np.uint8
    assert codes[:, 1].tolist() == [1, 2, 3]
    assert not schema(typed()).compact


def test_many_labels_do_not_fit_a_byte() -> None:
    frame = pd.DataFrame({"a": [f"label {n % 254}" for n in range(600)]}, dtype=object)
    found = schema(frame)
    assert not found.compact
    new = Table(pd.DataFrame({"a": ["label 253", "x", ""]}, dtype=object), "new", None)
    assert found.encode(new)[1:, 0].tolist() == [254, 255]


def test_json_gives_an_equal_schema() -> None:
    frame = typed().assign(
        name=[f"name {n}" for n in range(ROWS)],
        labels=(["a", "b", '"quoted", ', "🦆", "", "1.0"] * ROWS)[:ROWS],
        counts=[str(n % 7 * (n % 5 == 0)) for n in range(ROWS)],
        days=[
            f"2019-{1 + n % 12:02d}-{1 + n % 28:02d}T10:00{'+01:00' if n % 12 < 6 else '+02:00'}" for n in range(ROWS)
        ],
        incomes=[str(round(1000 * 1.09 ** (n * 37 % 101))) for n in range(ROWS)],
    )
    found = schema(frame)
    assert found.left_out
    assert {kind.kind for kind in found.kinds} == {"categorical", "numeric"}
    adapter = TypeAdapter(Schema)
    again = adapter.validate_json(adapter.dump_json(found))
    assert again == found
    assert [type(kind) for kind in again.kinds] == [type(kind) for kind in found.kinds]
    assert {type(kind.format) for kind in again.kinds if isinstance(kind, Numeric)} == {NumberFormat, TimeFormat}
    np.testing.assert_array_equal(again.encode(Table(frame, "data", None)), found.encode(Table(frame, "data", None)))
