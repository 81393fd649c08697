"""How probable an event is: questions about ranges and labels, by progressive sampling.

Knows: an event is a union of disjoint boxes, each a region for some columns; its probability is the sum of theirs.
That of a box under one member is the mean weight of `made_cli.core.sampler.progressive_sample`, and under the equal
mixture of members, given some cells, the mean over members in proportion to what each gives to those cells.

Each member answers in its own ordering after the evidence, and draws the columns in between: that is the density that
rows given the evidence are drawn from, and of all that a network says the best learned. Members are also asked with the
columns of the event right after the evidence. What a network says of an event directly and what it says on the way
through other columns agree as far as it has learned the same density twice, and the ± shows how far.

Where columns are compared with each other, no region of a column is in question: then whole rows are drawn, and those
of which the event is true are counted.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.core.sampler import progressive_sample, sample
from made_cli.ensemble.members import Member, row_batches
from made_cli.inference.conditionals import Question, evidence_roles, posterior, supporting, with_columns_first
from made_cli.inference.disagreement import Disagreement
from made_cli.inference.sampling import log_evidence
from made_cli.runs.run import Run
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.row_regions import Regions
from made_cli.tables.events.comparisons import Comparison
from made_cli.tables.events.evidence import evidence_codes
from made_cli.tables.events.expressions import Box, event_of, given_in, regions_of
from made_cli.tables.relations.values import values_of

MOST_MASSES = 2_000_000
"""Masses of ranges that one member is asked for at most: fewer rows are drawn for an event of very many ranges."""
BETWEEN = 16
"""Columns at most that a member draws between evidence and event; the others come after the event."""


@dataclass(frozen=True)
class Probability:
    """An estimated probability.

    Attributes:
        estimate: without bias, of the members in their own orderings.
        se: its standard error from sampling alone; 0 where no sampling was needed.
        samples: rows drawn for it.
        permutations: K, the members that answered.
        disagreement: of the members' own estimates, in their own orderings and directly; None where there is only one
            to see. Its standard deviation is about the estimate, each member as much as it counts given the evidence,
            and holds the members' own sampling error too.
        counted: whether rows were counted of which the event is true, as columns are compared with each other.
    """

    estimate: float
    se: float
    samples: int
    permutations: int
    disagreement: Disagreement | None
    counted: bool = False

    @property
    def uncertainty(self) -> float | None:
        """One standard deviation of all that is seen to be uncertain, members and sampling; None for one member."""
        return None if self.disagreement is None else math.hypot(self.disagreement.std, self.se)


def query(
    run: Run, event: str, given: Sequence[str], samples: int, permutations: int | None = None, seed: int = 0
) -> Probability:
    """Estimates the probability of an event under a run.

    Args:
        run: the run.
        event: see `made_cli.tables.events.expressions.event_of`.
        given: NAME=VALUE.
        samples: rows to draw.
        permutations: K, how many members; None for the usual number.
        seed: of all that is drawn.

    Raises:
        UserError: the event cannot be read, or no member has an ordering for what is given.
    """
    schema = run.record.schema
    known = evidence_codes(schema, given)
    boxes = given_in(schema, event_of(schema, event), known)
    members = supporting(run.members(permutations, seed=seed), evidence_roles(tuple(known), len(schema.names)))
    return probability(members, boxes, known, samples, np.random.default_rng(seed))


def probability(
    members: Sequence[Member],
    event: Sequence[Box],
    given: Mapping[int, float],
    samples: int,
    rng: np.random.Generator,
) -> Probability:
    """Estimates P(event | given) under the equal mixture of members.

    Args:
        members: K of them, `supporting` to have the given columns first.
        event: disjoint boxes that do not constrain the given columns; an empty box is certain.
        given: the code of each given column, by its index.
        samples: how many rows to draw, over all members; fewer where the event has thousands of ranges of numbers.
        rng: draws.
    """
    codes = np.array([[given.get(column, 0.0) for column in range(len(members[0].ordering.columns))]])
    weights = posterior(log_evidence(members, codes, tuple(given)))[0]
    kinds = members[0].made.kinds
    ranges = sum(len(region.intervals) for box in event for c, region in regions_of(box).items() if kinds[c].is_numeric)
    share = max(2, min(-(-samples // len(members)), MOST_MASSES // max(ranges, 1)))
    asked = _Asked(event, given, share, rng)
    # One ordering for all boxes, for each is another density, and their parts would not add up.
    own, near = asked.orderings(members, between=BETWEEN), asked.orderings(members, between=0)
    answers = [asked.estimate(member) for member in own]
    others = [
        answer if asked.alike(one, other) else asked.estimate(other)
        for one, other, answer in zip(own, near, answers, strict=True)
    ]
    means, apart = (np.array([each.mean for each in estimates]) for estimates in (answers, others))
    total, ends, found = float(weights @ means), np.concatenate([means, apart]), None
    if not asked.columns or not all(asked.alike(own[0], member) for member in (*own, *near)):
        std = float(np.sqrt(weights @ ((means - total) ** 2 + (apart - total) ** 2) / 2))
        found = Disagreement(std, float(ends.min()), float(ends.max()))
    se = float(np.sqrt(weights**2 @ np.array([answer.variance for answer in answers])))
    return Probability(total, se, sum(answer.samples for answer in answers), len(members), found, bool(asked.compared))


class _Estimate(NamedTuple):
    """What one member estimates: without bias, the variance from sampling, and the rows drawn for it."""

    mean: float
    variance: float
    samples: int


class _Asked:
    """An event, to be asked of one member after the other.

    Args:
        event: disjoint boxes.
        given: the code of each given column.
        share: S, rows to draw under one member.
        rng: draws.
    """

    def __init__(self, event: Sequence[Box], given: Mapping[int, float], share: int, rng: np.random.Generator) -> None:
        self.event, self.given, self.share, self.rng = event, given, share, rng
        self.compared = [*dict.fromkeys(each for box in event for each in box if isinstance(each, Comparison))]
        columns = {column for box in event for column in regions_of(box)}
        self.columns = columns.union(*(each.columns for each in self.compared)) - given.keys()

    def orderings(self, members: Sequence[Member], *, between: int) -> list[Member]:
        """Returns the members with the evidence first, then the event, with so many of their first other columns."""
        moved = []
        for member in members:
            others = [c for c in member.ordering.columns if c not in self.given and c not in self.columns][:between]
            moved.append(with_columns_first(member, self.columns | {*others}))
        return Question(evidence=tuple(self.given)).ordered(moved)

    def alike(self, one: Member, other: Member) -> bool:
        """Says whether two members are the same as far as the event needs them: they would answer alike."""
        return self._way(one) == self._way(other)

    def _way(self, member: Member) -> tuple[int, int | None, tuple[int, ...]]:
        ordering = member.ordering
        last = max((ordering.positions[column] for column in self.columns), default=-1)
        return id(member.made), ordering.connectivity, ordering.columns[: last + 1]

    def estimate(self, member: Member) -> _Estimate:
        """Estimates the probability of the event under one member; an empty box is certain.

        All boxes take the same draws, so that those of an event and of its opposite add up to 1 as far as may be.
        """
        if self.compared:
            return self._counted(member)
        columns, boxes = member.ordering.columns, [regions_of(box) for box in self.event if box]
        # Nothing is drawn before the only column.
        exact = all(set(columns[len(self.given) :][:1]) == box.keys() for box in boxes)
        masses = np.full(1 if exact else self.share, float(len(self.event) - len(boxes)))
        known = torch.tensor([[self.given[column] for column in columns[: len(self.given)]]], dtype=torch.float64)
        for batch in row_batches(np.arange(len(masses)), member.made):
            uniforms, rows = torch.from_numpy(self.rng.random((len(batch), len(columns)))), known.expand(len(batch), -1)
            for box in boxes:
                log_weights = progressive_sample(member.made, member.ordering, uniforms, box, rows)
                masses[batch] += log_weights.exp().cpu().numpy()
        if exact:
            return _Estimate(float(masses[0]), 0.0, 0)
        return _Estimate(float(masses.mean()), float(masses.var(ddof=1)) / len(masses), len(masses))

    def _counted(self, member: Member) -> _Estimate:
        """Estimates it by counting rows, drawn whole, of which the event is true.

        The variance is that of a share with one more row of which it is true, and one of which it is not: where there
        are none of either, it is not nothing.
        """
        columns, kinds, true = member.ordering.columns, member.made.kinds, 0
        known = torch.tensor([[self.given[column] for column in columns[: len(self.given)]]], dtype=torch.float64)
        for batch in row_batches(np.arange(self.share), member.made):
            uniforms = torch.from_numpy(self.rng.random((len(batch), len(columns))))
            codes = sample(member.made, member.ordering, uniforms, known.expand(len(batch), -1)).cpu().numpy()
            true += int(self._happens(codes.astype(np.float64), kinds).sum())
        near = (true + 1) / (self.share + 2)
        return _Estimate(true / self.share, near * (1 - near) / self.share, self.share)

    def _happens(self, codes: NDArray[np.float64], kinds: Sequence[Kind]) -> NDArray[np.bool_]:
        """Says (N,) of which rows of codes (N, D) the event is true."""
        values = values_of(codes, kinds)
        held = {each: each.holds(values) for each in self.compared}
        happens = np.zeros(len(codes), dtype=np.bool_)
        for box in self.event:
            within = np.ones(len(codes), dtype=np.bool_)
            for column, region in box.items():
                if isinstance(column, Comparison):
                    within &= np.where(held[column], 1 in region, 0 in region)
                else:
                    within &= Regions.of(region).contains(kinds[column].cells(codes[:, column]))
            happens |= within
        return happens
