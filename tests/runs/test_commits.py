"""A save takes effect as a whole or not at all, whatever of it fails; `make trust` tries every fault of every save."""

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from made_cli.config import TrainingConfig
from made_cli.errors import Exit, LeftOver, UserError
from made_cli.runs.folder import Folder
from made_cli.runs.loading import load_run
from made_cli.runs.place import check_free
from made_cli.training.run_trainer import RunTrainer
from tests.faulty_disk import DEAD, Fault, FaultyDisk
from tests.training.small import run_until, trainer_of, twins
from tests.trust.children import Ended, in_process

CONFIG = TrainingConfig(epochs=2)


def begin(path: Path, seed: int = 0, *, force: bool = False) -> RunTrainer:
    """The first save of a run."""
    trainer = trainer_of(twins(), TrainingConfig(epochs=2, seed=seed))
    folder = Folder(path)
    folder.create(trainer.record, force=force)
    trainer = RunTrainer(trainer.record, trainer.rows, trainer.device, folder)
    run_until(trainer, 0)
    return trainer


def weights(path: Path) -> torch.Tensor:
    return load_run(path).networks[0].network.input_weight


def faults(act: Callable[[Path], object], path: Path) -> int:
    """Counts the changes of the disk that something asks for."""
    with FaultyDisk().in_place() as disk:
        act(path)
    return disk.count


def failed(act: Callable[[Path], object], path: Path, at: int) -> bool:
    """Does something while one change fails; says whether it was refused, with one line."""
    refused: list[UserError] = []
    with warnings.catch_warnings(), FaultyDisk(at).in_place():
        warnings.simplefilter("ignore", LeftOver)
        try:
            act(path)
        except UserError as error:
            refused.append(error)
    assert all(error.code == Exit.OUTPUT and "No space left" in str(error) for error in refused)
    return bool(refused)


def test_a_first_save_that_fails_leaves_a_place_that_is_free_or_a_run_that_scores(tmp_path: Path) -> None:
    outcomes = set()
    for at in range(0, faults(begin, tmp_path / "all"), 4):  # all of them are `make trust`'s
        path = tmp_path / str(at)
        outcomes.add(failed(begin, path, at))
        if (path / "manifest.json").exists():
            assert len(load_run(path).networks) == 1
        else:
            check_free(path, force=False)
            begin(path)
        Folder(path).open()
    assert outcomes == {True, False}


@pytest.mark.slow
def test_a_run_is_there_until_the_one_that_replaces_it_is(tmp_path: Path) -> None:
    def replace(path: Path) -> None:
        begin(path, seed=1, force=True)

    begin(tmp_path / "old")
    begin(tmp_path / "new", seed=1)
    old, new = weights(tmp_path / "old"), weights(tmp_path / "new")
    begin(tmp_path / "counted")
    found = []
    for at in range(0, faults(replace, tmp_path / "counted"), 7):
        begin(tmp_path / str(at))
        failed(replace, tmp_path / str(at), at)
        weight = weights(tmp_path / str(at))
        assert torch.equal(weight, old) or torch.equal(weight, new)
        found.append(torch.equal(weight, new))
        replace(tmp_path / str(at))
        assert torch.equal(weights(tmp_path / str(at)), new)
        assert not list((tmp_path / str(at)).rglob("*.tmp"))
    assert len(set(found)) == 2


def test_what_cannot_be_removed_after_a_save_is_a_warning(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(1, "Operation not permitted")

    (run / "networks" / ".made-dead.tmp").write_bytes(b"half")
    folder = Folder(run)
    folder.open()
    folder.drop_resume()
    monkeypatch.setattr(Path, "unlink", never)
    with pytest.warns(LeftOver, match="cannot be tidied up: Operation not permitted"):
        folder.commit()
    assert len(load_run(run).networks) == 1


def save_and_fail(path: Path, at: int, fault: Fault) -> None:
    with FaultyDisk(at, fault).in_place():
        begin(path / "run", seed=1, force=True)


@pytest.mark.parametrize("at", [0, 7, 14, 21, 28])
def test_a_process_that_dies_in_a_save_leaves_a_run_that_scores(at: int, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    begin(tmp_path / "here" / "run")
    done: Ended = in_process(save_and_fail, tmp_path / "here", tmp_path / "here", at, "dies")
    assert done.code in (DEAD, 0), done.err
    assert len(load_run(tmp_path / "here" / "run").networks) == 1
    begin(tmp_path / "here" / "run", seed=1, force=True)
    assert not list((tmp_path / "here" / "run").rglob("*.tmp"))
