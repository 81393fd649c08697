"""What a training of very many rows is made of, for the cost model of docs/scale.md.

Knows: how to measure, on this machine, what a step multiplies and how fast, and what two processes take to sum the
gradients of a network.

    python -m tests.benchmarks.scale --columns 1000 --rows 1000
"""

import argparse
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.core.size import network_size
from made_cli.tables.files.table import Table
from made_cli.training.prepare import prepare
from made_cli.training.processes import Processes
from made_cli.training.run_trainer import RunTrainer
from tests.training.together import together

STEPS = 5
SUMS = 5


def drawn(rows: int, columns: int) -> Table:
    """Half of the columns are numbers, the others labels of eight outcomes."""
    rng = np.random.default_rng(0)
    numbers = {f"x{i}": rng.normal(size=rows).round(3) for i in range(columns // 2)}
    labels = {f"c{i}": rng.integers(0, 8, rows).astype(str) for i in range(columns - columns // 2)}
    labels = {name: np.char.add("v", values) for name, values in labels.items()}
    return Table(pd.DataFrame(numbers | labels), "drawn", None)


def sum_seconds(weights: int, processes: Processes) -> float:
    """Median seconds of a core that a sum of so many gradients over all processes takes each of them."""
    gradients, times = [torch.zeros(weights)], []
    for _ in range(SUMS):
        began = time.process_time()
        processes.sum(gradients)
        times.append(time.process_time() - began)
    return float(np.median(times))


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Prints the constants."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000)
    parser.add_argument("--columns", type=int, default=1_000)
    parser.add_argument("--batch-size", type=int, default=250)
    asked = parser.parse_args()
    config = TrainingConfig(batch_size=asked.batch_size, relations="off", steps=1_000, precision="float32")
    prepared = prepare(drawn(asked.rows, asked.columns), None, NetworkConfig(hidden=(500, 500)), config)
    size = network_size(prepared.record.schema.kinds, prepared.record.network)
    say(f"{asked.columns:,} columns: {size.weights:,} weights, {size.matrices:,} multiply-adds a row and ordering")
    trainer, times = RunTrainer(prepared.record, prepared.rows, torch.device("cpu")).trainer_of(0), []
    for _ in range(STEPS):
        began = time.process_time()
        trainer._step()
        times.append(time.process_time() - began)
    seconds, batch = float(np.median(times)), min(asked.batch_size, len(prepared.rows.train))
    rate = 3 * size.matrices * batch / seconds
    say(f"a step of {batch:,} rows: {seconds:.3f} s of a core, {rate / 1e9:.1f} billion multiply-adds a second")
    with tempfile.TemporaryDirectory() as folder:
        summing = max(together(2, partial(sum_seconds, size.weights), Path(folder)))
    say(f"their sum over two processes, {4 * size.weights / 1e6:.0f} MB: {summing * 1e3:.0f} ms of a core each")


if __name__ == "__main__":
    main()
