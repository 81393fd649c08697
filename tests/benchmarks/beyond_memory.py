"""What a command takes of a table larger than memory: peak memory, and whether its rate stays flat.

    python -m tests.benchmarks.beyond_memory --rows 20000000 score runs/large TABLE -o OUT/scores.csv

Knows: the protocol below. The command is one of `made`, in a process of its own; TABLE stands for the table, OUT for a
folder that is removed. Linux alone tells what is measured.

- The table has 20 columns, 12 of floats, four of whole numbers and four of eight labels, which depend on each other. It
  is drawn and written a block of rows at a time, a row group each in Parquet; --keep FOLDER leaves it there.
- Peak: the most memory that the process held, with pages of files that it mapped; and the most without these.
- Rate: seconds of the process for each tenth of what it reads (--by read), of what it writes, or of the clock's time.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tests.benchmarks import program

FLOATS, WHOLES, LABELS, OUTCOMES = 12, 4, 4, 8
BLOCK = 1 << 18
"""Rows that are drawn at a time, and of a row group."""
EVERY = 0.25
"""Seconds between two looks at the process."""
TENTHS = 10
HEADER = ("rows", "MB", "minutes", "rows a second", "peak MB", "without mapped files")


class Look(NamedTuple):
    """What a process has done so far: seconds of the processor, bytes read and written, and bytes that it holds."""

    seconds: float
    read: int
    written: int
    held: int


def main() -> None:
    """Draws the table unless it is there, runs the command, and prints a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--form", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--keep", metavar="FOLDER", help="where the table stays")
    parser.add_argument("--by", choices=("read", "written", "clock"), default="clock", help="what is cut into tenths")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="of made; none only writes the table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as out:
        table = Path(options.keep or out, f"table-{options.rows}.{options.form}")
        if not table.exists():
            write(table, options.rows)
        size = f"{table.stat().st_size / 1e6:,.0f}"
        if options.command:
            command = [part.replace("TABLE", str(table)).replace("OUT", out) for part in options.command]
            found = measure(command, options.rows, options.by)
            program.show((*HEADER, f"seconds of each tenth, by {options.by}"), [[f"{options.rows:,}", size, *found]])


def write(path: Path, rows: int) -> None:
    """Writes a table of so many rows."""
    blocks = (block(np.random.default_rng((0, start)), min(BLOCK, rows - start)) for start in range(0, rows, BLOCK))
    first = next(blocks)
    make = pq.ParquetWriter if path.suffix == ".parquet" else arrow_csv.CSVWriter
    with make(path, first.schema) as writer:
        writer.write_table(first)
        for each in blocks:
            writer.write_table(each)


def block(rng: np.random.Generator, rows: int) -> pa.Table:
    """Draws rows."""
    law, cause = np.random.default_rng(1), rng.normal(size=(rows, 3))  # the law is that of every block
    columns: dict[str, NDArray[np.generic]] = {}
    for place in range(FLOATS):
        columns[f"x{place}"] = cause @ law.normal(size=3) + rng.normal(size=rows) / 2
    for place in range(WHOLES):
        columns[f"n{place}"] = np.floor(100 + 30 * (cause @ law.normal(size=3))).astype(np.int64)
    for place in range(LABELS):
        shares = cause @ law.normal(size=(3, OUTCOMES)) + rng.gumbel(size=(rows, OUTCOMES))
        columns[f"label{place}"] = np.array([f"{place}-{name}" for name in "abcdefgh"])[shares.argmax(axis=1)]
    return pa.table(columns)


def measure(command: Sequence[str], rows: int, by: str) -> list[str]:
    """Runs a command; returns what it took, under `HEADER`."""
    begun = time.perf_counter()
    looks, peak = run([sys.executable, "-m", "made_cli", *command])
    taken, held = time.perf_counter() - begun, max(look.held for look in looks) / 2**20
    seconds = ", ".join(f"{each:.1f}" for each in tenths(looks, by))
    return [f"{taken / 60:.1f}", f"{rows / taken:,.0f}", f"{peak:,.0f}", f"{held:,.0f}", seconds]


def run(command: Sequence[str]) -> tuple[list[Look], float]:
    """Runs a program; returns what was seen of it now and then, and the most memory that it held, in MB."""
    process, looks = subprocess.Popen(command), list[Look]()
    while True:
        found, status, used = os.wait4(process.pid, os.WNOHANG)
        if found:
            break
        looks.extend(look(process.pid))
        time.sleep(EVERY)
    if code := os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(command)}: exit code {code}")
    return looks, used.ru_maxrss / 1024


def look(process: int) -> Iterator[Look]:
    """Yields what a process has done so far; nothing of one that has just ended."""
    try:
        ticks = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[11:13]
        done = fields(Path(f"/proc/{process}/io"))
        held = fields(Path(f"/proc/{process}/status"))["RssAnon"] * 1024
    except (OSError, KeyError):
        return
    yield Look(sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"), done["rchar"], done["wchar"], held)


def fields(path: Path) -> dict[str, int]:
    """Returns the numbers of a file of names and numbers."""
    lines = (line.split(":") for line in path.read_text(encoding="utf-8").splitlines())
    return {name: int(text.split()[0]) for name, text in lines if text.split()[:1] and text.split()[0].isdigit()}


def tenths(looks: Sequence[Look], by: str) -> list[float]:
    """Returns the seconds of the processor in each tenth of what is done.

    >>> looks = [Look(float(second), 0, 0, 0) for second in range(11)]
    >>> tenths(looks, "clock")
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    done = {
        "clock": range(len(looks)),
        "read": [each.read for each in looks],
        "written": [each.written for each in looks],
    }[by]
    seconds = np.interp(np.linspace(done[0], done[-1], TENTHS + 1), done, [each.seconds for each in looks])
    return [float(step) for step in np.diff(seconds)]


if __name__ == "__main__":
    main()
