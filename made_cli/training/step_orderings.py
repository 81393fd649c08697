"""The orderings of a step: fresh ones, or base orderings in turn, some of them with known columns moved to the front.

Knows: which orderings a network is trained for, and which of them validation averages over.
"""

from collections.abc import Sequence
from itertools import islice

import numpy as np

from made_cli.config import TrainingConfig
from made_cli.core.orderings import Ordering, draws, known_first

VALIDATION_ORDERINGS = 4
"""Orderings that validation draws for a network of all orderings."""


class StepOrderings:
    """What a network is trained for, step by step.

    Args:
        base: the base orderings, trained in turn; None for fresh ones every step.
        columns: D.
        config: how to train.
        per_step: J, how many orderings a step takes.
        seed: of what is drawn.
    """

    def __init__(
        self, base: Sequence[Ordering] | None, columns: int, config: TrainingConfig, *, per_step: int, seed: int
    ) -> None:
        self.base, self.columns, self.config, self.per_step = base, columns, config, per_step
        self.rng = np.random.default_rng([seed, 1])

    @property
    def question_share(self) -> float:
        """The share of the steps in which base orderings are trained with known columns moved to the front."""
        if self.base is None or self.config.questions == "none":
            return 0.0
        assert self.config.question_share is not None  # given its default when the run was prepared
        return self.config.question_share

    def at(self, step: int) -> list[Ordering]:
        """Returns the J orderings of a step; the steps are asked for in turn."""
        if self.base is None:
            return self._drawn(self.rng, self.per_step)
        start = step * self.per_step
        base = [self.base[place % len(self.base)] for place in range(start, start + self.per_step)]
        share = self.question_share
        return [known_first(each, self.rng) if share and self.rng.random() < share else each for each in base]

    def validated(self, seed: int) -> Sequence[Ordering]:
        """Returns the orderings that validation averages over: all base orderings, or some of all."""
        return self.base or self._drawn(np.random.default_rng([seed, 2]), VALIDATION_ORDERINGS)

    def _drawn(self, rng: np.random.Generator, count: int) -> list[Ordering]:
        """Draws orderings for a network of all orderings."""
        resampled = self.config.resample_connectivity
        return list(islice(draws(self.columns, rng, resample_connectivity=resampled), count))
