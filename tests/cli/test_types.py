"""Types through a run: from files and DataFrames, to files and DataFrames, as they were."""

import datetime
import io
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from made_cli import NetworkConfig, TrainingConfig, fit, load
from made_cli.inference import blocks
from tests.cli.program import made

ROWS = 120
RNG = np.random.default_rng(3)
SMALL = ("--hidden", "8", "--epochs", "1", "-q")


def with_gaps(cells: list[object], arrow: pa.DataType) -> pa.Array:
    return pa.array([None if RNG.random() < 0.2 else cell for cell in cells], type=arrow)


def drawn(low: int, high: int) -> list[object]:
    return [int(number) for number in RNG.integers(low, high, ROWS)]


MIDNIGHT = datetime.datetime(2021, 1, 1)
MOMENTS: list[object] = [MIDNIGHT + datetime.timedelta(minutes=int(m)) for m in RNG.integers(0, 10**6, ROWS)]
LABELS = pa.DictionaryArray.from_arrays(
    with_gaps(drawn(0, 2), pa.int32()), pa.array(["low", "mid", "never"]), ordered=True
)
TABLE = pa.table(
    {
        "id": with_gaps([2**53 + 1 + 2 * int(n) for n in RNG.integers(0, 10**17, ROWS)], pa.int64()),
        "small": with_gaps(drawn(-100, 127), pa.int8()),
        "count": with_gaps(drawn(0, 4), pa.uint16()),
        "single": with_gaps([float(np.float32(x)) for x in RNG.normal(size=ROWS).round(2)], pa.float32()),
        "flag": with_gaps([bool(bit) for bit in drawn(0, 2)], pa.bool_()),
        "price": with_gaps([Decimal(cents) / 4 for cents in RNG.integers(0, 400, ROWS).tolist()], pa.decimal128(9, 2)),
        "day": with_gaps([at.date() for at in MOMENTS if isinstance(at, datetime.datetime)], pa.date32()),
        "clock": with_gaps([at.time() for at in MOMENTS if isinstance(at, datetime.datetime)], pa.time64("us")),
        "at": with_gaps(MOMENTS, pa.timestamp("ms")),
        "zoned": with_gaps(MOMENTS, pa.timestamp("us", tz="Asia/Tokyo")),
        "took": with_gaps(drawn(0, 90_000), pa.duration("ms")),
        "name": with_gaps([f"n{n}" for n in drawn(0, 5)], pa.large_string()),
        "grade": LABELS,
    }
)


@pytest.fixture(scope="module")
def typed_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("types")
    pq.write_table(TABLE, folder / "t.parquet")
    assert made("train", folder / "t.parquet", "--out", folder / "run", *SMALL).code == 0
    return folder / "run"


def unchanged(before: pa.Table, after: pa.Table) -> None:
    """Checks types, and that each cell that was there is there to the bit."""
    assert after.schema.remove_metadata() == before.schema.remove_metadata()
    for name in before.column_names:
        for was, now in zip(before[name].to_pylist(), after[name].to_pylist(), strict=True):
            assert was is None or was == now


@pytest.mark.parametrize("mode", ["sample", "most-likely"])
def test_a_filled_parquet_has_its_types_and_its_cells(typed_run: Path, mode: str, tmp_path: Path) -> None:
    done = made("impute", typed_run, typed_run.parent / "t.parquet", "--mode", mode, "-o", tmp_path / "f.parquet")
    assert done.code == 0
    after = pq.read_table(tmp_path / "f.parquet")
    unchanged(TABLE, after)
    assert [name for name in after.column_names if after[name].null_count] == ["id"]  # an identifier, left out


def test_a_sample_of_a_parquet_has_its_types(typed_run: Path, tmp_path: Path) -> None:
    assert made("sample", typed_run, "-n", "40", "-o", tmp_path / "s.parquet", "-q").code == 0
    assert pq.read_schema(tmp_path / "s.parquet") == TABLE.drop_columns("id").schema
    given = ("--given", "small=-3", "--given", "name=n1", "--given", "single=0.5")
    assert made("sample", typed_run, "-n", "40", "-o", tmp_path / "g.parquet", "-q", *given).code == 0
    rows = pq.read_table(tmp_path / "g.parquet")
    assert rows.schema == TABLE.drop_columns("id").schema
    assert {(row["small"], row["name"], row["single"]) for row in rows.to_pylist()} == {(-3, "n1", 0.5)}


def test_a_sample_in_blocks_has_the_types_of_a_whole_one(
    typed_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 7)  # few enough that some have no empty cell
    assert made("sample", typed_run, "-n", "40", "-o", tmp_path / "s.parquet", "-q").code == 0
    assert pq.read_schema(tmp_path / "s.parquet") == TABLE.drop_columns("id").schema


def test_integers_are_written_to_text_without_a_point(typed_run: Path) -> None:
    table = typed_run.parent / "t.parquet"
    filled = pd.read_csv(io.StringIO(made("impute", typed_run, table, "-q").out), dtype=str)
    known = TABLE["id"].to_pylist()
    assert [cell for cell, was in zip(filled["id"], known, strict=True) if was] == [str(was) for was in known if was]
    sampled = pd.read_csv(io.StringIO(made("sample", typed_run, "-n", "50", "-q").out), dtype=str)
    for frame in (filled, sampled):
        assert not frame[["small", "count"]].map(lambda cell: "." in str(cell)).any(axis=None)


def test_what_pandas_noted_in_a_file_is_noted_again(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "n": pd.Series([None, *drawn(-99, 99)[:59]]).astype("Int16"),
            "x": pd.array([n / 4 if n else None for n in range(60)], dtype="Float32"),
            "b": pd.array([None, *[True, False] * 29, True], dtype="boolean"),
            "k": pd.Categorical([None, *["u", "v"] * 29, "u"], categories=["v", "w", "u"], ordered=True),
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    made("train", tmp_path / "t.parquet", "--out", tmp_path / "run", *SMALL)
    assert made("impute", tmp_path / "run", tmp_path / "t.parquet", "-o", tmp_path / "f.parquet", "-q").code == 0
    after = pd.read_parquet(tmp_path / "f.parquet")
    assert after.dtypes.tolist() == frame.dtypes.tolist()
    assert after.iloc[1:].equals(frame.iloc[1:])
    assert load(tmp_path / "run").sample(5).dtypes.tolist() == frame.dtypes.tolist()


def test_a_frame_keeps_its_types_its_names_and_its_cells(tmp_path: Path) -> None:
    wide = [2**53 + 1 + 2 * n for n in range(ROWS)]
    frame = pd.DataFrame(
        {
            "self": pd.array([None, *wide[1:]], dtype="Int64"),
            7: pd.array([None, *range(1, ROWS)], dtype="UInt8"),
            "bits": np.array(drawn(0, 2), dtype=bool),
            "half": np.where(RNG.random(ROWS) < 0.2, np.nan, RNG.normal(size=ROWS).round(2)).astype(np.float32),
            "grade": pd.Categorical(
                [[None, "b", "a"][n] for n in RNG.integers(0, 3, ROWS)], ["b", "a", "never"], ordered=True
            ),
            "day": pd.Series(
                [None, *[at.date() for at in pd.date_range("2021-01-01", periods=ROWS - 1)]], dtype=object
            ),
            "label": pd.Series(["x", None, "y"] * (ROWS // 3), dtype="str"),
        },
        index=range(5, 5 + ROWS),
    )
    density = fit(frame, network=NetworkConfig(hidden=(8,)), training=TrainingConfig(epochs=1), out=tmp_path / "run")
    for filled in (density.impute(frame), *density.impute_several(frame, 2)[0]):
        assert filled.dtypes.equals(frame.dtypes)
        assert filled.columns.tolist() == frame.columns.tolist()
        pd.testing.assert_frame_equal(filled.where(frame.notna()).isna(), frame.isna())
        for name in frame:
            known = frame[name].notna()
            assert filled[name][known].equals(frame[name][known])
    for sampled in (density.sample(50), load(tmp_path / "run").sample(50)):
        assert sampled.dtypes.tolist() == [frame[name].dtype for name in frame if str(name) in sampled]


def test_a_run_of_text_writes_typed_columns(tmp_path: Path) -> None:
    lines = ["id,n,x,ok,day,city"]
    for n in range(ROWS):
        gap = n % 10 == 0
        ok, day = ["true", "false"][n % 2], f"{1 + n % 28:02d}.{1 + n // 28:02d}.2021"
        lines.append(f"{2**53 + 1 + 2 * n},{'' if gap else n * 3},{n / 8},{'' if gap else ok},{'' if gap else day},Ulm")
    (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    made("train", tmp_path / "t.csv", "--out", tmp_path / "run", "--kind", "n=numeric", *SMALL)
    assert made("impute", tmp_path / "run", tmp_path / "t.csv", "-o", tmp_path / "f.parquet", "-q").code == 0
    filled = pq.read_table(tmp_path / "f.parquet")
    types = ["int64", "int64", "double", "bool", "date32[day]", "string"]
    assert [str(field.type) for field in filled.schema] == types
    assert filled["id"].to_pylist() == [2**53 + 1 + 2 * n for n in range(ROWS)]
    assert filled["n"].to_pylist()[1:10] == [n * 3 for n in range(1, 10)]
    assert filled["day"][1].as_py() == datetime.date(2021, 1, 2)
    assert sum(filled[name].null_count for name in filled.column_names) == 0
    assert made("sample", tmp_path / "run", "-n", "1", "-o", tmp_path / "s.parquet", "-q").code == 0
    assert [str(field.type) for field in pq.read_schema(tmp_path / "s.parquet")] == types[1:]


def test_a_run_of_text_reads_the_typed_file_that_it_wrote(tmp_path: Path) -> None:
    lines = ["day;clock;few;x;ok;city"]
    for n in range(ROWS):
        at = MIDNIGHT + datetime.timedelta(days=11 * n, minutes=47 * n)
        few, ok = f"{1 + n % 3:02d}.12.2020", "NA" if n % 9 == 0 else ["yes", "no"][n % 2]
        day, number = "NA" if n % 7 == 0 else f"{at:%d.%m.%Y}", f"{RNG.normal():.1f}".replace(".", ",")
        lines.append(f"{day};{at:%I:%M %p};{few};{number};{ok};{'NA' if n % 5 == 0 else 'Ulm'}")
    (tmp_path / "t.csv").write_text("\n".join(lines), encoding="utf-8")
    made("train", tmp_path / "t.csv", "--out", tmp_path / "run", *SMALL)
    scores = []
    for form in ("csv", "parquet"):
        rows = tmp_path / f"rows.{form}"
        assert made("sample", tmp_path / "run", "-n", "40", "-o", rows, "-q").code == 0
        scores.append(made("score", tmp_path / "run", rows, "--unseen", "error", "-q").out)
    assert scores[0].count("\n") == 41
    assert scores[0] == scores[1]
    before = pq.read_table(tmp_path / "rows.parquet")
    types = ["date32[day]", "time64[us]", "date32[day]", "double", "string", "string"]
    assert [str(field.type) for field in before.schema] == types
    holes = before.set_column(2, "few", pa.nulls(40, pa.date32()))
    pq.write_table(holes, tmp_path / "holes.parquet")
    assert made("impute", tmp_path / "run", tmp_path / "holes.parquet", "-o", tmp_path / "f.parquet", "-q").code == 0
    after = pq.read_table(tmp_path / "f.parquet")
    unchanged(holes, after)
    assert sum(after[name].null_count for name in after.column_names) == 0
    assert {day.day for day in after["few"].to_pylist()} <= {1, 2, 3}
    pq.write_table(after.select(["day", "few"]), tmp_path / "known.parquet")
    given = made("sample", tmp_path / "run", "--given-file", tmp_path / "known.parquet", "-q").out.splitlines()
    assert [line[:10] for line in given[1:]] == [f"{day:%d.%m.%Y}" for day in after["day"].to_pylist()]


def test_text_of_a_typed_file_is_filled_as_it_is_written(tmp_path: Path) -> None:
    days = [
        None if n % 9 == 0 else f"{at:%d.%m.%Y}" for n, at in enumerate(MOMENTS) if isinstance(at, datetime.datetime)
    ]
    pq.write_table(pa.table({"day": days, "x": list(range(ROWS))}), tmp_path / "t.parquet")
    made("train", tmp_path / "t.parquet", "--out", tmp_path / "run", "--kind", "x=numeric", *SMALL)
    assert made("impute", tmp_path / "run", tmp_path / "t.parquet", "-o", tmp_path / "f.parquet", "-q").code == 0
    filled = pq.read_table(tmp_path / "f.parquet")["day"].to_pylist()
    assert all(datetime.datetime.strptime(day, "%d.%m.%Y") for day in filled)
