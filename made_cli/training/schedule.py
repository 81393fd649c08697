"""The learning rate over the steps: warm-up, a plateau as long as it pays, and a decay to zero.

Knows: when to come down. The length of training need not be known beforehand: the decay starts once the validation
bound has stopped improving, or so early that it ends with the budget, whichever comes first.

Reference: Hu et al., *MiniCPM*, 2024, section 4 (warm-up, stable, decay).
"""

import math
import sys
from dataclasses import dataclass

WARM_UP = 200
"""Steps of linear warm-up, or a tenth of all where there are few."""
DECAY_SHARE = 0.3
"""Length of the decay as a share of the steps before it."""
SHORTEST_DECAY = 100
UNLIMITED = sys.maxsize
"""The budget of a training that only time or validation ends."""
TIME_LIMIT = "the time limit"
"""The reason of a decay for lack of time."""


@dataclass
class Schedule:
    """Where training stands between warm-up and the end.

    Attributes:
        budget: the most steps.
        decay_start: the step at which the decay began, None before it.
        decay_end: the step at which the learning rate reaches zero.
        reason: why the decay began.

    >>> schedule = Schedule(budget=10_000)
    >>> schedule.is_late(0.5), schedule.is_late(0.8)
    (False, True)
    >>> schedule.start_decay(1_000, "validation stopped improving")
    >>> schedule.factor(999), schedule.factor(1_300), schedule.finished(1_300)
    (1.0, 0.0, True)
    """

    budget: int
    decay_start: int | None = None
    decay_end: int | None = None
    reason: str | None = None

    def factor(self, step: int) -> float:
        """Returns what the learning rate is multiplied by at a step, in [0, 1]."""
        warm = min(1.0, (step + 1) / min(WARM_UP, max(1, self.budget // 10)))
        if self.decay_start is None or self.decay_end is None or step < self.decay_start:
            return warm
        progress = min(1.0, (step - self.decay_start) / max(1, self.decay_end - self.decay_start))
        return warm * (1 + math.cos(math.pi * progress)) / 2

    def is_late(self, used: float) -> bool:
        """Says whether the decay has to begin now to end in time, once this share of a budget is used."""
        return self.decay_start is None and used >= 1 / (1 + DECAY_SHARE)

    def start_decay(self, step: int, reason: str, most: float = math.inf) -> None:
        """Begins the decay at a step; it takes at most `most` steps, and ends with the budget at the latest."""
        wanted = step + min(max(SHORTEST_DECAY, math.ceil(DECAY_SHARE * step)), most)
        self.decay_start, self.decay_end = step, max(step, min(int(wanted), self.budget))
        self.reason = reason

    def end(self, step: int, reason: str) -> None:
        """Ends training at a step, however far the learning rate has come down."""
        self.decay_start = step if self.decay_start is None else self.decay_start
        self.decay_end, self.reason = step, reason

    def finished(self, step: int) -> bool:
        """Says whether the learning rate has come down to zero."""
        return self.decay_end is not None and step >= self.decay_end
