"""Small pictures in a terminal: all of them fit, each line is told from the others, and pipes get none."""

import io
import re
import sys
from pathlib import Path

import pytest

from made_cli.cli.pictures import BLANK, HEIGHT, Line, picture, show_picture
from tests.cli.program import BRIEF_EVALUATION, made

DOTS = re.compile(f"[{chr(BLANK + 1)}-{chr(BLANK + 255)}]")
CURVES = [
    Line("bound", [(0, 17.6), (1, 17.5), (2, 17.6)]),
    Line("equal mixture", [(0, 17.6), (1, 16.9), (2, 16.61)]),
    Line("product", [(0, 17.6), (1, 16.7), (2, 16.6)]),
]
MARKS = [(0.0, "1"), (1.0, "2"), (2.0, "4")]


@pytest.mark.parametrize("width", [40, 79])
@pytest.mark.parametrize("fine", [True, False])
def test_a_picture_is_no_wider_than_it_may_be_and_names_each_line_once(width: int, fine: bool) -> None:
    drawn = picture(CURVES, MARKS, "K", width=width, fine=fine).plain
    lines = drawn.splitlines()
    assert len(lines) == HEIGHT + 1
    assert max(map(len, lines)) <= width
    assert all(drawn.count(f" {line.name}") == 1 for line in CURVES)
    assert fine or drawn.isascii()
    assert lines[-1].split() == ["1", "2", "4", "K"]


def test_names_stand_in_the_order_in_which_lines_end() -> None:
    lines = picture(CURVES, MARKS, "K", width=60, fine=True).plain.splitlines()
    rows = [
        next(row for row, line in enumerate(lines) if line.endswith(name)) for name in ("bound", "mixture", "product")
    ]
    assert rows == [0, HEIGHT - 2, HEIGHT - 1]


def test_a_line_passes_the_rows_of_its_values() -> None:
    lines = picture([Line("down", [(0, 8), (7, 1)])], [], "", width=40, fine=False).plain.splitlines()
    assert [line.index("*") for line in lines[:HEIGHT]] == sorted(line.index("*") for line in lines[:HEIGHT])
    assert lines[0].startswith("8.000 |*")
    assert lines[HEIGHT - 1].startswith("1.000 |")


def test_one_point_and_lines_all_level_have_a_picture() -> None:
    assert "1.000" in picture([Line("a", [(0, 1)])], [(0, "0")], "x", width=40, fine=True).plain
    assert "2.000" in picture([Line("a", [(0, 2), (1, 2)])], [(0, "0")], "x", width=40, fine=False).plain


@pytest.mark.usefixtures("few_rows")
def test_info_and_ensemble_eval_draw_in_a_terminal_alone(
    run: Path, tables: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = (("info", run), ("ensemble-eval", run, tables / "t.csv", *BRIEF_EVALUATION, "-q"))
    assert not any(DOTS.search(made(*command).out) for command in commands)
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes that for a terminal
    monkeypatch.setenv("COLUMNS", "80")
    for command, names in zip(commands, (["validation"], ["bound", "equal mixture", "product"]), strict=True):
        lines = re.sub(r"\x1b\[[\d;]*m", "", made(*command).out).splitlines()
        drawn = [line for line in lines if DOTS.search(line)]
        assert drawn
        assert max(map(len, drawn)) <= 80
        assert all(any(name in line for line in drawn) for name in names)


def test_an_encoding_without_dots_has_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    shown = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stdout", shown)
    show_picture("NLL", CURVES, MARKS, "K")
    shown.flush()
    assert isinstance(shown.buffer, io.BytesIO)
    assert b"+ product" in shown.buffer.getvalue()
