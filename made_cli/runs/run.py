"""A trained run: its record with its networks, all that scoring and sampling need.

Knows: which members a run has, and in which order they come.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from made_cli.config import DEFAULT_MEMBERS
from made_cli.core.made import Made
from made_cli.core.orderings import draws
from made_cli.ensemble.members import Member
from made_cli.errors import Exit, UserError
from made_cli.runs.record import RunRecord


@dataclass(frozen=True)
class Run:
    """A trained run.

    Attributes:
        record: what it is.
        networks: those that are trained; fewer than planned where training was interrupted.
        folder: the run folder, as the person named it; None where the run is in memory only.
    """

    record: RunRecord
    networks: Sequence[Made]
    folder: str | None

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.folder or "the run"

    def members(self, count: int | None = None, *, seed: int = 0) -> list[Member]:
        """Names the first `count` members, in turn from each network.

        Args:
            count: K; None for all trained orderings, or `DEFAULT_MEMBERS` of a network trained for any.
            seed: draws the orderings of networks trained for any.

        Returns:
            K members. The first n of them do not depend on K.

        Raises:
            UserError: the run has fewer.
        """
        orderings = self.record.orderings[: len(self.networks)]
        available = sum(DEFAULT_MEMBERS if trained is None else len(trained) for trained in orderings)
        members = list(islice(self._in_turn(seed), available if count is None else count))
        if count is not None and len(members) < count:
            raise UserError(
                f"{self.name}: {len(members)} members (pairs of network and trained ordering), {count} asked for",
                hint="A run trained with --orderings all has as many as you ask for.",
                code=Exit.USAGE,
            )
        return members

    def _in_turn(self, seed: int) -> Iterator[Member]:
        """Yields members from each network in turn until all orderings are used; without end for `all`."""
        size = len(self.record.schema.kinds)
        resampled = self.record.training.resample_connectivity
        streams = [
            draws(size, np.random.default_rng([seed, index]), resample_connectivity=resampled)
            if trained is None
            else iter(trained)
            for index, trained in enumerate(self.record.orderings[: len(self.networks)])
        ]
        for orderings in zip(*streams, strict=False):
            for index, ordering in enumerate(orderings):
                free = self.record.orderings[index] is None
                yield Member(self.name, index, self.networks[index], ordering, free)
