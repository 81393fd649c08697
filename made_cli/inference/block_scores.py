"""A table scored a block of rows at a time, and what is said of all its rows together.

Knows: sums over blocks are those over all rows, so that no scores have to be held; and that members of fixed orderings
are chosen by all rows, which then are looked at first.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from operator import add

import numpy as np
from numpy.typing import NDArray

from made_cli.ensemble.members import OnPass
from made_cli.ensemble.mixture import Estimate, Moments
from made_cli.inference.disagreement import Disagreement
from made_cli.inference.table_scores import TableScorer, TableScores
from made_cli.tables.files.in_blocks import TableBlocks
from made_cli.tables.files.table import Table
from made_cli.tables.relations.counts import Count
from made_cli.tables.relations.relation import Relation


@dataclass
class ScoreTotals:
    """What is said of all scored rows.

    Attributes:
        members: how many answered.
        never_seen: how many cells hold labels that training had none of, of each column that has such.
        relations: the relations that were asked for.
        counts: the rows that keep and break each.
        are_alike: whether the members are all alike, so that nothing is seen of how far they lie apart.
        greatest_std: the greatest standard deviation over members of the log-densities of a row, nats.
    """

    members: int = 0
    never_seen: Counter[str] = field(default_factory=Counter)
    relations: tuple[Relation, ...] = ()
    counts: tuple[Count, ...] = ()
    are_alike: bool = True
    greatest_std: float = 0.0
    _log_prob: Moments = field(default_factory=Moments)
    _apart: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))

    def add(self, scores: TableScores) -> None:
        """Takes the scores of more rows into account."""
        self.members = scores.members
        self._log_prob.add(scores.log_prob)
        self.never_seen.update(scores.never_seen)
        if scores.relations is not None:
            self.relations, counts = scores.relations.relations, scores.relations.counts
            self.counts = tuple(map(add, self.counts, counts)) if self.counts else counts
        if scores.spread is not None and len(scores.log_prob):
            spread = scores.spread
            self.are_alike = False
            self.greatest_std = max(self.greatest_std, float(spread.std.max()))
            self._apart += [part.sum() for part in (spread.std, spread.least, spread.greatest)]

    @property
    def rows(self) -> int:
        """How many rows were scored."""
        return self._log_prob.count

    @property
    def estimate(self) -> Estimate | None:
        """The mean of the negative log-densities; None without rows."""
        return self._log_prob.estimate() if self.rows else None

    @property
    def disagreement(self) -> Disagreement | None:
        """How far the members lie apart, on average over the rows; None where nothing is seen of it."""
        return None if self.are_alike else Disagreement(*(self._apart / self.rows).tolist())


def score_blocks(
    scorer: TableScorer,
    blocks: TableBlocks,
    *,
    wanted: slice | None = None,
    surprisals: bool = False,
    top: int | None = None,
    on_progress: OnPass = lambda share: None,
) -> Iterator[tuple[int, Table, TableScores]]:
    """Yields the wanted rows of each block of a table: the number of the first of them, the rows, and their scores.

    Args:
        scorer: a run, and what is asked of it.
        blocks: the table.
        wanted: which rows to score; None for all. Their scores are, to the bit, those that they have among all.
        surprisals: whether to return the surprisal of each cell, too.
        top: how many of the oddest columns of each row to name; None for none.
        on_progress: told of as many passes as `TableScorer.passes` says.

    Raises:
        UserError: the table is refused, or the run cannot answer.
    """
    among = _patterns(scorer, blocks) if scorer.asks_all_rows and not blocks.is_whole else None
    passes, done, told = scorer.passes(surprisals=surprisals, top=top), 0.0, 0.0

    def tell(step: float) -> None:
        nonlocal told
        told += step
        on_progress(step)

    for block in blocks.blocks(wanted):
        rows, share, done = block.wanted(wanted), block.share - done, block.share
        step = partial(_in_share, tell, share)
        scores = scorer.score(block.table, surprisals=surprisals, top=top, rows=rows, among=among, on_progress=step)
        tell(done * passes - told)  # of what a block need not do, or does not do again
        yield block.first + rows.start, block.table.part(rows), scores


def _in_share(tell: OnPass, share: float, step: float) -> None:
    tell(share * step)


def _patterns(scorer: TableScorer, tables: Iterable[Table]) -> NDArray[np.bool_]:
    """Returns (P, D) the distinct rows of which cells are known."""
    found = [np.unique(scorer.known_cells(table)[1], axis=0) for table in tables]
    return np.unique(np.concatenate(found), axis=0)
