"""The time of a training, beside its limit.

Knows: how much of the limit is used, what the next step and evaluation will take, and when an evaluation has to be cut
short: steps of a large network, and evaluations of many rows, may each be long beside the limit.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

GRACE = 2.0
"""Seconds that a step and the evaluation after it may take beyond the limit."""
CUT = 6.0, 0.05
"""Seconds, and a share of the limit, after which an evaluation that was not foreseen to take so long is cut short."""


class Clock:
    """The time of one network.

    Args:
        began: when its training began, by `time.monotonic`.
    """

    def __init__(self, began: float) -> None:
        self.began = began
        self.taken = {"step": 0.0, "evaluation": 0.0}  # seconds, by the last of each
        self.was_cut = False

    @property
    def seconds(self) -> float:
        """Seconds trained, over all sittings."""
        return monotonic() - self.began

    def go_on(self, seconds: float) -> None:
        """Goes on after a pause, with so many seconds trained before it."""
        self.began = monotonic() - seconds

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Notes how long a "step" or an "evaluation" takes."""
        started = monotonic()
        yield
        self.taken[what] = monotonic() - started

    def share_used(self, seconds: float, limit: float | None) -> float:
        """Returns the share of a limit that is used after so many seconds, counting what is ahead where that is long.

        >>> clock = Clock(0.0)
        >>> clock.share_used(30.0, 60.0), clock.share_used(30.0, None)
        (0.5, 0.0)
        >>> clock.taken["evaluation"] = 32.0
        >>> clock.share_used(30.0, 60.0)
        1.0
        """
        if limit is None:
            return 0.0
        ahead = max(0.0, sum(self.taken.values()) - GRACE)
        # Earlier networks may have left this one no time at all.
        return (seconds + ahead) / limit if limit > 0 else math.inf

    def has_to_cut(self, limit: float | None) -> bool:
        """Says whether the limit has passed by so much that an evaluation has to be cut short, and remembers it."""
        seconds, share = CUT
        self.was_cut = limit is not None and self.seconds > limit * (1 + share) + seconds
        return self.was_cut
