"""What relations cost a step of training: with the rules of a table beside without, in one process.

    python -m tests.benchmarks.step_with_rules [TABLE ...]

Knows: the protocol below. Without names, the table is a drawn one like that of a shop (`orders_table`), of 8,000 rows.
Figures are ratios of processor time on one thread, medians over rounds in which both take their turn, once what rules
leave has been looked up: after --before steps.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch

from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.runs.record import RunRecord
from made_cli.tables.files.reading import read_table
from made_cli.training.beginning import untrained
from made_cli.training.network_trainer import NetworkTrainer
from made_cli.training.prepare import prepare
from made_cli.training.progress import Cycle
from made_cli.training.rows import TrainingRows
from tests.benchmarks import orders_table, program
from tests.benchmarks.ratios import Work, side_by_side

ROWS = 8_000


def main() -> None:
    """Runs what is asked for, and prints a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--before", type=int, default=600)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(folder, "orders.csv")
        if not options.tables:
            orders_table.write(drawn, ROWS)
        program.show(("table", "step", "ms", "ratio"), rows(options.tables or [str(drawn)], options))


def rows(tables: list[str], options: argparse.Namespace) -> Iterator[list[str]]:
    """Yields a row for each table, with its rules and without."""
    for name in tables:
        prepared = prepare(read_table(name), None, NetworkConfig(), TrainingConfig(seed=0))
        without = replace(prepared.record, relations=())
        works = {
            "without rules": steps(without, prepared.rows, options.before),
            "with rules": steps(prepared.record, prepared.rows, options.before),
        }
        taken = side_by_side(works, options.rounds)
        for work, ms in taken.items():
            yield [Path(name).name, work, f"{ms:.2f}", f"{ms / taken['without rules']:.2f}"]


def steps(record: RunRecord, train_rows: TrainingRows, before: int) -> Work:
    """Returns a few steps of the first network of a run, after so many others."""
    made, cycle = untrained(record, 0), Cycle(seed=0, steps=10**6)
    made.start_from_base_rates(train_rows.train)
    trainer = NetworkTrainer(made, train_rows, record.orderings[0], record.training, seed=0, cycle=cycle)

    def work() -> int:
        start = trainer.progress.step
        trainer.time_a_step()
        return trainer.progress.step - start

    while trainer.progress.step < before:
        work()
    return work


if __name__ == "__main__":
    main()
