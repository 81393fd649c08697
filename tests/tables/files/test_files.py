"""What `made_cli.tables.files` reads and writes, in every form."""

import contextlib
import datetime
import gzip
import io
import math
import os
import random
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
from made_cli.tables.files.reading import read_table
from made_cli.tables.files.table import Table
from made_cli.tables.files.writing import check_output, write_table

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


class Piped:
    """Stands for a standard stream: what is read or written is in `buffer`."""

    def __init__(self, data: bytes = b"") -> None:
        self.buffer = io.BytesIO(data)


def refused(source: Path | str) -> str:
    with pytest.raises(UserError) as caught:
        read_table(str(source))
    assert caught.value.code == Exit.BAD_DATA
    assert caught.value.hint
    assert "\n" not in str(caught.value) + caught.value.hint
    return str(caught.value)


def save(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def records(table: Table) -> list[list[object]]:
    return [list(table.frame.columns), *table.frame.to_numpy().tolist()]


@pytest.mark.parametrize("ending", ["csv", "tsv", "csv.gz", "TSV.GZ"])
@given(frame=text_frames())
def test_text_tables_round_trip(tmp_path_factory: pytest.TempPathFactory, ending: str, frame: pd.DataFrame) -> None:
    path = str(tmp_path_factory.getbasetemp() / f"round.{ending}")
    write_table(frame, path)
    pd.testing.assert_frame_equal(read_table(path).frame, frame)


def test_text_columns_hold_python_text(tmp_path: Path) -> None:
    table = read_table(save(tmp_path / "a.csv", b"a,b\n1,\n2,x\n"))
    assert [str(kind) for kind in table.frame.dtypes] == ["object", "object"]
    assert {type(cell) for cell in table.frame.to_numpy().ravel()} == {str}
    assert isinstance(table.frame.index, pd.RangeIndex)
    assert {type(label) for label in table.frame.columns} == {str}


def test_a_row_is_placed_by_its_line(tmp_path: Path) -> None:
    source = save(tmp_path / "a.csv", b'a,b\n"1\n",2\n3,4\n')
    assert read_table(source).where(1) == f"{source}, line 4"


def test_a_row_without_lines_is_placed_by_its_number(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.eye(2))
    assert read_table(str(tmp_path / "a.npy")).where(1) == f"{tmp_path / 'a.npy'}, row 2"


def test_a_file_named_tsv_is_parted_by_tabs_alone(tmp_path: Path) -> None:
    assert records(read_table(save(tmp_path / "a.tsv", b"a,b,c\td\n1\t2\n"))) == [["a,b,c", "d"], ["1", "2"]]
    assert records(read_table(save(tmp_path / "a.tsv.gz", gzip.compress(b"a,b\n1\n")))) == [["a,b"], ["1"]]


def test_gzip_is_known_by_its_bytes(tmp_path: Path) -> None:
    assert records(read_table(save(tmp_path / "a.csv", gzip.compress(b"a\n1\n")))) == [["a"], ["1"]]
    assert records(read_table(save(tmp_path / "a.csv.gz", b"a\n1\n"))) == [["a"], ["1"]]


def test_broken_gzip_is_refused(tmp_path: Path) -> None:
    raw = gzip.compress(b"a,b\n1,2\n" * 9)
    for damaged in (raw[:-9], raw[:12] + b"\xff" + raw[13:], raw[:-8] + bytes(8)):
        assert "broken gzip" in refused(save(tmp_path / "a.csv.gz", damaged))


def test_stdin_is_read_as_text_or_gzip(monkeypatch: pytest.MonkeyPatch) -> None:
    for raw in (b"a,b\n1,2\n", gzip.compress(b"a,b\n1,2\n")):
        monkeypatch.setattr(sys, "stdin", Piped(raw))
        table = read_table("-")
        assert records(table) == [["a", "b"], ["1", "2"]]
        assert table.where(0) == "standard input, line 2"


def test_text_errors_on_stdin_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Piped(b"a,b\n1\n"))
    assert refused("-").startswith("standard input, line 2: ")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "none.csv")
    assert "No such file" in refused(f"{tmp_path / 'none.npz'}:train")
    assert "directory" in refused(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_file_that_forbids_reading_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "a.csv", b"a\n1\n")
    (tmp_path / "a.csv").chmod(0)
    assert "Permission denied" in refused(tmp_path / "a.csv")


def test_binary_files_named_csv_are_refused_by_their_kind(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "parquet.csv")
    np.save(tmp_path / "a.npy", np.eye(2))
    np.savez(tmp_path / "a.npz", x=np.eye(2))
    assert "a Parquet file" in refused(tmp_path / "parquet.csv")
    assert "a NumPy array" in refused((tmp_path / "a.npy").rename(tmp_path / "npy.csv"))
    assert "a zip archive" in refused((tmp_path / "a.npz").rename(tmp_path / "npz.csv"))


@pytest.mark.parametrize(
    "array",
    [np.eye(3, 2), np.ones((2, 3), bool), np.arange(4, dtype=np.uint8), np.arange(4, dtype=">i4"), np.zeros((0, 2))],
)
def test_arrays_keep_their_numbers_under_numbered_names(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", array)
    frame = read_table(str(tmp_path / "a.npy")).frame
    table = array.reshape(len(array), -1) if array.size else array
    assert list(frame.columns) == [f"c{place}" for place in range(1, table.shape[1] + 1)]
    np.testing.assert_array_equal(frame.to_numpy(), table)
    assert frame.dtypes.iloc[0] == array.dtype.newbyteorder("=")


def test_arrays_of_text_become_exact_text(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([["0012", ""], ["x ", "ʤ"]]))
    frame = read_table(str(tmp_path / "a.npy")).frame
    assert frame.to_numpy().tolist() == [["0012", ""], ["x ", "ʤ"]]
    assert {type(cell) for cell in frame.to_numpy().ravel()} == {str}


@pytest.mark.parametrize(
    "array",
    [np.float64(3), np.zeros((2, 2, 2)), np.zeros((3, 0)), np.eye(2, dtype=complex), np.array([b"x"])],
)
def test_arrays_that_are_no_tables_are_refused(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", array)
    assert "an array of" in refused(tmp_path / "a.npy")


def test_pickled_arrays_are_refused_unopened(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{"x": 1}], dtype=object), allow_pickle=True)
    assert "allow_pickle=False" in refused(tmp_path / "a.npy")


def test_an_array_of_several_is_chosen_by_its_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", train=np.eye(2), test=np.zeros((1, 2)))
    source = f"{tmp_path / 'a.npz'}:test"
    assert read_table(source).frame.shape == (1, 2)
    assert read_table(source).where(0) == f"{source}, row 1"
    assert refused(tmp_path / "a.npz") == f"{tmp_path / 'a.npz'}: several arrays: train, test"
    assert refused(f"{tmp_path / 'a.npz'}:valid").endswith("no array valid")


def test_the_only_array_needs_no_name(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", train=np.eye(2))
    assert read_table(str(tmp_path / "a.npz")).frame.shape == (2, 2)


def test_an_npz_without_arrays_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz")
    assert "no array" in refused(tmp_path / "a.npz")


def test_parquet_columns_keep_their_types(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "i": [1, 2],
            "f": [0.5, math.nan],
            "s": ["x", None],
            "t": pd.Series(["2020-01-01", None], dtype="datetime64[us]"),
            "k": pd.Categorical(["u", "v"]),
        }
    )
    frame.to_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(read_table(str(tmp_path / "a.parquet")).frame, frame)


def test_an_index_in_parquet_is_a_column(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1, 2]}, index=pd.Index([7, 8], name="id")).to_parquet(tmp_path / "a.parquet")
    assert set(read_table(str(tmp_path / "a.parquet")).frame.columns) == {"id", "a"}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (pa.table({"a": [[1]]}), "column 'a' is of type list"),
        (pa.table({"a": [{"b": 1}]}), "column 'a' is of type struct"),
        (pa.table({"a": [b"x"]}), "column 'a' is of type binary"),
        (pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]), "columns 1 and 2 are both named 'a'"),
        (pa.table({}), "no columns"),
    ],
)
def test_parquet_that_is_no_table_is_refused(tmp_path: Path, table: pa.Table, message: str) -> None:
    pq.write_table(table, tmp_path / "a.parquet")
    assert message in refused(tmp_path / "a.parquet")


@pytest.mark.parametrize("ending", ["npy", "npz", "parquet"])
def test_damaged_files_are_refused_and_never_crash(tmp_path: Path, ending: str) -> None:
    if ending == "parquet":
        pq.write_table(pa.table({"a": list(range(50))}), tmp_path / "good")
    else:
        with (tmp_path / "good").open("wb") as file:
            (np.save if ending == "npy" else np.savez)(file, np.arange(50))
    good = (tmp_path / "good").read_bytes()
    draw = random.Random(0)
    damaged = [b"", good[:9], good[:-9], b"garbage"]
    damaged += [good[:at] + bytes([draw.randrange(256)]) + good[at + 1 :] for at in range(0, len(good), 3)]
    for raw in damaged[:4]:
        refused(save(tmp_path / f"a.{ending}", raw))
    for raw in damaged:
        with contextlib.suppress(UserError):  # a changed number is no damage that shows
            read_table(save(tmp_path / f"a.{ending}", raw))


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
    write_table(frame, str(tmp_path / "a.csv"))
    assert (tmp_path / "a.csv").read_bytes() == (
        b"f,i,b,s,t,d\n0.30000000000000004,1152921504606846977,True,x,2020-01-02 03:04:05,2020-01-02\n,,False,,,\n"
    )


def test_only_cells_that_need_quotes_have_them(tmp_path: Path) -> None:
    write_table(pd.DataFrame({"a": ["x y", 'q"', "\r"], "b": ["é", ",", "\n"]}), str(tmp_path / "a.csv"))
    assert (tmp_path / "a.csv").read_bytes() == 'a,b\nx y,é\n"q""",","\n"\r","\n"\n'.encode()


def test_the_same_table_gives_the_same_gzip_bytes(tmp_path: Path) -> None:
    for name in ("a.csv.gz", "b.csv.gz"):
        write_table(pd.DataFrame({"a": [1]}), str(tmp_path / name))
    raw = (tmp_path / "a.csv.gz").read_bytes()
    assert raw == (tmp_path / "b.csv.gz").read_bytes()
    assert raw[4:8] == bytes(4)  # the time of day


def test_parquet_round_trips(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=[5, 6])
    write_table(frame, str(tmp_path / "a.parquet"))
    pd.testing.assert_frame_equal(read_table(str(tmp_path / "a.parquet")).frame, frame.reset_index(drop=True))


def test_a_column_without_a_parquet_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot write") as caught:
        write_table(pd.DataFrame({"a": ["x", 1]}), str(tmp_path / "a.parquet"))
    assert caught.value.code == Exit.OUTPUT
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["a.txt", "a.csv.zip", "csv", "a.parquet.gz"])
def test_an_ending_of_no_form_is_refused_before_anything_is_made(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="ending") as caught:
        write_table(pd.DataFrame({"a": [1]}), str(tmp_path / name))
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
    write_table(pd.DataFrame({"é": ["a\r\nb", ""]}), target)
    assert out.buffer.getvalue() == 'é\n"a\r\nb"\n""\n'.encode()


WRITE_MUCH = """
import pandas
from made_cli.tables.files.writing import write_table
write_table(pandas.DataFrame({"a": range(99999)}), "-")
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
