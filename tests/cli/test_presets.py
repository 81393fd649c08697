"""`made train --preset`: what each spends, and what `best` says of its search."""

import json
import re
import signal
from pathlib import Path

import pytest

from made_cli.cli.messages import Messages
from made_cli.cli.trials import settings_with_progress
from made_cli.config import TIME_LIMITS, NetworkConfig, TrainingConfig
from made_cli.errors import Exit, UserError
from made_cli.training.prepare import prepare
from tests.cli.program import error, made
from tests.training.small import CPU, table, twins


@pytest.fixture(scope="module")
def best(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run that was searched for, and what was said of it."""
    folder = tmp_path_factory.mktemp("best") / "run"
    done = made("train", tables / "t.csv", "--out", folder, "--preset", "best", "--time-limit", "3s", "--hidden", "8")
    assert done.code == 0
    assert done.out == ""
    return folder, done.err


def test_best_shows_what_it_tried_and_how_many_networks_it_trains(best: tuple[Path, str]) -> None:
    folder, said = best
    trials = json.loads((folder / "trials.json").read_bytes())
    lines = said.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("Settings tried"))
    shown = [re.split("  +", line.strip()) for line in lines[start + 2 : start + 2 + len(trials)]]
    assert [line[0] for line in shown] == [str(trial["round"]) for trial in trials]
    assert [line[6] for line in shown] == [f"{trial['valid_nll']:.3f}" for trial in trials]
    record = json.loads((folder / "run.json").read_bytes())
    assert f"training {len(record['orderings'])} networks with the settings kept last" in lines


def test_info_shows_the_trials_too(best: tuple[Path, str]) -> None:
    folder, _ = best
    assert "Settings tried" in made("info", folder).out
    found = json.loads(made("info", folder, "--json").out)
    assert found["trials"] == json.loads((folder / "trials.json").read_bytes())
    assert found["training"]["preset"] == "best"


def test_a_run_that_was_searched_for_answers_questions(best: tuple[Path, str]) -> None:
    done = made("query", best[0], "flag == 1", "--given", "city=Ulm", "--samples", "100", "--json")
    assert 0 < json.loads(done.out)["probability"] < 1


@pytest.mark.parametrize(("preset", "limit"), [("fast", TIME_LIMITS["fast"]), ("default", None)])
def test_the_other_presets_search_for_nothing(preset: str, limit: float | None, tables: Path, tmp_path: Path) -> None:
    options = ("--preset", preset, "--hidden", "8", "--epochs", "2", "-q")
    assert made("train", tables / "t.csv", "--out", tmp_path / "run", *options).code == 0
    found = json.loads(made("info", tmp_path / "run", "--json").out)
    assert (found["training"]["time_limit"], found["trials"]) == (limit, [])


def test_there_are_three_presets(tables: Path) -> None:
    error(made("train", tables / "t.csv", "--out", "new", "--preset", "worst"), Exit.USAGE, "worst", "fast", "best")


def test_all_orderings_leave_no_questions_out(tables: Path) -> None:
    done = made("train", tables / "t.csv", "--out", "new", "--orderings", "all", "--questions", "none")
    error(done, Exit.USAGE, "--questions none", "--orderings all")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, Exit.INTERRUPTED), (signal.SIGTERM, Exit.TERMINATED)])
def test_an_interrupted_search_leaves_nothing_and_says_so(number: int, code: Exit) -> None:
    asked = prepare(table(twins()), None, NetworkConfig(hidden=(8,)), TrainingConfig(preset="best"))
    with pytest.raises(UserError, match="interrupted while settings were being chosen; nothing is saved") as caught:
        settings_with_progress(asked, CPU, Messages(quiet=True), [number])
    assert caught.value.code == code
    assert caught.value.hint == "Type it again."
