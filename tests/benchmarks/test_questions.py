"""The pure parts of questions.py, sets.py and program.py: what is asked, of which rows, and what is not run twice."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import program, questions, sets


def test_questions_are_drawn_by_seed_and_leave_something_to_ask() -> None:
    known, ones = questions.questions(16, seed=3)
    assert (known, ones) == questions.questions(16, seed=3)
    assert known != questions.questions(16, seed=4)[0]
    assert len(known) == 12
    assert all(0 < len(columns) < 16 and columns == sorted(set(columns)) for columns in known)
    assert len(set(ones)) == 12


def test_test_rows_are_cut_after_a_shuffle(tmp_path: Path) -> None:
    rows = np.arange(20, dtype=np.uint8).reshape(10, 2)
    np.savez(tmp_path / "all.npz", allow_pickle=False, test=rows)
    cut = sets.some(f"{tmp_path / 'all.npz'}:test", 4, 5, tmp_path / "cut")
    assert cut == f"{tmp_path / 'cut.npz'}:rows"
    kept = np.load(tmp_path / "cut.npz")["rows"]
    assert kept.shape == (4, 2)
    assert kept.tolist() != rows[:4].tolist()
    assert {tuple(row) for row in kept} <= {tuple(row) for row in rows}


def test_cut_tables_keep_the_text_of_their_cells(tmp_path: Path) -> None:
    (tmp_path / "all.csv").write_text("id,note\n007,\n1.50,NA\n")
    cut = sets.some(str(tmp_path / "all.csv"), 5, 0, tmp_path / "cut")
    assert sorted(Path(cut).read_text().splitlines()) == ["007,", "1.50,NA", "id,note"]


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
