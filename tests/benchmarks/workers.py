"""Rows scored by `made score`, by two parts of it at once, and by the workers of Spark and Ray.

    python -m tests.benchmarks.workers --rows 1000000

Knows: the protocol below. The table is eleven columns of that of orders_table.py, one of which names the row, in eight
files of Parquet; the run is trained for an epoch of 60,000 other rows, 300 steps. Each way has the machine's cores to
itself, two threads or two processes; Spark and Ray run the recipes of docs/scale.md. Seconds are
of the clock, from the start of the program to its end. What is not installed is left out.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests import readme
from tests.benchmarks import orders_table, program

NAME = "order"
COLUMNS = ["ordered", "shipped", "country", "currency", "channel", "rating", "quantity", "price", "total", "income"]
FILES = 8
TRAINED_ON = 67_000
"""Rows, of which a tenth is held out: an epoch of batches of 200 is 302 steps."""
MADE = [sys.executable, "-m", "made_cli"]
SCORE = [*MADE, "score", "runs/yours", "new", "--id", NAME, "-q"]


def prepare(folder: Path, rows: int) -> None:
    """Writes the table, and trains the run."""
    frame = orders_table.drawn(rows + TRAINED_ON)[[NAME, *COLUMNS]]
    frame[rows:].to_parquet(folder / "train.parquet")
    (folder / "new").mkdir()
    for number, part in enumerate(np.array_split(np.arange(rows), FILES)):
        frame.iloc[part].to_parquet(folder / "new" / f"part-{number}.parquet")
    run(folder, [*MADE, "train", "train.parquet", "--out", "runs/yours", "--epochs", "1", "-q"])


def run(folder: Path, *commands: list[str]) -> None:
    """Runs commands at the same time, in the folder.

    Raises:
        subprocess.CalledProcessError: one has failed.
    """
    paths = {"PYTHONPATH": str(readme.ROOT), "PYSPARK_PYTHON": sys.executable}
    started = [subprocess.Popen(command, cwd=folder, env=os.environ | paths) for command in commands]
    for command, process in zip(commands, started, strict=True):
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, command)


def by_made(folder: Path) -> pd.DataFrame:
    """`made score`."""
    run(folder, [*SCORE, "-o", "scores.csv"])
    return pd.read_csv(folder / "scores.csv")


def by_parts(folder: Path) -> pd.DataFrame:
    """`made score --shard`, two at once."""
    parts = [folder / f"scores-{place}.csv" for place in (1, 2)]
    shards = [["--shard", f"{place}/2", "--threads", "1", "-o", part.name] for place, part in enumerate(parts, 1)]
    run(folder, *([*SCORE, *shard] for shard in shards))
    return pd.read_csv(io.StringIO("".join(part.read_text() for part in parts)))


def by_recipe(name: str, folder: Path) -> pd.DataFrame:
    """A recipe of docs/scale.md."""
    (folder / f"by_{name}.py").write_text(readme.recipe(name).replace('"scores"', f'"{name}"'), encoding="utf-8")
    run(folder, [sys.executable, f"by_{name}.py"])
    return pd.read_parquet(folder / name)


WAYS: dict[str, Callable[[Path], pd.DataFrame]] = {"`made score`": by_made, "two parts at once": by_parts}
if find_spec("pyspark"):
    WAYS["Spark, `local[2]`"] = lambda folder: by_recipe("spark", folder)
if find_spec("ray"):
    WAYS["Ray, 2 CPUs"] = lambda folder: by_recipe("ray", folder)


def measured(folder: Path, rows: int) -> Iterator[list[str]]:
    """Yields a row of the table for each way."""
    first: NDArray[np.float64] | None = None
    for way, scored in WAYS.items():
        began = time.monotonic()
        found = scored(folder)
        seconds = time.monotonic() - began
        scores = found.set_index(NAME)["log_prob"].sort_index().to_numpy()
        first = scores if first is None else first
        yield [way, f"{seconds:.0f}", f"{rows / seconds:,.0f}", f"{np.abs(scores - first).max():g}"]


def main() -> None:
    """Draws the table, scores it in every way, and prints a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), rows)
        program.show(("way", "seconds", "rows a second", "greatest difference"), measured(Path(folder), rows))


if __name__ == "__main__":
    main()
