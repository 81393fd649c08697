"""What it costs to draw in blocks of rows, each with random numbers of its own, beside all rows in one piece.

    python -m tests.benchmarks.blocks

Knows: the protocol below. Eight members of one network of 2 × 200 units; 16 columns, half numbers and half labels, the
rows to fill with every tenth cell empty. Seconds are of the processor, medians over rounds in which both take turns.
"""

import argparse
import sys
from collections.abc import Callable
from functools import partial

import numpy as np

import made_cli
from made_cli.inference import blocks
from tests.benchmarks import scale
from tests.benchmarks.ratios import side_by_side

DRAWN, FILLED = 50_000, 40_000
ONE_PIECE = 2**62


def main() -> None:
    """Trains a little, draws and fills rows in both ways, and prints how they compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    frame = scale.drawn(FILLED, 16).frame
    network = made_cli.NetworkConfig(hidden=(200, 200))
    density = made_cli.fit(frame, network=network, training=made_cli.TrainingConfig(epochs=1, orderings=8))
    holes = frame.mask(np.random.default_rng(0).random(frame.shape) < 0.1)
    works = {"rows drawn": lambda: len(density.sample(DRAWN)), "rows filled": lambda: len(density.impute(holes))}
    for name, work in works.items():
        ways = {rows: partial(in_blocks_of, rows, work) for rows in (blocks.BLOCK_ROWS, ONE_PIECE)}
        in_blocks, in_one = side_by_side({str(rows): way for rows, way in ways.items()}, rounds).values()
        sys.stdout.write(f"{name}: {in_blocks / in_one:.2f} times as long in blocks\n")


def in_blocks_of(rows: int, work: Callable[[], int]) -> int:
    """Does some work with blocks of so many rows; returns 1, for it is done once."""
    before, blocks.BLOCK_ROWS = blocks.BLOCK_ROWS, rows
    try:
        work()
    finally:
        blocks.BLOCK_ROWS = before
    return 1


if __name__ == "__main__":
    main()
