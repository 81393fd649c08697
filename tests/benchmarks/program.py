"""What the benchmark scripts share: running `made` and its peers, tables in and out, results kept.

Knows: the program's own commands and what their files hold. Scripts that use it are run as modules from the
repository's root, `python -m tests.benchmarks.continuous`.
"""

import argparse
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.tables.text.numbers import parse
from tests.benchmarks.combinations import made


def parser(about: str | None, runs: str, data: str) -> argparse.ArgumentParser:
    """Returns a parser with the options of all scripts; `runs` is the default of --runs, `data` what --data holds."""
    found = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--data", type=Path, required=True, help=f"folder with {data}")
    found.add_argument("--runs", type=Path, default=Path(runs), help="folder for run folders, tables and results")
    found.add_argument("--train", default="", help="more options for `made train`")
    return found


def train(run: Path, table: Path | str, options: str, *more: str) -> float:
    """Trains a run unless it is there, and returns the seconds that its training took."""
    if not run.exists():
        made("train", str(table), "--out", str(run), *more, *options.split())
    return float(json.loads((run / "metrics.json").read_text())["seconds"])


def score(run: Path, table: Path, options: str = "") -> NDArray[np.float64]:
    """Returns (N,) log-likelihoods of the equal mixture of a run's members, nats in the user's units."""
    text = made("score", str(run), str(table), *options.split())
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
