"""How costs grow with columns (D), hidden units (H), members (K) and rows (N).

    python -m tests.benchmarks.growth --draw docs/growth.svg

Knows: the protocol below. Figures are microseconds of processor time for a row, on one thread and in float32, medians
over rounds in which all works of one size take their turn.

- Where nothing else is said there are 112 drawn columns of two outcomes, two hidden layers of 500 units, one member.
- step: of training, by the defaults, 4 base orderings and questions to them; a batch of 100, by the rows in it. Over K
  there are K base orderings.
- score, sample: 1,024 rows, under one member or from it; over K under each of K orderings of one network, and from
  their equal mixture. What is made once for all rows (masked weights) is shared among them.
- read, schema: over N, a CSV of 30 columns of all kinds (`orders_table.py`) read strictly, and all of `made schema`.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from made_cli.core.orderings import draw
from made_cli.ensemble.members import Member, log_likelihoods
from made_cli.ensemble.sampling import sample_mixture
from made_cli.tables.files.reading import read_table
from tests.benchmarks import orders_table, program
from tests.benchmarks.growth_picture import Curves, write
from tests.benchmarks.ratio_tables import Table, binary
from tests.benchmarks.ratios import Work, made_steps, side_by_side, trained
from tests.benchmarks.reading import relations

COLUMNS, WIDTH, BATCH, ASKED = 112, 500, 100, 1_024


class Axis(NamedTuple):
    """What grows.

    Attributes:
        name: its letter and what it counts.
        sizes: what it grows to.
        works: from a size and an empty folder to what is timed; a work returns how many rows it was done for.
    """

    name: str
    sizes: Sequence[int]
    works: Callable[[int, Path], dict[str, Work]]


def main() -> None:
    """Measures, prints a Markdown table, and draws it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=AXES, default=list(AXES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--draw", type=Path, help="SVG to write")
    options = parser.parse_args()
    torch.set_num_threads(1)
    curves: dict[str, Curves] = {}
    program.show(("over", "size", "work", "µs a row"), rows(options, curves))
    if options.draw is not None:
        write(options.draw, {AXES[axis].name: found for axis, found in curves.items()})


def rows(options: argparse.Namespace, curves: dict[str, Curves]) -> Iterator[list[str]]:
    """Yields a row of the table for each work of each size, and adds it to the curve of its work by the axis."""
    for letter in options.only:
        axis, found = AXES[letter], curves.setdefault(letter, {})
        for size in axis.sizes:
            with tempfile.TemporaryDirectory() as folder:
                taken = side_by_side(axis.works(size, Path(folder)), options.rounds)
            for work, ms in taken.items():
                found.setdefault(work, []).append((size, 1000 * ms))
                yield [letter, f"{size:,}", work, f"{1000 * ms:.4g}"]


def network_works(table: Table, members: int = 4, asked: int = 1) -> dict[str, Work]:
    """Returns steps with so many base orderings, and rows scored under and drawn from so many members."""
    return {"step": steps(table, members), **answers(table, asked, ASKED)}


def steps(table: Table, orderings: int) -> Work:
    """Returns steps of training, counted in rows."""
    some = made_steps(table, "float32", orderings, questions=True)
    return lambda: some() * table.batch


def answers(table: Table, members: int, count: int) -> dict[str, Work]:
    """Returns the scoring and the drawing of so many rows."""
    made, rng = trained(table), np.random.default_rng(0)
    family = [Member("", 0, made, draw(len(table.kinds), rng)) for _ in range(members)]
    codes = np.resize(table.codes.numpy(), (count, len(table.kinds)))

    def score() -> int:
        log_likelihoods(family, codes)
        return count

    def sample() -> int:
        sample_mixture(family, count, rng)
        return count

    return {"score": score, "sample": sample}


def rows_works(count: int, folder: Path) -> dict[str, Work]:
    """Returns what is done with so many rows; few are not read, and many not drawn, for want of time."""
    works: dict[str, Work] = {}
    if count <= MOST_DRAWN:
        works |= answers(binary(COLUMNS, WIDTH, BATCH), 1, count)
    if count >= LEAST_READ:
        path = folder / "orders.csv"
        orders_table.write(path, count)

        def read() -> int:
            read_table(str(path))
            return count

        def schema() -> int:
            relations(str(path))
            return count

        works |= {"read": read, "schema": schema}
    return works


MOST_DRAWN, LEAST_READ = 10_000, 100
AXES: Mapping[str, Axis] = {
    "D": Axis("D, columns", (8, 16, 32, 64, 128, 256, 512, 1024), lambda d, _: network_works(binary(d, WIDTH, BATCH))),
    "H": Axis(
        "H, hidden units in each layer",
        (64, 125, 250, 500, 1000, 2000),
        lambda h, _: network_works(binary(COLUMNS, h, BATCH)),
    ),
    "K": Axis("K, members", (1, 2, 4, 8, 16, 32), lambda k, _: network_works(binary(COLUMNS, WIDTH, BATCH), k, k)),
    "N": Axis("N, rows", (1, 10, 100, 1_000, 10_000, 100_000), rows_works),
}
"""By their letters."""

if __name__ == "__main__":
    main()
