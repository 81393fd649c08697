"""What `made_cli.tables.files.writing` writes, in every form, and that it reads back the same."""

import datetime
import decimal
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_cli.errors import Exit, UserError
from made_cli.tables.files import parquet_writing, text_writing
from made_cli.tables.files.reading import read_table
from made_cli.tables.files.writing import check_output, write_table
from made_cli.tables.text.typed_columns import TypedColumn, TypedTable, columns_of
from tests.tables.files.small import Piped

HOSTILE = ["", '"', '""', ",", "\n", "\r", "\r\n", " ", "\t", ";", "NA", "0012", "1e5", "🦆", "\ufeff", "'", "\\", "#"]

cells = st.one_of(
    st.sampled_from(HOSTILE),
    st.lists(st.sampled_from(HOSTILE), max_size=4).map("".join),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
)


@st.composite
def text_frames(draw: st.DrawFn) -> pd.DataFrame:
    names = draw(st.lists(cells.filter(bool), min_size=1, max_size=4, unique=True))
    width = len(names)
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=5))
    return pd.DataFrame(np.array(rows, dtype=object).reshape(-1, width), columns=pd.Index(names), dtype=object)


@pytest.mark.parametrize("ending", ["csv", "tsv", "csv.gz", "TSV.GZ"])
@given(frame=text_frames())
def test_text_tables_round_trip(tmp_path_factory: pytest.TempPathFactory, ending: str, frame: pd.DataFrame) -> None:
    path = str(tmp_path_factory.getbasetemp() / f"round.{ending}")
    write_table(columns_of(frame), path)
    pd.testing.assert_frame_equal(read_table(path).frame, frame)


def test_json_lines_have_numbers_as_numbers_and_null_where_a_cell_is_empty(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            'a "b"': [0.1 + 0.2, math.nan, math.inf],
            "i": pd.array([2**60 + 1, None, 0], dtype="Int64"),
            "w": [1.0, 2.0, math.nan],
            "b": pd.array([True, None, False], dtype="boolean"),
            "s": ["é\n", None, "12"],
            "d": [datetime.date(2020, 1, 2), None, None],
            "m": pd.Series([decimal.Decimal("1.50"), None, None], dtype=pd.ArrowDtype(pa.decimal128(5, 2))),
        }
    )
    for table in (columns_of(frame), held_once(frame)):
        write_table(table, str(tmp_path / "a.jsonl"))
        assert (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines() == [
            '{"a \\"b\\"": 0.30000000000000004, "i": 1152921504606846977, "w": 1, "b": true, "s": "é\\n",'
            ' "d": "2020-01-02", "m": 1.50}',
            '{"a \\"b\\"": null, "i": null, "w": 2, "b": null, "s": null, "d": null, "m": null}',
            '{"a \\"b\\"": null, "i": 0, "w": null, "b": false, "s": "12", "d": null, "m": null}',
        ]


@pytest.mark.parametrize("name", ["a.jsonl", "a.JSONL.gz"])
def test_json_lines_are_read_back_with_their_types(tmp_path: Path, name: str) -> None:
    frame = pd.DataFrame({"n": [1.5, None], "day": ["2020-01-02", "x"], "at": ["2020-01-02 10:00:00", None]})
    write_table(columns_of(frame), str(tmp_path / name))
    found = read_table(str(tmp_path / name))
    assert found.column("n").texts == ("1.5", "")
    assert found.column("day").texts == ("2020-01-02", "x")
    assert found.column("at").texts == ("2020-01-02 10:00:00", "")


@pytest.mark.parametrize(
    "text", ["", '{"a": [1]}', '{"a": 1]}', '[{"a": 1}]', '{"a": 1, "a": 2}', '{"a": 1}\n{"a": ""}']
)
def test_lines_that_are_no_rows_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.jsonl").write_text(text)
    with pytest.raises(UserError, match=r"a\.jsonl") as refused:
        read_table(str(tmp_path / "a.jsonl"))
    assert refused.value.code == Exit.BAD_DATA


def test_numbers_are_written_at_full_precision_and_missing_cells_empty(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "f": [0.1 + 0.2, math.nan],
            "i": pd.array([2**60 + 1, None], dtype="Int64"),
            "b": [True, False],
            "s": ["x", None],
            "t": pd.Series(["2020-01-02 03:04:05", None], dtype="datetime64[us]"),
            "d": [datetime.date(2020, 1, 2), None],
        }
    )
    write_table(columns_of(frame), str(tmp_path / "a.csv"))
    assert (tmp_path / "a.csv").read_bytes() == (
        b"f,i,b,s,t,d\n0.30000000000000004,1152921504606846977,True,x,2020-01-02 03:04:05,2020-01-02\n,,False,,,\n"
    )


def test_only_cells_that_need_quotes_have_them(tmp_path: Path) -> None:
    write_table(columns_of(pd.DataFrame({"a": ["x y", 'q"', "\r"], "b": ["é", ",", "\n"]})), str(tmp_path / "a.csv"))
    assert (tmp_path / "a.csv").read_bytes() == 'a,b\nx y,é\n"q""",","\n"\r","\n"\n'.encode()


@pytest.mark.parametrize(
    ("names", "header"),
    [
        (["a", "b, c", "d"], 'a,"b, c",d'),
        (["a", " b", "c"], 'a," b",c'),
        (["a", "b;c;d;e"], '"a","b;c;d;e"'),
        (["a", "b", 'c "d"'], 'a,b,"c ""d"""'),
        (["a;b", "c"], '"a;b",c'),
        (["\ufeffa", "b"], '"\ufeffa",b'),
        (["a|b"], '"a|b"'),
        (["sep=a"], '"sep=a"'),
    ],
)
def test_only_names_that_need_quotes_have_them(tmp_path: Path, names: list[str], header: str) -> None:
    frame = pd.DataFrame([["x"] * len(names)], columns=pd.Index(names))
    write_table(columns_of(frame), str(tmp_path / "a.csv"))
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()[0] == header
    assert read_table(str(tmp_path / "a.csv")).names == names


def test_the_same_table_gives_the_same_gzip_bytes(tmp_path: Path) -> None:
    for name in ("a.csv.gz", "b.csv.gz"):
        write_table(columns_of(pd.DataFrame({"a": [1]})), str(tmp_path / name))
    raw = (tmp_path / "a.csv.gz").read_bytes()
    assert raw == (tmp_path / "b.csv.gz").read_bytes()
    assert raw[4:8] == bytes(4)  # the time of day


def test_parquet_round_trips(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=[5, 6])
    write_table(columns_of(frame), str(tmp_path / "a.parquet"))
    pd.testing.assert_frame_equal(read_table(str(tmp_path / "a.parquet")).frame, frame.reset_index(drop=True))


def test_a_column_without_a_parquet_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot write") as caught:
        write_table(columns_of(pd.DataFrame({"a": ["x", 1]})), str(tmp_path / "a.parquet"))
    assert caught.value.code == Exit.OUTPUT
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["a.txt", "a.csv.zip", "csv", "a.parquet.gz"])
def test_an_ending_of_no_form_is_refused_before_anything_is_made(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="ending") as caught:
        write_table(columns_of(pd.DataFrame({"a": [1]})), str(tmp_path / name))
    assert caught.value.code == Exit.OUTPUT
    assert os.listdir(tmp_path) == []


def test_an_output_is_checked_without_making_it(tmp_path: Path) -> None:
    check_output(None)
    check_output("-")
    check_output(str(tmp_path / "a.csv"))
    assert os.listdir(tmp_path) == []
    with pytest.raises(UserError, match="does not exist"):
        check_output(str(tmp_path / "none" / "a.csv"))


@pytest.mark.parametrize("target", [None, "-"])
def test_stdout_gets_csv_bytes(monkeypatch: pytest.MonkeyPatch, target: str | None) -> None:
    out = Piped()
    monkeypatch.setattr(sys, "stdout", out)
    write_table(columns_of(pd.DataFrame({"é": ["a\r\nb", ""]})), target)
    assert out.buffer.getvalue() == 'é\n"a\r\nb"\n""\n'.encode()


WRITE_MUCH = """
import pandas
from made_cli.tables.files.writing import write_table
from made_cli.tables.text.typed_columns import columns_of
write_table(columns_of(pandas.DataFrame({"a": range(99999)})), "-")
"""


def test_a_closed_pipe_raises_broken_pipe() -> None:
    run = subprocess.Popen([sys.executable, "-c", WRITE_MUCH], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stdout is not None
    assert run.stderr is not None
    run.stdout.readline()
    run.stdout.close()
    told = run.stderr.read()
    assert b"\nBrokenPipeError" in told
    assert b"UserError" not in told
    run.stderr.close()
    run.wait()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_full_disk_behind_stdout_is_told() -> None:
    with open("/dev/full", "wb") as full:
        run = subprocess.run([sys.executable, "-c", WRITE_MUCH], stdout=full, stderr=subprocess.PIPE, check=False)
    assert b"cannot write standard output: No space left on device" in run.stderr


def every_form() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "text": ["x", 'q"', "", "x", "y"],
            "whole": [1.0, 2.0, 1.0, math.nan, 3.0],
            "half": [1.0, 2.0, 1.0, math.nan, 2.5],  # none but the last is no integer
            "integer": pd.array([1, None, 3, 1, 1], dtype="Int8"),
            "day": [datetime.date(2020, 1, 2), None, None, datetime.date(2020, 1, 2), None],
            "arrow": pd.Series(["a", None, "a", "b", "b"], dtype=pd.ArrowDtype(pa.string())),
            "kind": pd.Categorical(["u", None, "v", "u", "u"], categories=["v", "u", "w"], ordered=True),
            "span": pd.to_timedelta([1, 2, None, 1, 90_061], unit="s"),
        }
    )


def held_once(frame: pd.DataFrame) -> TypedTable:
    """The same columns, each of their distinct cells held once."""
    columns = {}
    for name in frame.columns:
        places, _ = pd.factorize(frame[name], use_na_sentinel=False)
        first = [places.tolist().index(place) for place in range(places.max() + 1)]
        columns[name] = TypedColumn(frame[name].iloc[first].reset_index(drop=True), places.astype(np.uint8))
    return columns


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
@pytest.mark.parametrize("block", [1, 16, 1 << 20])
def test_a_table_is_the_same_however_it_is_held_and_cut_into_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, block: int
) -> None:
    frame = every_form()
    write_table(columns_of(frame), str(tmp_path / f"whole-{name}"))
    monkeypatch.setattr(text_writing, "BLOCK", block)
    monkeypatch.setattr(parquet_writing, "BLOCK", block)
    for place, table in enumerate((columns_of(frame), held_once(frame))):
        write_table(table, str(tmp_path / f"{place}-{name}"))
        found, whole = (read_table(str(tmp_path / f"{prefix}-{name}")).frame for prefix in (place, "whole"))
        pd.testing.assert_frame_equal(found, whole)


def test_only_a_block_of_cells_is_held_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []
    spell = text_writing._Written.cells

    def counted(column: text_writing._Written, rows: slice) -> list[object]:
        held.append(len(spell(column, rows)))
        return spell(column, rows)

    monkeypatch.setattr(text_writing, "BLOCK", 8)
    monkeypatch.setattr(text_writing._Written, "cells", counted)
    write_table(columns_of(pd.DataFrame({"a": range(9), "b": range(9)})), str(tmp_path / "a.csv"))
    assert held == [4, 4, 4, 4, 1, 1]


def test_parquet_has_the_bytes_that_pandas_itself_would_write(tmp_path: Path) -> None:
    frame = every_form().drop(columns="arrow")  # in whose place another type is noted
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), tmp_path / "pandas")
    for table in (columns_of(frame), held_once(frame)):
        write_table(table, str(tmp_path / "a.parquet"))
        assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "pandas").read_bytes()


def test_a_number_is_written_the_same_whatever_the_other_rows_hold(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.5, -0.0, 1e15, np.nan, np.inf]})
    parts = [frame.iloc[:1], frame.iloc[1:]]
    for place, part in enumerate(parts):
        write_table(columns_of(part), str(tmp_path / f"{place}.csv"), header=place == 0)
    write_table(columns_of(frame), str(tmp_path / "whole.csv"))
    texts = [(tmp_path / name).read_text() for name in ("0.csv", "1.csv", "whole.csv")]
    assert texts[0] + texts[1] == texts[2] == 'x\n1\n2.5\n-0.0\n1000000000000000.0\n""\ninf\n'
