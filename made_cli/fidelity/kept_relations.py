"""Relations that hold in the real table, as other tables keep them.

Knows: that rows which break a relation that real rows keep give a table away.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from made_cli.fidelity.alignment import Alignment, Values
from made_cli.tables.relations.counts import Count
from made_cli.tables.relations.finding import find_relations
from made_cli.tables.relations.relation import Relation, counted


@dataclass(frozen=True)
class KeptRelation:
    """A relation, and how many rows of each table keep and break it; None where there is no such table."""

    relation: Relation
    real: Count
    synthetic: Count
    holdout: Count | None

    @property
    def counts(self) -> dict[str, Count]:
        """By the role of the table."""
        counts = {"real": self.real, "synthetic": self.synthetic}
        return counts if self.holdout is None else {**counts, "holdout": self.holdout}


def kept_relations(
    alignment: Alignment,
    real: Values,
    synthetic: Values,
    holdout: Values | None,
    rng: np.random.Generator,
    on_limit: Callable[[str], None],
) -> list[KeptRelation]:
    """Returns the relations of real rows (N, D), those that synthetic rows (M, D) break most first.

    Args:
        alignment: the columns.
        real: in which relations are looked for.
        synthetic: in which they are counted.
        holdout: (H, D) other real rows, if there are any.
        rng: draws rows where there are many.
        on_limit: called with what was not looked for, as there are too many columns.
    """
    kept = [
        KeptRelation(
            relation=found.relation,
            real=found.count,
            synthetic=counted(found.relation, synthetic),
            holdout=None if holdout is None else counted(found.relation, holdout),
        )
        for found in find_relations(real, alignment.kinds, rng, on_limit)
    ]
    return sorted(kept, key=lambda each: -(each.synthetic.share or 0.0))
