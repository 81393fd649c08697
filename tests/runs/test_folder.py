"""The run folder: what is written comes back bit for bit, and what was tampered with is refused."""

import hashlib
import json
import os
import pickle
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from made_cli.config import TrainingConfig
from made_cli.ensemble.combination import SavedEnsemble, SavedMember
from made_cli.ensemble.members import log_likelihoods
from made_cli.errors import Exit, UserError
from made_cli.runs.folder import Folder, load_run
from tests.training.small import finish, run_until, table, training, twins

WEIGHTS = "networks/0.safetensors"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trained") / "run"
    finish(training(twins(), TrainingConfig(epochs=2), path))
    return path


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A run folder that a test may damage."""
    shutil.copytree(trained, tmp_path / "run")
    return tmp_path / "run"


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        load_run(path)
    assert caught.value.code == Exit.RUN_REFUSED
    assert "\n" not in str(caught.value) + caught.value.hint
    assert str(path) in str(caught.value)
    return str(caught.value)


def rewrite(path: Path, name: str, data: bytes) -> None:
    """Changes a file as somebody would who knows about the manifest."""
    (path / name).write_bytes(data)
    manifest = json.loads((path / "manifest.json").read_bytes())
    manifest["sha256"][name] = hashlib.sha256(data).hexdigest()
    (path / "manifest.json").write_text(json.dumps(manifest))


def change_weights(path: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    weights = load((path / WEIGHTS).read_bytes())
    change(weights)
    rewrite(path, WEIGHTS, save(weights))


def change_record(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    record = json.loads((path / "run.json").read_bytes())
    change(record)
    rewrite(path, "run.json", json.dumps(record).encode())


def test_saving_and_loading_changes_no_bit_of_the_scores(tmp_path: Path) -> None:
    job = finish(training(twins(), TrainingConfig(epochs=3, networks=2), tmp_path / "run"))
    codes = job.record.schema.encode(table(twins()))
    loaded = load_run(tmp_path / "run")
    assert np.array_equal(
        log_likelihoods(job.run.members(), codes).view(np.int64),
        log_likelihoods(loaded.members(), loaded.record.schema.encode(table(twins()))).view(np.int64),
    )


def test_a_moved_folder_loads(run: Path) -> None:
    run.rename(run.with_name("elsewhere"))
    assert len(load_run(run.with_name("elsewhere")).networks) == 1


@pytest.mark.parametrize("place", [10, 1000, -1])
def test_a_flipped_byte_in_a_weight_file_is_refused(run: Path, place: int) -> None:
    data = bytearray((run / WEIGHTS).read_bytes())
    data[place] ^= 1
    (run / WEIGHTS).write_bytes(data)
    assert "SHA-256" in refusal(run)


def test_a_weight_file_that_is_cut_short_is_refused(run: Path) -> None:
    (run / WEIGHTS).write_bytes((run / WEIGHTS).read_bytes()[:-100])
    assert "SHA-256" in refusal(run)
    rewrite(run, WEIGHTS, (run / WEIGHTS).read_bytes())
    assert WEIGHTS in refusal(run)


def test_a_weight_file_that_is_gone_is_refused(run: Path) -> None:
    (run / WEIGHTS).unlink()
    assert "No such file" in refusal(run)


def test_a_missing_tensor_is_refused(run: Path) -> None:
    change_weights(run, lambda weights: weights.pop("network.input_weight"))
    assert "network.input_weight is missing" in refusal(run)


def test_an_extra_tensor_is_refused(run: Path) -> None:
    change_weights(run, lambda weights: weights.update(extra=torch.zeros(1)))
    assert "extra is unknown" in refusal(run)


def test_a_wrong_shape_is_refused(run: Path) -> None:
    change_weights(run, lambda weights: weights.update({"network.input_bias": torch.zeros(3)}))
    assert "network.input_bias is torch.float32 (3,), not torch.float32 (8,)" in refusal(run)


def test_a_wrong_dtype_is_refused(run: Path) -> None:
    change_weights(
        run, lambda weights: weights.update({"network.input_weight": weights["network.input_weight"].double()})
    )
    assert "torch.float64" in refusal(run)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(run: Path, value: float) -> None:
    def spoil(weights: dict[str, torch.Tensor]) -> None:
        weights["network.output_bias"][0] = value

    change_weights(run, spoil)
    assert "network.output_bias holds values that are not finite" in refusal(run)


def test_an_edited_record_is_refused(run: Path) -> None:
    text = (run / "run.json").read_text(encoding="utf-8")
    (run / "run.json").write_text(text.replace('"one"', '"uno"'), encoding="utf-8")
    assert "run.json" in refusal(run)


@pytest.mark.parametrize("version", [0, 3, "1", None])
def test_another_format_version_is_refused_and_named(run: Path, version: object) -> None:
    change_record(run, lambda record: record.update(format_version=version))
    assert f"format version {version}" in refusal(run)


def test_a_record_out_of_range_is_refused_and_the_place_named(run: Path) -> None:
    change_record(run, lambda record: record["network"].update(hidden=[-1]))
    assert "network.hidden.0" in refusal(run)


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\xff", b'{"format_version": 2}'])
def test_a_record_that_is_no_record_is_refused(run: Path, data: bytes) -> None:
    rewrite(run, "run.json", data)
    assert "run.json" in refusal(run)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"sha256": 3}', b"\xff", b'{"sha256": {}}'])
def test_a_manifest_that_is_none_is_refused(run: Path, data: bytes) -> None:
    (run / "manifest.json").write_bytes(data)
    refusal(run)


def test_a_missing_manifest_is_refused(run: Path) -> None:
    (run / "manifest.json").unlink()
    assert "not a run folder" in refusal(run)


def test_what_is_no_folder_is_no_run_folder(run: Path, tmp_path: Path) -> None:
    for path in (run / "run.json", tmp_path / "nothing", tmp_path):
        assert "not a run folder" in refusal(path)


def test_pickles_are_neither_written_nor_read(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object, **options: object) -> None:
        raise AssertionError("a pickle")

    for module, name in [(pickle, "load"), (pickle, "loads"), (pickle, "dump"), (pickle, "dumps")]:
        monkeypatch.setattr(module, name, never)
    monkeypatch.setattr(torch, "load", never)
    monkeypatch.setattr(torch, "save", never)
    run_until(training(twins(), TrainingConfig(epochs=2), tmp_path / "interrupted"), 1)
    finish(training(twins(), TrainingConfig(epochs=2), tmp_path / "finished"))
    load_run(tmp_path / "finished")
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {file.suffix for file in files} == {".json", ".jsonl", ".safetensors"}
    rewrite(run, WEIGHTS, b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.")
    refusal(run)


def test_a_file_that_the_manifest_does_not_name_is_not_read(run: Path) -> None:
    (run / "networks" / "1.safetensors").write_bytes(b"not even weights")
    (run / "resume").mkdir()
    (run / "resume" / "9.json").write_bytes(b"no state")
    assert len(load_run(run).networks) == 1
    folder = Folder(run)
    folder.open()
    assert folder.resume_state() is None


def test_an_ensemble_that_was_saved_does_not_outlive_its_networks(run: Path) -> None:
    folder = Folder(run)
    folder.open()
    member = SavedMember(0, load_run(run).members(1)[0].ordering)
    folder.put_ensemble(SavedEnsemble((member,), {}))
    folder.commit()
    again = Folder(run)
    again.open()
    assert again.ensemble() == SavedEnsemble((member,), {})
    again.put_network(0, load_run(run).networks[0].state_dict())
    again.commit()
    last = Folder(run)
    last.open()
    assert last.ensemble() is None


# What may be replaced ---------------------------------------------------------------------------------------------


def taken(path: Path, *, force: bool) -> str:
    with pytest.raises(UserError) as caught:
        Folder(path).check_free(force=force)
    assert caught.value.code == Exit.RUN_REFUSED
    return f"{caught.value} {caught.value.hint}"


def test_a_run_is_replaced_only_by_force(run: Path) -> None:
    before = (run / WEIGHTS).read_bytes()
    assert "--force" in taken(run, force=False)
    assert (run / WEIGHTS).read_bytes() == before
    job = training(twins(), TrainingConfig(epochs=1), None)
    Folder(run).create(job.record, force=True)
    assert not (run / WEIGHTS).exists()
    assert not (run / "metrics.jsonl").exists()


def test_force_leaves_files_alone_that_are_not_the_runs(run: Path) -> None:
    (run / "notes.txt").write_text("mine")
    (run / "networks" / "plot.png").write_text("mine")
    (run / "networks" / "more").mkdir()
    Folder(run).create(training(twins(), TrainingConfig(epochs=1)).record, force=True)
    assert (run / "notes.txt").read_text() == (run / "networks" / "plot.png").read_text() == "mine"


def test_force_does_not_touch_a_folder_that_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks" / "0.safetensors").write_text("mine")
    (tmp_path / "manifest.json").write_text('{"name": "an extension of a browser"}')
    assert "not a run folder" in taken(tmp_path, force=True)
    with pytest.raises(UserError):
        Folder(tmp_path).create(training(twins(), TrainingConfig(epochs=1)).record, force=True)
    assert (tmp_path / "manifest.json").read_text() == '{"name": "an extension of a browser"}'
    assert (tmp_path / "networks" / "0.safetensors").read_text() == "mine"


def test_a_damaged_run_is_replaced_by_force(run: Path) -> None:
    (run / "manifest.json").write_text("{")
    assert "--force" in taken(run, force=False)
    Folder(run).check_free(force=True)


def test_a_file_in_the_way_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for force in (False, True):
        assert "in the way" in taken(tmp_path / "file", force=force)


def test_an_empty_folder_and_a_new_one_are_free(tmp_path: Path) -> None:
    Folder(tmp_path).check_free(force=False)
    Folder(tmp_path / "new" / "deep").check_free(force=False)
    Folder(tmp_path / "new" / "deep").create(training(twins(), TrainingConfig(epochs=1)).record)
    assert (tmp_path / "new" / "deep" / "manifest.json").is_file()


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        finish(training(twins(), TrainingConfig(epochs=1), tmp_path / "run"))
    finally:
        os.umask(old)
    for path in [tmp_path / "run", *(tmp_path / "run").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o750 if path.is_dir() else 0o640), path


def test_a_folder_that_cannot_be_made_is_an_output_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in between")
    with pytest.raises(UserError) as caught:
        Folder(tmp_path / "file" / "run").create(training(twins(), TrainingConfig(epochs=1)).record)
    assert caught.value.code == Exit.OUTPUT
