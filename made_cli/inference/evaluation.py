"""The ways to combine the members of runs, evaluated side by side on the rows of a table.

Knows: which members of several runs take part, which rows are whole enough for all combinations, and how a matrix of
log-likelihoods is kept from one time to the next. The figures are made by `made_cli.ensemble.evaluation`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from made_cli.atomic import check_target
from made_cli.config import EnsembleConfig
from made_cli.ensemble.evaluation import EnsembleEvaluation, EnsembleEvaluator
from made_cli.ensemble.matrix_file import (
    ANOTHER_FILE,
    Part,
    members_fingerprint,
    read_part,
    rows_fingerprint,
    write_part,
)
from made_cli.ensemble.matrix_parts import check_whose, joined
from made_cli.ensemble.members import Member, OnPass, Scored, score_rows
from made_cli.ensemble.mixture import Matrix
from made_cli.ensemble.shard import WHOLE, Shard
from made_cli.errors import Exit, UserError
from made_cli.inference.known import known_cells
from made_cli.runs.joining import share_a_schema
from made_cli.runs.run import Run
from made_cli.runs.saved import Combined
from made_cli.tables.files.table import Table

LEAST_LEARNING = 20
"""Rows to learn weights and exponents on; fewer could not be divided for cross-validation."""


@dataclass(frozen=True)
class ScoredRows:
    """What combinations are compared on, under every member.

    Attributes:
        evaluated: the rows to evaluate on.
        learning: L (N', K) of the rows to learn on; None where nothing is learned.
    """

    evaluated: Scored
    learning: Matrix | None


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
        runs: of one schema.
        table: rows that were not trained on.
        fit_on: other rows, to learn weights and exponents on; None to learn nothing.
        counts: the numbers of members of each run to compare, all of a run that has fewer; None for 1, 2, 4 and so on
            to all of all runs.
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
        share_a_schema(runs)
        per_run = _members(runs, max(counts) if counts else None, config.seed)
        self.members = [member for each in zip_longest(*per_run) for member in each if member is not None]
        most = [len(own) for own in per_run]
        of_all = {sum(min(count, own) for own in most) for count in counts or ()}
        self.points = sorted(of_all) if of_all else doubling(len(self.members))
        self.codes = _whole_rows(runs[0], table)
        self.learning = None if fit_on is None else _whole_rows(runs[0], fit_on)
        if fit_on is not None and fit_on.rows < LEAST_LEARNING:
            raise UserError(
                f"{fit_on.source}: {fit_on.rows} rows are too few to learn weights on; {LEAST_LEARNING} is the least",
                hint="Name more rows with --fit-on, or leave it out.",
                code=Exit.BAD_DATA,
            )

    @property
    def passes(self) -> int:
        """How often rows go through a member where none are read back, for a bar."""
        return len(self.members) * (1 if self.learning is None else 2)

    def score(self, files: Sequence[Path] = (), on_progress: OnPass = lambda share: None) -> ScoredRows:
        """Computes the matrices of log-likelihoods, or reads them back.

        Args:
            files: hold matrices, whole or in parts, of the rows to evaluate on, to learn on, or both; a single one that
                is not there is written, of the rows to evaluate on.
            on_progress: told of a pass for each member.

        Raises:
            UserError: a file is of other members or rows, or cannot be written; or a part is missing or there twice.
        """
        new = files[0] if len(files) == 1 and not files[0].exists() else None
        if new is not None:
            check_target(new)
        parts = [] if new is not None else [read_part(file) for file in files]
        tables = [codes for codes in (self.codes, self.learning) if codes is not None]
        keys = [rows_fingerprint(codes) if parts else "" for codes in tables]
        if parts:
            check_whose(parts, members_fingerprint(self.members), keys)
        parts_of = [[part for part in parts if part.rows == key] for key in keys]
        evaluated, *learning = [
            joined(own) if own else score_rows(self.members, codes, on_progress)
            for codes, own in zip(tables, parts_of, strict=True)
        ]
        if new is not None:
            write_part(self._part(new, WHOLE, evaluated))
        return ScoredRows(evaluated, learning[0].matrix if learning else None)

    def score_part(self, file: Path, shard: Shard, on_progress: OnPass = lambda share: None) -> slice:
        """Computes the matrix of part of the rows to evaluate on, into a file; where that has it already, does nothing.

        Args:
            file: takes the part.
            shard: which part.
            on_progress: told of a pass for each member.

        Returns:
            Which rows they are.

        Raises:
            UserError: the file is there and holds something else, or cannot be written.
        """
        rows = shard.rows(len(self.codes))
        if not file.exists():
            check_target(file)
            write_part(self._part(file, shard, score_rows(self.members, self.codes[rows], on_progress)))
            return rows
        found = read_part(file)
        check_whose([found], members_fingerprint(self.members), [rows_fingerprint(self.codes)])
        if found.shard != shard:
            raise UserError(f"{file} is part {found.shard} of these rows", hint=ANOTHER_FILE, code=Exit.BAD_DATA)
        return rows

    def evaluate(self, rows: ScoredRows) -> RunEvaluation:
        """Learns what there is to learn, and evaluates every combination on rows that `score` has scored."""
        evaluator = EnsembleEvaluator(self.members, rows.evaluated.matrix, self.config, say=self.say)
        return RunEvaluation(self.members, rows.evaluated, evaluator.evaluate(rows.learning, self.points))

    def _part(self, file: Path, shard: Shard, scored: Scored) -> Part:
        return Part(file, members_fingerprint(self.members), rows_fingerprint(self.codes), shard, scored)


def doubling(most: int) -> list[int]:
    """Returns 1, 2, 4 and so on up to `most`, and `most`.

    >>> doubling(6)
    [1, 2, 4, 6]
    """
    return sorted({*(2**power for power in range(most.bit_length()) if 2**power <= most), most})


def _members(runs: Sequence[Run], count: int | None, seed: int) -> list[list[Member]]:
    """Returns so many members of each run, and all of one that has fewer; None for the usual ones of each.

    Raises:
        UserError: all runs have fewer.
    """
    found = [run.members(count, seed=seed, fewer=len(runs) > 1) for run in runs]
    if count is not None and max(map(len, found)) < count:
        runs[0].members(count, seed=seed)  # which refuses it
    return found


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
