"""`made sample` writes rows as they are drawn, a block at a time, to the bytes of all rows at once."""

from pathlib import Path

import numpy as np
import pytest

from made_cli import load
from made_cli.errors import Exit, UserError
from made_cli.inference import blocks
from made_cli.inference.sampling import sample_rows, sample_rows_given, together
from made_cli.runs.saved import combined
from made_cli.tables.columns.meant_types import with_meant_types
from made_cli.tables.events.evidence import evidence_from_texts
from made_cli.tables.files.writing import write_table
from tests.cli.program import error, made

SMALL = 16


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ROWS", SMALL)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv.gz", "a.jsonl", "a.parquet"])
@pytest.mark.parametrize("given", [(), ("city=Ulm", "age=40")])
def test_rows_in_blocks_are_the_bytes_of_all_rows(run: Path, tmp_path: Path, name: str, given: tuple[str, ...]) -> None:
    known = [part for cell in given for part in ("--given", cell)]
    assert made("sample", run, "-n", "75", "--seed", "3", *known, "-o", tmp_path / name, "-q").code == 0
    loaded = load(run).run
    schema, found = loaded.record.schema, combined(loaded, "mixture", None, 3)
    if given:
        whole = together(sample_rows_given(loaded, found, evidence_from_texts(schema, given).repeated(75), 3)).table
    else:
        whole = together(sample_rows(loaded, found, 75, 3)).table
    typed = name.endswith((".jsonl", ".parquet"))
    write_table(with_meant_types(whole, schema) if typed else whole, str(tmp_path / f"whole-{name}"))
    assert (tmp_path / name).read_bytes() == (tmp_path / f"whole-{name}").read_bytes()


def test_no_row_is_drawn_before_those_of_the_block_before_are_asked_for(run: Path) -> None:
    told = list[int]()
    loaded = load(run).run
    rows = sample_rows(loaded, combined(loaded, "mixture", None, 0), 75, 0, told.append)
    assert told == []
    for count, _ in enumerate(rows, 1):
        assert told[-1] == min(75, count * SMALL)


def test_how_many_rows_a_product_accepts_is_told_of_all_blocks(saved: tuple[Path, dict[str, object]]) -> None:
    done = made("sample", saved[0], "-n", "75", "--combine", "product")
    loaded = load(saved[0]).run
    drawn = list(sample_rows(loaded, combined(loaded, "product", None, 0), 75, 0))
    tried = sum(block.rejection.tried for block in drawn if block.rejection)
    assert len(drawn) == 5
    assert f"accepted {100 * 75 / tried:.2f} % of {tried:,} rows of the mixture" in done.err


def test_what_fails_after_some_rows_leaves_the_file_as_it_was(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_bytes(b"old")
    generator = blocks.Block.generator

    def failing(block: blocks.Block, seed: int) -> np.random.Generator:
        if block.number == 2:
            raise UserError("hardly a row is accepted", hint="Sample the mixture.", code=Exit.BAD_DATA)
        return generator(block, seed)

    monkeypatch.setattr(blocks.Block, "generator", failing)
    done = made("sample", run, "-n", "75", "-o", tmp_path / "a.csv", "--force")
    error(done, Exit.BAD_DATA, "hardly a row is accepted")
    assert (tmp_path / "a.csv").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
