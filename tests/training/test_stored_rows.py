"""A training whose rows stand in a file learns from each once an epoch, and goes on as if nothing had happened."""

import shutil
from collections import namedtuple
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from made_cli.config import NetworkConfig, Overrides, TrainingConfig
from made_cli.errors import Exit, UserError
from made_cli.runs.folder import Folder
from made_cli.runs.names import TRAIN_ROWS, VALID_ROWS
from made_cli.runs.place import check_free
from made_cli.training import epochs, prepare, stored_rows, storing
from made_cli.training.beginning import untrained
from made_cli.training.epochs import Epochs
from made_cli.training.prepare import Prepared, prepare_blocks, prepare_blocks_again
from made_cli.training.resuming import resume
from made_cli.training.rows import TrainingRows
from made_cli.training.run_trainer import RunTrainer
from tests.training.in_blocks import Parts
from tests.training.small import CPU, brisk, contents, finish, run_until, table, twins

FRAME = twins(60).assign(place=np.arange(60) * 1.25)
CONFIG = TrainingConfig(networks=2, epochs=6, batch_size=6, learning_rate=0.01)
NETWORK = NetworkConfig(hidden=(6, 6), dropout=0.3)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stretches of 4 rows, parts of 24: three parts an epoch."""
    monkeypatch.setattr(epochs, "STRETCH", 4)
    monkeypatch.setattr(stored_rows, "MOST_MIXED", 25)
    with brisk():
        yield


def prepared(folder: Path | None, frame: pd.DataFrame = FRAME, size: int = 7, valid: Parts | None = None) -> Prepared:
    overrides = Overrides(kinds={"place": "numeric"}) if "place" in frame else Overrides()
    return prepare_blocks(Parts(table(frame), size), valid, (NETWORK, CONFIG, overrides), CPU, folder)


def trainer_of(folder: Path) -> RunTrainer:
    found, saved = prepared(folder), Folder(folder)
    saved.create(found.record)
    return RunTrainer(found.record, found.rows, CPU, saved)


def epoch_of(found: Epochs) -> list[list[float]]:
    """The rows of an epoch, batch by batch, each by the number in its last column."""
    batches = list[list[float]]()
    while not batches or not found.is_over:
        batch, count = found.next()
        assert count == len(batch.codes)
        batches.append(batch.codes[:, -1].tolist())
    return batches


def epochs_of(found: Prepared, seed: int = 0) -> Epochs:
    return Epochs(untrained(found.record, 0), found.rows, 6, np.random.default_rng(seed))


def test_every_row_comes_once_an_epoch_in_full_batches_and_another_order_each_time(tmp_path: Path) -> None:
    found = prepared(tmp_path)
    rows = epochs_of(found)
    first, second = epoch_of(rows), epoch_of(rows)
    assert list(map(len, first)) == [6] * 9 == list(map(len, second))
    assert found.rows.count == 54
    held_out = set(found.rows.valid[:, -1].tolist())
    for epoch in (first, second):
        assert sorted(chain(*epoch)) == sorted({*FRAME["place"].tolist()} - held_out)
    assert first != second


def test_rows_of_a_part_are_mixed_and_come_from_stretches_of_the_file(tmp_path: Path) -> None:
    found = prepared(tmp_path)
    part = [*chain(*epoch_of(epochs_of(found))[:4])]
    assert found.rows.stored is not None
    places = [found.rows.stored[:][:, -1].tolist().index(row) for row in part]
    assert places != sorted(places)
    # 24 rows of stretches of 4: six of these, or parts of seven, and not neighbours of each other alone.
    assert 1 < (np.diff(sorted(places)) > 1).sum() + 1 <= 7


def test_an_evaluation_may_stand_between_two_parts_once_nine_times_as_many_rows_are_through(tmp_path: Path) -> None:
    rows = epochs_of(prepared(tmp_path))  # with 6 validation rows
    may_pause = [[rows.next() and rows.may_pause(steps) for _ in range(9)] for steps in (8, 9)]
    last = [*[False] * 8, True]
    assert may_pause == [last, [place in (3, 7, 8) for place in range(9)]]


@pytest.mark.parametrize("batches", [0, 1, 4, 7, 9, 13])
def test_what_is_left_of_an_epoch_is_state(tmp_path: Path, batches: int) -> None:
    found = prepared(tmp_path)
    rows = epochs_of(found)
    for _ in range(batches):
        rows.next()
    again = epochs_of(found, seed=1)
    again.rng.bit_generator.state = rows.rng.bit_generator.state
    again.restore({key: value.clone() for key, value in rows.state().items()})
    assert [rows.next()[0].codes.tolist() for _ in range(12)] == [again.next()[0].codes.tolist() for _ in range(12)]


def test_the_same_rows_stand_in_the_files_whatever_the_blocks(tmp_path: Path) -> None:
    one, other = (prepared(tmp_path / str(size), size=size) for size in (60, 1))
    assert one.record == other.record
    assert one.rows.train.equal(other.rows.train)
    files = [(tmp_path / size / name).read_bytes() for size in ("60", "1") for name in (TRAIN_ROWS, VALID_ROWS)]
    assert files[:2] == files[2:]


def test_numpy_reads_the_files(tmp_path: Path) -> None:
    found = prepared(tmp_path)
    assert np.array_equal(np.load(tmp_path / VALID_ROWS), found.rows.valid.numpy())
    codes = found.record.schema.encode(table(FRAME))
    held_out = np.isin(codes[:, -1], found.rows.valid[:, -1].numpy())
    rows = np.load(tmp_path / TRAIN_ROWS)
    assert np.array_equal(rows[rows[:, -1].argsort()], codes[~held_out], equal_nan=True)


def test_rows_stand_in_the_file_in_an_order_that_is_drawn(tmp_path: Path) -> None:
    frame = pd.DataFrame({"place": np.arange(3_000) / 4})
    rows = np.load(tmp_path / TRAIN_ROWS) if prepared(tmp_path, frame) else None
    assert rows is not None
    # Of any place in the file the row is as likely one from the top of the table as one from its end.
    means = rows[:, 0].reshape(10, -1).mean(axis=1)
    assert (np.abs(means - rows.mean()) < 4 * rows.std() / np.sqrt(270)).all()
    following = (np.diff(rows[:, 0]) > 0).mean()
    assert following == pytest.approx(0.5, abs=0.05)


def test_codes_of_labels_take_a_byte(tmp_path: Path) -> None:
    found = prepared(tmp_path, twins()[["one", "two", "city"]])
    assert np.load(tmp_path / TRAIN_ROWS).dtype == np.uint8
    assert found.rows.train.dtype == torch.uint8


def test_the_hash_is_that_of_the_same_rows_in_memory(tmp_path: Path) -> None:
    rows = prepared(tmp_path).rows
    assert rows.stored is not None
    assert rows.sha256 == TrainingRows(torch.from_numpy(rows.stored[:]), rows.valid).sha256


@pytest.mark.parametrize("calls", [9, *(pytest.param(calls, marks=pytest.mark.slow) for calls in (0, 3, 20, 54, 70))])
def test_an_interrupted_training_ends_bit_for_bit_as_one_that_was_not(tmp_path: Path, calls: int) -> None:
    whole = trainer_of(tmp_path / "whole")
    finish(whole)
    cut = trainer_of(tmp_path / "cut")
    run_until(cut, calls)
    folder = Folder(tmp_path / "cut")
    record = folder.open()
    again = RunTrainer(record, prepare_blocks_again(record, Parts(table(FRAME), 11), None, folder.path), CPU, folder)
    resume(again)
    finish(again)
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")


def test_files_that_are_those_of_the_run_are_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = prepared(tmp_path).record
    monkeypatch.setattr(prepare, "store", lambda *_: pytest.fail("encoded again"))
    rows = prepare_blocks_again(record, Parts(table(FRAME), 7), None, tmp_path)
    assert rows.sha256 == record.data.sha256


@pytest.mark.parametrize("what", ["gone", "cut", "changed"])
def test_files_that_are_not_are_written_anew(tmp_path: Path, what: str) -> None:
    record, path = prepared(tmp_path).record, tmp_path / TRAIN_ROWS
    data = path.read_bytes()
    if what == "gone":
        shutil.rmtree(path.parent)
    else:
        path.write_bytes(data[:-8] if what == "cut" else data[:-1] + b"\1")
    rows = prepare_blocks_again(record, Parts(table(FRAME), 7), None, tmp_path)
    assert rows.sha256 == record.data.sha256
    assert path.read_bytes() == data


@pytest.mark.parametrize("other", [FRAME[:-1], FRAME.assign(place=FRAME["place"] + 1.25)])
def test_other_rows_are_refused_and_leave_no_files(tmp_path: Path, other: pd.DataFrame) -> None:
    record = prepared(tmp_path).record
    shutil.rmtree(tmp_path / "rows")
    with pytest.raises(UserError) as error:
        prepare_blocks_again(record, Parts(table(other), 7), None, tmp_path)
    assert error.value.code == Exit.SCHEMA_MISMATCH
    assert list(tmp_path.iterdir()) == []


def test_a_cell_that_does_not_fit_is_named_by_its_place_and_leaves_no_files(tmp_path: Path) -> None:
    record = prepared(tmp_path).record
    shutil.rmtree(tmp_path / "rows")
    odd = FRAME.assign(place=FRAME["place"].astype(str).where(FRAME.index != 41, "far"))
    with pytest.raises(UserError, match="the test's table, row 42, column 'place': 'far' is not a number"):
        prepare_blocks_again(record, Parts(table(odd), 7), None, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_with_too_little_room_is_told_before_anything_is_encoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = namedtuple("room", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: room(2_000_000_000))
    monkeypatch.setattr(storing, "_dtype", lambda schema: "V10000000")
    with pytest.raises(UserError, match=r"the rows need 2\.7 GB, and 2\.0 GB are left") as error:
        prepared(tmp_path)
    assert error.value.code == Exit.OUTPUT


def test_what_a_killed_process_leaves_of_the_rows_is_in_nobodys_way(tmp_path: Path) -> None:
    prepared(tmp_path / "run")
    check_free(tmp_path / "run", force=False)
    (tmp_path / "run" / "rows" / "notes.txt").touch()
    with pytest.raises(UserError):
        check_free(tmp_path / "run", force=False)


def test_what_a_killed_process_leaves_of_the_rows_is_removed_before_room_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / ".made-0123.tmp").write_bytes(b"half of the rows")
    prepared(tmp_path)
    assert sorted(path.name for path in (tmp_path / "rows").iterdir()) == ["train.npy", "valid.npy"]


def test_a_single_row_is_both(tmp_path: Path) -> None:
    rows = prepared(tmp_path, twins(1)).rows
    assert rows.count == len(rows.valid) == 1


def test_validation_rows_of_a_file_are_drawn_where_they_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "most_valid", lambda columns: 5)
    rows = prepared(tmp_path, valid=Parts(table(FRAME), 7)).rows
    assert (rows.count, len(rows.valid)) == (60, 5)
    assert {*map(tuple, rows.valid[:, [0, -1]].tolist())} <= {*zip(FRAME["one"], FRAME["place"], strict=True)}


def test_rows_that_stand_for_all_are_some_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_rows, "MOST_DRAWN", 10)
    rows = prepared(tmp_path).rows
    assert rows.stored is not None
    assert (len(rows.train), rows.count) == (10, 54)
    assert {*rows.train[:, -1].tolist()} < {*rows.stored[:][:, -1].tolist()}


def test_a_dry_run_stores_nothing_and_knows_how_many_rows_there_are(tmp_path: Path) -> None:
    dry, found = prepared(None), prepared(tmp_path)
    assert (dry.rows.count, len(dry.rows.valid)) == (found.rows.count, len(found.rows.valid))
    assert dry.rows.stored is None
    assert dry.record.schema == found.record.schema


def test_relations_are_counted_in_all_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_rows, "MOST_DRAWN", 400)
    (found,) = prepared(tmp_path, twins(1_000)[["one", "two"]]).record.relations
    assert found.count.rows == 900
