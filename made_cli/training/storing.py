"""From a table that is read in blocks to the rows of a training in files of the run folder.

Knows: each row is encoded once; that there is room is asked first; files of an earlier try that are those of the run
are used again. A process that ends meanwhile leaves nothing that is in anybody's way.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from made_cli.atomic import TEMPORARY, atomic_file, atomic_write, refusing
from made_cli.config import TrainingConfig
from made_cli.core.memory import in_words
from made_cli.errors import Exit, UserError
from made_cli.runs.manifest import writing
from made_cli.runs.names import TRAIN_ROWS, VALID_ROWS
from made_cli.runs.record import RunRecord
from made_cli.tables.columns.counted import Blocks, changed
from made_cli.tables.columns.schema import Codes, Schema
from made_cli.training.mixing import MixedRows
from made_cli.training.rows import Indices, TrainingRows, hold_out, most_valid
from made_cli.training.stored_rows import Passing, StoredRows, below, drawn_places, in_bytes, opened, write_header


def store(
    folder: Path, table: Blocks, rows: int, valid: Blocks | None, schema: Schema, training: TrainingConfig
) -> TrainingRows:
    """Encodes the rows of a table into files of a run folder.

    Args:
        folder: of the run; made where it is not there.
        table: the rows to learn from.
        rows: how many these are.
        valid: rows to validate on; None to hold out a share of `table`.
        schema: the columns.
        training: says what share.

    Raises:
        UserError: the disk has too little room or cannot be written, a cell does not fit, or the table has changed.
    """
    columns, dtype, path = len(schema.kinds), _dtype(schema), folder / TRAIN_ROWS
    held_out = np.zeros(0, dtype=np.int64)
    if valid is None:
        held_out = hold_out(rows, columns, training.validation, training.seed)
    # A single row is both.
    shape = (max(1, rows - len(held_out)), columns)
    with writing(folder):
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear(path.parent)
        _refuse_too_little_room(folder, shape[0] * columns * np.dtype(dtype).itemsize)
    passing, kept = Passing(shape, training.seed), [] if valid is None else [_encoded_some(valid, schema, training)]
    try:
        with atomic_file(path) as file:
            mixed, first = MixedRows(file, shape, dtype, training.seed), 0
            for block in table:
                codes = schema.encode(block)
                own = _within(held_out, first, len(codes))
                first += len(codes)
                kept.append(codes[own])
                with refusing(path):
                    mixed.add(codes if rows == 1 else _without(codes, own))
            if first != rows:
                raise changed(table.source)
            with refusing(path):
                for codes in mixed.mixed():
                    passing.add(codes)
        found = below(kept)
        with atomic_write(folder / VALID_ROWS) as file:
            write_header(file, (len(found), columns), dtype)
            file.write(in_bytes(found))
    except BaseException:
        StoredRows(path, shape, dtype, 0).remove()
        raise
    stored = opened(path)
    assert stored is not None
    return _gathered(stored, passing, found)


def stored_again(folder: Path, record: RunRecord) -> TrainingRows | None:
    """Returns the rows of a run from the files in its folder; None where they are not all there, or are others."""
    stored, valid = opened(folder / TRAIN_ROWS), opened(folder / VALID_ROWS)
    columns, dtype = len(record.schema.kinds), _dtype(record.schema)
    if stored is None or valid is None or {stored.dtype, valid.dtype} != {dtype}:
        return None
    if (stored.shape, valid.shape) != ((record.data.train_rows, columns), (record.data.valid_rows, columns)):
        return None
    passing = Passing(stored.shape, record.training.seed)
    for codes in stored.blocks():
        passing.add(codes)
    rows = _gathered(stored, passing, valid[:])
    return rows if rows.sha256 == record.data.sha256 else None


def drawn_rows(codes: Codes, rows: int, valid: int | None, training: TrainingConfig) -> TrainingRows:
    """Returns rows of a table as if they were in files, for what is said of a training before it begins.

    Args:
        codes: (n, D) of rows that were drawn.
        rows: N, how many the table has.
        valid: the number of validation rows where they are given, None where they are held out.
        training: says which share.
    """
    held_out = len(hold_out(rows, codes.shape[1], training.validation, training.seed)) if valid is None else 0
    train = torch.from_numpy(codes)
    return TrainingRows(train, train[: valid or held_out], drawn_of=max(1, rows - held_out))


def _gathered(stored: StoredRows, passing: Passing, valid: Codes) -> TrainingRows:
    whole = StoredRows(
        stored.path, stored.shape, stored.dtype, stored.offset, passing.sha256(valid), passing.has_unknown
    )
    return TrainingRows(torch.from_numpy(passing.drawn), torch.from_numpy(valid), drawn_of=len(stored), stored=whole)


def _encoded_some(valid: Blocks, schema: Schema, training: TrainingConfig) -> Codes:
    """Encodes the validation rows of a file, or as many drawn from them as an evaluation can take."""
    rows, most = sum(block.rows for block in valid), most_valid(len(schema.kinds))
    if not rows:
        raise UserError(f"{valid.source}: no rows", hint="Validation needs rows.", code=Exit.BAD_DATA)
    places = drawn_places(rows, min(rows, most), [training.seed, rows])
    return below(list(_chosen(valid, schema, places)))


def _chosen(table: Blocks, schema: Schema, places: Indices) -> Iterable[Codes]:
    first = 0
    for block in table:
        yield schema.encode(block)[_within(places, first, block.rows)]
        first += block.rows


def _without(codes: Codes, rows: Indices) -> Codes:
    kept = np.ones(len(codes), dtype=np.bool_)
    kept[rows] = False
    return codes[kept]


def _within(places: Indices, first: int, count: int) -> Indices:
    """Returns which of some places, ascending, are among so many from the first on, counted from there."""
    start, stop = np.searchsorted(places, [first, first + count])
    return places[start:stop] - first


def _clear(folder: Path) -> None:
    """Removes what earlier processes have left, for it takes room."""
    for left in (*folder.glob(TEMPORARY), folder.parent / TRAIN_ROWS, folder.parent / VALID_ROWS):
        left.unlink(missing_ok=True)


def _refuse_too_little_room(folder: Path, wanted: int) -> None:
    there = shutil.disk_usage(folder).free
    if there < wanted:
        raise UserError(
            f"cannot write {folder / TRAIN_ROWS}: the rows need {in_words(wanted)}, and {in_words(there)} are left",
            hint="Name a folder on another disk with --out, or leave columns out with --drop.",
            code=Exit.OUTPUT,
        )


def _dtype(schema: Schema) -> str:
    return np.dtype(np.uint8 if schema.compact else np.float64).str
