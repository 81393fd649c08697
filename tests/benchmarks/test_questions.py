"""The pure parts of questions.py, sets.py and program.py: what is asked, of which rows, and what is not run twice."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.benchmarks import program, questions, sets

NAMES = [f"c{column}" for column in range(16)]


def test_questions_are_drawn_by_seed_and_leave_something_to_ask() -> None:
    known, ones = questions.questions(NAMES, seed=3)
    assert (known, ones) == questions.questions(NAMES, seed=3)
    assert known != questions.questions(NAMES, seed=4)[0]
    assert len(known) == 12
    assert all(0 < len(columns) < 16 and columns == [n for n in NAMES if n in columns] for columns in known)
    assert len(set(ones)) == 12


def test_answers_are_means_over_rows_and_over_what_is_asked() -> None:
    asked = []

    def score(columns: Sequence[str] | None = None, given: Sequence[str] = ()) -> NDArray[np.float64]:
        columns = [name for name in NAMES if name not in given] if columns is None else columns
        asked.append((*columns, *given))
        return -np.array([0.5, 1.5]) * len(columns)

    found = questions.answers(score, NAMES, seed=3)
    assert (found["whole"], found["one"]) == (16.0, 1.0)
    assert found["rest"] + found["evidence"] == pytest.approx(16.0)
    assert sum(len(each) == 16 for each in asked) >= 1 + 12 + 12


def test_test_rows_are_cut_after_a_shuffle(tmp_path: Path) -> None:
    rows = np.arange(20, dtype=np.uint8).reshape(10, 2)
    np.savez(tmp_path / "all.npz", allow_pickle=False, test=rows)
    cut = sets.some(f"{tmp_path / 'all.npz'}:test", 4, seed=5)
    assert list(cut.columns) == ["c1", "c2"]
    assert cut.shape == (4, 2)
    assert cut.to_numpy().tolist() != rows[:4].tolist()
    assert {tuple(row) for row in cut.to_numpy()} <= {tuple(row) for row in rows}


def test_cut_tables_keep_the_text_of_their_cells(tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text("id,note\n007,\n1.50,NA\n")
    cut = sets.some(str(tmp_path / "all.csv"), 5, seed=0)
    assert sorted(cut.to_numpy().tolist()) == [["007", ""], ["1.50", "NA"]]


def test_a_finished_run_is_not_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    run = tmp_path / "runs" / "plants"

    def made(*arguments: str) -> str:
        asked.append(arguments)
        run.mkdir(exist_ok=True)
        (run / "manifest.json").touch()
        (run / "metrics.json").write_text(json.dumps({"finished": len(asked) == 2, "seconds": 60.0 * len(asked)}))
        return ""

    monkeypatch.setattr(program, "made", made)
    for _ in range(3):
        program.train(run, "rows.csv", "--networks 2", "--valid", "valid.csv", threads=1)
    common = ("train", "rows.csv", "--out", str(run), "--threads", "1")
    assert asked == [(*common, "--force", "--valid", "valid.csv", "--networks", "2"), (*common, "--resume")]
    assert program.train(run, "rows.csv", "--networks 2") == 120.0
    with pytest.raises(SystemExit, match="was trained with '--networks 2', not '--networks 3'"):
        program.train(run, "rows.csv", "--networks 3")
