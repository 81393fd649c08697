"""What `made_cli.atomic` promises about files it writes."""

import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from made_cli.atomic import atomic_write, check_target, write_bytes
from made_cli.errors import Exit, UserError


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the system refuse longer files, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def refused(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        write_bytes(path, b"new")
    assert caught.value.code == Exit.OUTPUT
    assert caught.value.hint
    return str(caught.value)


def test_a_write_replaces_the_content_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")
    write_bytes(target, b"new")
    assert target.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_a_failure_in_the_block_keeps_the_old_content(tmp_path: Path, failure: type[BaseException]) -> None:
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")
    with pytest.raises(failure), atomic_write(target) as file:  # noqa: PT012
        file.write(b"half of it")
        file.flush()
        raise failure
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.csv"]


def test_the_target_is_not_touched_before_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")
    with atomic_write(target) as file:
        file.write(b"new")
        file.flush()
        assert target.read_bytes() == b"old"


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_permissions_follow_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_bytes(tmp_path / "a.csv", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == mode


def test_a_symlink_stays_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    real, link = tmp_path / "there" / "real.csv", tmp_path / "link.csv"
    real.write_bytes(b"old")
    link.symlink_to(real)
    write_bytes(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_symlink_to_nothing_makes_the_file_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    write_bytes(tmp_path / "link.csv", b"new")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes() == b"new"


def test_a_loop_of_symlinks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    refused(tmp_path / "a")
    assert (tmp_path / "a").is_symlink()


def test_a_fifo_is_refused_and_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    assert "not a regular file" in refused(tmp_path / "fifo")
    assert (tmp_path / "fifo").is_fifo()


def test_a_symlink_to_a_device_is_refused(tmp_path: Path) -> None:
    (tmp_path / "null").symlink_to("/dev/null")
    assert "not a regular file" in refused(tmp_path / "null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "a folder" in refused(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert f"the folder {tmp_path / 'none'} does not exist" in refused(tmp_path / "none" / "a.csv")


def test_a_file_for_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    refused(tmp_path / "file" / "a.csv")


def test_a_name_too_long_is_refused(tmp_path: Path) -> None:
    assert "too long" in refused(tmp_path / ("a" * 256))


def test_the_longest_name_is_written(tmp_path: Path) -> None:
    write_bytes(tmp_path / ("a" * 255), b"new")
    assert (tmp_path / ("a" * 255)).read_bytes() == b"new"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_forbids_writing_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "Permission denied" in refused(tmp_path / "a.csv")


def test_a_write_protected_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "write-protected" in refused(tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == b"old"


def test_a_full_disk_keeps_the_old_content(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")
    with pytest.raises(UserError, match=r"cannot write .*a\.csv: File too large") as caught, largest_file(4096):
        write_bytes(target, bytes(10_000))
    assert caught.value.code == Exit.OUTPUT
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.csv"]


def test_checking_a_target_makes_nothing(tmp_path: Path) -> None:
    assert check_target(tmp_path / "a.csv") == tmp_path.resolve() / "a.csv"
    assert os.listdir(tmp_path) == []
