"""The time of a training, beside its limit.

Knows: how much of the limit is used, what the next step and evaluation will take, and when an evaluation has to be cut
short: steps of a large network, and evaluations of many rows, may each be long beside the limit.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from made_cli.training.processes import ALONE, Processes

GRACE = 2.0
"""Seconds that a step and the evaluation after it may take beyond the limit."""
CUT = 6.0, 0.05
"""Seconds, and a share of the limit, after which an evaluation that was not foreseen to take so long is cut short."""


class Clock:
    """The time of one network.

    Of several processes all have the time of the first, as it was when they last agreed: so they decide alike.

    Args:
        began: when its training began, by `time.monotonic`.
        processes: that train it.
    """

    def __init__(self, began: float, processes: Processes = ALONE) -> None:
        self.began, self.processes, self._agreed = began, processes, 0.0
        self.taken = {"step": 0.0, "evaluation": 0.0}  # seconds, by the last of each
        self._measured = self.taken if processes.is_alone else dict(self.taken)
        self.was_cut = False

    @property
    def seconds(self) -> float:
        """Seconds trained, over all sittings."""
        return self._own_seconds if self.processes.is_alone else self._agreed

    @property
    def _own_seconds(self) -> float:
        return monotonic() - self.began

    def agree(self, interrupted: bool = False) -> bool:
        """Takes the time from the first process; says whether any is interrupted."""
        if self.processes.is_alone:
            return interrupted
        own = (self._own_seconds, *self._measured.values())
        stops, self._agreed, *taken = self.processes.sums(
            float(interrupted), *(own if self.processes.is_first else [0.0] * len(own))
        )
        self.taken = dict(zip(self._measured, taken, strict=True))
        return stops > 0

    def go_on(self, seconds: float) -> None:
        """Goes on after a pause, with so many seconds trained before it."""
        self.began, self._agreed = monotonic() - seconds, seconds

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """Notes how long a "step" or an "evaluation" takes."""
        started = monotonic()
        yield
        self._measured[what] = monotonic() - started

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
        if limit is not None:
            self.agree()
        self.was_cut = limit is not None and self.seconds > limit * (1 + share) + seconds
        return self.was_cut
