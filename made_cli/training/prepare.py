"""From a table to what a training needs: the record of the run, and its rows as codes.

Knows: the order of it: schema, rows, relations, orderings, and the defaults that depend on these; which settings do not
go together with the table.
"""

from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import torch

from made_cli.config import NetworkConfig, Overrides, TrainingConfig, with_defaults
from made_cli.core.direct import default_direct
from made_cli.errors import Exit, UserError
from made_cli.runs.record import DataRecord, RunRecord
from made_cli.tables.columns.counted import Blocks, CountedTable
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.recognition import Finding
from made_cli.tables.columns.schema import Codes, Schema
from made_cli.tables.files.table import Table
from made_cli.training.base_orderings import base_orderings
from made_cli.training.few_rows import most_steps
from made_cli.training.precision import with_precision
from made_cli.training.relations import Related, relations_between
from made_cli.training.rows import TrainingRows, most_valid, split_rows
from made_cli.training.storing import drawn_rows, store, stored_again

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Prepared:
    """A run that can be trained, and what was found out about its columns.

    Attributes:
        record: the run, with defaults for what was left open.
        rows: codes to train on and to validate on.
        findings: about the columns.
        related: the relations between them.
        asked: the settings as they were asked for.
    """

    record: RunRecord
    rows: TrainingRows
    findings: list[Finding]
    related: Related
    asked: tuple[NetworkConfig, TrainingConfig]

    @property
    def mostly_numbers(self) -> bool:
        """Whether most columns are numeric."""
        return _mostly_numbers(self.record.schema)


def prepare(
    table: Table,
    valid: Table | None,
    network: NetworkConfig,
    training: TrainingConfig,
    overrides: Overrides | None = None,
    device: torch.device = CPU,
) -> Prepared:
    """Infers the schema, encodes and splits the rows, finds their relations, and draws the orderings.

    Args:
        table: the rows to learn from.
        valid: rows to validate on; None to hold out a share of `table`.
        network: the shape of each network; what it leaves open gets its default, as does what `training` leaves open.
        training: the settings.
        overrides: the columns where the person knows better.
        device: where to train.

    Raises:
        UserError: the table has no rows, no column worth learning, or does not fit `valid`; or a stated relation is
            none between its columns.
    """
    overrides = overrides or Overrides()
    findings = infer(table, overrides, missing=training.missing)
    schema = schema_of(findings, table.source)
    codes = schema.encode(table)
    rows = _split(codes, None if valid is None else schema.encode(_not_empty(valid)), training)
    sources = table.source, None if valid is None else valid.source
    return _prepared(findings, schema, rows, sources, (network, training, overrides), device)


def prepare_blocks(
    table: Blocks,
    valid: Blocks | None,
    configs: tuple[NetworkConfig, TrainingConfig, Overrides],
    device: torch.device,
    folder: Path | None,
) -> Prepared:
    """Does what `prepare` does with a table that is read in blocks, whose rows go into files of the run folder.

    Args:
        table: the rows to learn from.
        valid: as in `prepare`.
        configs: what `prepare` takes one by one.
        device: where to train.
        folder: the run folder; None to store nothing, for what is said of a training before it begins.

    Raises:
        UserError: as `prepare`, or the rows cannot be written.
    """
    _, training, overrides = configs
    counted = CountedTable(table)
    findings = infer(counted, overrides, missing=training.missing)
    schema = schema_of(findings, table.source)
    if folder is None:
        drawn = schema.encode(counted.drawn.table())
        given = None if valid is None else most_valid(len(schema.kinds))
        rows = drawn_rows(drawn, counted.rows, given, training)
    else:
        rows = store(folder, table, counted.rows, valid, schema, training)
    sources = table.source, None if valid is None else valid.source
    try:
        return _prepared(findings, schema, rows, sources, configs, device)
    except BaseException:
        if rows.stored is not None:
            rows.stored.remove()
        raise


def _prepared(
    findings: list[Finding],
    schema: Schema,
    rows: TrainingRows,
    sources: tuple[str, str | None],
    configs: tuple[NetworkConfig, TrainingConfig, Overrides],
    device: torch.device,
) -> Prepared:
    """Finds the relations between encoded rows, draws the orderings, and fills in what was left open."""
    network, training, overrides = configs
    if training.missing == "marginal" and training.questions == "none" and rows.has_unknown:
        raise UserError(
            "--missing marginal needs orderings with the known columns first, whichever these are",
            hint="Train with --questions any, the default, or with --missing outcome.",
            code=Exit.USAGE,
        )
    training = replace(training, steps=training.steps or most_steps(rows.count))
    network = replace(network, direct=network.direct or default_direct(schema.kinds))
    asked = network, training
    size = rows.count, len(schema.kinds)
    network, training = with_defaults(network, training, *size, numbers=_mostly_numbers(schema))
    training = with_precision(network, training, schema.kinds, device)
    _go_together(training)
    related = relations_between(rows, schema, training, overrides.relation)
    source, valid_source = sources
    record = RunRecord(
        schema=schema,
        network=network,
        training=training,
        orderings=base_orderings(training, len(schema.kinds), related.relations),
        data=DataRecord(
            source=source,
            valid_source=valid_source,
            train_rows=rows.count,
            valid_rows=len(rows.valid),
            sha256=rows.sha256,
            rows="memory" if rows.drawn_of is None else "disk",
        ),
        versions={"made": version("made-cli"), "torch": torch.__version__},
        relations=related.relations,
    )
    return Prepared(record, rows, findings, related, asked)


def with_settings(
    record: RunRecord, network: NetworkConfig, training: TrainingConfig, device: torch.device
) -> RunRecord:
    """Returns the record of another run on the same rows, to be trained on a device."""
    training = with_precision(network, training, record.schema.kinds, device)
    orderings = base_orderings(training, len(record.schema.kinds), record.relations)
    return replace(record, network=network, training=training, orderings=orderings)


def prepare_again(record: RunRecord, table: Table, valid: Table | None) -> TrainingRows:
    """Encodes and splits the rows of a run that was begun earlier.

    Raises:
        UserError: they are not the rows it was begun with.
    """
    schema = record.schema
    rows = _split(schema.encode(table), None if valid is None else schema.encode(valid), record.training)
    return _those_of(record, rows, table.source)


def prepare_blocks_again(record: RunRecord, table: Blocks, valid: Blocks | None, folder: Path) -> TrainingRows:
    """Takes up the files of rows in the folder of a run that was begun earlier, or encodes the rows again.

    Raises:
        UserError: they are not the rows it was begun with, or cannot be written.
    """
    if (found := stored_again(folder, record)) is not None:
        return found
    held_out = record.data.valid_rows if valid is None and record.data.train_rows > 1 else 0
    rows = store(folder, table, record.data.train_rows + held_out, valid, record.schema, record.training)
    try:
        return _those_of(record, rows, table.source)
    except UserError:
        assert rows.stored is not None
        rows.stored.remove()
        raise


def _those_of(record: RunRecord, rows: TrainingRows, source: str) -> TrainingRows:
    if rows.sha256 != record.data.sha256:
        raise UserError(
            f"{source}: these are not the rows that the run was begun with",
            hint=f"It was begun with {record.data.source}; name that, or train anew with --force.",
            code=Exit.SCHEMA_MISMATCH,
        )
    return rows


def _go_together(training: TrainingConfig) -> None:
    """Refuses settings that contradict each other."""
    if training.orderings == "all" and training.questions == "none":
        raise UserError(
            "--questions none leaves nothing out of --orderings all: they are the orderings of any question",
            hint="Leave one of the two out.",
            code=Exit.USAGE,
        )
    one_ordering = training.questions == "none" and training.has_one_base_ordering
    if one_ordering and training.objective != "bound":
        raise UserError(
            f"--objective {training.objective} combines orderings, and each network has one only",
            hint="Train with --questions any, or with several orderings.",
            code=Exit.USAGE,
        )


def _split(codes: Codes, valid: Codes | None, training: TrainingConfig) -> TrainingRows:
    if valid is None:
        kept, held_out = split_rows(len(codes), training.validation, training.seed)
        codes, valid = codes[kept], codes[held_out]
    return TrainingRows(torch.from_numpy(codes), torch.from_numpy(valid))


def _mostly_numbers(schema: Schema) -> bool:
    return 2 * sum(kind.is_numeric for kind in schema.kinds) > len(schema.kinds)


def _not_empty(table: Table) -> Table:
    if not table.rows:
        raise UserError(f"{table.source}: no rows", hint="Validation needs rows.", code=Exit.BAD_DATA)
    return table
