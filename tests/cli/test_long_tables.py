"""Commands on tables that are read a block at a time: what they write and say is that of the table as a whole."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from made_cli.errors import Exit
from made_cli.inference import blocks as drawn_together
from made_cli.tables.files import in_blocks
from made_cli.tables.files.in_blocks import Sizes
from tests.cli.program import Done, error, made, strict_json

InBlocks = Callable[..., Done]


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> InBlocks:
    """Runs a command for which every table is long: a block has some twenty rows of it."""

    def run(*arguments: str | Path) -> Done:
        with monkeypatch.context() as patch:
            patch.setattr(in_blocks, "SIZES", Sizes(0, 0, 400, 100))
            return made(*arguments)

    return run


SCORES: tuple[tuple[str, ...], ...] = (
    (),
    ("--id", "age", "--id", "city", "--top", "2", "--spread"),
    ("--per-column",),
    ("--columns", "pay,city", "--given", "flag", "--missing", "marginal"),
    ("--sort", "odd", "--id", "city"),
    ("--sort", "odd", "--head", "7", "--id", "city", "--id", "age"),
)


@pytest.mark.parametrize("options", SCORES)
@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_scores_of_a_long_table_are_the_bytes_of_all_scores(
    name: str, options: tuple[str, ...], run: Path, tables: Path, long: InBlocks
) -> None:
    whole = made("score", run, tables / name, *options)
    assert whole.code == 0
    assert long("score", run, tables / name, *options) == whole


def test_scores_of_a_long_table_in_parts_are_the_bytes_of_all_scores(
    run: Path, tables: Path, tmp_path: Path, long: InBlocks
) -> None:
    frame = pd.read_parquet(tables / "t.parquet")
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=30)
    for source in (tables / "t.csv", tmp_path / "t.parquet"):
        whole = long("score", run, source, "-q")
        first = whole.out.splitlines(keepends=True)
        for place, rows in ((1, []), (2, first[1:2]), (200, first[-1:])):  # of 120 rows
            part = long("score", run, source, "--shard", f"{place}/200", "-q")
            assert part.out == "".join([*first[: place == 1], *rows])
        for count in (1, 3):
            parts = [long("score", run, source, "--shard", f"{place}/{count}", "-q") for place in range(1, count + 1)]
            assert "".join(part.out for part in parts) == whole.out


def test_means_over_the_blocks_are_those_of_the_whole(run: Path, tables: Path, tmp_path: Path, long: InBlocks) -> None:
    options = ("score", run, tables / "t.csv", "--top", "1", "--json", "--force", "-o", tmp_path / "scores.csv")
    whole, found = strict_json(made(*options).out), strict_json(long(*options).out)
    for key in ("log_prob", "se"):
        assert found.pop(key) == pytest.approx(whole.pop(key), rel=1e-12)
    members, others = found.pop("members"), whole.pop("members")
    assert members == pytest.approx(others, rel=1e-12)
    assert found == whole


def test_members_of_fixed_orderings_are_chosen_by_all_rows(
    ordered: Path, frame: pd.DataFrame, tmp_path: Path, long: InBlocks
) -> None:
    # Only the last row has an unknown cell, for which some orderings have no answer.
    rows = pd.DataFrame(frame.dropna())
    for name in frame.columns:
        last = rows.iloc[-1:].astype(object)
        last[name] = None
        rows.iloc[:-1].to_csv(tmp_path / "t.csv", index=False)
        with (tmp_path / "t.csv").open("a", encoding="utf-8") as file:
            last.to_csv(file, index=False, header=False)
        options = ("score", ordered, tmp_path / "t.csv", "--missing", "marginal", "--spread")
        assert long(*options) == made(*options)


def test_labels_never_seen_are_counted_over_all_blocks(run: Path, tables: Path, tmp_path: Path, long: InBlocks) -> None:
    text = (tables / "t.csv").read_text(encoding="utf-8").replace("Ulm", "Rom")
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    done = long("score", run, tmp_path / "t.csv")
    assert done == made("score", run, tmp_path / "t.csv")
    assert re.search(r"training had none of: \d\d cells \(city \d\d\)", done.err)


def test_a_fault_in_a_late_block_leaves_no_file(run: Path, tables: Path, tmp_path: Path, long: InBlocks) -> None:
    lines = (tables / "t.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "t.csv").write_text("\n".join([*lines[:99], "1,1,Ulm,old,3.5", *lines[99:]]), encoding="utf-8")
    out = tmp_path / "scores.csv"
    error(
        long("score", run, tmp_path / "t.csv", "-o", out),
        Exit.SCHEMA_MISMATCH,
        "line 100, column 'age': 'old' is not a number",
    )
    assert not out.exists()
    (tmp_path / "t.csv").write_text("\n".join([*lines[:99], "1,1", *lines[99:]]), encoding="utf-8")
    error(long("score", run, tmp_path / "t.csv", "-o", out), Exit.BAD_DATA, "line 100: 2 cells where the header has 5")
    assert list(tmp_path.iterdir()) == [tmp_path / "t.csv"]
    bad = tmp_path / "bad.csv"
    options = ("score", run, tmp_path / "t.csv", "--rejects", bad, "--force", "-o", out)
    assert long(*options) == made(*options)
    assert bad.read_text() == "1,1\n"


@pytest.fixture(scope="module")
def holes(tables: Path, frame: pd.DataFrame) -> dict[str, Path]:
    """The table with a hole in every third cell, no flag at all, and a column that no run knows."""
    gaps = frame.convert_dtypes().mask(np.arange(frame.size).reshape(frame.shape) % 3 == 0)
    gaps["flag"], gaps["pay"] = pd.NA, gaps["pay"].round()
    gaps["note"] = ["a", None] * 60
    paths = {ending: tables / f"holes.{ending}" for ending in ("csv", "parquet")}
    gaps.to_csv(paths["csv"], index=False)
    gaps.astype({"flag": "Int64"}).to_parquet(paths["parquet"], row_group_size=30)
    return paths


@pytest.fixture
def _few_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """32 rows are drawn together."""
    monkeypatch.setattr(drawn_together, "BLOCK_ROWS", 32)


@pytest.mark.parametrize(
    ("ending", "mode"),
    [
        ("csv", "sample"),
        ("parquet", "most-likely"),
        pytest.param("csv", "most-likely", marks=pytest.mark.slow),
        pytest.param("parquet", "sample", marks=pytest.mark.slow),
    ],
)
@pytest.mark.usefixtures("_few_together")
def test_a_long_table_is_filled_as_the_whole_would_be(
    mode: str, ending: str, run: Path, holes: dict[str, Path], tmp_path: Path, long: InBlocks
) -> None:
    options = ("impute", run, holes[ending], "--mode", mode)
    whole = made(*options)
    assert whole.code == 0, whole.err
    assert long(*options) == whole
    parts = [long(*options, "--shard", f"{place}/3", "-q") for place in (1, 2, 3)]
    assert "".join(part.out for part in parts) == whole.out
    for target in ("whole", "long"):
        read = made if target == "whole" else long
        assert read(*options, "-q", "-o", tmp_path / f"{target}.{ending}").code == 0
    if ending == "parquet":
        types = [pq.read_schema(tmp_path / f"{target}.parquet").types for target in ("whole", "long")]
        assert types[0] == types[1]


@pytest.mark.usefixtures("_few_together")
def test_how_sure_the_cells_of_a_long_table_are_is_a_mean_over_its_blocks(
    run: Path, holes: dict[str, Path], tmp_path: Path, long: InBlocks
) -> None:
    options = ("impute", run, holes["csv"], "--json", "--force", "-o", tmp_path / "filled.csv")
    whole, found = strict_json(made(*options).out), strict_json(long(*options).out)
    for column, other in zip(found.pop("columns"), whole.pop("columns"), strict=True):
        for figures, others, key in (
            (column["members"], other["members"], "std"),
            (column["members"], other["members"], "least"),
            (column["members"], other["members"], "greatest"),
            (column, other, "probability"),
        ):
            figure, expected = figures.pop(key), others.pop(key)
            assert figure == (None if expected is None else pytest.approx(expected, rel=1e-9))
        assert column == other
    assert found == whole


def test_what_only_a_table_in_memory_can_have_is_refused_of_a_long_one(
    run: Path, holes: dict[str, Path], tables: Path, long: InBlocks
) -> None:
    error(long("impute", run, holes["csv"], "--draws", "2"), Exit.USAGE, "too large for --draws", "--seed")
    error(long("impute", run, tables / "young.csv"), Exit.SCHEMA_MISMATCH, "line 8, column 'age'")


@pytest.mark.usefixtures("_few_together")
def test_a_type_that_cannot_hold_what_is_filled_in_is_refused_and_no_file_left(
    run: Path, frame: pd.DataFrame, tmp_path: Path, long: InBlocks
) -> None:
    few = frame.assign(city=pd.Categorical(frame["city"].mask(frame["city"] == "Ulm")))
    few.to_parquet(tmp_path / "t.parquet", row_group_size=30)
    out = tmp_path / "filled.parquet"
    done = long("impute", run, tmp_path / "t.parquet", "-o", out)
    error(done, Exit.BAD_DATA, "column 'city' is category, which has no cell of what is filled in")
    assert list(tmp_path.iterdir()) == [tmp_path / "t.parquet"]


def test_what_looks_wrong_is_said_once(run: Path, tables: Path, tmp_path: Path, long: InBlocks) -> None:
    text = (tables / "t.csv").read_text(encoding="utf-8")
    (tmp_path / "t.csv").write_text(f"{text}{text}", encoding="utf-8")
    options = ("schema", tmp_path / "t.csv")
    told = [line for line in made(*options).err.splitlines() if "the names again" in line]
    assert len(told) == 1
    for more in ((), ("--shard", "1/2")):
        done = long("score", run, tmp_path / "t.csv", "--columns", "city", *more)
        assert [line for line in done.err.splitlines() if "the names again" in line] == told
