"""What is written comes back bit for bit."""

from pathlib import Path

import numpy as np

from made_cli.config import TrainingConfig
from made_cli.ensemble.members import log_likelihoods
from made_cli.runs.loading import load_run
from tests.training.small import finish, table, trainer_of, twins


def test_saving_and_loading_changes_no_bit_of_the_scores(tmp_path: Path) -> None:
    trainer = finish(trainer_of(twins(), TrainingConfig(epochs=3, networks=2), tmp_path / "run"))
    codes = trainer.record.schema.encode(table(twins()))
    loaded = load_run(tmp_path / "run")
    assert np.array_equal(
        log_likelihoods(trainer.run.members(), codes).view(np.int64),
        log_likelihoods(loaded.members(), loaded.record.schema.encode(table(twins()))).view(np.int64),
    )


def test_a_moved_folder_loads(run: Path) -> None:
    run.rename(run.with_name("elsewhere"))
    assert len(load_run(run.with_name("elsewhere")).networks) == 1
