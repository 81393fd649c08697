"""Commands on tables that are read a block at a time: what they write and say is that of the table as a whole."""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from made_cli.errors import Exit
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


def test_what_looks_wrong_is_said_once(run: Path, tables: Path, tmp_path: Path, long: InBlocks) -> None:
    text = (tables / "t.csv").read_text(encoding="utf-8")
    (tmp_path / "t.csv").write_text(f"{text}{text}", encoding="utf-8")
    options = ("schema", tmp_path / "t.csv")
    told = [line for line in made(*options).err.splitlines() if "the names again" in line]
    assert len(told) == 1
    for more in ((), ("--shard", "1/2")):
        done = long("score", run, tmp_path / "t.csv", "--columns", "city", *more)
        assert [line for line in done.err.splitlines() if "the names again" in line] == told
