"""What was made last, kept for the next step or batch.

Knows: how many things are kept, and that the oldest goes first.
"""

from collections.abc import Callable, Hashable
from typing import TypeVar

import torch

REMEMBERED = 4
"""Orderings whose masks are kept: many runs have one ordering only."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def remembered(kept: dict[K, V], key: K, make: Callable[[], V], most: int = REMEMBERED) -> V:
    """Returns what was made for a key, and makes it where it is not among the last few."""
    if key not in kept:
        while len(kept) >= most:
            del kept[next(iter(kept))]
        with torch.inference_mode(mode=False):  # kept for whoever asks next
            kept[key] = make()
    return kept[key]
