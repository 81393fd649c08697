"""What a step takes by one process, by one of two threads, and by two that torchrun starts.

    python -m tests.benchmarks.processes

Knows: the protocol below. Two tables of 20,000 rows, of 784 columns of 0 and 1 for two layers of 500 units, and of 20,
half numbers and half labels, for two of 200; batches of 2,000 rows. Seconds are of the clock, by `metrics.jsonl`, from
the first evaluation of the validation rows to the last, divided by the steps between, and so a share of an evaluation
is in them. Foretold: half of a step of one process, and the sum of its gradients, measured by itself.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from tests import readme
from tests.benchmarks import program, scale
from tests.training.together import together

ROWS, BATCH = 20_000, 2_000
EPOCHS = 24
"""Of ten steps: the validation rows are evaluated every ten epochs, and at the end."""
LAUNCHER = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
WAYS = {"one process": (1, 1), "one process of two threads": (1, 2), "two processes": (2, 1)}
"""Processes, and the threads of each."""


def bits(columns: int) -> pd.DataFrame:
    """Columns of 0 and 1, of which each follows the one before it more often than not."""
    rng = np.random.default_rng(0)
    changes = rng.random((ROWS, columns)) < 0.2
    return pd.DataFrame(changes.cumsum(axis=1) % 2).rename(columns=str)


TABLES = {
    "784 columns, 2 × 500": (bits(784), "500,500"),
    "20 columns, 2 × 200": (scale.drawn(ROWS, 20).frame, "200,200"),
}


def step_seconds(table: Path, hidden: str, out: Path, processes: int, threads: int) -> float:
    """Trains, and returns the seconds of a step."""
    training = ["-m", "made_cli", "train", str(table), "--out", str(out), "--hidden", hidden, "--relations", "off"]
    options = ["--batch-size", str(BATCH), "--epochs", str(EPOCHS), "--valid", "0.01", "--threads", str(threads), "-q"]
    command = [sys.executable, *(LAUNCHER if processes > 1 else []), *training, *options]
    own = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(readme.ROOT)}
    subprocess.run(command, env=own, check=True, stdout=subprocess.DEVNULL)
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    first, last = lines[0], lines[-1]
    return float((last["seconds"] - first["seconds"]) / (last["step"] - first["step"]))


def measured(folder: Path) -> Iterator[list[str]]:
    """Yields a row of the table for each table and way."""
    for place, (name, (frame, hidden)) in enumerate(TABLES.items()):
        table = folder / f"{place}.parquet"
        frame.to_parquet(table)
        alone = 0.0
        for way, (processes, threads) in WAYS.items():
            out = folder / f"{place}-{processes}-{threads}"
            seconds = step_seconds(table, hidden, out, processes, threads)
            alone = alone or seconds
            yield [name, way, f"{seconds * 1e3:.0f}", f"{alone / seconds:.2f}", ""]
        parameters = json.loads((out / "metrics.json").read_text(encoding="utf-8"))["parameters"]
        summing = max(together(2, partial(scale.sum_seconds, parameters), out))
        foretold = alone / 2 + summing
        yield [name, "foretold of two", f"{foretold * 1e3:.0f}", f"{alone / foretold:.2f}", f"{summing * 1e3:.0f}"]


def main() -> None:
    """Trains in every way, and prints a Markdown table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        headers = ("table and network", "way", "ms a step", "pace", "ms of a sum")
        program.show(headers, measured(Path(folder)))


if __name__ == "__main__":
    main()
