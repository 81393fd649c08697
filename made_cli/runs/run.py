"""A trained run: its record with its networks, all that scoring and sampling need.

Knows: which members a run has, and in which order they come: of each network first its base orderings; further ones,
of a network that answers any question, are known-first variants of these. A network of all orderings has what is drawn.
A pickle of a run holds what its folder would: JSON and safetensors.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
from pydantic import TypeAdapter

from made_cli.config import DEFAULT_MEMBERS
from made_cli.core.made import Made
from made_cli.core.orderings import Ordering, Origin, draws, known_first
from made_cli.core.shapes.weights import weight_shapes
from made_cli.ensemble.members import Member
from made_cli.errors import Exit, UserError
from made_cli.runs.record import RunRecord
from made_cli.runs.tensors import to_safetensors, with_weights
from made_cli.runs.weights import read_weights

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

    def members(self, count: int | None = None, *, seed: int = 0) -> list[Member]:
        """Names the first `count` members, in turn from each network.

        Args:
            count: K; None for all base orderings, or `DEFAULT_MEMBERS` of a network of all orderings.
            seed: draws the orderings that are not base orderings.

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
                hint="A run trained with --questions any, the default, has as many as you ask for.",
                code=Exit.USAGE,
            )
        return members

    def member(self, network: int, ordering: Ordering, origin: Origin = "base") -> Member:
        """Returns one member: a network under an ordering."""
        return Member(self.name, network, self.networks[network], ordering, self.answers_any_question, origin)

    @property
    def answers_any_question(self) -> bool:
        """Whether columns may be moved to the front of the orderings, as questions need it."""
        return self.record.training.questions == "any"

    def __reduce__(self) -> tuple[Callable[..., "Run"], _Pickled]:
        weights = tuple(to_safetensors(network.state_dict()) for network in self.networks)
        return _unpickled, (TypeAdapter(RunRecord).dump_json(self.record), weights, self.folder, self.converged)

    def _in_turn(self, seed: int) -> Iterator[Member]:
        """Yields members from each network in turn: until the orderings are used, or without end."""
        for each in zip(*(self._orderings(index, seed) for index in range(len(self.networks))), strict=False):
            for index, (ordering, origin) in enumerate(each):
                yield self.member(index, ordering, origin)

    def _orderings(self, index: int, seed: int) -> Iterator[tuple[Ordering, Origin]]:
        """Yields the orderings of one network, and where each comes from."""
        base, rng = self.record.orderings[index], np.random.default_rng([seed, index])
        if base is None:
            resampled = self.record.training.resample_connectivity
            for ordering in draws(len(self.record.schema.kinds), rng, resample_connectivity=resampled):
                yield ordering, "drawn"
            return
        for ordering in base:
            yield ordering, "base"
        if self.answers_any_question:
            for ordering in cycle(base):
                yield known_first(ordering, rng), "known-first"


def _unpickled(record: bytes, weights: tuple[bytes, ...], folder: str | None, converged: bool) -> Run:
    """Returns the run of a pickle, on the processor."""
    of = TypeAdapter(RunRecord).validate_json(record)
    shapes = weight_shapes(of.schema.kinds, of.network)
    blank = (Made(of.schema.kinds, of.network, None, of.rules) for _ in weights)
    networks = [
        with_weights(made, read_weights(each, shapes)).eval() for made, each in zip(blank, weights, strict=True)
    ]
    return Run(of, networks, folder, converged)
