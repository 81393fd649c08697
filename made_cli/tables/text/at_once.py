"""Several columns at a time.

Knows: that Arrow computes without the lock of Python, so that threads share what it does with the texts of columns.
"""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
Result = TypeVar("Result")


def at_once(function: Callable[[T], Result], items: Iterable[T]) -> list[Result]:
    """Returns what a function makes of each item, in order; as many at a time as there are processors to use.

    >>> at_once(str.upper, ["a", "b"])
    ['A', 'B']
    """
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if processors == 1:
        return list(map(function, items))
    with ThreadPoolExecutor(processors) as pool:
        return list(pool.map(function, items))
