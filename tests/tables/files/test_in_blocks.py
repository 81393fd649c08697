"""A table that is read a block at a time is that of all rows: cells, types, places, what is refused and told."""

import gzip
import os
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from made_cli.errors import UserError
from made_cli.tables.files.delimited import TextOptions
from made_cli.tables.files.in_blocks import Sizes, TableBlocks, at_multiples, tables_in_blocks
from made_cli.tables.files.rejects import Rejects
from made_cli.tables.files.several import joined, read_tables
from made_cli.tables.files.table import Table
from tests.tables.files.small import save

PIECES = (16, 23, 64, 200, 100_000)
TEXTS: dict[str, tuple[bytes, TextOptions]] = {
    "plain": (b"a,b\n" + b"".join(b"%d,x%d\n" % (row, row % 3) for row in range(40)), TextOptions()),
    "no end": (b"a,b\n" + b"1,2\n" * 30 + b"3,4", TextOptions()),
    "quotes": (b'a,b\n1,"x, ""y"""\n' * 1 + b'2,"one\n\ntwo"\n3,\n' * 20, TextOptions()),
    "quoted ends": (b'name,note\n"Ada","' + b"line\n" * 30 + b'"\n' + b'Bob,"1"\n' * 9, TextOptions()),
    "carriage returns": (b"a,b\r\n" + b'1,"x\r\ny"\r\n2,z\r\n' * 15, TextOptions()),
    "old ends": (b"a,b\r" + b"1,2\r" * 30, TextOptions()),
    "inches": (b'size,n\n5" pipe,1\n' * 1 + b'7" pipe,2\n6,3\n' * 20, TextOptions()),
    "no header": (b"1,2\n" * 30, TextOptions(header=False)),
    "blanks": (b"  1   2 3\n" * 30, TextOptions(header=False)),
    "after commas": (b"age, sex\n" + b"39, m\n" * 30, TextOptions()),
    "above": (b"made by hand\n\na;b\n" + b"1;2\n" * 30, TextOptions(skip_lines=2)),
    "sep": (b"sep=;\na;b\n" + b"1;2,5\n" * 30, TextOptions()),
    "one column": (b"a\n1\n\n2\n" * 20, TextOptions()),
    "blank at the end": (b"a,b\n" + b"1,2\n" * 30 + b"\n" * 50, TextOptions()),
    "latin": ("città,n\nè,1\n".encode("latin-1") * 20, TextOptions(encoding="latin-1")),
    "wide": (("città,n\n" + "東京,1\nÅbo,2\n" * 20).encode("utf-16"), TextOptions()),
    "a mark": (b"\xef\xbb\xbfa,b\n" + "è,東\n".encode() * 30, TextOptions()),
}
FAULTS: dict[str, bytes] = {
    "ragged": b"a,b\n" + b"1,2\n" * 30 + b"3\n" + b"1,2\n" * 9,
    "a blank line": b"a,b\n" + b"1,2\n" * 30 + b"\n\n" + b"1,2\n" * 9,
    "never closed": b"a,b\n" + b"1,2\n" * 30 + b'3,"4\n' + b"1,2\n" * 9,
    "behind a quote": b"a,b\n" + b'1,"2"\n' * 30 + b'3,"4"x\n' + b"1,2\n" * 9,
    "bare, then quoted": b"a,b\n" + b'1,5" pipe\n1,2\n' + b"1,2\n" * 30 + b'3,"4"\n' * 9,
    "quoted, then bare": b"a,b\n" + b'1,"2"\n' + b"1,2\n" * 30 + b'3,5" pipe\n' * 9,
    "a lone return": b"a,b\n" + b"1,2\n" * 30 + b"3\r,4\n" + b"1,2\n" * 9,
    "encoding": b"a,b\n" + b"1,2\n" * 30 + b"\xe8,4\n" + b"1,2\n" * 9,
    "a NUL": b"a,b\n" + b"1,2\n" * 30 + b"\0,4\n" + b"1,2\n" * 9,
    "empty": b"\n" * 99,
    "doubled names": b"a,a\n" + b"1,2\n" * 30,
    "JSON": b'[{"a": 1},\n' + b'{"a": 2},\n' * 30 + b'{"a": 3}]\n',
}


def in_blocks(
    *names: Path | str, piece: int = 64, options: TextOptions | None = None, rejects: Rejects | None = None
) -> TableBlocks:
    return tables_in_blocks([str(name) for name in names], options, rejects, sizes=Sizes(0, 0, piece, piece))


def alike(found: TableBlocks, whole: Table) -> None:
    """Holds the blocks of a table to what is read of it as a whole."""
    assert found.names == whole.names
    assert not found.is_whole
    blocks = list(found.blocks())
    assert [block.first for block in blocks] == np.cumsum([0, *(block.table.rows for block in blocks[:-1])]).tolist()
    shares = [block.share for block in blocks]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    tables = [block.table for block in blocks]
    if isinstance(whole.cells, pd.DataFrame):
        assert all(table.frame.dtypes.equals(whole.frame.dtypes) for table in tables)
    pd.testing.assert_frame_equal(joined(tables, "").frame, whole.frame)
    places = [table.where(row) for table in tables for row in range(table.rows)]
    assert places == [whole.where(row) for row in range(whole.rows)]
    assert tuple(warning for table in tables for warning in table.warnings) == whole.warnings


@pytest.mark.parametrize("name", TEXTS)
def test_blocks_of_a_text_are_the_table(name: str, tmp_path: Path) -> None:
    raw, options = TEXTS[name]
    for packed in (False, True):
        source = save(tmp_path / "t.csv", gzip.compress(raw) if packed else raw)
        for piece in PIECES:
            found = in_blocks(source, piece=piece, options=options)
            alike(found, read_tables([source], options))
            alike(found, read_tables([source], options))  # as often as wanted


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_any_block_is_refused_in_the_words_of_the_whole(name: str, tmp_path: Path) -> None:
    source = save(tmp_path / "t.csv", FAULTS[name])
    with pytest.raises(UserError) as whole:
        read_tables([source])
    for piece in PIECES:
        with pytest.raises(UserError) as caught:
            list(in_blocks(source, piece=piece))
        assert str(caught.value) == str(whole.value)
        assert caught.value.hint == whole.value.hint or name == "bare, then quoted"  # too late to set it aside


def test_a_quote_that_is_never_closed_is_refused_before_all_is_read(tmp_path: Path) -> None:
    source = save(tmp_path / "t.csv", b'a,b\n1,"2\n' + b"3,4\n" * 5000)
    with pytest.raises(UserError, match="line 2: a quote that is never closed"):
        next(iter(in_blocks(source)))


def test_lines_behind_a_quote_that_is_never_closed_keep_their_numbers(tmp_path: Path) -> None:
    source = save(tmp_path / "t.csv", b'a,b\n1,"2\n' + b"3,4\n" * 5000 + b"5\n6,7\n")
    whole, found = Rejects(None, 2), Rejects(None, 2)
    alike(in_blocks(source, rejects=found), read_tables([source], None, whole))
    assert found.lines == whole.lines == [b'1,"2\n', b"5\n"]
    with pytest.raises(UserError, match="line 5003: 1 cell where the header has 2"):
        list(in_blocks(source, rejects=Rejects(None, 1)))


def test_damaged_files_are_refused_where_the_damage_is(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 10**9, 2000)
    packed = gzip.compress(b"a,b\n" + b"".join(b"%d,1\n" % number for number in noise))
    found = in_blocks(save(tmp_path / "t.csv.gz", packed[:-9]))
    with pytest.raises(UserError, match="broken gzip"):
        list(found)
    pq.write_table(pa.table({"a": noise, "b": noise}), tmp_path / "t.parquet", row_group_size=500, compression="gzip")
    found = in_blocks(tmp_path / "t.parquet")
    raw = bytearray((tmp_path / "t.parquet").read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 99] = bytes(99)
    save(tmp_path / "t.parquet", bytes(raw))
    with pytest.raises(UserError, match="cannot be read as Parquet"):
        list(found)


def test_bad_lines_of_all_blocks_are_set_aside_and_counted_once(tmp_path: Path) -> None:
    lines = b"a,b\n" + b"1,2\n3\n" * 4 + b'"4\n' + b'5,"x"y\n' + b'6,"7"\n8,9"\n' * 3
    source = save(tmp_path / "t.csv", lines)
    whole = Rejects(str(tmp_path / "whole"))
    table = read_tables([source], None, whole)
    assert whole.lines
    for piece in (16, 23, 64):
        rejects = Rejects(str(tmp_path / f"{piece}"))
        found = in_blocks(source, piece=piece, rejects=rejects)
        assert not (tmp_path / f"{piece}").exists()
        for _ in range(2):
            assert [list(row) for block in found for row in block.frame.to_numpy()] == table.frame.to_numpy().tolist()
            assert rejects.lines == whole.lines
        assert (tmp_path / f"{piece}").read_bytes() == (tmp_path / "whole").read_bytes()
    list(in_blocks(source, rejects=Rejects(None, len(whole.lines))))
    with pytest.raises(UserError, match="line 17: a quote within an unquoted cell"):
        list(in_blocks(source, rejects=Rejects(None, len(whole.lines) - 1)))


def test_several_files_are_one_table_whose_columns_stand_in_any_order(tmp_path: Path) -> None:
    save(tmp_path / "1.csv", b"a,b\n" + b"1,2\n" * 30)
    save(tmp_path / "2.csv", b"b,a\n" + b"4,3\n" * 30)
    alike(in_blocks(tmp_path), read_tables([str(tmp_path)]))
    alike(in_blocks(tmp_path / "2.csv", tmp_path / "1.csv"), read_tables([str(tmp_path / f"{n}.csv") for n in (2, 1)]))
    save(tmp_path / "3.csv", b"a,c\n" + b"4,3\n" * 30)
    for read in (lambda: read_tables([str(tmp_path)]), lambda: list(in_blocks(tmp_path))):
        with pytest.raises(UserError, match=r"3.csv: no column 'b', which .*1.csv has"):
            read()


DOUBTED: dict[str, bytes] = {
    "no header": b"1,2\n" * 60,
    "notes below": b"day,n\n" + b"3 May,7\n" * 60 + b"source:,by hand\n",
    "units": b"day,n\n,(units)\n" + b"3 May,7\n" * 60,
    "names again": b"day,n\n" + (b"3 May,7\n" * 60 + b"day,n\n") * 2 + b"3 May,7\n" * 60,
    "a delimiter": b"a^b\n" + b"1^2\n" * 60,
    "single quotes": b"a,b\n" + b"'x','y'\n" * 60,
}


@pytest.mark.parametrize("name", DOUBTED)
def test_what_looks_wrong_in_a_long_text_is_told_as_of_the_whole(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("made_cli.tables.files.doubts.ROWS", 10)
    source = save(tmp_path / "t.csv", DOUBTED[name])
    whole = read_tables([source])
    assert whole.warnings
    for piece in (16, 64, 300):
        alike(in_blocks(source, piece=piece), whole)


FRAME = pd.DataFrame(
    {
        "whole": range(60),
        "gap": pd.array([*range(40), None, *range(19)], dtype="Int8"),
        "late": pd.Series([1.5] * 59 + [None]),
        "truth": [True, False] * 30,
        "label": pd.Categorical(["b", "a", "b"] * 20, categories=["z", "a", "b"]),
        "ordered": pd.Categorical(["b", "a", "b"] * 20, categories=["b", "a"], ordered=True),
        "text": ["x", "", "y"] * 20,
        "time": pd.Timestamp("2020-02-03") + pd.to_timedelta(range(60), unit="h"),
    }
)


@pytest.mark.parametrize("rows", [7, 20, 100])
def test_blocks_of_parquet_have_the_rows_and_types_of_the_whole(rows: int, tmp_path: Path) -> None:
    FRAME.to_parquet(tmp_path / "t.parquet", row_group_size=rows)
    for cells in (8, 80, 320, 10**6):
        found = in_blocks(tmp_path / "t.parquet", piece=cells)
        assert found.rows == 60
        alike(found, read_tables([str(tmp_path / "t.parquet")]))


def test_labels_that_each_row_group_has_of_its_own_are_those_of_the_whole(tmp_path: Path) -> None:
    for schema in (pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int32(), pa.large_string())):
        source = tmp_path / "t.parquet"
        with pq.ParquetWriter(source, pa.schema([("a", schema)])) as writer:
            for labels in (["p", "q", None], ["r", "p"], ["s"]):
                writer.write_table(pa.table({"a": pa.array(labels).dictionary_encode().cast(schema)}))
        whole, found = read_tables([str(source)]), in_blocks(source, piece=2)
        tables = list(found)
        assert len(tables) == 4
        assert [text for table in tables for text in table.column("a").cells()] == ["p", "q", "", "r", "p", "s"]
        assert {table.column("a").dtype for table in tables} == {whole.column("a").dtype}


def test_a_column_that_pandas_noted_as_whole_has_its_type_where_no_row_group_has_an_empty_cell(tmp_path: Path) -> None:
    table = pa.Table.from_pandas(pd.DataFrame({"a": range(6), "b": range(6)}))
    gap = pa.array([0, 1, 2, None, 4, 5])
    pq.write_table(table.set_column(0, "a", gap), tmp_path / "t.parquet", row_group_size=2)
    alike(in_blocks(tmp_path / "t.parquet", piece=4), read_tables([str(tmp_path / "t.parquet")]))
    assert [str(kind) for kind in next(iter(in_blocks(tmp_path / "t.parquet", piece=4))).frame.dtypes] == [
        "int64[pyarrow]",
        "int64",
    ]


def test_parquet_files_of_several_types_are_refused_before_any_row(tmp_path: Path) -> None:
    pd.DataFrame({"a": range(9)}).to_parquet(tmp_path / "1.parquet")
    pd.DataFrame({"a": [1.5] * 9}).to_parquet(tmp_path / "2.parquet")
    with pytest.raises(UserError, match=r"2.parquet: column 'a' is float64, in .*1.parquet int64"):
        in_blocks(tmp_path, piece=4)


def test_wanted_rows_are_those_of_blocks_that_are_cut_as_ever(tmp_path: Path) -> None:
    FRAME.to_parquet(tmp_path / "t.parquet", row_group_size=20)
    save(tmp_path / "t.csv", TEXTS["plain"][0])
    for source, rows in ((tmp_path / "t.parquet", 60), (tmp_path / "t.csv", 40)):
        found = in_blocks(source)
        cuts = {block.first for block in found.blocks()}
        for wanted in (slice(0, 1), slice(13, 31), slice(rows - 1, rows), slice(5, 5), slice(0, rows)):
            blocks = list(found.blocks(wanted))
            assert {block.first for block in blocks} <= cuts
            taken = [block.first + row for block in blocks for row in range(rows)[block.wanted(wanted)]]
            assert taken == list(range(rows))[wanted]
        assert found.count() == rows


def test_blocks_at_multiples_have_the_rows_around_those_that_are_wanted(tmp_path: Path) -> None:
    FRAME.drop(columns=["label", "ordered"]).to_parquet(tmp_path / "t.parquet", row_group_size=25)
    found = in_blocks(tmp_path / "t.parquet", piece=6 * 9)
    for wanted, rows in ((None, slice(0, 60)), (slice(17, 18), slice(16, 24)), (slice(30, 60), slice(24, 60))):
        blocks = list(at_multiples(found, 8, wanted))
        assert {block.first % 8 for block in blocks} == {0}
        assert {block.table.rows % 8 for block in blocks[:-1]} <= {0}
        whole = [number for block in blocks for number in block.table.frame["whole"]]
        assert whole == list(range(60))[rows]
        places = [block.table.where(row) for block in blocks for row in range(block.table.rows)]
        assert places == [f"{tmp_path / 't.parquet'}, row {row + 1}" for row in range(60)[rows]]


def test_row_groups_without_a_wanted_row_are_not_read(tmp_path: Path) -> None:
    FRAME.drop(columns=["label", "ordered"]).to_parquet(tmp_path / "t.parquet", row_group_size=20)
    assert [block.first for block in in_blocks(tmp_path / "t.parquet", piece=60).blocks(slice(25, 35))] == [20, 30]


def test_small_tables_and_other_forms_are_read_as_a_whole(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.eye(3))
    save(tmp_path / "a.csv", b"a,b\n1,2\n")
    for source, found in (
        (tmp_path / "a.npy", in_blocks(tmp_path / "a.npy")),
        (tmp_path / "a.csv", tables_in_blocks([str(tmp_path / "a.csv")])),
    ):
        assert found.is_whole
        (table,) = found
        assert table.frame.equals(read_tables([str(source)]).frame)
        assert found.rows == table.rows == found.count()
        assert next(found.blocks())[1:] == (0, 1.0)


def test_a_pipe_is_read_as_a_whole(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.csv")
    writer = threading.Thread(target=save, args=(tmp_path / "t.csv", b"a,b\n1,2\n"))
    writer.start()
    found = in_blocks(tmp_path / "t.csv")
    writer.join()
    assert found.is_whole
    assert found.rows == 1


def test_columns_that_cannot_be_used_are_refused_before_a_long_file_is_read(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [[1], [2]], "b": [1, 2]}), tmp_path / "t.parquet")
    with pytest.raises(UserError, match="column 'a' is of type list"):
        in_blocks(tmp_path / "t.parquet")


def test_a_text_of_any_name_may_be_long(tmp_path: Path) -> None:
    for name in ("t.dat", "t", "t.txt.gz"):
        alike(in_blocks(save(tmp_path / name, TEXTS["plain"][0])), read_tables([str(tmp_path / name)]))


def test_one_block_is_read_ahead_and_no_thread_is_left(tmp_path: Path) -> None:
    before = threading.active_count()
    blocks = iter(in_blocks(save(tmp_path / "t.csv", TEXTS["plain"][0]), piece=16))
    next(blocks)
    assert threading.active_count() == before + 1
    blocks.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before


SIGNS = ["a", "1", ",", ",", ";", '"', '"', '""', "\n", "\n", "\n", "\r\n", "\r", " ", "é", '"x\ny",', "\n\n", '5" ']


@given(
    signs=st.lists(st.sampled_from(SIGNS), min_size=10, max_size=60),
    header=st.sampled_from(["a,b\n", "a\n", "a;b\n", "a, b\n", "", "a,b\r\n"]),
    piece=st.integers(8, 40),
    room=st.sampled_from([None, 3]),
)
@example(signs=[*"aaaaaaaaaaaaaa", '"x\ny",', "\n", '"', '"'], header="a\n", piece=8, room=3)
@settings(max_examples=100)
def test_any_text_in_pieces_is_read_as_the_whole_or_refused_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, signs: list[str], header: str, piece: int, room: int | None
) -> None:
    source = save(tmp_path_factory.getbasetemp() / "any.csv", (header + "".join(signs)).encode())
    options, whole, found = TextOptions(header=bool(header)), Rejects(None, room), Rejects(None, room)
    try:
        expected = read_tables([source], options, None if room is None else whole)
    except UserError:
        with pytest.raises(UserError):
            list(in_blocks(source, piece=piece, options=options, rejects=None if room is None else found))
        return
    try:
        tables = list(in_blocks(source, piece=piece, options=options, rejects=None if room is None else found))
    except UserError as error:  # a line of a block that has gone by cannot be set aside any more
        if room is None or "a quote within an unquoted cell" not in str(error):
            raise
        return
    assert joined(tables, "").cells.equals(expected.cells)
    assert [table.where(row) for table in tables for row in range(table.rows)] == [
        expected.where(row) for row in range(expected.rows)
    ]
    assert found.lines == whole.lines
