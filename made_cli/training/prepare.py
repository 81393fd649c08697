"""From a table to what a training needs: the record of the run, and its rows as codes.

Knows: which rows are held out for validation, and how to tell the rows of an earlier training again.
"""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli.config import NetworkConfig, Overrides, TrainingConfig, with_defaults
from made_cli.errors import Exit, UserError
from made_cli.runs.record import DataRecord, RunRecord, orderings_of
from made_cli.tables.columns.inference import Finding, infer, schema_of
from made_cli.tables.columns.schema import Codes, Schema
from made_cli.tables.files.table import Table

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """The rows of a training: codes (N, D) to train on and (N', D) to validate on."""

    train: Codes
    valid: Codes

    @property
    def sha256(self) -> str:
        """The SHA-256 of the codes of the training rows, then of the validation rows."""
        return hashlib.sha256(self.train.tobytes() + self.valid.tobytes()).hexdigest()


@dataclass(frozen=True)
class Prepared:
    """A run that can be trained, and what was found out about its columns."""

    record: RunRecord
    rows: Rows
    findings: list[Finding]


def split_rows(count: int, share: float, seed: int) -> tuple[Indices, Indices]:
    """Draws which rows are held out for validation.

    Args:
        count: N, how many rows there are.
        share: of them to hold out; at least one row, and never all. A single row is both.
        seed: draws them.

    Returns:
        The indices of the training rows and of the validation rows, each ascending.

    >>> [len(part) for part in split_rows(20, 0.1, seed=0)]
    [18, 2]
    """
    if count == 1:
        return np.arange(1), np.arange(1)
    held_out = min(max(1, round(count * share)), count - 1)
    order = np.random.default_rng([seed, count]).permutation(count)
    return np.sort(order[held_out:]), np.sort(order[:held_out])


def prepare(
    table: Table,
    valid: Table | None,
    network: NetworkConfig,
    training: TrainingConfig,
    overrides: Overrides | None = None,
) -> Prepared:
    """Infers the schema, encodes and splits the rows, and draws the orderings.

    Args:
        table: the rows to learn from.
        valid: rows to validate on; None to hold out a share of `table`.
        network: the shape of each network; what it leaves open is settled here, as is what `training` leaves open.
        training: the settings.
        overrides: the columns where the person knows better.

    Raises:
        UserError: the table has no rows, no column worth learning, or does not fit `valid`.
    """
    findings = infer(table, overrides, missing=training.missing)
    schema = schema_of(findings, table.source)
    orderings = orderings_of(training, len(schema.kinds))
    one = all(trained is not None and len(trained) == 1 for trained in orderings)
    if one and training.objective != "bound":
        raise UserError(
            f"--objective {training.objective} combines orderings, and each network has one only",
            hint="Train with --orderings all, or with a number above 1.",
            code=Exit.USAGE,
        )
    codes = schema.encode(table)
    rows = _split(codes, None if valid is None else schema.encode(_not_empty(valid)), training)
    if training.missing == "marginal" and None not in orderings and _has_holes(rows):
        raise UserError(
            "--missing marginal needs orderings with the known columns first, whichever these are",
            hint="Train with --orderings all, or with --missing outcome.",
            code=Exit.USAGE,
        )
    network, training = with_defaults(
        network, training, len(rows.train), one_ordering=one, numbers=_mostly_numbers(schema)
    )
    record = RunRecord(
        schema=schema,
        network=network,
        training=training,
        orderings=orderings,
        data=DataRecord(
            source=table.source,
            valid_source=None if valid is None else valid.source,
            train_rows=len(rows.train),
            valid_rows=len(rows.valid),
            sha256=rows.sha256,
        ),
        versions={"made": version("made-cli"), "torch": torch.__version__},
    )
    return Prepared(record, rows, findings)


def prepare_again(record: RunRecord, table: Table, valid: Table | None) -> Rows:
    """Encodes and splits the rows of a run that was begun earlier.

    Raises:
        UserError: they are not the rows it was begun with.
    """
    schema = record.schema
    rows = _split(schema.encode(table), None if valid is None else schema.encode(valid), record.training)
    if rows.sha256 != record.data.sha256:
        raise UserError(
            f"{table.source}: these are not the rows that the run was begun with",
            hint=f"It was begun with {record.data.source}; name that, or train anew with --force.",
            code=Exit.SCHEMA_MISMATCH,
        )
    return rows


def _split(codes: Codes, valid: Codes | None, training: TrainingConfig) -> Rows:
    if valid is not None:
        return Rows(codes, valid)
    kept, held_out = split_rows(len(codes), training.validation, training.seed)
    return Rows(codes[kept], codes[held_out])


def _mostly_numbers(schema: Schema) -> bool:
    return 2 * sum(kind.is_numeric for kind in schema.kinds) > len(schema.kinds)


def _has_holes(rows: Rows) -> bool:
    return bool(np.isnan(rows.train).any() or np.isnan(rows.valid).any())


def _not_empty(table: Table) -> Table:
    if table.frame.empty:
        raise UserError(f"{table.source}: no rows", hint="Validation needs rows.", code=Exit.BAD_DATA)
    return table
