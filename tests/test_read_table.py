"""Files are read in Python as the commands read them."""

import warnings
from pathlib import Path

import pytest

import made_cli
from made_cli.errors import Exit

ROWS = "".join(f"{n % 7},0{n % 3}\n" for n in range(30))


def test_cells_are_the_text_that_was_written(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("n,code\n" + ROWS)
    frame = made_cli.read_table(tmp_path / "a.csv", tmp_path / "b.csv")
    assert (frame.shape, frame["code"].tolist()[:3]) == ((60, 2), ["00", "01", "02"])
    assert made_cli.read_table(tmp_path).equals(frame)


def test_bad_lines_are_errors_or_set_aside(tmp_path: Path) -> None:
    path, bad = tmp_path / "t.csv", tmp_path / "bad.csv"
    path.write_text("n,code\n" + ROWS + "1\n2,3,4\n")
    with pytest.raises(made_cli.UserError, match="line 32: 1 cell") as caught:
        made_cli.read_table(path)
    assert caught.value.code == Exit.BAD_DATA
    assert len(made_cli.read_table(path, rejects=bad)) == 30
    assert bad.read_text() == "1\n2,3,4\n"
    with pytest.raises(made_cli.UserError, match="line 33: 3 cells"):
        made_cli.read_table(path, rejects=bad, max_bad_rows=1)


def test_what_looks_wrong_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("made in Ulm\n" + ROWS)
    with pytest.warns(UserWarning, match="line 2 does not look like names"):
        made_cli.read_table(path, skip_lines=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(made_cli.read_table(path, skip_lines=1, header=False)) == 30
