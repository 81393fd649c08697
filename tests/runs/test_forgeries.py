"""Folders that somebody forged, hashes and all, or put other things in: refused in one line, before anything large."""

import os
import shutil
from pathlib import Path

import pytest

from made_cli.errors import Exit, UserError
from made_cli.runs.loading import load_run
from made_cli.runs.verification import verify
from tests.trust.folders import outcome, read, run_in
from tests.trust.forgeries import Change, forgeries

pytestmark = pytest.mark.skipif(os.name != "posix", reason="FIFOs and links are POSIX's")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two networks, one of them in training, with a saved combination."""
    path = tmp_path_factory.mktemp("whole") / "run"
    run_in(path)
    return path


@pytest.fixture
def here(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "here"))


def refused(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        verify(path)
    assert caught.value.code == Exit.RUN_REFUSED
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("kind", "change"), [pytest.param(*each, id=each[0]) for each in forgeries()])
def test_what_is_forged_is_refused(kind: str, change: Change, here: Path) -> None:
    expected = read(here)
    change(here)
    assert outcome(here, expected) == "refused"


@pytest.mark.parametrize("more", [b"\n", b" ", b"{}"])
def test_a_byte_after_the_manifest_is_refused(more: bytes, here: Path) -> None:
    (here / "manifest.json").write_bytes((here / "manifest.json").read_bytes() + more)
    assert "manifest.json is damaged" in refused(here)


def test_no_byte_of_the_manifest_can_be_changed(here: Path) -> None:
    data = (here / "manifest.json").read_bytes()
    for place in range(0, len(data), 7):
        (here / "manifest.json").write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        refused(here)


@pytest.mark.parametrize("name", ["manifest.json", "run.json", "networks/0.safetensors", "metrics.json"])
def test_only_regular_files_are_read(name: str, here: Path) -> None:
    file = here / name
    file.rename(here.with_name("elsewhere"))
    os.mkfifo(file)
    assert "not a regular file" in refused(here)
    file.unlink()
    file.symlink_to(here.with_name("elsewhere"))
    assert "not a regular file" in refused(here)
    file.unlink()
    file.mkdir()
    assert "not a regular file" in refused(here)


def test_a_folder_of_weights_that_is_a_link_is_refused(here: Path) -> None:
    (here / "networks").rename(here.with_name("elsewhere"))
    (here / "networks").symlink_to(here.with_name("elsewhere"))
    assert "not a folder of its own" in refused(here)


def test_the_log_of_evaluations_is_believed_by_nobody(here: Path) -> None:
    (here / "metrics.jsonl").unlink()
    os.mkfifo(here / "metrics.jsonl")
    assert verify(here).networks == len(load_run(here).networks)


def test_what_is_verified_is_told(here: Path) -> None:
    (here / "notes.txt").write_text("mine")
    found = verify(here)
    assert (found.networks, found.planned, found.goes_on, found.combinations) == (1, 2, True, ("weighted",))
    assert found.others == ("notes.txt",)
    assert found.size == sum((here / name).stat().st_size for name in found.files)
