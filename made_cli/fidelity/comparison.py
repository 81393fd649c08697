"""All comparisons of a synthetic table with a real one.

Knows: what is drawn for each of them, and how they are summarised: means over columns and pairs, and in which columns
and pairs the tables differ most.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from made_cli.config import Overrides
from made_cli.fidelity.alignment import NUMBERS, Alignment, Values, align
from made_cli.fidelity.detection import Detection, two_sample
from made_cli.fidelity.kept_relations import KeptRelation, kept_relations
from made_cli.fidelity.privacy import ClosestRecord, closest_record, share_nearer
from made_cli.fidelity.shapes import Shape, column_shapes
from made_cli.fidelity.trends import pair_trends
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.schema import Schema
from made_cli.tables.files.table import Table

WORST = 20
"""Pairs that are named."""


@dataclass(frozen=True)
class ColumnFidelity:
    """What was found out about one column.

    Attributes:
        name: the user's label.
        kind: as people read it.
        shape: how alike the column is.
        trend: how alike its relations to the other columns are, in the mean; None if it is the only one.
        empty_real: share of empty cells in the real table.
        empty_synthetic: likewise.
        permutation_importance: see `Detection`; None where no classifier was asked.
    """

    name: str
    kind: str
    shape: float
    trend: float | None
    empty_real: float
    empty_synthetic: float
    permutation_importance: float | None


@dataclass(frozen=True)
class PairFidelity:
    """How alike the relation of two columns is, by "correlation" or by "contingency"."""

    columns: tuple[str, str]
    measure: str
    similarity: float


@dataclass(frozen=True)
class Comparison:
    """All that was found out.

    Attributes:
        alignment: the D columns.
        shapes: (D,) how alike single columns are.
        trends: (D, D) how alike pairs are, NaN on the diagonal.
        relations: those of the real table, and how many rows keep them, the most broken first.
        detection: whether rows can be told apart; None if that was not asked, or there are too few.
        synthetic: how near synthetic rows are to real ones.
        holdout: how near other real rows are, if any were given.
    """

    alignment: Alignment
    shapes: list[Shape]
    trends: NDArray[np.float64]
    relations: list[KeptRelation]
    detection: Detection | None
    synthetic: ClosestRecord
    holdout: ClosestRecord | None

    @property
    def shape(self) -> float:
        """The mean over the columns."""
        return float(np.mean([shape.similarity for shape in self.shapes]))

    @property
    def trend(self) -> float | None:
        """The mean over the pairs; None where there are none."""
        return float(np.nanmean(self.trends)) if len(self.shapes) > 1 else None

    @property
    def nearer_than_holdout(self) -> float | None:
        """The share of synthetic rows nearer than 5 % of the held-out ones; 0.05 where nothing is copied."""
        return share_nearer(self.synthetic, self.holdout) if self.holdout is not None else None

    def columns(self) -> list[ColumnFidelity]:
        """Every column, the worst shape first."""
        columns = [
            ColumnFidelity(
                name=kind.name,
                kind=kind.described,
                shape=shape.similarity,
                trend=float(np.nanmean(self.trends[d])) if len(self.shapes) > 1 else None,
                empty_real=shape.empty_real,
                empty_synthetic=shape.empty_synthetic,
                permutation_importance=self.detection.permutation_importance[d] if self.detection else None,
            )
            for d, (kind, shape) in enumerate(zip(self.alignment.kinds, self.shapes, strict=True))
        ]
        return sorted(columns, key=lambda column: column.shape)

    def worst_pairs(self) -> list[PairFidelity]:
        """The pairs least alike, the worst first, at most `WORST`."""
        first, second = np.triu_indices(len(self.shapes), k=1)
        worst = np.argsort(self.trends[first, second], kind="stable")[:WORST]
        kinds, sizes = self.alignment.kinds, self.alignment.sizes
        return [
            PairFidelity(
                columns=(kinds[i].name, kinds[j].name),
                measure="correlation" if sizes[i] == sizes[j] == NUMBERS else "contingency",
                similarity=float(self.trends[i, j]),
            )
            for i, j in zip(first[worst], second[worst], strict=True)
        ]


@dataclass(frozen=True)
class Tables:
    """The values of the tables: real (N, D), synthetic (M, D), and other real rows (H, D) if there are any."""

    real: Values
    synthetic: Values
    holdout: Values | None


def aligned(
    real: Table, synthetic: Table, holdout: Table | None, overrides: Overrides | None
) -> tuple[Schema, Alignment, Tables]:
    """Reads tables as the columns of the real one are.

    Args:
        real: the rows trained on.
        synthetic: the rows in question.
        holdout: other real rows.
        overrides: what is known better of the columns.

    Returns:
        The schema of the real table, and what `compare_tables` takes.

    Raises:
        UserError: a table has no rows, a column is missing, or a cell does not fit.
    """
    schema = schema_of(infer(real, overrides), real.source)
    alignment = align(schema, real.source)
    values = (alignment.read(real), alignment.read(synthetic), None if holdout is None else alignment.read(holdout))
    return schema, alignment, Tables(*values)


def compare_tables(
    alignment: Alignment,
    tables: Tables,
    *,
    classifier_rows: int | None,
    seed: int,
    on_progress: Callable[[], None] = lambda: None,
    on_limit: Callable[[str], None] = lambda told: None,
) -> Comparison:
    """Compares tables in every way.

    Args:
        alignment: the columns.
        tables: as that reads them.
        classifier_rows: rows of each table that the classifier gets, at most; None to leave it out.
        seed: of all that is drawn.
        on_progress: called after each fold of the classifier.
        on_limit: called with relations that were not looked for, as there are too many columns.
    """
    sizes, real, synthetic = alignment.sizes, tables.real, tables.synthetic
    # A generator each: what one part draws must not depend on whether another was asked for.
    rngs = [np.random.default_rng((seed, part)) for part in range(4)]
    return Comparison(
        alignment=alignment,
        shapes=column_shapes(real, synthetic, sizes),
        trends=pair_trends(real, synthetic, sizes),
        relations=kept_relations(alignment, real, synthetic, tables.holdout, rngs[3], on_limit),
        detection=None
        if classifier_rows is None
        else two_sample(real, synthetic, sizes, classifier_rows, rngs[0], on_progress),
        synthetic=closest_record(synthetic, real, sizes, rngs[1]),
        holdout=None if tables.holdout is None else closest_record(tables.holdout, real, sizes, rngs[2]),
    )
