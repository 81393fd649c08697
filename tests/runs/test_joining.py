"""A run that joins others says of itself what these make of it, and nothing else is believed."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.inference.table_scores import ScoreOptions, TableScorer
from made_cli.runs.folder import Folder
from made_cli.runs.joining import join
from made_cli.runs.loading import load_run
from made_cli.runs.record import joined
from made_cli.runs.run import Run
from tests.runs.damage import change_record, refusal
from tests.training.small import finish, run_until, table, trainer_of, twins


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that joins two, one of them not trained to its end. Not to be changed."""
    folder = tmp_path_factory.mktemp("joining")
    one = trainer_of(twins(), TrainingConfig(epochs=3, networks=3), folder / "one")
    run_until(one, 2)
    network = NetworkConfig(hidden=(5,))
    other = TrainingConfig(epochs=2, orderings=1, questions="none", seed=1)
    finish(trainer_of(twins(), other, folder / "other", network=network))
    join([load_run(folder / "one"), load_run(folder / "other")], folder / "joined")
    return folder / "joined"


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "run"))


def test_only_networks_that_have_weights_are_joined(whole: Path) -> None:
    record = Folder(whole).open()
    one = load_run(whole.parent / "one")
    assert 0 < len(one.networks) < 3
    assert [len(part.orderings) for part in record.parts] == [len(one.networks), 1]
    assert [part.training.networks for part in record.parts] == [len(one.networks), 1]
    assert record == joined(record.schema, record.parts)
    assert not load_run(whole).converged


def first_part(record: dict[str, Any]) -> dict[str, Any]:
    part = record["parts"][0]
    assert isinstance(part, dict)
    return part


FORGED: dict[str, Callable[[dict[str, Any]], object]] = {
    "a part without networks": lambda record: first_part(record).update(orderings=[]),
    "fewer parts": lambda record: record["parts"].pop(),
    "other settings": lambda record: record["training"].update(seed=77),
    "settings left open": lambda record: first_part(record)["training"].update(batch_size=None),
    "another ordering": lambda record: record["orderings"].reverse(),
    "an ordering of too few columns": lambda record: first_part(record)["orderings"][0][0]["columns"].pop(),
    "other shapes": lambda record: first_part(record)["network"].update(hidden=[9, 9]),
}


@pytest.mark.parametrize("forged", FORGED)
def test_what_its_parts_do_not_make_of_it_is_refused(forged: str, run: Path) -> None:
    change_record(run, FORGED[forged])
    refusal(run)


def test_a_network_that_has_no_ordering_for_all_of_a_question_has_no_say_in_it() -> None:
    runs = [
        finish(trainer_of(twins(), config)).run
        for config in (TrainingConfig(epochs=2), TrainingConfig(epochs=2, orderings="natural", questions="none"))
    ]
    parts = [part for run in runs for part in run.record.first(1)]
    both = Run(joined(runs[0].record.schema, parts), [network for run in runs for network in run.networks], None)
    # The fixed network has "two" right after "one", but "size" only after "city".
    options = ScoreOptions(columns=["two", "size"], given=["one"])
    own, of_both = (TableScorer(run, options).score(table(twins())).log_prob for run in (runs[0], both))
    assert own == pytest.approx(of_both, abs=1e-12)
