"""Which of a run's relations the rows of a table break.

Knows: that a relation says nothing of a row in which one of its cells is unknown, or not in question.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.runs.record import RunRecord
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.schema import Codes
from made_cli.tables.relations.counts import Count
from made_cli.tables.relations.relation import QUIETLY, Relation
from made_cli.tables.relations.values import values_of


@dataclass(frozen=True)
class BrokenRelations:
    """Relations, and which rows break them.

    Attributes:
        relations: (R,) those between the columns in question.
        counts: (R,) the rows that keep and break each.
        broken: (N, R) which rows break which.
    """

    relations: tuple[Relation, ...]
    counts: tuple[Count, ...]
    broken: NDArray[np.bool_]

    def told(self, kinds: Sequence[Kind]) -> list[str | None]:
        """Returns (N,) what each row breaks, in words; None where that is nothing."""
        said = [relation.said(kinds) for relation in self.relations]
        told: list[str | None] = [None] * len(self.broken)
        for row in np.flatnonzero(self.broken.any(axis=1)):
            told[row] = "; ".join(said[place] for place in np.flatnonzero(self.broken[row]))
        return told


@QUIETLY
def broken_relations(
    record: RunRecord, codes: Codes, known: NDArray[np.bool_], columns: Collection[int]
) -> BrokenRelations:
    """Finds which rows break which relations of a run.

    Args:
        record: the run.
        codes: (N, D) the rows.
        known: (N, D) which cells are known.
        columns: those in question, and those that are given.
    """
    values = values_of(codes, record.schema.kinds)
    relations = tuple(each.relation for each in record.relations if set(each.relation.columns) <= {*columns})
    broken, counts = np.zeros((len(codes), len(relations)), dtype=np.bool_), []
    for place, relation in enumerate(relations):
        told = known[:, relation.columns].all(axis=1)
        broken[:, place] = relation.broken(values) & told
        breaks = int(broken[:, place].sum())
        counts.append(Count(int((relation.speaks_of(values) & told).sum()) - breaks, breaks))
    return BrokenRelations(relations, tuple(counts), broken)
