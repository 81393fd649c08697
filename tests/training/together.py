"""Several processes that train together, for the tests: each is forked from a server that has torch imported.

Knows: how they meet by way of a file, and that none of them outlives its test.
"""

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

import torch

from made_cli.training.processes import Processes

PATIENCE = 120.0
"""Seconds that a test waits for all of them."""
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["made_cli.cli.app", "made_cli.density"])

Result = TypeVar("Result")


def together(count: int, work: Callable[[Processes], Result], folder: Path) -> list[Result]:
    """Has so many processes do the same work; returns what each of them found.

    Args:
        count: how many.
        work: a function of a module, given the processes.
        folder: takes the file by which they meet.
    """
    with ProcessPoolExecutor(count, mp_context=_SERVER) as pool:
        waiting = [pool.submit(_met, work, rank, count, folder / f"met-{count}") for rank in range(count)]
        return [each.result(PATIENCE) for each in waiting]


def _met(work: Callable[[Processes], Result], rank: int, count: int, file: Path) -> Result:
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=count)
    try:
        return work(Processes(rank, count))
    finally:
        torch.distributed.destroy_process_group()
