"""A run folder that the tests of made_cli.runs may damage."""

import shutil
from pathlib import Path

import pytest

from made_cli.config import TrainingConfig
from tests.training.small import finish, trainer_of, twins


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trained") / "run"
    finish(trainer_of(twins(), TrainingConfig(epochs=2), path))
    return path


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A run folder that a test may damage."""
    shutil.copytree(trained, tmp_path / "run")
    return tmp_path / "run"
