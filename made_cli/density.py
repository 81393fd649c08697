"""A trained density in Python: tables in, numbers and DataFrames out.

Knows: how a caller who has a table in hand asks what the command line asks; `made_cli.inference` answers both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.config import EnsembleConfig, Missing
from made_cli.inference import queries, table_imputation
from made_cli.inference.evaluation import RunEvaluation, RunEvaluator
from made_cli.inference.queries import Probability
from made_cli.inference.sampling import sample_rows, sample_rows_given, together
from made_cli.inference.table_imputation import Fill, FilledColumn
from made_cli.inference.table_scores import ScoreOptions, TableScorer
from made_cli.runs.run import Run
from made_cli.runs.saved import Combined, combined
from made_cli.runs.saved import save as keep
from made_cli.tables.columns.schema import UnseenPolicy
from made_cli.tables.events.evidence import evidence_from_table, evidence_from_texts
from made_cli.tables.files.frames import Frame, table_of
from made_cli.tables.files.table import Table
from made_cli.tables.text.typed_columns import frame_of


class Asked(TypedDict, total=False):
    """What is asked of a row, and of which members; `Density.score_samples` has the words and the defaults."""

    combine: str | Combined
    columns: Sequence[str] | None
    given: Sequence[str]
    missing: Missing | None
    unseen: UnseenPolicy
    permutations: int | None
    seed: int


@dataclass(frozen=True, repr=False)
class Density:
    """The density of a run: of the equal mixture of its members, or of another combination of them.

    Each question takes the members by `permutations`, K of them (None for all that were trained, or 8 of each network
    trained for any ordering), and `seed`, which draws the orderings of networks trained for any and all else that is
    drawn. `combine` says how they are combined: "mixture" for the equal mixture, "bound", what was saved with the run
    as "weighted", "product" or "pool", or one of `evaluate(...).combined`.

    >>> from made_cli import NetworkConfig, TrainingConfig, fit
    >>> coins = pd.DataFrame({"one": [0, 1] * 60, "two": [0, 1] * 60})
    >>> density = fit(coins, network=NetworkConfig(hidden=(8,)), training=TrainingConfig(epochs=2))
    >>> density.score_samples(coins).shape, density.sample(3, given={"one": 1})["one"].tolist()
    ((120,), [1, 1, 1])
    >>> 0 < density.query("one == 0").estimate < 1, density.impute(coins).equals(coins)
    (True, True)
    """

    run: Run

    @property
    def converged(self) -> bool:
        """Whether training ended where validation had levelled off; else more of it would give a better density."""
        return self.run.converged

    def __repr__(self) -> str:
        record = self.run.record
        return f"<Density of {len(record.schema.kinds)} columns, learned from {record.data.train_rows:,} rows>"

    def score_samples(  # noqa: PLR0913 (an argument an option of `made score`)
        self,
        frame: Frame,
        *,
        combine: str | Combined = "mixture",
        columns: Sequence[str] | None = None,
        given: Sequence[str] = (),
        missing: Missing | None = None,
        unseen: UnseenPolicy = "other",
        permutations: int | None = None,
        seed: int = 0,
    ) -> NDArray[np.float64]:
        """Returns (N,) log-densities of the rows, or of some of their columns given others, nats.

        Args:
            frame: has the columns that play a part, in any order.
            combine: how members are combined.
            columns: the columns in question, in the order in which the chain rule is to take them; None for all.
            given: the columns that are given.
            missing: whether an empty cell is an "outcome", or unknown ("marginal"): then what is known is scored. None
                for what it was in training.
            unseen: whether labels that training had none of are an "error", or one "other" outcome; they are a sign
                that a column was read as another type than in training, postcodes as integers for example.
            permutations: K.
            seed: of the orderings.

        Raises:
            UserError: a column is missing, a cell of a numeric column is no number, one is an `unseen` error, or the
                run cannot answer.
        """
        options = ScoreOptions(combine, columns, given, missing, unseen, permutations, seed)
        return TableScorer(self.run, options).score(table_of(frame)).log_prob

    def spread(self, frame: Frame, **asked: Unpack[Asked]) -> pd.DataFrame:
        """Returns how far the members disagree in each row: `made score --spread`.

        Args:
            frame: as in `score_samples`.
            asked: `combine`, `columns` and so on, all as there.

        Returns:
            (N rows) log_prob, what `score_samples` returns; log_prob_std, the standard deviation over the members' own
            log-densities, each as much as it counts, NaN where they are all alike; log_prob_least; log_prob_greatest.

        Raises:
            UserError: as `score_samples`.
        """
        table = table_of(frame)
        return TableScorer(self.run, ScoreOptions(**asked)).score(table).frame(spread=True).set_axis(table.frame.index)

    def surprisals(
        self, frame: Frame, *, leave_one_out: bool = False, top: int | None = None, **asked: Unpack[Asked]
    ) -> pd.DataFrame:
        """Returns −log of the probability of each cell in question, nats; NaN where it is unknown.

        Args:
            frame: has the columns that play a part, in any order.
            leave_one_out: whether each cell is given all others, not those before it in the members' orderings.
            top: T, to return the T oddest columns of each row in their place, as `made score --top` lists them.
            asked: `combine`, `columns` and so on, all as in `score_samples`; `seed` is also of the rows from which it
                is known what is usual of a column.

        Raises:
            UserError: as `score_samples`; leave-one-out of a product, which has no conditionals.
        """
        scorer = TableScorer(self.run, ScoreOptions(**asked), leave_one_out=leave_one_out)
        table = table_of(frame)
        scores = scorer.score(table, surprisals=top is None, top=top)
        found = scores.surprisals if top is None else scores.oddest
        assert found is not None
        return found.set_axis(table.frame.index)

    def sample(
        self,
        rows: int,
        *,
        combine: str | Combined = "mixture",
        given: Mapping[str, object] | Frame | None = None,
        permutations: int | None = None,
        seed: int = 0,
    ) -> pd.DataFrame:
        """Draws rows with the labels and types of the training table, exactly.

        Args:
            rows: how many; of a table of known cells, for each of its rows.
            combine: how members are combined; the equal mixture where cells are given.
            given: known cells by the names of their columns, or a table of them; the others are drawn given these.
            permutations: K.
            seed: of all that is drawn.

        Raises:
            UserError: training had nothing like a given cell, or neither the run has an ordering for it nor the
                combination a way.
        """
        found, schema = combined(self.run, combine, permutations, seed), self.run.record.schema
        if given is None or (isinstance(given, Mapping) and not given):
            return frame_of(together(sample_rows(self.run, found, rows, seed)).table)
        if isinstance(given, Mapping):
            known = evidence_from_texts(schema, _texts(given))
        else:
            known = evidence_from_table(schema, table_of(given))
        return frame_of(together(sample_rows_given(self.run, found, known.repeated(rows), seed)).table)

    def impute(
        self, frame: Frame, *, mode: Fill = "sample", permutations: int | None = None, seed: int = 0
    ) -> pd.DataFrame:
        """Returns the table with its empty cells filled given the other cells of their rows.

        Args:
            frame: has the columns of the training table, and perhaps others, which stay as they are.
            mode: "sample" to draw them, "most-likely" for the likeliest label and the median of numbers.
            permutations: K.
            seed: of all that is drawn.

        Raises:
            UserError: a column is missing, a cell does not fit, or the run has no orderings for it.
        """
        imputation = table_imputation.impute(self.run, table_of(frame), permutations, seed)
        return imputation.filled(mode, seed).set_axis(_labels(frame, imputation.table), axis=1)

    def impute_several(
        self, frame: Frame, draws: int, *, permutations: int | None = None, seed: int = 0
    ) -> tuple[list[pd.DataFrame], list[FilledColumn]]:
        """Returns several tables with the empty cells drawn, and how sure the filled cells of each column are.

        Args:
            frame: as in `impute`.
            draws: M, how many tables.
            permutations: K.
            seed: of all that is drawn.

        Raises:
            UserError: as `impute`.
        """
        imputation = table_imputation.impute(self.run, table_of(frame), permutations, seed)
        drawn, tables = imputation.several("sample", draws, seed)
        labels = _labels(frame, imputation.table)
        return [table.set_axis(labels, axis=1) for table in tables], imputation.how_sure(drawn)

    def query(
        self,
        event: str,
        *,
        given: Mapping[str, object] | None = None,
        samples: int = 20_000,
        permutations: int | None = None,
        seed: int = 0,
    ) -> Probability:
        """Estimates how probable it is that a row is as the event says, and how sure that is.

        Args:
            event: comparisons of columns with values, as in `made query`.
            given: known cells by the names of their columns.
            samples: rows to draw; fewer for an event of thousands of ranges of numbers.
            permutations: K.
            seed: of all that is drawn.

        Returns:
            The `estimate`, its `uncertainty` (one standard deviation), and what that is made of: `disagreement` of the
            members and `se` of sampling.

        Raises:
            UserError: the event cannot be read, or the run has no ordering for what is given.
        """
        return queries.query(self.run, event, _texts(given or {}), samples, permutations, seed)

    def evaluate(
        self,
        frame: Frame,
        *,
        fit_on: Frame | None = None,
        permutations: Sequence[int] | None = None,
        config: EnsembleConfig | None = None,
        save: bool = False,
    ) -> RunEvaluation:
        """Compares the ways to combine the members, on rows that were not trained on.

        Args:
            frame: whole rows.
            fit_on: other rows, to learn weights and exponents on; None to learn nothing.
            permutations: the numbers of members to compare; None for 1, 2, 4 and so on to all.
            config: confidence, tolerance, seed and so on.
            save: whether to keep the combinations in the run folder, for `combine` by name.

        Returns:
            The figures, and the combinations as values in `combined`.

        Raises:
            UserError: rows are missing or not whole, or there is no folder to save in.
        """
        learning = None if fit_on is None else table_of(fit_on)
        evaluator = RunEvaluator([self.run], table_of(frame), learning, permutations, config or EnsembleConfig())
        found = evaluator.evaluate(evaluator.score())
        if save:
            keep(self.run, found.members, found.evaluation.combinations)
        return found

    def report(
        self, frame: Frame | None = None, *, fit_on: Frame | None = None, rows: int = 5000, seed: int = 0
    ) -> str:
        """Returns what the run learned as one page of HTML, as `made report` writes it; it takes `made-cli[report]`.

        Args:
            frame: rows to set beside the run's own, not trained on; None for a page of the run alone.
            fit_on: other rows, to learn weights and exponents on; None to learn nothing.
            rows: how many are drawn, and taken of `frame` at most.
            seed: of all that is drawn.

        Raises:
            UserError: rows do not fit the run, it is in memory only, or a library that draws is not there.
        """
        from made_cli.report.needs import check_libraries

        check_libraries()
        from made_cli.report.making import ReportOptions, report

        table, learning = (None if each is None else table_of(each) for each in (frame, fit_on))
        return report(self.run, table, learning, ReportOptions(rows, seed))


def _labels(frame: Frame, table: Table) -> "pd.Index[Any]":
    """Returns the labels of the columns as the caller has them."""
    return frame.columns if isinstance(frame, pd.DataFrame) else pd.Index(table.names)


def _texts(given: Mapping[str, object]) -> list[str]:
    return [f"{name}={value}" for name, value in given.items()]
