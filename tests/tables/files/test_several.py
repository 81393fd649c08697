"""Several files are one table with one schema."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from made_cli.errors import Exit, UserError
from made_cli.tables.files.delimited import TextOptions
from made_cli.tables.files.rejects import Rejects
from made_cli.tables.files.several import read_tables
from tests.tables.files.small import records, save


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    save(tmp_path / "parts" / "part-2.csv", b"b,a\n4,3\n6,5\n")
    save(tmp_path / "parts" / "part-1.csv", b"a,b\n1,2\n")
    save(tmp_path / "parts" / "_SUCCESS", b"")
    save(tmp_path / "parts" / ".part-0.csv.crc", b"x")
    return tmp_path / "parts"


def refused(*names: Path | str) -> str:
    with pytest.raises(UserError) as caught:
        read_tables(list(map(str, names)))
    assert caught.value.code == Exit.BAD_DATA
    assert caught.value.hint
    return str(caught.value)


def test_columns_are_found_by_name_and_rows_follow_each_other(folder: Path) -> None:
    both = [["a", "b"], ["1", "2"], ["3", "4"], ["5", "6"]]
    assert records(read_tables([str(folder / "part-1.csv"), str(folder / "part-2.csv")])) == both
    assert records(read_tables([str(folder)])) == both
    assert records(read_tables([str(folder / "part-*.csv")])) == both
    assert records(read_tables([str(folder / "part-2.csv"), str(folder / "part-1.csv")]))[1] == ["4", "3"]


def test_a_row_is_placed_in_its_own_file(folder: Path) -> None:
    table = read_tables([str(folder)])
    assert [table.where(row) for row in range(3)] == [
        f"{folder}/part-1.csv, line 2",
        f"{folder}/part-2.csv, line 2",
        f"{folder}/part-2.csv, line 3",
    ]
    assert table.source == str(folder)
    assert isinstance(table.frame.index, pd.RangeIndex)


def test_typed_files_are_placed_by_rows(tmp_path: Path) -> None:
    for name in "ab":
        np.save(tmp_path / f"{name}.npy", np.arange(4).reshape(2, 2))
    table = read_tables([str(tmp_path / "a.npy"), str(tmp_path / "b.npy")])
    assert (table.where(1), table.where(3)) == (f"{tmp_path}/a.npy, row 2", f"{tmp_path}/b.npy, row 2")
    assert table.frame["c1"].tolist() == [0, 2, 0, 2]
    assert table.source == f"{tmp_path}/a.npy and 1 more"


def test_one_file_named_is_that_file(folder: Path) -> None:
    table = read_tables([str(folder / "part-1.csv")])
    assert (table.source, table.parts) == (str(folder / "part-1.csv"), ())


def test_a_file_may_be_named_like_a_pattern(tmp_path: Path) -> None:
    assert records(read_tables([save(tmp_path / "a[1].csv", b"a\n1\n")])) == [["a"], ["1"]]


def test_other_columns_are_refused_by_name(folder: Path, tmp_path: Path) -> None:
    first = folder / "part-1.csv"
    less, more = save(tmp_path / "less.csv", b"a\n1\n"), save(tmp_path / "more.csv", b"a,b,c\n1,2,3\n")
    assert refused(first, less) == f"{less}: no column 'b', which {first} has"
    assert refused(first, more) == f"{more}: a column 'c', which {first} has not"


def test_other_types_are_refused_by_name(folder: Path, tmp_path: Path) -> None:
    for name, numbers in {"whole": [1, 2], "split": [1.5, 2.5]}.items():
        pd.DataFrame({"a": numbers, "b": numbers}).to_parquet(tmp_path / f"{name}.parquet")
    whole, split = tmp_path / "whole.parquet", tmp_path / "split.parquet"
    assert refused(whole, split) == f"{split}: column 'a' is float64, in {whole} int64"
    assert refused(folder / "part-1.csv", whole) == f"{whole}: not a text as {folder}/part-1.csv is"
    assert refused(whole, folder / "part-1.csv") == f"{folder}/part-1.csv: a text, as {whole} is not"


def test_folders_that_are_no_table_are_refused(folder: Path, tmp_path: Path) -> None:
    save(folder / "notes.md", b"x")
    assert refused(folder) == f"{folder}: a folder that holds .csv files, .md files, not files of one form"
    (tmp_path / "empty").mkdir()
    assert "holds no file" in refused(tmp_path / "empty")
    assert "a folder" in refused(tmp_path)
    assert refused(tmp_path / "*.tsv") == f"{tmp_path}/*.tsv: no file fits this pattern"


def test_bad_lines_of_all_files_are_set_aside_together(folder: Path) -> None:
    for name in ("part-1.csv", "part-2.csv"):
        with (folder / name).open("ab") as file:
            file.write(name.encode() + b"\n")
    rejects = Rejects(most=2)
    assert len(read_tables([str(folder)], TextOptions(), rejects).frame) == 3
    assert rejects.lines == [b"part-1.csv\n", b"part-2.csv\n"]
    with pytest.raises(UserError, match=r"part-2\.csv, line 4"):
        read_tables([str(folder)], TextOptions(), Rejects(most=1))
