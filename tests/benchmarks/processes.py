"""What a step takes by one process and by two, beside what the sum of gradients lets one expect.

    python -m tests.benchmarks.processes

Knows: the protocol below. Two tables of 20,000 rows, of 784 columns of 0 and 1 for two layers of 500 units, and of 20,
half numbers and half labels, for two of 200; batches of 2,000 rows, processes of one thread. Milliseconds a step are
of the clock and of the processor (of the slower process), over some steps after a few that are not counted. Where other
programs share a core, the clock says how two processes wait for the slower core, and the processor what they would come
to without. Foretold: half of a step of one process, and the sum of its gradients, taken by itself.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.tables.files.table import Table
from made_cli.training.prepare import prepare
from made_cli.training.processes import Processes
from made_cli.training.run_metrics import parameters
from made_cli.training.run_trainer import RunTrainer
from tests.benchmarks import program, scale
from tests.training.together import together

ROWS, BATCH = 20_000, 2_000
FIRST, COUNTED = 8, 25
"""Steps."""
TABLES = {784: (500, 500), 20: (200, 200)}
"""Columns, and the hidden layers for them."""


def table(columns: int) -> Table:
    """Columns of 0 and 1, each of which follows the one before it more often than not; a few mixed ones."""
    if columns < 100:
        return scale.drawn(ROWS, columns)
    changes = np.random.default_rng(0).random((ROWS, columns)) < 0.2
    return Table(pd.DataFrame(changes.cumsum(axis=1) % 2).rename(columns=str), "drawn", None)


def step_ms(columns: int, processes: Processes) -> tuple[float, float, int]:
    """Returns the milliseconds of a step, of the clock and of the processor, and the weights of the network."""
    torch.set_num_threads(1)
    config = TrainingConfig(batch_size=BATCH, relations="off", steps=1_000)
    prepared = prepare(table(columns), None, NetworkConfig(hidden=TABLES[columns]), config)
    rows = replace(prepared.rows, processes=processes)
    training = RunTrainer(prepared.record, rows, torch.device("cpu"))
    trainer = training.trainer_of(0)
    for _ in range(FIRST):
        trainer._step()
    clock, processor = time.monotonic(), time.process_time()
    for _ in range(COUNTED):
        trainer._step()
    taken = time.monotonic() - clock, time.process_time() - processor
    return 1e3 * taken[0] / COUNTED, 1e3 * taken[1] / COUNTED, parameters(prepared.record)


def measured(folder: Path) -> Iterator[list[str]]:
    """Yields a row of the table for each network, alone and in two."""
    for columns in TABLES:
        own = folder / str(columns)
        own.mkdir()
        ((clock, alone, weights),) = together(1, partial(step_ms, columns), own)
        yield [str(columns), "one", f"{clock:.0f}", f"{alone:.0f}", "", ""]
        both = together(2, partial(step_ms, columns), own)
        (own / "met-2").unlink(missing_ok=True)
        foretold = alone / 2 + 1e3 * max(together(2, partial(scale.sum_seconds, weights), own))
        clock, processor = (max(each[place] for each in both) for place in (0, 1))
        paces = f"{alone / processor:.2f}", f"{alone / foretold:.2f}"
        yield [str(columns), "two", f"{clock:.0f}", f"{processor:.0f}", *paces]


def main() -> None:
    """Trains alone and in two, and prints a Markdown table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        headers = ("columns", "processes", "ms of the clock", "ms of the processor", "pace by these", "foretold")
        program.show(headers, measured(Path(folder)))


if __name__ == "__main__":
    main()
