"""Columns of text, and cells of types that mean the same: a typed cell is what it is, however the text was written."""

import datetime

import numpy as np
import pandas as pd
import pytest

from made_cli.errors import UserError
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.meant_types import plain_texts, with_meant_types
from made_cli.tables.columns.schema import Schema
from made_cli.tables.events.evidence import evidence_from_table
from made_cli.tables.files.table import Table
from made_cli.tables.text.cell_types import family
from made_cli.tables.text.column import type_of
from made_cli.tables.text.filling import filled
from made_cli.tables.text.typed_columns import columns_of, frame_of
from tests.tables.small import table

ROWS = 120
RNG = np.random.default_rng(8)
MINUTES = [datetime.datetime(1981, 3, 1) + datetime.timedelta(minutes=int(n)) for n in RNG.integers(0, 10**7, ROWS)]
NUMBERS = RNG.normal(0, 2000, ROWS)


def few(texts: list[str]) -> list[str]:
    """A column of four labels."""
    return [texts[place % 4] for place in range(ROWS)]


def point(number: float, form: str) -> str:
    """A number with a comma before its decimals."""
    return form.format(number).replace(",", "_").replace(".", ",").replace("_", ".")


OFFSETS = few(["-0500", "+0130"] * 2)
COLUMNS = {
    "days": [f"{at:%d.%m.%Y}" for at in MINUTES],
    "two digits": [f"{at:%m/%d/%y}" for at in MINUTES],
    "names of months": [f"{at:%d-%b-%Y}" for at in MINUTES],
    "months": [f"{at:%Y-%m}" for at in MINUTES],
    "clocks": [f"{at:%I:%M %p}" for at in MINUTES],
    "both": [f"{at:%d.%m.%Y %H:%M}" for at in MINUTES],
    "zoned": [f"{at:%Y/%m/%d %H:%M}+02:00" for at in MINUTES],
    "summer time": [f"{at:%d.%m.%Y %H:%M}+0{1 + (4 <= at.month <= 9)}:00" for at in MINUTES],
    "instants": [f"{at:%d.%m.%Y %H:%M} {offset}" for at, offset in zip(MINUTES, OFFSETS, strict=True)],
    "few days": few([f"{at:%d.%m.%Y}" for at in MINUTES]),
    "few clocks": few(["9:05 AM", "1:00 PM", "11:59 PM", "12:30 AM"]),
    "few zoned": few([f"{at:%d.%m.%Y %H:%M}+02:00" for at in MINUTES]),
    "one moment twice": few(["01.02.2021 10:00+02:00", "01.02.2021 09:00+01:00"] * 2),
    "rare days": [f"{at:%d.%m.%Y}" if row < 5 else f"0{row % 4 + 1}.01.2021" for row, at in enumerate(MINUTES)],
    "numbers": [point(number, "{:.1f}") for number in NUMBERS],
    "money": [point(number, "{:,.2f} €") for number in NUMBERS],
    "shares": [point(number, "{:.0f} %") for number in NUMBERS],
    "few numbers": few(["1,5", "2,0", "2,5", "1.000,0"]),
    "agreed": few(["yes", "no"] * 2),
    "true": few(["TRUE", "FALSE"] * 2),
    "bits": few(["0", "1"] * 2),
    "postcodes": few(["01234", "99999", "00012", "10000"]),
}


def schema(cells: list[str]) -> Schema:
    return schema_of(infer(table(x=[*cells, "NA"])), "t.csv")


def typed_table(cells: list[str], known: Schema) -> Table:
    """The same cells as a typed file has them."""
    typed = with_meant_types(columns_of(pd.DataFrame({"x": pd.Series(cells, dtype=object)})), known)
    return Table(frame_of(typed), "t.parquet", None)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_typed_cell_has_the_code_of_its_text(name: str) -> None:
    cells = [*COLUMNS[name], "NA"]
    known = schema(COLUMNS[name])
    codes = known.encode(table(x=cells), unseen="error")
    assert np.array_equal(known.encode(typed_table(cells, known), unseen="error"), codes, equal_nan=True)


@pytest.mark.parametrize("name", COLUMNS)
def test_what_is_filled_into_a_typed_column_has_its_type(name: str) -> None:
    known, holes = schema(COLUMNS[name]), np.arange(ROWS) % 3 == 0
    whole = typed_table(COLUMNS[name], known).frame["x"]
    texts = plain_texts(known.kinds[0], [text for text, hole in zip(COLUMNS[name], holes, strict=True) if hole])
    now = filled(whole.mask(holes), holes, texts)
    assert now.dtype == whole.dtype
    if family(type_of(whole)) != "text":
        assert now.equals(whole)


def test_what_the_texts_of_a_column_cannot_say_is_refused() -> None:
    days, years = schema(COLUMNS["days"]), schema(COLUMNS["two digits"])
    noon = pd.DataFrame({"x": [pd.Timestamp("2020-01-31 12:00")]})
    with pytest.raises(UserError, match=r"row 1, column 'x': '2020-01-31 12:00:00' is not a time written DD.MM.YYYY"):
        days.encode(Table(noon, "t.parquet", None))
    with pytest.raises(UserError, match="'1870-01-31' is not a time written MM/DD/YY"):
        years.encode(Table(pd.DataFrame({"x": [datetime.date(1870, 1, 31)]}), "t.parquet", None))
    with pytest.raises(UserError, match=r"'2020-01-31 00:00:00\+00:00' is not a time"):
        days.encode(Table(pd.DataFrame({"x": [pd.Timestamp("2020-01-31", tz="UTC")]}), "t.parquet", None))
    labels = schema(COLUMNS["few days"])
    with pytest.raises(UserError, match="'1999-01-01', of which training had none"):
        labels.encode(Table(pd.DataFrame({"x": [datetime.date(1999, 1, 1)]}), "t.parquet", None), unseen="error")


def test_a_timestamp_of_midnight_is_its_day() -> None:
    days = schema(COLUMNS["days"])
    frame = pd.DataFrame({"x": pd.to_datetime(COLUMNS["days"], format="%d.%m.%Y")})
    assert np.array_equal(days.encode(Table(frame, "t", None)), days.encode(table(x=COLUMNS["days"])))


def test_typed_evidence_is_written_as_the_column_writes_it() -> None:
    for name in ("days", "clocks", "few days", "few zoned", "money"):
        known = schema(COLUMNS[name])
        given = evidence_from_table(known, typed_table(COLUMNS[name][:9], known))
        assert given.cells["x"].rows().tolist() == COLUMNS[name][:9]


def test_a_person_may_type_a_time_as_programs_do() -> None:
    (days,), (clocks,), (both,) = (schema(COLUMNS[name]).kinds for name in ("days", "clocks", "both"))
    assert days.code("2020-02-29") == days.code("29.02.2020")
    assert clocks.code("13:05") == clocks.code("1:05 PM")
    assert both.code("2020-02-29T13:05") == both.code("2020-02-29 13:05:00") == both.code("29.02.2020 13:05")
    assert both.as_written("2020-02-29 13:05") == "29.02.2020 13:05"
    assert days.equal_to("2020-02-29") == days.equal_to("29.02.2020")


def test_numbers_that_were_categories_are_drawn_as_numbers() -> None:
    cells = pd.Series([n / 10 for n in range(90)], name="x").astype("category")
    known = schema_of(infer(Table(cells.to_frame(), "data", None)), "data")
    drawn = frame_of(known.decode(np.array([[5.55], [100.0]]), np.random.default_rng(0)))
    assert drawn["x"].tolist() == [5.5, 100.0]
    assert drawn["x"].dtype == "float64"
