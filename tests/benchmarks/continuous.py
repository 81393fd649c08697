"""Test log-likelihood on tables of numbers, beside Gaussian mixtures and a neural spline flow.

Knows: the protocol below; `made`'s own commands, scikit-learn's GaussianMixture, and continuous_nsf.py for the flow.

    python -m venv peers && peers/bin/pip install numpy torch zuko
    python -m tests.benchmarks.continuous --data DATA --train '--networks 4 --orderings 1' --peer-python PYTHON

Data: DATA/continuous/NAME.csv or .csv.gz. Rows are shuffled by numpy.random.default_rng(0).permutation(N): the first
int(0.8 N) train, those up to int(0.9 N) validate, the rest test. Figures are the mean over the test rows of the natural
logarithm of the density of a row (more is better), each column in units of its training standard deviation (ddof 0),
± the standard error of that mean.

- made: trained on the training rows with --valid the validation rows; the equal mixture of the members, as `made score`
  gives it: the probability of the recorded cell over its width, which is bounded where numbers are tied. A column that
  made takes for labels (few distinct numbers) has probabilities; they are divided by the step in which its numbers
  were recorded, so that they are densities of the same kind.
- gmm: scikit-learn's GaussianMixture, full covariances, 1, 2, 4, 8, 16 or 32 components by the validation rows, two
  starts each, at most 500 iterations, the defaults else (reg_covar 1e-6).
- nsf: see continuous_nsf.py. Three settings by the validation rows; the large one alone where there are more than
  20,000 training rows. One thread, at most --seconds of the processor for a set.
- gmm-cells, nsf-cells: the same, trained on rows moved at random within their recorded cells, and the density of a test
  row the mean over its cell, from 16 random points: the same kind of density as made's, and to be compared with it.
  gmm and nsf take the density at the recorded point, which has no bound: on columns full of ties it grows with the
  height of the spikes alone. Where numbers are recorded finely the two kinds agree.

What the peers reach is kept in --runs as NAME-WAY.json; delete a file to have it found again.
"""

import argparse
import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.tables.text.numbers import decimals_of, number_format
from tests.benchmarks import program, sets

SETS = ("wine_red", "wine_white", "parkinsons_updrs", "kin40k", "protein", "keggdirected")
COMPONENTS = (1, 2, 4, 8, 16, 32)
MANY_ROWS = 20_000
WAYS = ("made", "gmm", "nsf", "gmm-cells", "nsf-cells")
POINTS = 16
Arrays = dict[str, NDArray[np.float64]]
"""train, valid and test (N, D), and the widths (D) of the recorded cells."""


def main() -> None:
    """Runs what is asked for, and prints a Markdown table."""
    parser = program.parser(__doc__, "runs/continuous", "continuous/")
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=WAYS)
    parser.add_argument("--score", default="", help="more options for `made score`, such as '--permutations 32'")
    parser.add_argument("--peer-python", type=Path, help="interpreter that has torch and zuko; without it no new nsf")
    parser.add_argument("--seconds", type=float, default=720.0, help="of the processor, for a flow on one set")
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    program.show(["set", "rows × columns", *options.ways], (row(name, options) for name in options.sets))


def row(name: str, options: argparse.Namespace) -> list[str]:
    """Returns the cells of one set."""
    parts = sets.split(options.data / "continuous" / f"{name}.csv", options.runs, name)
    arrays = standardised(parts)
    cells = [name, f"{len(parts['train'])} × {parts['train'].shape[1]}"]
    for way in options.ways:
        file = options.runs / f"{name}-{way}.json"
        if way == "made":
            found = made(name, arrays["widths"], options)
        elif way.startswith("gmm"):
            found = program.kept(file, partial(gmm, arrays, cells=way.endswith("cells")))
        elif file.exists() or options.peer_python is not None:
            found = program.kept(file, partial(nsf, name, arrays, options, cells=way.endswith("cells")))
        else:
            found = {}
        cells.append(f"{found['test']:.3f} ± {found['se']:.3f} ({found['what']})" if found else "")
    return cells


def table(name: str, part: str, options: argparse.Namespace) -> Path:
    """Returns the path of a part of a set."""
    return Path(options.runs, f"{name}_{part}.csv")


def standardised(parts: dict[str, pd.DataFrame]) -> Arrays:
    """Returns the parts in units of the training rows' standard deviations, and the cells' widths in them."""
    arrays = {part: rows.to_numpy(np.float64) for part, rows in parts.items()}
    mean, deviation = arrays["train"].mean(axis=0), arrays["train"].std(axis=0)
    steps = np.array([step(parts["train"][name]) for name in parts["train"].columns])
    return {part: (rows - mean) / deviation for part, rows in arrays.items()} | {"widths": steps / deviation}


def step(column: pd.Series) -> float:
    """Returns the step in which a column of numbers was recorded, as made finds it."""
    counts = column.value_counts()
    texts = [str(text) for text in counts.index]
    return number_format([*map(decimals_of, texts)], [*map(float, texts)], counts).resolution


def made(name: str, widths: NDArray[np.float64], options: argparse.Namespace) -> dict[str, Any]:
    """Trains a run if there is none; returns what it reaches, in standardised units, and its minutes of training."""
    run, train = options.runs / name, table(name, "train", options)
    seconds = program.train(run, train, options.train, "--valid", str(table(name, "valid", options)))
    frame = program.read(train)
    labels = frame.columns.isin(program.labels_of(run))
    scores = program.score(run, table(name, "test", options), *options.score.split())
    units = np.where(labels, -np.log(widths), np.log(frame.astype(np.float64).std(ddof=0))).sum()
    return {**reached(scores + units), "what": f"{seconds / 60:.1f} min"}


def gmm(arrays: Arrays, *, cells: bool) -> dict[str, Any]:
    """Fits the Gaussian mixtures and returns what the best of them by the validation rows reaches."""
    from sklearn.mixture import GaussianMixture

    start, rng = time.process_time(), np.random.default_rng(0)
    widths, points = arrays["widths"] * cells, POINTS if cells else 1
    found: list[dict[str, Any]] = []

    def moved(part: str) -> NDArray[np.float64]:
        return arrays[part] + (rng.random(arrays[part].shape) - 0.5) * widths

    for components in COMPONENTS:
        mixture = GaussianMixture(components, n_init=2, max_iter=500, random_state=0).fit(moved("train"))
        valid, test = (
            np.logaddexp.reduce([mixture.score_samples(moved(part)) for _ in range(points)]) - np.log(points)
            for part in ("valid", "test")
        )
        found.append({"what": f"{components} components", "valid": float(valid.mean()), **reached(test)})
    best = max(found, key=lambda one: one["valid"])
    return {**best, "seconds": round(time.process_time() - start, 1), "all": found}


def nsf(name: str, arrays: Arrays, options: argparse.Namespace, *, cells: bool) -> dict[str, Any]:
    """Trains the flow under the peer's interpreter."""
    file = options.runs / f"{name}.npz"
    np.savez(file, allow_pickle=False, **arrays)
    settings = ["large"] if len(arrays["train"]) > MANY_ROWS else ["large", "decayed", "small"]
    limits = ["--seconds", str(options.seconds), "--settings", *settings, *(["--cells"] if cells else [])]
    return dict(json.loads(program.peer(options.peer_python, "continuous_nsf.py", str(file), *limits)))


def reached(densities: NDArray[np.float64]) -> dict[str, float]:
    """Returns the mean of (N,) log-densities and its standard error."""
    return {"test": float(densities.mean()), "se": float(densities.std() / len(densities) ** 0.5)}


if __name__ == "__main__":
    main()
