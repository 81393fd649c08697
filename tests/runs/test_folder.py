"""The run folder: records and formats that are refused, and what may be replaced."""

import os
import pickle
import stat
from pathlib import Path

import pytest
import torch

from made_cli.config import TrainingConfig
from made_cli.ensemble.combination import SavedEnsemble, SavedMember
from made_cli.errors import Exit, UserError
from made_cli.runs.folder import Folder
from made_cli.runs.loading import load_run
from made_cli.runs.place import check_free
from tests.runs.damage import WEIGHTS, change_record, refusal, rewrite
from tests.training.small import finish, run_until, trainer_of, twins


def test_an_edited_record_is_refused(run: Path) -> None:
    text = (run / "run.json").read_text(encoding="utf-8")
    (run / "run.json").write_text(text.replace('"one"', '"uno"'), encoding="utf-8")
    assert "run.json" in refusal(run)


@pytest.mark.parametrize("version", [0, 3, 8, "4", None])
def test_another_format_version_is_refused_and_named(run: Path, version: object) -> None:
    change_record(run, lambda record: record.update(format_version=version))
    assert f"format version {version}" in refusal(run)


def test_a_record_out_of_range_is_refused_and_the_place_named(run: Path) -> None:
    change_record(run, lambda record: record["network"].update(hidden=[-1]))
    assert "network.hidden.0" in refusal(run)


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\xff", b'{"format_version": 4}'])
def test_a_record_that_is_no_record_is_refused(run: Path, data: bytes) -> None:
    rewrite(run, "run.json", data)
    assert "run.json" in refusal(run)


def test_pickles_are_neither_written_nor_read(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("a pickle")

    for module, name in [(pickle, "load"), (pickle, "loads"), (pickle, "dump"), (pickle, "dumps")]:
        monkeypatch.setattr(module, name, never)
    monkeypatch.setattr(torch, "load", never)
    monkeypatch.setattr(torch, "save", never)
    run_until(trainer_of(twins(), TrainingConfig(epochs=2), tmp_path / "interrupted"), 1)
    finish(trainer_of(twins(), TrainingConfig(epochs=2), tmp_path / "finished"))
    load_run(tmp_path / "finished")
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {file.suffix for file in files} == {".json", ".jsonl", ".safetensors"}
    rewrite(run, WEIGHTS, b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.")
    refusal(run)


def test_an_ensemble_that_was_saved_does_not_outlive_its_networks(run: Path) -> None:
    folder = Folder(run)
    folder.open()
    member = SavedMember(0, load_run(run).members(1)[0].ordering, "base")
    folder.put_ensemble(SavedEnsemble((member,), {}))
    folder.commit()
    again = Folder(run)
    record = again.open()
    assert again.ensemble(record) == SavedEnsemble((member,), {})
    again.put_network(0, load_run(run).networks[0].state_dict())
    again.commit()
    last = Folder(run)
    last.open()
    assert last.ensemble(record) is None


# What may be replaced ---------------------------------------------------------------------------------------------


def made(path: Path, *, force: bool = False) -> None:
    folder = Folder(path)
    folder.create(trainer_of(twins(), TrainingConfig(epochs=1)).record, force=force)
    folder.commit()


def taken(path: Path, *, force: bool) -> str:
    with pytest.raises(UserError) as caught:
        check_free(path, force=force)
    assert caught.value.code == Exit.RUN_REFUSED
    return f"{caught.value} {caught.value.hint}"


def test_a_run_is_replaced_only_by_force(run: Path) -> None:
    before = (run / WEIGHTS).read_bytes()
    assert "--force" in taken(run, force=False)
    assert (run / WEIGHTS).read_bytes() == before
    trainer = trainer_of(twins(), TrainingConfig(epochs=1), None)
    folder = Folder(run)
    folder.create(trainer.record, force=True)
    assert (run / WEIGHTS).read_bytes() == before
    folder.commit()
    assert not (run / WEIGHTS).exists()
    assert not (run / "metrics.jsonl").exists()


def test_force_leaves_files_alone_that_are_not_the_runs(run: Path) -> None:
    (run / "notes.txt").write_text("mine")
    (run / "networks" / "plot.png").write_text("mine")
    (run / "networks" / "more").mkdir()
    made(run, force=True)
    assert (run / "notes.txt").read_text() == (run / "networks" / "plot.png").read_text() == "mine"


def test_force_does_not_touch_a_folder_that_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks" / "0.safetensors").write_text("mine")
    (tmp_path / "manifest.json").write_text('{"name": "an extension of a browser"}')
    assert "not a run folder" in taken(tmp_path, force=True)
    with pytest.raises(UserError):
        Folder(tmp_path).create(trainer_of(twins(), TrainingConfig(epochs=1)).record, force=True)
    assert (tmp_path / "manifest.json").read_text() == '{"name": "an extension of a browser"}'
    assert (tmp_path / "networks" / "0.safetensors").read_text() == "mine"


def test_a_damaged_run_is_replaced_by_force(run: Path) -> None:
    (run / "manifest.json").write_text("{")
    assert "--force" in taken(run, force=False)
    check_free(run, force=True)


def test_a_file_in_the_way_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for force in (False, True):
        assert "in the way" in taken(tmp_path / "file", force=force)


def test_an_empty_folder_and_a_new_one_are_free(tmp_path: Path) -> None:
    check_free(tmp_path, force=False)
    check_free(tmp_path / "new" / "deep", force=False)
    made(tmp_path / "new" / "deep")
    assert (tmp_path / "new" / "deep" / "manifest.json").is_file()


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        finish(trainer_of(twins(), TrainingConfig(epochs=1), tmp_path / "run"))
    finally:
        os.umask(old)
    for path in [tmp_path / "run", *(tmp_path / "run").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o750 if path.is_dir() else 0o640), path


def test_a_folder_that_cannot_be_made_is_an_output_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in between")
    with pytest.raises(UserError) as caught:
        Folder(tmp_path / "file" / "run").create(trainer_of(twins(), TrainingConfig(epochs=1)).record)
    assert caught.value.code == Exit.OUTPUT
