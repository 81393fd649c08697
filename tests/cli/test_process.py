"""What only a real process shows: signals, pipes, and what is imported."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from made_cli.runs.folder import Folder
from tests.cli.program import Done, Started, made
from tests.trust.signals import signalled

ROOT = Path(__file__).resolve().parents[2]
EPOCHS = 40
TRAIN = ("--hidden", "8", "--epochs", str(EPOCHS), "--batch-size", "10", "--patience", "100000", "--dropout", "0.2")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and pipes are POSIX's")


def interrupted(tables: Path, folder: Path, number: signal.Signals, *options: str) -> Done:
    """Starts a training and sends it a signal once it has evaluated the validation rows."""
    process = Started("train", tables / "t.csv", "--out", folder / "run", *TRAIN, *options, folder=folder)
    evaluations = folder / "run" / "metrics.jsonl"
    process.wait_until(evaluations.exists)
    process.send(number)
    return process.done()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_the_training_and_resume_goes_on(
    number: signal.Signals, code: int, tables: Path, tmp_path: Path
) -> None:
    done = interrupted(tables, tmp_path, number, "--quiet")
    assert (done.code, done.out) == (code, "")
    said, hint = done.err.splitlines()
    assert said.startswith("Interrupted; all is saved in ")
    words = hint.removeprefix("Go on with: made ").split()
    assert words == ["train", str(tables / "t.csv"), "--out", str(tmp_path / "run"), "--resume"]
    assert made("score", tmp_path / "run", tables / "t.csv").code == 0  # meanwhile
    assert made(*words, "--quiet") == Done(0, "", "")
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_bytes())
    assert metrics["finished"]
    assert metrics["networks"][0]["epochs"] == EPOCHS


def test_the_way_to_go_on_names_how_the_data_are_read(tables: Path, tmp_path: Path) -> None:
    options = ("--no-header", "--delimiter", " ")
    process = Started("train", tables / "t.data", "--out", tmp_path / "a run", *TRAIN, *options, folder=tmp_path)
    process.wait_until((tmp_path / "a run" / "metrics.jsonl").exists)
    process.send(signal.SIGINT)
    hint = process.done().err.splitlines()[-1]
    assert hint == (
        f"Go on with: made train {tables / 't.data'} --no-header --delimiter ' ' --out '{tmp_path}/a run' --resume"
    )


@pytest.fixture(scope="module")
def whole(tables: Path) -> bytes:
    """The weights of a training that nobody killed."""
    assert made("train", tables / "t.csv", "--out", tables / "whole", *TRAIN).code == 0
    return (tables / "whole" / "networks" / "0.safetensors").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("moment", [0.0, 0.3])
def test_a_killed_training_goes_on_from_what_it_saved(
    moment: float, whole: bytes, tables: Path, tmp_path: Path
) -> None:
    process = Started("train", tables / "t.csv", "--out", tmp_path / "run", *TRAIN, folder=tmp_path)
    process.wait_until((tmp_path / "run" / "manifest.json").exists)
    process.process.join(moment)
    process.send(signal.SIGKILL)
    assert process.done().code == -signal.SIGKILL
    Folder(tmp_path / "run").open()
    assert made("train", tables / "t.csv", "--out", tmp_path / "run", "--resume").code == 0
    assert (tmp_path / "run" / "networks" / "0.safetensors").read_bytes() == whole


def test_a_reader_that_has_seen_enough_ends_the_program_quietly(run: Path) -> None:
    command = f'"{sys.executable}" -m made_cli sample "{run}" -n 5000 -q | head -n 1; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "flag,twin,city,age,pay\n141\n"
    assert done.stderr == ""


def test_help_imports_neither_torch_nor_pandas_nor_pyarrow() -> None:
    code = (
        "import sys; from made_cli.cli.app import main; sys.argv = ['made', sys.argv[1], '--help']\n"
        "try: main()\n"
        "finally: print(*sorted({'torch', 'pandas', 'pyarrow', 'safetensors'} & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, "train"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "--orderings" in done.stdout
    assert done.stderr == "\n"


def test_what_asks_a_run_imports_nothing_of_training(run: Path, tables: Path, tmp_path: Path) -> None:
    commands = [
        ["score", str(run), str(tables / "t.csv")],
        ["sample", str(run), "-n", "3"],
        ["impute", str(run), str(tables / "t.csv")],
        ["query", str(run), "age > 40", "--samples", "50"],
        ["info", str(run)],
    ]
    code = (
        "import sys; from made_cli.cli.app import main\n"
        f"for sys.argv in {[['made', *command] for command in commands]}:\n"
        "    try: main()\n"
        "    except SystemExit as end: assert not end.code, sys.argv\n"
        "print(*[name for name in sys.modules if name.startswith('made_cli.training')], file=sys.stderr)\n"
        "assert 'made_cli.runs.loading' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == ""


def test_the_list_of_commands_needs_no_configuration() -> None:
    code = "import sys, made_cli.cli.app; print('pydantic' in sys.modules)"  # which checks each that is made
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_program_ends_with_the_exit_code_of_the_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "made_cli", "train", "x.csv"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", [0.0, 0.2])  # which is while torch is imported
def test_a_signal_ends_every_command_at_once_with_a_line(
    number: signal.Signals, moment: float, run: Path, tables: Path, tmp_path: Path
) -> None:
    command = ["score", str(run), str(tables / "t.csv"), "-o", str(tmp_path / "o.csv")]
    code, said = signalled(tmp_path, command, number, moment)
    assert code == 128 + number
    what = "no file is left half-written\nType the command again."
    assert said == f"Interrupted by {number.name}; {what}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_signal_before_the_first_save_says_what_there_is(tmp_path: Path) -> None:
    data = tmp_path / "t.csv"
    os.mkfifo(data)
    process = Started("train", data, "--out", tmp_path / "run", folder=tmp_path)
    writer = os.open(data, os.O_WRONLY)  # waits until the command reads
    process.send(signal.SIGINT)
    done = process.done()
    os.close(writer)
    assert (done.code, done.out) == (130, "")
    said, hint = done.err.splitlines()
    assert said == "Interrupted by SIGINT; no network is trained yet, and no run is made"
    assert hint == "Type the command again."
    assert not (tmp_path / "run").exists()


def test_a_signal_while_a_table_is_written_leaves_nothing(run: Path, tmp_path: Path) -> None:
    process = Started("sample", run, "-n", "40000", "-o", tmp_path / "o.csv", "-q", folder=tmp_path)
    process.wait_until(lambda: any(tmp_path.glob(".made-*.tmp")))
    process.send(signal.SIGTERM)
    done = process.done()
    assert (done.code, done.out) == (143, "")
    assert "Interrupted by SIGTERM" in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stderr", "stdout"]


def test_a_second_signal_waits_for_nothing(tables: Path, tmp_path: Path) -> None:
    endless = ("--epochs", "100000", "--patience", "100000", "--hidden", "8")
    process = Started("train", tables / "t.csv", "--out", tmp_path / "run", *endless, folder=tmp_path)
    process.wait_until((tmp_path / "run" / "metrics.jsonl").exists)
    process.send(signal.SIGINT)
    process.send(signal.SIGTERM)
    assert process.done().code in (130, 143)
    Folder(tmp_path / "run").open()
