"""What `made_cli.tables.files.reading` reads, in every form."""

import contextlib
import gzip
import math
import os
import random
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from made_cli.errors import UserError
from made_cli.tables.files.reading import frame_of_arrow, read_table
from made_cli.tables.files.table import table_of_frame
from tests.tables.files.small import Piped, records, refused, save


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


def test_labels_that_are_views_of_text_are_read_as_labels() -> None:
    labels = pa.DictionaryArray.from_arrays(
        pa.array([0, 1, None], pa.uint32()), pa.array(["Ulm", "Köln"], pa.string_view())
    )
    frame = frame_of_arrow(pa.table({"city": labels}), ["city"])
    assert frame["city"].tolist()[:2] == ["Ulm", "Köln"]
    assert table_of_frame(frame).column("city").texts == ("Ulm", "Köln", "")
