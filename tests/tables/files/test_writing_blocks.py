"""A table that is written a block of rows at a time is the one that is written whole."""

import datetime
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from made_cli.errors import Exit, UserError
from made_cli.tables.files import parquet_writing
from made_cli.tables.files.writing import write_blocks, write_table
from made_cli.tables.text.typed_columns import TypedTable, columns_of, part_of

ROWS = 50


def many_types() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    days = [datetime.date(2020, 1, 1) + datetime.timedelta(int(n)) for n in rng.integers(0, 400, ROWS)]
    return pd.DataFrame(
        {
            "text, quoted": rng.choice(["x", 'q"', "", "a,b", "\n"], ROWS),
            "number": np.where(rng.random(ROWS) < 0.2, np.nan, rng.normal(size=ROWS)),
            "whole": rng.integers(0, 9, ROWS).astype(float),
            "integer": pd.array([None, *range(1, ROWS)], dtype="Int16"),
            "day": days,
            "at": pd.Series(pd.to_datetime(days)).astype("datetime64[us]"),
            "kind": pd.Categorical(rng.choice(["u", "v"], ROWS), categories=["v", "u", "w"]),
            "arrow": pd.Series([f"{n}" for n in range(ROWS)], dtype=pd.ArrowDtype(pa.string())),
        }
    )


def write_all(target: Path, blocks: Iterable[TypedTable]) -> None:
    with write_blocks(str(target)) as write:
        for block in blocks:
            write(block)


def parts(table: TypedTable, *starts: int) -> list[TypedTable]:
    return [part_of(table, slice(start, end)) for start, end in pairwise((*starts, ROWS))]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.csv.gz", "a.JSONL.gz", "a.parquet"])
@pytest.mark.parametrize("starts", [(0,), (0, 1, 30, 30), (0, 9, 9, 49)])
def test_blocks_make_the_bytes_of_the_whole(tmp_path: Path, name: str, starts: tuple[int, ...]) -> None:
    table = columns_of(many_types())
    write_table(table, str(tmp_path / f"whole-{name}"))
    write_all(tmp_path / name, parts(table, *starts))
    assert (tmp_path / name).read_bytes() == (tmp_path / f"whole-{name}").read_bytes()


def test_row_groups_are_as_large_however_few_rows_come_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = many_types()
    monkeypatch.setattr(parquet_writing, "BLOCK", 20 * len(frame.columns))
    write_all(tmp_path / "few.parquet", parts(columns_of(frame), *range(0, ROWS, 3)))
    write_all(tmp_path / "many.parquet", parts(columns_of(frame), 0, 45))
    for name in ("few.parquet", "many.parquet"):
        written = pq.ParquetFile(tmp_path / name).metadata
        assert [written.row_group(place).num_rows for place in range(written.num_row_groups)] == [20, 20, 10]
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / name), pd.read_parquet(tmp_path / "few.parquet"))


def test_a_type_that_a_later_block_does_not_have_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    first, later = (columns_of(pd.DataFrame({"n": cells})) for cells in ([1, 2], ["x", "y"]))
    with pytest.raises(UserError, match="column 'n' has large_string after rows of int64") as refused:
        write_all(tmp_path / "a.parquet", [first, later])
    assert refused.value.code == Exit.OUTPUT
    assert os.listdir(tmp_path) == []


def test_decimals_that_are_objects_have_room_for_longer_ones_to_come(tmp_path: Path) -> None:
    blocks = [columns_of(pd.DataFrame({"n": [Decimal(text)]})) for text in ("1.25", "12345678901.5")]
    write_all(tmp_path / "a.parquet", blocks)
    assert pq.read_table(tmp_path / "a.parquet")["n"].to_pylist() == [Decimal("1.25"), Decimal("12345678901.50")]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.parquet"])
@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, OSError])
def test_what_fails_between_two_blocks_is_told_as_it_is_and_leaves_the_file_as_it_was(
    tmp_path: Path, name: str, failure: type[BaseException]
) -> None:
    (tmp_path / name).write_bytes(b"old")
    with pytest.raises(failure), write_blocks(str(tmp_path / name)) as write:  # noqa: PT012
        write(columns_of(many_types()))
        raise failure
    assert (tmp_path / name).read_bytes() == b"old"
    assert os.listdir(tmp_path) == [name]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.parquet"])
def test_a_disk_that_is_full_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    opened: Callable[..., int] = os.open
    monkeypatch.setattr(os, "open", lambda path, flags, *mode: opened("/dev/full", os.O_WRONLY))
    with pytest.raises(UserError, match=rf"cannot write .*{name}: No space left on device"):
        write_all(tmp_path / name, [columns_of(many_types())] * 200)


WRITE_TWICE = """
import sys
import pandas
from made_cli.tables.files.writing import write_blocks
from made_cli.tables.text.typed_columns import columns_of
with write_blocks(None) as write:
    write(columns_of(pandas.DataFrame({"a": [1]})))
    sys.stdin.readline()
    write(columns_of(pandas.DataFrame({"a": [2]})))
"""


def test_rows_reach_the_standard_output_as_they_are_written() -> None:
    command = [sys.executable, "-c", WRITE_TWICE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        assert [run.stdout.readline(), run.stdout.readline()] == ["a\n", "1\n"]
        run.stdin.write("\n")
        run.stdin.close()
        assert run.stdout.read() == "2\n"
