"""`made export`: a member as a file, and what docs/onnx.md does with it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from made_cli.cli import export
from tests import readme
from tests.cli.program import error, made


@pytest.fixture
def model(run: Path, frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the table and the model that docs/onnx.md names; the tests run there."""
    frame.to_csv(tmp_path / "new.csv", index=False)
    monkeypatch.chdir(tmp_path)
    done = made("export", run, "-o", "yours.onnx")
    assert done.code == 0, done.err
    assert done.out == ""
    return tmp_path


def test_the_page_s_program_scores_a_table_as_made_does(model: Path, run: Path) -> None:
    names: dict[str, object] = {}
    exec(
        compile(readme.python((readme.ROOT / "docs" / "onnx.md").read_text(encoding="utf-8")), "onnx.md", "exec"), names
    )
    made("score", run, model / "new.csv", "--permutations", "1", "-o", model / "scores.csv")
    wanted = pd.read_csv(model / "scores.csv")["log_prob"]
    np.testing.assert_allclose(np.asarray(names["log_prob"]), wanted, rtol=1e-5, atol=1e-5)


def test_orderings_count_from_0_and_members_from_1(run: Path, tmp_path: Path) -> None:
    first, second, same = (tmp_path / name for name in ("first.onnx", "second.onnx", "same.onnx"))
    for options in ((first,), (second, "--member", "2"), (same, "--ordering", "1")):
        assert made("export", run, "-o", *options).code == 0
    assert second.read_bytes() == same.read_bytes() != first.read_bytes()
    error(made("export", run, "-o", first), 6, "--force")
    error(made("export", run, "-o", first, "--force", "--member", "1", "--ordering", "0"), 2, "one of them")


def test_what_cannot_be_exported_is_refused(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error(made("export", run, "-o", tmp_path / "model.pt"), 6, "ONNX")
    error(made("export", run, "-o", tmp_path / "none" / "model.onnx"), 6, "none")
    error(made("export", run, "-o", tmp_path / "model.onnx", "--member", "0"), 2, "--member")
    monkeypatch.setattr(export, "find_spec", lambda name: None)
    error(made("export", run, "-o", tmp_path / "model.onnx"), 2, "onnx", "pip install")
    assert not list(tmp_path.iterdir())
