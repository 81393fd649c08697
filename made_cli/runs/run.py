"""A trained run: its record with its networks, all that scoring and sampling need.

Knows: which members a run has, and in which order they come: in turn from each network its base orderings, and then
further ones: of a network that answers any question known-first variants of these. A network of all orderings has what
is drawn.
A pickle of a run holds what its folder would: JSON and safetensors.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice, zip_longest

import numpy as np
from pydantic import TypeAdapter

from made_cli.config import DEFAULT_MEMBERS
from made_cli.core.made import Made
from made_cli.core.orderings import Ordering, Origin, draws, known_first
from made_cli.ensemble.members import Member
from made_cli.errors import Exit, UserError
from made_cli.runs.record import RunRecord
from made_cli.runs.tensors import made_of, to_safetensors

_Pickled = tuple[bytes, tuple[bytes, ...], str | None, bool]
"""The record, the weights of each network, the folder, and whether training converged."""


@dataclass(frozen=True)
class Run:
    """A trained run.

    Attributes:
        record: what it is.
        networks: those that are trained; fewer than planned where training was interrupted.
        folder: the run folder, as the person named it; None where the run is in memory only.
        converged: whether training ended where validation had levelled off.
    """

    record: RunRecord
    networks: Sequence[Made]
    folder: str | None
    converged: bool = True

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.folder or "the run"

    def members(self, count: int | None = None, *, seed: int = 0, fewer: bool = False) -> list[Member]:
        """Names the first `count` members, in turn from each network.

        Args:
            count: K; None for all base orderings, or `DEFAULT_MEMBERS` of a network of all orderings.
            seed: draws the orderings that are not base orderings.
            fewer: whether all that there are will do.

        Returns:
            K members. The first n of them do not depend on K.

        Raises:
            UserError: the run has fewer.
        """
        usual = sum(map(self._usual, range(len(self.networks))))
        members = list(islice(self._in_turn(seed), usual if count is None else count))
        if count is not None and len(members) < count and not fewer:
            raise UserError(
                f"{self.name}: {len(members)} members (pairs of network and trained ordering), {count} asked for",
                hint="A run trained with --questions any, the default, has as many as you ask for.",
                code=Exit.USAGE,
            )
        return members

    def member(self, network: int, ordering: Ordering, origin: Origin = "base") -> Member:
        """Returns one member: a network under an ordering."""
        return Member(self.name, network, self.networks[network], ordering, self._answers_any(network), origin)

    def _answers_any(self, network: int) -> bool:
        """Says whether columns may be moved to the front of a network's orderings, as questions need it."""
        return self.record.owners[network].training.questions == "any"

    def _usual(self, network: int) -> int:
        """Returns how many members a network has that have not to be asked for."""
        base = self.record.orderings[network]
        return DEFAULT_MEMBERS if base is None else len(base)

    def __reduce__(self) -> tuple[Callable[..., "Run"], _Pickled]:
        weights = tuple(to_safetensors(network.state_dict()) for network in self.networks)
        return _unpickled, (TypeAdapter(RunRecord).dump_json(self.record), weights, self.folder, self.converged)

    def _in_turn(self, seed: int) -> Iterator[Member]:
        """Yields members from each network in turn, further ones after the usual ones; it may be without end."""
        own = [self._orderings(index, seed) for index in range(len(self.networks))]
        usual = [[*islice(each, self._usual(index))] for index, each in enumerate(own)]
        for turns in (zip_longest(*usual), zip_longest(*own)):
            for each in turns:
                yield from (self.member(index, *found) for index, found in enumerate(each) if found is not None)

    def _orderings(self, index: int, seed: int) -> Iterator[tuple[Ordering, Origin]]:
        """Yields the orderings of one network, and where each comes from."""
        base, rng = self.record.orderings[index], np.random.default_rng([seed, index])
        if base is None:
            resampled = self.record.owners[index].training.resample_connectivity
            for ordering in draws(len(self.record.schema.kinds), rng, resample_connectivity=resampled):
                yield ordering, "drawn"
            return
        for ordering in base:
            yield ordering, "base"
        if self._answers_any(index):
            for ordering in cycle(base):
                yield known_first(ordering, rng), "known-first"


def _unpickled(record: bytes, weights: tuple[bytes, ...], folder: str | None, converged: bool) -> Run:
    """Returns the run of a pickle, on the processor."""
    of = TypeAdapter(RunRecord).validate_json(record)
    networks = [made_of(of, index, each).eval() for index, each in enumerate(weights)]
    return Run(of, networks, folder, converged)
