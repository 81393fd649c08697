"""`--shard I/N`: parts that make the whole, byte for byte."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from made_cli.errors import Exit
from made_cli.inference import blocks
from tests.cli.program import error, made

SCORES: tuple[tuple[str, ...], ...] = (
    (),
    ("--id", "age", "--id", "city", "--top", "2", "--spread"),
    ("--per-column", "--leave-one-out"),
    ("--columns", "pay,city", "--given", "flag", "--missing", "marginal"),
)


def in_parts(count: int, *arguments: str | Path) -> str:
    """Returns what the parts of a command write, one after another."""
    done = [made(*arguments, "--shard", f"{place}/{count}", "-q") for place in range(1, count + 1)]
    assert [(each.code, each.err) for each in done] == [(0, "")] * count
    return "".join(each.out for each in done)


@pytest.mark.parametrize("options", SCORES)
@pytest.mark.parametrize("name", ["t.csv", pytest.param("t.parquet", marks=pytest.mark.slow)])
def test_scores_in_parts_are_the_bytes_of_all_scores(
    name: str, options: tuple[str, ...], run: Path, tables: Path
) -> None:
    whole = made("score", run, tables / name, *options, "-q")
    assert whole.code == 0
    for count in (1, 3):
        assert in_parts(count, "score", run, tables / name, *options) == whole.out


def test_more_parts_than_rows_leave_some_empty(run: Path, tables: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.csv"
    few.write_text("".join((tables / "t.csv").read_text(encoding="utf-8").splitlines(keepends=True)[:4]))
    assert in_parts(5, "score", run, few) == made("score", run, few, "-q").out
    assert made("score", run, few, "--shard", "4/5", "-o", tmp_path / "part.csv", "-q").code == 0
    assert len((tmp_path / "part.csv").read_text().splitlines()) == 1


def test_rows_of_fixed_orderings_are_scored_by_the_members_of_all_rows(ordered: Path, frame: pd.DataFrame) -> None:
    # Only in the last row a cell is unknown, for which some orderings have no answer.
    last = pd.DataFrame(frame.dropna().head(9))
    orderings = [name for name in frame.columns if _answers(ordered, last, name)]
    assert orderings
    for name in orderings:
        lines = _with_gap(last, name)
        options = ("score", ordered, "-", "--missing", "marginal")
        whole = made(*options, "-q", stdin=lines)
        parts = [made(*options, "--shard", f"{place}/3", "-q", stdin=lines) for place in (1, 2, 3)]
        assert "".join(part.out for part in parts) == whole.out


def _with_gap(rows: pd.DataFrame, name: str) -> bytes:
    gaps = rows.astype(object)
    gaps.iloc[-1, list(gaps.columns).index(name)] = None
    text = io.StringIO()
    gaps.to_csv(text, index=False)
    return text.getvalue().encode()


def _answers(run: Path, rows: pd.DataFrame, name: str) -> bool:
    return made("score", run, "-", "--missing", "marginal", stdin=_with_gap(rows, name)).code == 0


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of rows of which a small table has several."""
    monkeypatch.setattr(blocks, "BLOCK_ROWS", 16)


@pytest.mark.parametrize(
    "options",
    [
        ("-n", "75"),
        ("-n", "75", "--combine", "product"),
        ("-n", "75", "--given", "city=Ulm"),
        ("-n", "2", "--given-file", "known.csv"),
        ("-n", "2"),
    ],
)
@pytest.mark.usefixtures("small_blocks")
def test_samples_in_parts_are_the_bytes_of_the_whole_sample(
    options: tuple[str, ...],
    saved: tuple[Path, dict[str, object]],
    frame: pd.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    frame[["city", "flag"]].head(20).to_csv("known.csv", index=False)
    run, _ = saved
    whole = made("sample", run, *options, "--seed", "3", "-q")
    assert whole.code == 0
    for count in (1, 3):
        assert in_parts(count, "sample", run, *options, "--seed", "3") == whole.out
    assert made("sample", run, *options, "--seed", "4", "-q").out != whole.out


@pytest.fixture(scope="module")
def holes(tables: Path, frame: pd.DataFrame) -> dict[str, Path]:
    """The table with a hole in every third cell, none of a city in its second half: as a text and with types."""
    gaps = frame.convert_dtypes().mask(np.arange(frame.size).reshape(frame.shape) % 3 == 0)
    gaps["city"] = gaps["city"].where(np.arange(len(gaps)) < 60)
    gaps["pay"] = gaps["pay"].round()
    paths = {ending: tables / f"holes.{ending}" for ending in ("csv", "parquet")}
    gaps.to_csv(paths["csv"], index=False)
    gaps.to_parquet(paths["parquet"])
    return paths


@pytest.mark.parametrize("ending", ["csv", pytest.param("parquet", marks=pytest.mark.slow)])
@pytest.mark.parametrize("mode", ["sample", "most-likely"])
@pytest.mark.usefixtures("small_blocks")
def test_filled_tables_in_parts_are_the_bytes_of_the_whole_table(
    mode: str, ending: str, run: Path, holes: dict[str, Path]
) -> None:
    whole = made("impute", run, holes[ending], "--mode", mode, "-q")
    assert whole.code == 0, whole.err
    for count in (1, 3):
        assert in_parts(count, "impute", run, holes[ending], "--mode", mode) == whole.out


def test_the_first_block_of_rows_is_drawn_by_the_seed_itself() -> None:
    first, second = (block.generator(5).random() for block in blocks.blocks_of(2 * blocks.BLOCK_ROWS))
    assert first == np.random.default_rng(5).random() != second


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--shard", "0/3"), "from 1 to N"),
        (("--shard", "4/3"), "from 1 to N"),
        (("--shard", "1"), "from 1 to N"),
        (("--shard", "1/3", "--sort", "odd"), "--sort is about all rows"),
        (("--shard", "1/3", "-o", "a.csv", "--json"), "--json is about all rows"),
        (("--shard", "1/3", "-o", "a.parquet"), "write .csv or .tsv"),
        (("--shard", "1/3", "-o", "a.csv.gz"), "write .csv or .tsv"),
    ],
)
def test_what_no_part_can_be_of_is_refused(options: tuple[str, ...], word: str, run: Path, tables: Path) -> None:
    error(made("score", run, tables / "t.csv", *options), Exit.USAGE, word)


def test_several_draws_are_not_cut_into_parts(run: Path, tables: Path) -> None:
    error(made("impute", run, tables / "t.csv", "--draws", "2", "--shard", "1/2"), Exit.USAGE, "--draws")
