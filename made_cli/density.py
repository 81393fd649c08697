"""A trained density in Python: DataFrames in, numbers and DataFrames out.

Knows: how a caller who has a DataFrame in hand asks what the command line asks; `made_cli.inference` answers both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.config import EnsembleConfig, Missing, NetworkConfig, Overrides, TrainingConfig
from made_cli.core.device import find_device
from made_cli.inference import queries, table_imputation
from made_cli.inference.evaluation import RunEvaluation, RunEvaluator
from made_cli.inference.queries import Probability
from made_cli.inference.sampling import sample_rows, sample_rows_given
from made_cli.inference.table_imputation import Fill, FilledColumn
from made_cli.inference.table_scores import ScoreOptions, TableScorer
from made_cli.runs.run import Run
from made_cli.runs.saved import Combined, combined
from made_cli.runs.saved import save as keep
from made_cli.tables.columns.schema import UnseenPolicy
from made_cli.tables.events.evidence import evidence_from_table, evidence_from_texts
from made_cli.tables.files.table import table_of_frame
from made_cli.tables.text.typed_columns import frame_of
from made_cli.training.fitting import OnProgress, train_run


@dataclass(frozen=True, repr=False)
class Density:
    """The density of a run: of the equal mixture of its members, or of another combination of them.

    Each question takes the members by `permutations`, K of them (None for all that were trained, or 8 of each network
    trained for any ordering), and `seed`, which draws the orderings of networks trained for any and all else that is
    drawn. `combine` says how they are combined: "mixture" for the equal mixture, "bound", what was saved with the run
    as "weighted", "product" or "pool", or one of `evaluate(...).combined`.
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
        frame: pd.DataFrame,
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
        return TableScorer(self.run, options).score(table_of_frame(frame)).log_prob

    def spread(  # noqa: PLR0913 (an argument an option of `made score`)
        self,
        frame: pd.DataFrame,
        *,
        combine: str | Combined = "mixture",
        columns: Sequence[str] | None = None,
        given: Sequence[str] = (),
        missing: Missing | None = None,
        unseen: UnseenPolicy = "other",
        permutations: int | None = None,
        seed: int = 0,
    ) -> pd.DataFrame:
        """Returns how far the members disagree in each row: `made score --spread`.

        Args:
            frame: as in `score_samples`, and so are all others.
            combine: how members are combined.
            columns: the columns in question.
            given: the columns that are given.
            missing: what an empty cell is.
            unseen: whether labels that training had none of are an error.
            permutations: K.
            seed: of the orderings.

        Returns:
            (N rows) log_prob, what `score_samples` returns; log_prob_std, the standard deviation over the members' own
            log-densities, each as much as it counts, NaN where they are all alike; log_prob_least; log_prob_greatest.

        Raises:
            UserError: as `score_samples`.
        """
        options = ScoreOptions(combine, columns, given, missing, unseen, permutations, seed)
        return TableScorer(self.run, options).score(table_of_frame(frame)).frame(spread=True).set_axis(frame.index)

    def surprisals(  # noqa: PLR0913 (an argument an option of `made score`)
        self,
        frame: pd.DataFrame,
        *,
        leave_one_out: bool = False,
        top: int | None = None,
        combine: str | Combined = "mixture",
        columns: Sequence[str] | None = None,
        given: Sequence[str] = (),
        missing: Missing | None = None,
        unseen: UnseenPolicy = "other",
        permutations: int | None = None,
        seed: int = 0,
    ) -> pd.DataFrame:
        """Returns −log of the probability of each cell in question, nats; NaN where it is unknown.

        Args:
            frame: has the columns that play a part, in any order.
            leave_one_out: whether each cell is given all others, not those before it in the members' orderings.
            top: T, to return the T oddest columns of each row in their place, as `made score --top` lists them.
            combine: as in `score_samples`, and so are all others.
            columns: the columns in question.
            given: the columns that are given.
            missing: what an empty cell is.
            unseen: whether labels that training had none of are an error.
            permutations: K.
            seed: of the orderings, and of the rows from which it is known what is usual of a column.

        Raises:
            UserError: as `score_samples`; leave-one-out of a product, which has no conditionals.
        """
        options = ScoreOptions(combine, columns, given, missing, unseen, permutations, seed)
        scorer = TableScorer(self.run, options, leave_one_out=leave_one_out)
        scores = scorer.score(table_of_frame(frame), surprisals=top is None, top=top)
        found = scores.surprisals if top is None else scores.oddest
        assert found is not None
        return found.set_axis(frame.index)

    def sample(
        self,
        rows: int,
        *,
        combine: str | Combined = "mixture",
        given: Mapping[str, object] | pd.DataFrame | None = None,
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
        rng, found = np.random.default_rng(seed), combined(self.run, combine, permutations, seed)
        schema = self.run.record.schema
        if isinstance(given, pd.DataFrame):
            known = evidence_from_table(schema, table_of_frame(given))
        elif given:
            known = evidence_from_texts(schema, _texts(given))
        else:
            return frame_of(sample_rows(self.run, found, rows, rng)[0])
        return frame_of(sample_rows_given(self.run, found, known.repeated(rows), rng))

    def impute(
        self, frame: pd.DataFrame, *, mode: Fill = "sample", permutations: int | None = None, seed: int = 0
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
        imputation = table_imputation.impute(self.run, table_of_frame(frame), permutations, seed)
        return imputation.filled(mode, np.random.default_rng(seed)).set_axis(frame.columns, axis=1)

    def impute_several(
        self, frame: pd.DataFrame, draws: int, *, permutations: int | None = None, seed: int = 0
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
        imputation = table_imputation.impute(self.run, table_of_frame(frame), permutations, seed)
        drawn, tables = imputation.several("sample", draws, np.random.default_rng(seed))
        return [table.set_axis(frame.columns, axis=1) for table in tables], imputation.how_sure(drawn)

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
        frame: pd.DataFrame,
        *,
        fit_on: pd.DataFrame | None = None,
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
        learning = None if fit_on is None else table_of_frame(fit_on)
        evaluator = RunEvaluator([self.run], table_of_frame(frame), learning, permutations, config or EnsembleConfig())
        found = evaluator.evaluate(evaluator.score())
        if save:
            keep(self.run, found.members, found.evaluation.combinations)
        return found


def fit_density(  # noqa: PLR0913 (what `made_cli.fit` takes)
    frame: pd.DataFrame,
    valid: pd.DataFrame | None,
    device: str,
    configs: tuple[NetworkConfig, TrainingConfig, Overrides],
    *,
    out: Path | str | None = None,
    force: bool = False,
    on_progress: OnProgress = lambda done, found: None,
) -> Density:
    """Learns the density of a DataFrame; see `made_cli.fit`."""
    tables = table_of_frame(frame), None if valid is None else table_of_frame(valid)
    return Density(train_run(*tables, find_device(device), configs, out=out, force=force, on_progress=on_progress))


def _texts(given: Mapping[str, object]) -> list[str]:
    return [f"{name}={value}" for name, value in given.items()]
