"""The rows of a table scored by a run, and the surprisal of their cells.

Knows: what can be asked of a table, by the names of columns and combinations, and the way from there to a
`CodeScorer` and back to named columns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.config import Missing
from made_cli.ensemble.members import Member, OnPass
from made_cli.errors import Exit, UserError
from made_cli.inference.broken_relations import BrokenRelations, broken_relations
from made_cli.inference.conditionals import Question
from made_cli.inference.disagreement import Spread
from made_cli.inference.known import known_cells
from made_cli.inference.scoring import CodeScorer
from made_cli.inference.surprisal import oddest
from made_cli.runs.run import Run
from made_cli.runs.saved import Combined, combined
from made_cli.tables.columns.names import column_of
from made_cli.tables.columns.schema import Codes, Schema, UnseenPolicy
from made_cli.tables.files.table import Table

BREAKS = "breaks"
"""The column of a table of scores that says which relations each row breaks."""
SPREAD = ("log_prob_std", "log_prob_least", "log_prob_greatest")
"""The columns of a table of scores that say how far the members lie apart."""


def odd_names(place: int) -> tuple[str, str, str]:
    """Returns the columns of a table of scores that have the oddest cell of each row, or another one by its place.

    >>> odd_names(1)
    ('odd_1', 'odd_1_value', 'odd_1_surprisal')
    """
    return f"odd_{place}", f"odd_{place}_value", f"odd_{place}_surprisal"


@dataclass(frozen=True)
class ScoreOptions:
    """What is asked of each row, and of which members.

    Attributes:
        combine: "mixture" for the equal mixture, "bound", the name of a combination that was saved with the run
            ("weighted", "product", "pool"), or one from an evaluation.
        columns: names of the columns to score, in the order in which the chain rule is to take them; None for all.
        given: names of the columns that are given.
        missing: whether an empty cell is an "outcome", or unknown ("marginal"): then what is known is scored. None for
            what it was in training.
        unseen: whether labels that training had none of are an "error", or one "other" outcome.
        permutations: K, how many members; None for all that were trained, or 8 of each network trained for any.
        seed: draws the orderings of networks trained for any.
    """

    combine: str | Combined = "mixture"
    columns: Sequence[str] | None = None
    given: Sequence[str] = ()
    missing: Missing | None = None
    unseen: UnseenPolicy = "other"
    permutations: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class TableScores:
    """A scored table.

    Attributes:
        log_prob: (N,) log-densities of what is in question, nats.
        members: how many answered.
        spread: how far their own log-densities lie apart, nats; None where they are all alike.
        surprisals: (N rows, the columns in question) nats; NaN where a cell is unknown. None where not asked for.
        oddest: (N rows) the oddest cells, the oddest first, by `odd_names`: the name of the column, the cell as it was
            written, its surprisal; None where a row has fewer in question. None where not asked for.
        relations: which rows break the relations of the run; None where the oddest columns are not asked for.
        breaks: (N rows) the same in words, under `BREAKS`; None where the run has no relations.
        never_seen: how many cells in play hold labels that training had none of, of each column that has such.
    """

    log_prob: NDArray[np.float64]
    members: int
    spread: Spread | None
    surprisals: pd.DataFrame | None = None
    oddest: pd.DataFrame | None = None
    relations: BrokenRelations | None = None
    breaks: pd.DataFrame | None = None
    never_seen: Mapping[str, int] = field(default_factory=dict)

    def frame(self, *, spread: bool = False) -> pd.DataFrame:
        """Returns all of it side by side, and the spread of the members where it is asked for.

        Where members are all alike, the standard deviation is NaN, for nothing is seen of it.
        """
        scores = {"log_prob": self.log_prob}
        if spread:
            found = self.spread or Spread(np.full(len(self.log_prob), np.nan), self.log_prob, self.log_prob)
            scores |= dict(zip(SPREAD, (found.std, found.least, found.greatest), strict=True))
        parts = (pd.DataFrame(scores), self.oddest, self.breaks, self.surprisals)
        return pd.concat([part for part in parts if part is not None], axis=1)


class TableScorer:
    """A run, ready to score tables.

    Args:
        run: the run.
        options: what is asked, and of which members.
        leave_one_out: whether surprisals are given all other cells in question, not those before them.

    Raises:
        UserError: a name stands for nothing, or the run has no ordering for it.
    """

    def __init__(self, run: Run, options: ScoreOptions, *, leave_one_out: bool = False) -> None:
        self.run, self.options = run, options
        self.question = _question(run.record.schema, options.columns, options.given)
        found = combined(run, options.combine, options.permutations, options.seed)
        self.members: Sequence[Member] = found.members
        self.scorer = CodeScorer(found.members, found.combination, self.question, leave_one_out=leave_one_out)
        self._expected: NDArray[np.float64] | None = None

    def passes(self, *, surprisals: bool, top: int | None) -> int:
        """Returns how many passes `score` takes at most: each member takes each step of the question.

        Given all others, it also takes each column in question, and for `top` again in rows of the model.
        """
        one_out = len(self._shown) * ((surprisals or top is not None) + (top is not None)) * self.scorer.leave_one_out
        return len(self.members) * (len(self.scorer.steps) + one_out)

    def names(self, *, surprisals: bool, top: int | None, spread: bool) -> list[str]:
        """Returns the columns that a table of scores can have; see `score` and `TableScores.frame`."""
        record = self.run.record
        odd = [name for place in range(min(top or 0, len(self._shown))) for name in odd_names(place + 1)]
        breaks = [BREAKS] if top and record.relations else []
        cells = [record.schema.names[column] for column in self._shown] if surprisals else []
        return ["log_prob", *(SPREAD if spread else ()), *odd, *breaks, *cells]

    @property
    def _shown(self) -> list[int]:
        """The columns in question, in the order of the table."""
        evidence, query = self.question.evidence, self.question.query
        columns = range(len(self.run.record.schema.names))
        return [c for c in columns if c not in evidence and (query is None or c in query)]

    @property
    def asks_all_rows(self) -> bool:
        """Whether the members that answer depend on which cells are known in any row."""
        missing = self.options.missing or self.run.record.schema.missing
        return missing == "marginal" and not all(member.any_question for member in self.members)

    @property
    def _only(self) -> frozenset[int] | None:
        """The columns that play a part; None for all."""
        evidence, query = self.question.evidence, self.question.query
        return None if query is None else frozenset((*query, *evidence))

    def known_cells(self, table: Table) -> tuple[Codes, NDArray[np.bool_]]:
        """Returns (N, D) the codes of a table, and (N, D) which cells are known.

        Raises:
            UserError: a column is missing, or a cell does not fit.
        """
        missing, unseen = self.options.missing, self.options.unseen
        return known_cells(self.run, table, missing=missing, unseen=unseen, only=self._only)

    def score(
        self,
        table: Table,
        *,
        surprisals: bool = False,
        top: int | None = None,
        rows: slice | None = None,
        among: NDArray[np.bool_] | None = None,
        on_progress: OnPass = lambda share: None,
    ) -> TableScores:
        """Scores rows; each gets the same scores to the bit, whether the others are scored as well or not.

        Args:
            table: has the columns that play a part, in any order.
            surprisals: whether to return the surprisal of each cell, too.
            top: T, how many of the oddest columns of each row to name, and the relations that it breaks; None for none.
            rows: which rows of the table to score; None for all.
            among: (M, D) which cells are known of all rows that the same members are to answer; None for these.
            on_progress: told of as many passes as `passes` says.

        Raises:
            UserError: a column is missing, a cell does not fit, or the run cannot answer.
        """
        codes, known = self.known_cells(table)
        among = known if among is None else among
        if rows is not None:
            table, codes, known = table.part(rows), codes[rows], known[rows]
        with_terms = surprisals or top is not None
        scores = self.scorer.score(codes, known, on_progress, with_terms=with_terms, among=among)
        unseen_labels = self.run.record.schema.never_seen(table, only=self._only)
        if not with_terms:
            return TableScores(scores.log_prob, scores.members, scores.spread, never_seen=unseen_labels)
        found = self.scorer.surprisals(codes, known, scores.terms, on_progress)
        record = self.run.record
        names = record.schema.names
        shown = self._shown
        relations = broken_relations(record, codes, known, [*shown, *self.question.evidence]) if top else None
        told = relations.told(record.schema.kinds) if relations and record.relations else None
        return TableScores(
            scores.log_prob,
            scores.members,
            scores.spread,
            pd.DataFrame(found[:, shown], columns=[names[column] for column in shown]) if surprisals else None,
            self._oddest(table, found, min(top, len(shown)), on_progress) if top else None,
            relations,
            None if told is None else pd.DataFrame({BREAKS: pd.Series(told, dtype=object)}),
            unseen_labels,
        )

    def _oddest(self, table: Table, surprisals: NDArray[np.float64], count: int, on_progress: OnPass) -> pd.DataFrame:
        schema = self.run.record.schema
        if self._expected is None:  # once for all blocks of a table
            self._expected = self.scorer.expected_surprisals(self.options.seed, on_progress)
        odd = oddest(surprisals, self._expected, count)
        names = np.array(schema.names, dtype=object)
        columns: dict[str, NDArray[Any]] = {}
        for place, which in enumerate(odd.T):
            own = np.take_along_axis(surprisals, which[:, np.newaxis], 1)[:, 0]
            in_question = ~np.isnan(own)  # else no more cells of the row are
            values = np.full(len(which), None, dtype=object)
            for column in np.unique(which[in_question]):
                rows = in_question & (which == column)
                read = table.column(schema.names[column])
                values[rows] = np.array(read.texts, dtype=object)[read.inverse[rows]]
            named = names[which]
            named[~in_question] = None
            columns |= dict(zip(odd_names(place + 1), (named, values, own), strict=True))
        return pd.DataFrame(columns)


def _question(schema: Schema, columns: Sequence[str] | None, given: Sequence[str]) -> Question:
    """Finds columns by their names, and keeps these in their order.

    Raises:
        UserError: there is no such column, one is both in question and given, or nothing is left in question.
    """
    query, evidence = (
        tuple(dict.fromkeys(column_of(schema, name) for name in names)) for names in (columns or (), given)
    )
    if both := [column for column in query if column in evidence]:
        raise UserError(
            f"--columns and --given both name {schema.names[both[0]]!r}",
            hint="A column is either given or in question.",
            code=Exit.USAGE,
        )
    if columns is not None and not query:
        raise UserError("--columns names none", hint="Name one, or leave it out for all.", code=Exit.USAGE)
    if len(evidence) == len(schema.names):
        raise UserError(
            "--given names all columns: it leaves nothing to ask",
            hint="Leave out the columns that are in question.",
            code=Exit.USAGE,
        )
    return Question(None if columns is None else query, evidence)
