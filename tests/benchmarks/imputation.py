"""Empty cells of Adult filled in: `made impute` beside the middle of each column and a model of each column.

Knows: the protocol below, and `made`'s own commands.

    python -m tests.benchmarks.imputation --data DATA --train '--networks 1'

Data: DATA/tabular/adult_train.csv (32,561 rows) and adult_test.csv (16,281 rows), 15 columns, 6 of them numbers. A
fifth of the cells of the test file, drawn cell by cell by numpy.random.default_rng(0).random((N, D)) < 0.2, are made
empty; what is filled in there is compared with what stood there ("?" is a label as any other). For columns of labels:
the share of cells filled in right, more is better. For columns of numbers, in units of the training rows' standard
deviation (ddof 0), less is better: the mean absolute error, and the root of the mean squared error.

- made: trained on the training file (a tenth of it held out, its default); `made impute --mode most-likely`: the
  likeliest label, the median of a number (and of labels that are numbers, the likeliest). One set of cells for both
  errors of a number, though for the squared one a mean would be best.
- middle: the training rows' most frequent label; their median for the absolute error, their mean for the squared.
- boosting: for each column, scikit-learn's HistGradientBoosting at its defaults, seed 0, that predicts it from the
  others, trained on the training rows (without the labels that only one row has) with a fifth of the other cells made
  empty by default_rng(1) in the same manner. One regressor of the absolute and one of the squared error for a number.
  What it reaches is kept in --runs as boosting.json; delete the file to have it found again.
"""

import argparse
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests.benchmarks import program
from tests.benchmarks.program import made

SHARE = 0.2
MEASURES = ("accuracy", "absolute", "squared")
Figures = dict[str, dict[str, float]]
"""Of each measure, of each column."""


def main() -> None:
    """Trains and imputes unless that was done, and prints a Markdown table."""
    parser = program.parser(__doc__, "runs/imputation", "tabular/")
    parser.add_argument("--impute", default="--mode most-likely", help="options for `made impute`")
    parser.add_argument("--without-made", action="store_true", help="judge the others alone")
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    train, test = (program.read(options.data / "tabular" / f"adult_{part}.csv") for part in ("train", "test"))
    empty = holes(test, 0)
    masked = test.mask(empty, "")
    masked.to_csv(options.runs / "masked.csv", index=False)
    ways = {} if options.without_made else {"made": judge(imputed(masked, options), train, test, empty)}
    ways["middle"] = middle(train, test, empty)
    ways["boosting"] = program.kept(options.runs / "boosting.json", lambda: boosting(train, test, empty))
    show(ways, empty.sum())


def holes(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Returns which cells (N, D) are made empty."""
    return pd.DataFrame(
        np.random.default_rng(seed).random(frame.shape) < SHARE, index=frame.index, columns=frame.columns
    )


def imputed(masked: pd.DataFrame, options: argparse.Namespace) -> pd.DataFrame:
    """Returns what `made impute` fills in; it must leave every other cell alone, and none empty."""
    run, out = options.runs / "adult", options.runs / "imputed.csv"
    program.train(run, options.data / "tabular" / "adult_train.csv", options.train)
    made("impute", str(run), str(options.runs / "masked.csv"), *options.impute.split(), "-o", str(out), "--force")
    filled = program.read(out)
    if filled.shape != masked.shape or list(filled.columns) != list(masked.columns):
        raise SystemExit(f"{out}: not the rows and columns of masked.csv")
    if (filled == "").to_numpy().any() or ((filled != masked) & (masked != "")).to_numpy().any():
        raise SystemExit(f"{out}: a cell is empty, or changed that was not empty")
    return filled


def judge(filled: pd.DataFrame, train: pd.DataFrame, test: pd.DataFrame, empty: pd.DataFrame) -> Figures:
    """Measures one table of filled cells by every measure."""
    numbers, found = program.numbers_of(train), Figures({measure: {} for measure in MEASURES})
    for name in train.columns:
        here = empty[name]
        if name in numbers:
            off = errors(filled.loc[here, name].astype(np.float64).to_numpy(), name, train, test[here])
            found["absolute"][name], found["squared"][name] = absolute(off), squared(off)
        else:
            found["accuracy"][name] = float((filled.loc[here, name] == test.loc[here, name]).mean())
    return found


def errors(
    guesses: NDArray[np.float64] | float, name: str, train: pd.DataFrame, truth: pd.DataFrame
) -> NDArray[np.float64]:
    """Returns (N,) errors in units of the training rows' standard deviation."""
    off = guesses - truth[name].astype(np.float64).to_numpy()
    return np.asarray(off / train[name].astype(np.float64).std(ddof=0))


def absolute(off: NDArray[np.float64]) -> float:
    """Returns the mean absolute error."""
    return float(np.abs(off).mean())


def squared(off: NDArray[np.float64]) -> float:
    """Returns the root of the mean squared error."""
    return float(np.sqrt((off**2).mean()))


def middle(train: pd.DataFrame, test: pd.DataFrame, empty: pd.DataFrame) -> Figures:
    """Measures the most frequent label, the median and the mean."""
    numbers, found = program.numbers_of(train), Figures({measure: {} for measure in MEASURES})
    for name in train.columns:
        truth = test[empty[name]]
        if name in numbers:
            values = train[name].astype(np.float64)
            found["absolute"][name] = absolute(errors(float(values.median()), name, train, truth))
            found["squared"][name] = squared(errors(float(values.mean()), name, train, truth))
        else:
            found["accuracy"][name] = float((truth[name] == train[name].mode()[0]).mean())
    return found


def boosting(train: pd.DataFrame, test: pd.DataFrame, empty: pd.DataFrame) -> dict[str, Any]:
    """Measures a model of each column, trained on rows with cells as empty as those of the test."""
    numbers, found = program.numbers_of(train), Figures({measure: {} for measure in MEASURES})
    known, asked = program.features([train.mask(holes(train, 1), ""), test.mask(empty, "")], numbers)
    for name in train.columns:
        here = empty[name]
        inputs, questions = known.drop(columns=name), asked[here].drop(columns=name)
        if name in numbers:
            targets = train[name].astype(np.float64)
            for measure, loss, error in (
                ("absolute", "absolute_error", absolute),
                ("squared", "squared_error", squared),
            ):
                model = program.boosting("Regressor", loss=loss).fit(inputs, targets)
                found[measure][name] = error(errors(model.predict(questions), name, train, test[here]))
        else:
            shared = train[name].map(train[name].value_counts()) > 1
            model = program.boosting("Classifier").fit(inputs[shared], train.loc[shared, name])
            found["accuracy"][name] = float((model.predict(questions) == test.loc[here, name]).mean())
    return dict(found)


def show(ways: dict[str, Figures], cells: pd.Series) -> None:
    """Prints a row for each column and measure, and their means."""
    rows = []
    for measure, titled in zip(MEASURES, ("right", "absolute error", "squared error, root"), strict=True):
        names = list(ways["middle"][measure])
        for name in names:
            rows.append([name, titled, str(cells[name]), *(f"{way[measure][name]:.4f}" for way in ways.values())])
        means = [float(np.mean(list(way[measure].values()))) for way in ways.values()]
        rows.append([f"mean of {len(names)}", titled, str(cells[names].sum()), *(f"{mean:.4f}" for mean in means)])
    program.show(["column", "measure", "cells", *ways], rows)


if __name__ == "__main__":
    main()
