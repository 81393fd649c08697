"""The wheel holds all that the program needs, away from the source tree, and its types."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parent.parent
DEPENDENCIES = sysconfig.get_path("purelib")
"""Where the packages are that made needs: those of this environment, so that no test has to fetch them."""
RIGHT = """import made_cli
frame = made_cli.read_table("new.csv")
scores = made_cli.load("run").score_samples(frame).mean()
"""
WRONG = RIGHT + "answer: str = made_cli.load(5).query('age > 50')\n"


@pytest.fixture(scope="module")
def bin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment that has the wheel, and no source tree."""
    folder = tmp_path_factory.mktemp("wheel")
    environment = folder / "environment"
    venv.create(environment, symlinks=True)
    (site,) = (environment / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(f"{DEPENDENCIES}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input"]
    source = folder / "source"  # a copy: what building leaves behind could be in the next wheel
    shutil.copytree(ROOT / "made_cli", source / "made_cli", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = folder.glob("made_cli-*.whl")
    python = environment / "bin" / "python"
    subprocess.run([*pip, "--python", python, "install", "--no-deps", "--no-index", wheel], check=True)
    return environment / "bin"


def _run(folder: Path, *command: str | Path) -> str:
    """Runs a program in a folder, and returns what it wrote."""
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, env=outside, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def test_the_installed_program_works_outside_the_source_tree(bin_folder: Path, tmp_path: Path) -> None:
    place = _run(tmp_path, bin_folder / "python", "-c", "import made_cli; print(made_cli.__file__)")
    assert Path(place).is_relative_to(bin_folder.parent)
    made = bin_folder / "made"
    assert "ensemble-eval" in _run(tmp_path, made, "--help")
    table = ROOT / "sample_data" / "penguins.csv"
    _run(tmp_path, made, "train", table, "--out", "run", "--epochs", "1", "--hidden", "8")
    assert _run(tmp_path, made, "score", "run", table).startswith("log_prob\n")
    _run(tmp_path, made, "report", "run", "-o", "run.html")
    assert (tmp_path / "run.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_types_are_there_for_those_who_import_it(bin_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\n[mypy-torch.*]\nfollow_imports = skip\n")
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    mypy = [sys.executable, "-m", "mypy", "--python-executable", str(bin_folder / "python")]
    assert "no issues" in _run(tmp_path, *mypy, "right.py")
    refused = subprocess.run([*mypy, "wrong.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "[arg-type]" in refused.stdout
    assert "[assignment]" in refused.stdout
