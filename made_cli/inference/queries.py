"""How probable an event is: questions about ranges and labels, by progressive sampling.

Knows: an event is a union of disjoint boxes, each a region for some columns; its probability is the sum of theirs.
That of a box under one member is the mean weight of `made_cli.core.sampler.progressive_sample`, and under the equal
mixture of members, given some cells, the mean over members in proportion to what each gives to those cells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.core.made import Made
from made_cli.core.orderings import Ordering
from made_cli.core.sampler import progressive_sample
from made_cli.ensemble.members import Member, row_batches
from made_cli.inference.conditionals import Question, evidence_roles, posterior, supporting, with_columns_first
from made_cli.inference.sampling import log_evidence
from made_cli.runs.run import Run
from made_cli.tables.events.evidence import evidence_codes
from made_cli.tables.events.expressions import Box, event_of, given_in


@dataclass(frozen=True)
class Probability:
    """An estimated probability.

    Attributes:
        estimate: without bias.
        se: its standard error; 0 where no sampling was needed.
        samples: rows drawn.
        permutations: K, the members that answered.
    """

    estimate: float
    se: float
    samples: int
    permutations: int


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
        samples: how many rows to draw for each box, over all members.
        rng: draws.
    """
    codes = np.array([[given.get(column, 0.0) for column in range(len(members[0].ordering.columns))]])
    weights = posterior(log_evidence(members, codes, tuple(given)))[0]
    # The columns of the event next to the evidence: the fewer columns are drawn on the way, the smaller the variance.
    # One ordering for all boxes, for each is another density, and their parts would not add up.
    columns = {column for box in event for column in box}
    near = [with_columns_first(member, columns) for member in members]
    orderings = [member.ordering for member in Question(evidence=tuple(given)).ordered(near)]
    share = max(2, -(-samples // len(members)))
    total, variance, drawn = float(sum(not box for box in event)), 0.0, 0
    for box in filter(None, event):
        for member, ordering, weight in zip(members, orderings, weights, strict=True):
            exact = set(ordering.columns[len(given) :][:1]) == box.keys()  # nothing is drawn before the only column
            masses = _masses(member.made, ordering, box, given, 1 if exact else share, rng)
            total += weight * float(masses.mean())
            if not exact:
                variance += weight**2 * float(masses.var(ddof=1)) / share
                drawn += share
    return Probability(total, variance**0.5, drawn, len(members))


def _masses(
    made: Made, ordering: Ordering, box: Box, given: Mapping[int, float], samples: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Returns (S,) unbiased estimates of the probability of one box under one member."""
    known = torch.tensor([[given[column] for column in ordering.columns[: len(given)]]], dtype=torch.float64)
    masses = np.empty(samples)
    for batch in row_batches(np.arange(samples), made):
        uniforms = torch.from_numpy(rng.random((len(batch), len(ordering.columns))))
        log_weights = progressive_sample(made, ordering, uniforms, box, known.expand(len(batch), -1))
        masses[batch] = log_weights.exp().cpu().numpy()
    return masses
