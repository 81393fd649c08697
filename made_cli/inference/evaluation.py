"""The ways to combine the members of runs, evaluated side by side on the rows of a table.

Knows: which members of several runs take part, which rows are whole enough for all combinations, and how a matrix of
log-likelihoods is kept from one time to the next. The figures are made by `made_cli.ensemble.evaluation`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from made_cli.atomic import check_target
from made_cli.config import EnsembleConfig
from made_cli.ensemble.evaluation import EnsembleEvaluation, EnsembleEvaluator
from made_cli.ensemble.matrix_file import fingerprint, read_scored, write_scored
from made_cli.ensemble.members import Member, OnPass, Scored, log_likelihoods, score_rows
from made_cli.errors import Exit, UserError
from made_cli.inference.known import known_cells
from made_cli.runs.run import Run
from made_cli.runs.saved import Combined
from made_cli.tables.files.table import Table

LEAST_LEARNING = 20
"""Rows to learn weights and exponents on; fewer could not be divided for cross-validation."""


@dataclass(frozen=True)
class RunEvaluation:
    """Combinations of the same members, evaluated side by side.

    Attributes:
        members: (K,) in the order of weights and exponents.
        scored: the evaluated rows under each.
        evaluation: the figures.
    """

    members: list[Member]
    scored: Scored
    evaluation: EnsembleEvaluation

    @property
    def combined(self) -> dict[str, Combined]:
        """The members as product and, where there were rows to learn on, as "weighted" mixture and "pool"."""
        return {name: Combined(self.members, found) for name, found in self.evaluation.combinations.items()}


class RunEvaluator:
    """Members of runs, and rows to evaluate their combinations on.

    Args:
        runs: of one schema; as many members of each.
        table: rows that were not trained on.
        fit_on: other rows, to learn weights and exponents on; None to learn nothing.
        counts: the numbers of members of each run to compare; None for 1, 2, 4 and so on.
        config: confidence, tolerance and so on.
        say: told what is being done.

    Raises:
        UserError: the runs do not share a schema or have too few members, or the rows are not whole or too few.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        table: Table,
        fit_on: Table | None,
        counts: Sequence[int] | None,
        config: EnsembleConfig,
        say: Callable[[str], None] = lambda what: None,
    ) -> None:
        self.config, self.say = config, say
        _share_a_schema(runs)
        per_run = [run.members(max(counts) if counts else None, seed=config.seed) for run in runs]
        fewest = min(map(len, per_run))
        if max(map(len, per_run)) > fewest:
            say(f"taking {fewest} members of each run, for one has no more")
        self.members = [member for each in zip(*per_run, strict=False) for member in each]
        self.points = [count * len(runs) for count in counts or doubling(fewest)]
        self.codes = _whole_rows(runs[0], table)
        self.learning = None if fit_on is None else _whole_rows(runs[0], fit_on)
        if fit_on is not None and fit_on.rows < LEAST_LEARNING:
            raise UserError(
                f"{fit_on.source}: {fit_on.rows} rows are too few to learn weights on; {LEAST_LEARNING} is the least",
                hint="Name more rows with --fit-on, or leave it out.",
                code=Exit.BAD_DATA,
            )

    def score(self, matrix: Path | None = None, on_progress: OnPass = lambda share: None) -> Scored:
        """Computes the matrix of log-likelihoods, or reads it back; keeps it where a file is named.

        Args:
            matrix: the file.
            on_progress: told of a pass for each member.

        Raises:
            UserError: the file is of other members or rows, or cannot be written.
        """
        if matrix is None:
            return score_rows(self.members, self.codes, on_progress)
        key = fingerprint(self.members, self.codes)
        if matrix.exists():
            return read_scored(matrix, key)
        check_target(matrix)
        scored = score_rows(self.members, self.codes, on_progress)
        write_scored(matrix, scored, key)
        return scored

    def evaluate(self, scored: Scored) -> RunEvaluation:
        """Learns what there is to learn, and evaluates every combination on rows that `score` has scored."""
        fit_on = None if self.learning is None else log_likelihoods(self.members, self.learning)
        evaluator = EnsembleEvaluator(self.members, scored.matrix, self.config, say=self.say)
        return RunEvaluation(self.members, scored, evaluator.evaluate(fit_on, self.points))


def doubling(most: int) -> list[int]:
    """Returns 1, 2, 4 and so on up to `most`, and `most`.

    >>> doubling(6)
    [1, 2, 4, 6]
    """
    return sorted({*(2**power for power in range(most.bit_length()) if 2**power <= most), most})


def _share_a_schema(runs: Sequence[Run]) -> None:
    for run in runs[1:]:
        if run.record.schema.kinds != runs[0].record.schema.kinds:
            raise UserError(
                f"{run.name} and {runs[0].name} do not share a schema",
                hint="Combine runs that were trained on the same table.",
                code=Exit.SCHEMA_MISMATCH,
            )


def _whole_rows(run: Run, table: Table) -> NDArray[np.generic]:
    """Returns the codes (N, D) of rows that combinations can be compared on."""
    if not table.rows:
        raise UserError(f"{table.source}: no rows", hint="There is nothing to average over.", code=Exit.BAD_DATA)
    codes, known = known_cells(run, table)
    if (holes := ~known.all(axis=1)).any():
        raise UserError(
            f"{table.where(int(holes.argmax()))}: a cell is empty, and unknown to the run; combinations are compared"
            " on whole rows",
            hint=f"Leave such rows out ({int(holes.sum()):,} here); `made score` scores what is known of them.",
            code=Exit.SCHEMA_MISMATCH,
        )
    return codes
