"""A trained density in Python: DataFrames in, numbers and DataFrames out.

Knows: how the parts behind the command line fit together for a caller who has a DataFrame in hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from made_cli.config import NetworkConfig, Overrides, TrainingConfig
from made_cli.ensemble.sampling import sample_mixture
from made_cli.inference.answers import ask, impute, rows_given
from made_cli.inference.scoring import Scorer
from made_cli.runs.folder import Folder
from made_cli.runs.loading import load_run
from made_cli.runs.record import Run
from made_cli.runs.saved import combined
from made_cli.tables.columns.schema import UnseenPolicy
from made_cli.tables.events.evidence import evidence_from_texts
from made_cli.tables.files.table import Table
from made_cli.training.prepare import prepare
from made_cli.training.run_trainer import RunTrainer


@dataclass(frozen=True, repr=False)
class Density:
    """The equal mixture of the members of a run."""

    run: Run

    def __repr__(self) -> str:
        record = self.run.record
        return f"<Density of {len(record.schema.kinds)} columns, learned from {record.data.train_rows:,} rows>"

    def score_samples(
        self,
        frame: pd.DataFrame,
        *,
        permutations: int | None = None,
        unseen: UnseenPolicy = "other",
        seed: int = 0,
    ) -> NDArray[np.float64]:
        """Returns (N,) log-densities of the rows, nats.

        Args:
            frame: has the columns of the training table, in any order.
            permutations: K, how many members; None for all that were trained, or 8 of each network trained for any.
            unseen: whether labels that training had none of are an error; they are a sign that a column was read as
                another type than in training, postcodes as integers for example.
            seed: draws the orderings of networks trained for any.

        Raises:
            UserError: a column is missing, a cell of a numeric column is no number, or one is an `unseen` error.
        """
        schema = self.run.record.schema
        codes = schema.encode(_table(frame), unseen=unseen, missing=schema.missing)
        found = combined(self.run, "mixture", permutations, seed)
        known = ~np.isnan(codes) if schema.missing == "marginal" else np.ones(codes.shape, dtype=np.bool_)
        return Scorer(found.members, found.combination).score(codes, known).log_prob

    def sample(
        self,
        rows: int,
        *,
        given: Mapping[str, object] | None = None,
        permutations: int | None = None,
        seed: int = 0,
    ) -> pd.DataFrame:
        """Draws rows with the labels and types of the training table.

        Args:
            rows: how many.
            given: known cells by the names of their columns; the others are drawn given these.
            permutations: K, as in `score_samples`.
            seed: of all that is drawn.

        Raises:
            UserError: training had nothing like a given cell, or the run has no ordering for them.
        """
        rng, schema = np.random.default_rng(seed), self.run.record.schema
        members = self.run.members(permutations, seed=seed)
        if not given:
            return schema.decode(sample_mixture(members, rows, rng).codes, rng)
        known = evidence_from_texts(schema, [f"{name}={value}" for name, value in given.items()]).repeated(rows)
        return rows_given(self.run, members, known, rng)

    def impute(self, frame: pd.DataFrame, *, permutations: int | None = None, seed: int = 0) -> pd.DataFrame:
        """Returns the table with its empty cells drawn given the other cells of their rows.

        Args:
            frame: has the columns of the training table, and perhaps others, which stay as they are.
            permutations: K, as in `score_samples`.
            seed: of all that is drawn.

        Raises:
            UserError: a column is missing, a cell does not fit, or the run has no orderings for it.
        """
        return impute(self.run, _table(frame), permutations, seed).filled("sample", np.random.default_rng(seed))

    def probability(
        self, event: str, *, given: Mapping[str, object] | None = None, samples: int = 20_000, seed: int = 0
    ) -> float:
        """Estimates how probable it is that a row is as the event says.

        Args:
            event: comparisons of columns with values, as in `made query`.
            given: known cells by the names of their columns.
            samples: rows to draw.
            seed: of all that is drawn.

        Raises:
            UserError: the event cannot be read, or the run has no ordering for what is given.
        """
        texts = [f"{name}={value}" for name, value in (given or {}).items()]
        return ask(self.run, event, texts, samples, seed=seed).estimate


def fit_density(
    frame: pd.DataFrame,
    valid: pd.DataFrame | None,
    out: Path | str | None,
    network: NetworkConfig,
    training: TrainingConfig,
    overrides: Overrides,
) -> Density:
    """Learns the density of a DataFrame; see `made_cli.fit`."""
    folder = None if out is None else Folder(out)
    if folder is not None:
        folder.check_free(force=False)
    prepared = prepare(_table(frame), None if valid is None else _table(valid), network, training, overrides)
    if folder is not None:
        folder.create(prepared.record)
    job = RunTrainer(prepared.record, prepared.rows, torch.device("cpu"), folder)
    for _ in job.train_and_evaluate(lambda: False):
        pass
    return Density(job.run)


def load_density(path: Path | str) -> Density:
    """Opens a run folder; see `made_cli.load`."""
    return Density(load_run(path))


def _table(frame: pd.DataFrame) -> Table:
    return Table(frame.rename(columns=str), "the DataFrame", None)
