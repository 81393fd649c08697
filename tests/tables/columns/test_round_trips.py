"""Tables through a file and the codes and back: what every kind of column promises of its cells."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from made_cli.config import Missing, NetworkConfig, TrainingConfig
from made_cli.runs.record import DataRecord, RunRecord
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.kinds import Categorical, Kind, Numeric
from made_cli.tables.columns.schema import Schema
from made_cli.tables.files.reading import read_table
from made_cli.tables.files.table import Table
from made_cli.tables.files.writing import write_table
from made_cli.tables.text.booleans import truth
from made_cli.tables.text.numbers import parse
from made_cli.tables.text.patterns import pattern
from made_cli.tables.text.typed_columns import columns_of, frame_of

HOSTILE = ["", " ", '"', 'say "x", y', ",", ";", "\t", "\n", "a\r\nb", "🦆", "NA", "nan", "None", "0012", "12", "12.0"]
HOSTILE += [
    "true",
    "True",
    "no",
    "1e5",
    "-",
    "?",
    "=1+1",
    "'",
    "\ufeff",
    "e\u0301",
    "2019-03-01",
    "03/01/2019",
    "10:15",
]
PATTERNS = ["YYYY-MM-DD", "YYYY-MM-DDThh:mm:ss.fffZ", "YYYY-MM-DD hh:mm:ss+hhmm", "DD.MM.YYYY hh:mm", "D MON YYYY"]
PATTERNS += ["Month D, YYYY", "YYYY-MM", "hh:mm:ss", "h:mm AM", "M/D/YYYY h:mm:ss am", "YYYYMMDD"]

texts = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5)
missing_is = st.sampled_from(["outcome", "marginal"])


def through_a_file(cells: list[str]) -> Table:
    """The column beside another, so that a blank line is no doubt a row."""
    frame = pd.DataFrame({"x": pd.Series(cells, dtype=object), "beside": pd.Series(["1"] * len(cells), dtype=object)})
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "data.csv"))
        write_table(columns_of(frame), path)
        table = read_table(path)
    assert table.frame["x"].tolist() == cells
    return table


def there_and_back(table: Table, missing: Missing) -> tuple[Kind | None, list[str]]:
    """The kind of the column, None if it was left out; and its cells through codes, JSON, codes and a file."""
    schema = schema_of(infer(table, missing=missing), "data.csv")
    adapter = TypeAdapter(Schema)
    schema = adapter.validate_json(adapter.dump_json(schema))
    codes = schema.encode(table, unseen="error")
    decoded = frame_of(schema.decode(codes, np.random.default_rng(0)))
    if "x" not in schema.names:
        return None, []
    again = through_a_file(decoded["x"].fillna("").tolist())
    assert schema.empty(again)[:, 0].tolist() == schema.empty(table)[:, 0].tolist()
    return schema.kinds[0], again.frame["x"].tolist()


@given(st.lists(texts, min_size=1, max_size=30), st.integers(1, 3), missing_is)
def test_labels_and_whatever_is_taken_for_a_number_come_back(cells: list[str], times: int, missing: Missing) -> None:
    table = through_a_file(cells * times)
    kind, back = there_and_back(table, missing)
    for cell, decoded in zip(cells * times, back, strict=kind is not None):
        if isinstance(kind, Numeric):
            assert kind.is_empty(cell) == kind.is_empty(decoded)
            assert (
                kind.is_empty(cell) or abs(kind.encode([cell])[0] - kind.encode([decoded])[0]) <= kind.format.resolution
            )
        elif isinstance(kind, Categorical) and cell in kind.rare:
            assert decoded in kind.rare
        elif kind is not None and kind.is_empty(cell):
            assert kind.is_empty(decoded)
        else:
            assert (
                decoded == cell
                or parse(decoded) == parse(cell) is not None
                or (len(set(cells) - {""}) > 2 and truth(decoded) is truth(cell) is not None)
            )


@settings(max_examples=40)
@given(st.lists(st.integers(-(10**9), 10**9), min_size=25, max_size=60, unique=True), st.integers(0, 5), missing_is)
def test_numbers_come_back_in_value_and_in_format(steps: list[int], places: int, missing: Missing) -> None:
    cells = [f"{step / 10**places:.{places}f}" for step in steps] + ["", ""]
    kind, back = there_and_back(through_a_file(cells), missing)
    assert kind is None or kind.described == "numeric"
    assert kind is None or back == cells


@settings(max_examples=25)
@given(st.lists(st.floats(-1e9, 1e9), min_size=25, max_size=40, unique=True), missing_is)
def test_numbers_of_any_precision_come_back_to_within_their_resolution(numbers: list[float], missing: Missing) -> None:
    kind, back = there_and_back(through_a_file([*map(repr, numbers), "NA"]), missing)
    if isinstance(kind, Numeric):
        assert back[-1] == ("NA" if missing == "outcome" else "")
        for number, decoded in zip(numbers, back, strict=False):
            assert abs((parse(decoded) or 0.0) - number) <= kind.format.resolution


@settings(max_examples=60)
@given(st.sampled_from(PATTERNS), st.data(), missing_is)
def test_times_come_back_exactly(written: str, data: st.DataObject, missing: Missing) -> None:
    compiled = pattern(written)
    reach = (compiled.ticks or 12) * (200 * 365 if compiled.dated else 1)
    start = -reach // 2 if compiled.dated and written != "YYYYMMDD" else 0
    if written == "YYYYMMDD":
        reach = 100 * 365
    counts = st.integers(start, start + reach - 1)
    timestamps = data.draw(st.lists(counts, min_size=25, max_size=60, unique=True))
    cells = [compiled.spell(count, 0) for count in timestamps] + [""]
    kind, back = there_and_back(through_a_file(cells), missing)
    assert kind is not None
    assert kind.described == "time"
    assert back == cells


@pytest.mark.parametrize("missing", ["outcome", "marginal"])
@pytest.mark.parametrize("cells", [["0"], ["no", ""], ['"'], ["2019-03-01"], ["0012", ""], ["", "7.50"]])
def test_constants_come_back(cells: list[str], missing: Missing) -> None:
    kind, back = there_and_back(through_a_file(cells * 3), missing)
    assert isinstance(kind, Categorical)
    assert back == cells * 3


@pytest.mark.parametrize("mark", ["NA", "?", " ", "\n", "None"])
def test_a_mark_of_empty_cells_comes_back_in_every_column(mark: str) -> None:
    frame = pd.DataFrame({"label": ["a", "b", mark] * 20, "number": [*map(str, range(0, 590, 10)), mark]}, dtype=object)
    found = Table(frame, "data.csv", None)
    schema = schema_of(infer(found), "data.csv")
    assert schema.empty(found).sum(axis=0).tolist() == [20, 1]
    assert frame_of(schema.decode(schema.encode(found), np.random.default_rng(0))).equals(frame)


def test_a_column_of_empty_cells_comes_back_where_they_are_an_outcome() -> None:
    assert there_and_back(through_a_file([""] * 4), "outcome")[1] == [""] * 4
    assert there_and_back(through_a_file([""] * 4), "marginal")[0] is None


@settings(max_examples=40)
@given(
    st.sampled_from([("True", "False"), ("yes", "no"), ("T", "F"), ("1", "0"), ("on", "off")]), st.data(), missing_is
)
def test_truth_values_come_back_as_they_are_mostly_written(
    pair: tuple[str, str], data: st.DataObject, missing: Missing
) -> None:
    cells = [*data.draw(st.lists(st.sampled_from([*pair, ""]), min_size=1, max_size=20)), *pair]
    table = through_a_file([*cells, *cells, *(cell.lower() for cell in pair)])
    kind, back = there_and_back(table, missing)
    assert isinstance(kind, Categorical)
    assert set(kind.labels) == set(pair)
    assert back == [*cells, *cells, *pair]


@pytest.mark.parametrize("missing", ["outcome", "marginal"])
def test_the_record_of_a_run_keeps_every_kind(missing: Missing) -> None:
    days = [f"2019-03-{1 + day % 31:02d} 10:{day:02d}{'+01:00' if day % 31 < 30 else '+02:00'}" for day in range(50)]
    frame = pd.DataFrame(
        {
            "time": days,
            "date": [day[:10].replace("-", "/") for day in days],
            "number": [f"{day / 8}" for day in range(50)],
            "label": [*"abcd", ""] * 10,
            "truth": ["True", "true", "False", "FALSE", ""] * 10,
        },
        dtype=object,
    )
    schema = schema_of(infer(Table(frame, "data", None), missing=missing), "data")
    assert [kind.described for kind in schema.kinds] == ["time", "time", "numeric", "categorical", "binary"]
    data = DataRecord(source="data", valid_source=None, train_rows=45, valid_rows=5, sha256="")
    record = RunRecord(schema, NetworkConfig(), TrainingConfig(), (None,), data, {})
    adapter = TypeAdapter(RunRecord)
    again = adapter.validate_json(adapter.dump_json(record))
    assert again == record
    assert [type(kind.format) for kind in again.schema.kinds if isinstance(kind, Numeric)] == [
        type(kind.format) for kind in schema.kinds if isinstance(kind, Numeric)
    ]
