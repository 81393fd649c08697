"""What reading and understanding a table costs, beside pandas.

    python -m tests.benchmarks.reading --rows 300000

Knows: the protocol below. The table is that of orders_table.py. Seconds are of the processor, medians over rounds in
which all that is compared takes its turn, in one process; --processors 1 keeps it to one. The peak is that of a program
which does the last of the works, and nothing else.

- pandas: read_csv, and factorize of each column.
- read: strictly, each cell the text it is. kinds: that, and what each column is. relations: that, and `made schema` is
  done. encode: read, kinds, and all cells as codes.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from made_cli.tables.columns.inference import infer
from made_cli.tables.columns.schema import Schema
from made_cli.tables.columns.values import Values
from made_cli.tables.files.reading import read_table
from made_cli.tables.relations.finding import find_in
from tests.benchmarks import orders_table, program
from tests.benchmarks.ratios import side_by_side

PANDAS = "import sys, pandas as pd; frame = pd.read_csv(sys.argv[1]); [pd.factorize(frame[name]) for name in frame]"
PEAK = "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"


def main() -> None:
    """Draws the table, times what is done with it, and prints a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processors", type=int, default=1)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-options.processors :])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "orders.csv")
        orders_table.write(path, options.rows)
        program.show(("work", "seconds", "÷ pandas", "peak MB"), rows(path, options.rounds))


def rows(path: Path, rounds: int) -> Iterator[list[str]]:
    """Yields a row of the table for each piece of work."""
    taken = side_by_side({name: _once(work, str(path)) for name, work in WORKS.items()}, rounds)
    for work, ms in taken.items():
        peak = f"{peak_of(PROGRAMS[work], path):.0f}" if work in PROGRAMS else ""
        yield [work, f"{ms / 1000:.2f}", f"{ms / taken['pandas']:.2f}", peak]


def peak_of(code: str, path: Path) -> float:
    """Returns the most memory, in MB, that a program takes which is given the table; as Linux tells it."""
    command = [sys.executable, "-c", f"{code}\n{PEAK}", str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return int(done.stdout.split()[-1]) / 1024


def _once(work: Callable[[str], object], path: str) -> Callable[[], int]:
    def done() -> int:
        work(path)
        return 1

    return done


def by_pandas(path: str) -> None:
    """Reads the table, and numbers the values of each column."""
    frame = pd.read_csv(path)
    for name in frame:
        pd.factorize(frame[name])


def relations(path: str) -> None:
    """Does what `made schema` does."""
    table = read_table(path)
    values = Values(infer(table))
    find_in(values.of, table.rows, values.kinds, np.random.default_rng(0), lambda _: None)


def encode(path: str) -> None:
    """Makes the codes of all cells."""
    table = read_table(path)
    findings = infer(table)
    Schema(tuple(kind for each in findings if (kind := each.unscaled)), (), table.rows).encode(table)


WORKS: Mapping[str, Callable[[str], object]] = {
    "pandas": by_pandas,
    "read": read_table,
    "kinds": lambda path: infer(read_table(path)),
    "relations": relations,
    "encode": encode,
}
PROGRAMS = {
    "pandas": PANDAS,
    "relations": "import sys; from made_cli.cli.app import main; sys.argv = ['made', 'schema', '-q', sys.argv[1]]\n"
    "try: main()\nexcept SystemExit: pass",
}

if __name__ == "__main__":
    main()
