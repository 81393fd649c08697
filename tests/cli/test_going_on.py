"""`made train` says how to go on, and it is true: each command that it prints does it."""

import json
import os
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from made_cli.errors import Exit
from made_cli.training import network_trainer
from tests.cli.program import Started, error, made

BRIEF = ("--hidden", "8", "--epochs", "2")
MORE = ("--resume", "--epochs", "3")


@pytest.fixture
def unfinished() -> Iterator[None]:
    """No training has converged."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network_trainer, "levelled_off", lambda evaluations: False)
        yield


def trained(data: Path, folder: Path, *options: str | Path) -> Path:
    done = made("train", data, "--out", folder / "a run", *BRIEF, *options, "-q")
    assert (done.code, done.err) == (0, "")
    return folder / "a run"


def metrics(run: Path) -> dict[str, Any]:
    found = json.loads((run / "metrics.json").read_bytes())
    assert isinstance(found, dict)
    return found


# Not converged -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("unfinished")
def test_what_train_says_at_an_end_too_soon_goes_on_when_it_is_typed(tables: Path, tmp_path: Path) -> None:
    data = tables / "t.data"
    done = made("train", data, "--no-header", "--out", tmp_path / "a run", *BRIEF)
    last = done.err.splitlines()[-1]
    assert last.startswith("not converged: validation had not levelled off; go on with: made train ")
    before = metrics(tmp_path / "a run")
    words = shlex.split(last.partition("go on with: made ")[2])
    assert words[-3:-1] == ["--resume", "--time-limit"]
    assert made(*words[:-1], "0.3s", "-q").code == 0
    after = metrics(tmp_path / "a run")
    assert (before["converged"], after["converged"], before["networks"][0]["converged"]) == (False, False, False)
    assert after["networks"][0]["steps"] > before["networks"][0]["steps"]
    assert after["cycles"] == 2


def test_a_training_that_converged_ends_without_a_word_of_it(tables: Path, tmp_path: Path) -> None:
    done = made("train", tables / "t.csv", "--out", tmp_path / "run", *BRIEF)
    assert "not converged" not in done.err
    assert "--resume" not in done.err
    assert metrics(tmp_path / "run")["converged"]
    assert metrics(tmp_path / "run")["networks"][0]["converged"]


@pytest.mark.usefixtures("unfinished")
def test_what_asks_an_unfinished_run_says_so_once_on_standard_error(tables: Path, tmp_path: Path) -> None:
    run, rows = trained(tables / "t.csv", tmp_path), tables / "t.csv"
    for command in [
        ("score", run, rows),
        ("sample", run, "-n", "3"),
        ("impute", run, rows),
        ("query", run, "age > 40", "--samples", "50"),
    ]:
        said = made(*command)
        assert said.code == 0
        told = [line for line in said.err.splitlines() if "has not converged" in line]
        assert told == [
            f"{run}: training has not converged, so answers may be off by more than their ±; go on with: "
            f"made train {shlex.quote(str(rows))} --out '{run}' --resume --time-limit 1s"
        ]
        quiet = made(*command, "-q")
        assert (quiet.err, quiet.out) == ("", said.out)


@pytest.mark.usefixtures("unfinished")
def test_info_shows_whether_a_run_and_each_network_converged(run: Path, tables: Path, tmp_path: Path) -> None:
    unfinished = trained(tables / "t.csv", tmp_path)
    for folder, converged in ((run, True), (unfinished, False)):
        text = " ".join(made("info", folder).out.split())
        assert ("converged yes" in text) == converged
        assert ("converged no; go on with: made train DATA" in text.replace("│", "")) != converged
        assert ("epoch, converged" in text) == converged
        found = json.loads(made("info", folder, "--json").out)["metrics"]
        assert (found["converged"], found["networks"][0]["converged"]) == (converged, converged)


def test_a_table_that_is_too_small_gets_a_line_and_another_none(tables: Path, tmp_path: Path) -> None:
    (tmp_path / "small.csv").write_text("a,b,c,d,e,f\n" + "".join(f"{n},{n % 2},x,y,{n % 3},z\n" for n in range(5)))
    told = made("train", tmp_path / "small.csv", "--out", tmp_path / "small", *BRIEF).err
    assert "4 training rows for 6 columns" in told
    assert "1 validation rows, fewer than 30" in told
    enough = made("train", tables / "t.csv", "--valid", tables / "t.csv", "--out", tmp_path / "run", *BRIEF).err
    assert "training rows for" not in enough
    assert "fewer than" not in enough


# Going on ------------------------------------------------------------------------------------------------------------


def test_a_run_that_has_ended_goes_on_for_more_epochs_or_time(tables: Path, tmp_path: Path) -> None:
    run = trained(tables / "t.csv", tmp_path)
    error(made("train", tables / "t.csv", "--out", run, "--resume"), Exit.RUN_REFUSED, "--time-limit 5m", "--epochs N")
    assert made("train", tables / "t.csv", "--out", run, *MORE, "-q").code == 0
    assert (metrics(run)["networks"][0]["epochs"], metrics(run)["cycles"]) == (5, 2)
    assert made("train", tables / "t.csv", "--out", run, "--resume", "--time-limit", "0.3s", "-q").code == 0
    assert metrics(run)["networks"][0]["epochs"] > 5
    assert metrics(run)["cycles"] == 3


def test_a_taken_folder_names_the_way_to_go_on_that_works_there(tables: Path, tmp_path: Path) -> None:
    run = trained(tables / "t.csv", tmp_path)
    command = ("train", tables / "t.csv", "--out", run, *BRIEF)
    assert "or train it further with --resume --time-limit 5m" in made(*command).err
    (run / "manifest.json").write_text("{")
    assert "--resume" not in made(*command).err


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_cycle_that_is_interrupted_goes_on_as_it_says(tables: Path, tmp_path: Path) -> None:
    run = trained(tables / "t.csv", tmp_path, "--networks", "2")
    lines = len((run / "metrics.jsonl").read_bytes().splitlines())
    process = Started("train", tables / "t.csv", "--out", run, "--resume", "--time-limit", "60m", folder=tmp_path)
    process.wait_until(lambda: len((run / "metrics.jsonl").read_bytes().splitlines()) > lines)
    process.send(signal.SIGINT)
    done = process.done()
    assert done.code == Exit.INTERRUPTED
    assert "go on with --resume" in made("train", tables / "t.csv", "--out", run).err
    assert "--time-limit" not in made("train", tables / "t.csv", "--out", run).err
    assert made("score", run, tables / "t.csv").code == 0  # meanwhile
    words = shlex.split(done.err.splitlines()[-1].removeprefix("Go on with: made "))
    assert words[-1] == "--resume"
    assert made(*words, "--time-limit", "0.2s", "-q").code == 0
    assert metrics(run)["finished"]
    assert metrics(run)["cycles"] == 2


# Settings typed again ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--hidden", "9"), ["--hidden 9", "begun with 8"]),
        (("--precision", "bfloat16"), ["--precision bfloat16", "begun with float32"]),
        (("--seed", "3"), ["--seed 3", "begun with 0"]),
        (("--learning-rate", "0.5"), ["--learning-rate 0.5"]),
        (("--orderings", "2"), ["--orderings 2", "begun with 4"]),
        (("--networks", "2"), ["--networks 2", "begun with 1"]),
        (("--batch-size", "200"), ["--batch-size 200", "begun with 50"]),  # though it is the default
        (("--valid", "0.2"), ["--valid 0.2", "begun with 0.1"]),
        (("--valid", "t.csv"), ["--valid t.csv", "begun with 0.1"]),
        (("--drop", "city"), ["--drop", "begun with other"]),
        (("--kind", "age=categorical"), ["--kind", "begun with other"]),
        (("--force",), ["--resume", "--force"]),
    ],
)
def test_a_setting_that_is_not_the_runs_is_refused(
    options: tuple[str, ...], words: list[str], tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tables)
    run = trained(tables / "t.csv", tmp_path, "--batch-size", "50")
    before = (run / "manifest.json").read_bytes()
    error(made("train", "t.csv", "--out", run, *MORE, *options), Exit.USAGE, *words)
    assert (run / "manifest.json").read_bytes() == before


def test_settings_that_are_the_runs_may_be_typed_again(tables: Path, tmp_path: Path) -> None:
    own = ("--batch-size", "50", "--drop", "city", "--kind", "age=categorical", "--valid", str(tables / "t.parquet"))
    run = trained(tables / "t.csv", tmp_path, *own)
    again = ("--hidden", "8", "--seed", "0", *own)
    assert made("train", tables / "t.csv", "--out", run, *MORE, *again, "-q").code == 0
    assert metrics(run)["cycles"] == 2


def test_a_setting_of_the_environment_counts_as_typed(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained(tables / "t.csv", tmp_path)
    monkeypatch.setenv("MADE_TRAIN_SEED", "5")
    error(made("train", tables / "t.csv", "--out", run, *MORE), Exit.USAGE, "--seed 5", "begun with 0")


def test_a_precision_that_is_left_open_is_that_of_the_run(tables: Path, tmp_path: Path) -> None:
    run = trained(tables / "t.csv", tmp_path, "--precision", "bfloat16")
    assert made("train", tables / "t.csv", "--out", run, *MORE, "--precision", "auto", "-q").code == 0
    shown = json.loads(made("info", run, "--json").out)
    assert (shown["training"]["precision"], shown["metrics"]["cycles"]) == ("bfloat16", 2)
    assert "products in bfloat16" in made("info", run).out
