"""Only files that the manifest names count, and only as they were written."""

import json
from pathlib import Path

import pytest
import torch

from made_cli.runs.folder import Folder
from made_cli.runs.loading import load_run
from made_cli.runs.tensors import from_safetensors
from made_cli.training.progress import RunState
from tests.runs.damage import WEIGHTS, refusal


@pytest.mark.parametrize("place", [10, 1000, -1])
def test_a_flipped_byte_in_a_weight_file_is_refused(run: Path, place: int) -> None:
    data = bytearray((run / WEIGHTS).read_bytes())
    data[place] ^= 1
    (run / WEIGHTS).write_bytes(data)
    assert "SHA-256" in refusal(run)


def test_a_weight_file_that_is_gone_is_refused(run: Path) -> None:
    (run / WEIGHTS).unlink()
    assert "No such file" in refusal(run)


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


@pytest.mark.parametrize(("module", "name", "counts"), [(json, "dumps", "old"), (Path, "replace", "new")])
def test_what_replaces_a_file_counts_from_the_moment_that_the_manifest_names_it(
    module: object, name: str, counts: str, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    old = load_run(run).networks[0].state_dict()
    weights = {"old": old, "new": {key: value + 1 for key, value in old.items()}}
    folder = Folder(run)
    folder.open()
    folder.put_network(0, weights["new"])
    with monkeypatch.context() as patch:
        patch.setattr(module, name, killed)
        with pytest.raises(KeyboardInterrupt):
            folder.commit()
    for _ in range(2):
        found = load_run(run).networks[0].state_dict()
        assert all(torch.equal(found[key], value) for key, value in weights[counts].items())
        again = Folder(run)
        again.open()
        again.commit()  # puts it in place, or sweeps it up
    assert [file.name for file in (run / "networks").iterdir()] == ["0.safetensors"]


def test_a_file_that_the_manifest_does_not_name_is_not_read(run: Path) -> None:
    (run / "networks" / "1.safetensors").write_bytes(b"not even weights")
    (run / "resume").mkdir()
    (run / "resume" / "9.json").write_bytes(b"no state")
    assert len(load_run(run).networks) == 1
    folder = Folder(run)
    folder.open()
    assert folder.resume_state(RunState, from_safetensors) is None
