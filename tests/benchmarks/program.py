"""What the benchmark scripts share: running `made` and its peers, tables in and out, results kept.

Knows: the program's own commands and what their files hold. Scripts that use it are run as modules from the
repository's root, `python -m tests.benchmarks.continuous`.
"""

import argparse
import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.tables.text.numbers import parse

Table = Path | str
"""A file that `made` reads; "file.npz:test" has a name after it."""


def made(*arguments: str) -> str:
    """Runs one command and returns its standard output; what it says to people goes to standard error."""
    command = [sys.executable, "-m", "made_cli", *arguments]
    # Not subprocess.run, which kills what it runs on Ctrl-C: a training is to save itself.
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        output, _ = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return output


def parser(about: str | None, runs: str, data: str | None = None) -> argparse.ArgumentParser:
    """Returns a parser with the options of all scripts; `runs` is the default of --runs, `data` what --data holds."""
    found = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    if data is not None:
        found.add_argument("--data", type=Path, required=True, help=f"folder with {data}")
    found.add_argument("--runs", type=Path, default=Path(runs), help="folder for run folders, tables and results")
    found.add_argument("--train", default="", help="more options for `made train`")
    return found


def add_machine(found: argparse.ArgumentParser) -> None:
    """Adds what `machine` turns into options of `made`: --threads and --seed."""
    found.add_argument("--threads", type=int, default=1, help="processor threads of every command")
    found.add_argument("--seed", type=int, default=0, help="seed of every command")


def machine(options: argparse.Namespace) -> list[str]:
    """Returns the options of `made train`, `score`, `query` and `ensemble-eval` for threads and seed."""
    return ["--threads", str(options.threads), "--seed", str(options.seed)]


def setting(text: str) -> tuple[str, str]:
    """Reads NAME='options of made train'.

    >>> setting("one=--orderings 1"), setting("default=")
    (('one', '--orderings 1'), ('default', ''))
    """
    name, equals, options = text.partition("=")
    if not equals or not name.replace("-", "").isalnum():
        raise argparse.ArgumentTypeError(f"{text!r}: write NAME='options of made train', such as one='--orderings 1'")
    return name, options


def train(run: Path, table: Table, options: str, *more: str, threads: int | None = None) -> float:
    """Trains a run, or goes on where its training was interrupted; returns the seconds that its training took.

    Args:
        run: the run folder. A run that is finished is left as it is.
        table: rows to learn from.
        options: of `made train`, as one types them. They are kept beside the run, RUN.train, so that no run of other
            options is taken for this one.
        more: options that the user of a script did not choose, such as --valid.
        threads: of the processor; all by default.
    """
    asked, machine = run.with_name(f"{run.name}.train"), [] if threads is None else ["--threads", str(threads)]
    if asked.exists() and asked.read_text() != options + "\n":
        raise SystemExit(f"{run} was trained with {asked.read_text().strip()!r}, not {options!r}; name another --runs")
    run.parent.mkdir(parents=True, exist_ok=True)
    asked.write_text(options + "\n")
    metrics = run / "metrics.json"
    if not (metrics.exists() and json.loads(metrics.read_text())["finished"]):
        # A run that was killed before it had a manifest has nothing to go on with.
        begun = (run / "manifest.json").exists()
        chosen = ["--resume"] if begun else ["--force", *more, *shlex.split(options)]
        made("train", str(table), "--out", str(run), *machine, *chosen)
    return float(json.loads(metrics.read_text())["seconds"])


def score(run: Path, table: Table, *options: str) -> NDArray[np.float64]:
    """Returns (N,) log-likelihoods, by default of the equal mixture of a run's members, nats in the user's units."""
    text = made("score", str(run), str(table), *options)
    return pd.read_csv(io.StringIO(text))["log_prob"].to_numpy(np.float64)


def labels_of(run: Path) -> list[str]:
    """Returns the columns that a run takes for labels; a run that leaves columns out has no comparable likelihood."""
    found = json.loads(made("info", str(run), "--json"))
    if found["left_out"]:
        raise SystemExit(f"{run} leaves columns out: {found['left_out']}; name their kinds with --train '--kind …'")
    return [column["name"] for column in found["columns"] if column["kind"] != "numeric"]


def peer(python: Path, script: str, *arguments: str) -> str:
    """Runs a script of this folder under a peer's interpreter on one thread; returns its standard output."""
    command = [str(python), str(Path(__file__).with_name(script)), *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout


def kept(file: Path, find: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Returns what the JSON file holds; where there is none, finds it out and writes it."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(find(), indent=1) + "\n")
    return dict(json.loads(file.read_text()))


def read(path: Path | str) -> pd.DataFrame:
    """Reads a CSV, each cell the text it is."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def numbers_of(frame: pd.DataFrame) -> list[str]:
    """Returns the columns whose every cell is a number."""
    return [name for name in frame.columns if all(parse(text) is not None for text in frame[name].unique())]


def boosting(kind: str, **more: Any) -> Any:  # noqa: ANN401 -- scikit-learn has no types
    """Returns scikit-learn's HistGradientBoostingClassifier or -Regressor for `features`, at its defaults, seed 0."""
    from sklearn import ensemble

    return getattr(ensemble, f"HistGradientBoosting{kind}")(categorical_features="from_dtype", random_state=0, **more)


def features(frames: Sequence[pd.DataFrame], numbers: Iterable[str]) -> list[pd.DataFrame]:
    """Turns tables of text into what HistGradientBoosting takes with `categorical_features="from_dtype"`.

    Args:
        frames: of the same columns; empty cells are missing.
        numbers: columns to hold numbers; the others hold labels, a label the same category in every table.

    Returns:
        A table for each.
    """
    found = [pd.DataFrame(index=frame.index) for frame in frames]
    for name in frames[0].columns:
        labels = sorted(set().union(*(frame[name].unique() for frame in frames)) - {""})
        for frame, made_of in zip(frames, found, strict=True):
            made_of[name] = (
                pd.to_numeric(frame[name], errors="coerce").astype(np.float64)
                if name in numbers
                else pd.Categorical(frame[name], categories=labels)
            )
    return found


def show(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a Markdown table, each row as soon as it is known."""
    sys.stdout.write("| " + " | ".join(headers) + " |\n" + "|---" * len(headers) + "|\n")
    for row in rows:
        sys.stdout.write("| " + " | ".join(row) + " |\n")
        sys.stdout.flush()
