"""A file that holds something is replaced with --force alone, by every command alike; a table that is read, never."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from made_cli.errors import Exit
from tests.cli.program import BRIEF_EVALUATION, error, made

COMMANDS = {
    "score": ("score", "RUN", "DATA", "-o", "o.csv"),
    "sample": ("sample", "RUN", "-n", "3", "-o", "o.jsonl"),
    "impute": ("impute", "RUN", "DATA", "-o", "o.parquet"),
    "report": ("report", "RUN", "-o", "o.html", "--rows", "100"),
    "ensemble-eval": ("ensemble-eval", "RUN", "DATA", *BRIEF_EVALUATION, "-o", "o.json"),
    "ensemble-eval --matrix": ("ensemble-eval", "RUN", "DATA", *BRIEF_EVALUATION, "--matrix", "o.npy"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_file_that_is_not_empty_is_replaced_with_force_alone(
    command: tuple[str, ...], run: Path, tables: Path, tmp_path: Path
) -> None:
    (name,) = (word for word in command if word.startswith("o."))
    path = tmp_path / name
    there = {"RUN": run, "DATA": tables / "t.csv", name: path}
    words = [there.get(word, word) for word in command]
    path.write_text("what was there")
    error(made(*words), Exit.OUTPUT, name, "it is there and not empty", "--force")
    assert path.read_text() == "what was there"
    assert made(*words, "--force", "-q").code == 0
    assert b"what was there" not in path.read_bytes()
    path.write_bytes(b"")
    assert made(*words, "-q").code == 0
    assert path.stat().st_size > 0


def test_a_table_that_is_read_is_not_replaced_with_force(run: Path, tables: Path, tmp_path: Path) -> None:
    data = tmp_path / "t.csv"
    data.write_bytes((tables / "t.csv").read_bytes())
    for words in (("score", run, data), ("impute", run, data), ("ensemble-eval", run, data)):
        error(made(*words, "-o", data, "--force"), Exit.OUTPUT, "it is the table that is read")
    assert data.read_bytes() == (tables / "t.csv").read_bytes()


@pytest.mark.parametrize("name", ["m.npy", "m.csv", "m.parquet"])
def test_the_matrix_is_written_by_its_ending(name: str, run: Path, tables: Path, tmp_path: Path) -> None:
    ask = ("ensemble-eval", run, tables / "t.csv", *BRIEF_EVALUATION, "-q")
    assert made(*ask, "--matrix", tmp_path / name).code == 0
    readers: dict[str, Callable[[Path], Any]] = {"m.npy": np.load, "m.csv": pd.read_csv, "m.parquet": pd.read_parquet}
    matrix = readers[name](tmp_path / name)
    assert matrix.shape == (120, 3)
    made(*ask, "--matrix", tmp_path / "cached.npz")
    with np.load(tmp_path / "cached.npz") as cached:
        assert np.array_equal(np.asarray(matrix), cached["matrix"])
    if name != "m.npy":
        assert list(matrix) == ["member_1", "member_2", "member_3"]
    error(made(*ask, "--matrix", tmp_path / "m.txt"), Exit.OUTPUT, "m.txt", ".npz")
