"""How long the commands take where there is hardly anything to do, beside the imports that they cannot do without.

    python -m tests.benchmarks.start_up

Knows: the protocol below. A run of the penguins in `sample_data` is trained for an epoch; ten rows are scored. Seconds
are of the processor, each command a process of its own, medians over rounds in which all take their turn.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.benchmarks import program

TABLE = Path(__file__).resolve().parents[2] / "sample_data" / "penguins.csv"
MADE = ("-m", "made_cli")


def main() -> None:
    """Trains a run, times the commands, and prints a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run, rows = Path(folder, "run"), Path(folder, "rows.csv")
        rows.write_text("".join(TABLE.read_text().splitlines(keepends=True)[:11]))
        program.made("train", str(TABLE), "--out", str(run), "--epochs", "1", "--hidden", "32", "-q")
        works = {
            "import numpy": ("-c", "import numpy"),
            "import torch": ("-c", "import torch"),
            "import pandas": ("-c", "import pandas"),
            "made --help": (*MADE, "--help"),
            "made info RUN": (*MADE, "info", str(run)),
            "made verify RUN": (*MADE, "verify", str(run)),
            "made schema TABLE": (*MADE, "schema", str(TABLE)),
            "made score RUN ROWS": (*MADE, "score", str(run), str(rows)),
        }
        program.show(("command", "seconds", "÷ numpy", "− torch"), shown(seconds(works, options.rounds)))


def shown(taken: Mapping[str, float]) -> Iterator[list[str]]:
    """Yields a row of the table for each command."""
    numpy, torch = taken["import numpy"], taken["import torch"]
    for name, own in taken.items():
        yield [name, f"{own:.2f}", f"{own / numpy:.1f}", f"{own - torch:.2f}" if own > torch else ""]


def seconds(works: Mapping[str, Sequence[str]], rounds: int) -> dict[str, float]:
    """Returns the median seconds of processor time of each program; a first round is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds + 1):
        for name, arguments in works.items():
            before = _of_children()
            subprocess.run(
                [sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            taken[name].append(_of_children() - before)
    return {name: float(np.median(each[1:])) for name, each in taken.items()}


def _of_children() -> float:
    """Returns the seconds of processor time of all processes that this one has run."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    main()
