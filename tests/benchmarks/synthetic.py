"""Synthetic rows of Adult: can a classifier tell them from real ones, and can one learn from them?

Knows: the protocol below, and `made`'s own commands. Rows made elsewhere are judged beside, such as those of
synthetic_peers.py.

    python -m tests.benchmarks.synthetic --data DATA --train '--networks 4 --orderings 1' --rows-file ctgan.csv tvae.csv

Data: DATA/tabular/adult_train.csv (32,561 rows) and adult_test.csv (16,281 rows), 15 columns, 6 of them numbers. made
is trained on the training file (a tenth of it held out, its default) and draws 32,561 rows from the equal mixture of
its members. Every set of rows is judged by scikit-learn's HistGradientBoostingClassifier at its defaults, seed 0; the
numbers are numbers, the labels categories, "?" one of them. No step sees the test rows but the judging.

- told apart: 16,281 of the rows (drawn without replacement, numpy.random.default_rng(0)) against the 16,281 test rows;
  area under the ROC curve of the out-of-fold probabilities, five stratified folds. 0.5 cannot be told apart: less is
  better. `real` is the training rows, what perfect samples would reach.
- income: a classifier of the income trained on all the rows; area under its ROC curve on the test rows. `real` is the
  classifier trained on the training rows: more is better.

`permuted` is the training rows with each column shuffled by itself: true columns, independent.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from tests.benchmarks import program
from tests.benchmarks.program import made

TARGET, POSITIVE = "income", ">50K"


def main() -> None:
    """Trains and samples unless that was done, judges all rows, and prints a Markdown table."""
    parser = program.parser(__doc__, "runs/synthetic", "tabular/")
    parser.add_argument("--sample", default="", help="more options for `made sample`, such as '--combine product'")
    parser.add_argument("--rows-file", type=Path, nargs="*", default=[], help="CSVs of rows made elsewhere")
    parser.add_argument("--without-made", action="store_true", help="judge the others alone")
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    train, test = (program.read(options.data / "tabular" / f"adult_{part}.csv") for part in ("train", "test"))
    judged = (judge(name, rows, train, test) for name, rows in candidates(train, options))
    program.show(["rows", "number", "told apart, AUC", "income, AUC"], judged)


def candidates(train: pd.DataFrame, options: argparse.Namespace) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yields the name of each set of rows, and the rows."""
    yield "real", train
    rng = np.random.default_rng(0)
    yield "permuted", pd.DataFrame({name: rng.permutation(train[name].to_numpy()) for name in train.columns})
    if not options.without_made:
        run, rows = options.runs / "adult", options.runs / "adult_rows.csv"
        trained = program.train(run, options.data / "tabular" / "adult_train.csv", options.train)
        start = time.monotonic()
        made("sample", str(run), "-n", str(len(train)), "-o", str(rows), "--force", *options.sample.split())
        seconds = f"{trained:.0f} s of training, {time.monotonic() - start:.0f} s of drawing"
        yield f"made, {seconds}", program.read(rows)
    for file in options.rows_file:
        yield file.stem, program.read(file)


def judge(name: str, rows: pd.DataFrame, train: pd.DataFrame, test: pd.DataFrame) -> list[str]:
    """Returns the cells of one set of rows."""
    frames = program.features([rows[train.columns], test], program.numbers_of(train))
    figures = [told_apart(*frames), income(*frames)]
    return [name, str(len(rows)), *(f"{figure:.4f}" for figure in figures)]


def told_apart(rows: pd.DataFrame, test: pd.DataFrame) -> float:
    """Returns the area under the ROC curve of a classifier of rows against as many test rows."""
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    each = min(len(rows), len(test))
    rng = np.random.default_rng(0)
    drawn = [frame.iloc[rng.permutation(len(frame))[:each]] for frame in (rows, test)]
    both, real = pd.concat(drawn, ignore_index=True), np.repeat([0, 1], each)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    chances = cross_val_predict(program.boosting("Classifier"), both, real, cv=folds, method="predict_proba")
    return float(roc_auc_score(real, chances[:, 1]))


def income(rows: pd.DataFrame, test: pd.DataFrame) -> float:
    """Returns the area under the ROC curve, on test rows, of a classifier of the income trained on rows."""
    from sklearn.metrics import roc_auc_score

    classifier = program.boosting("Classifier").fit(rows.drop(columns=TARGET), rows[TARGET] == POSITIVE)
    chances = classifier.predict_proba(test.drop(columns=TARGET))[:, 1]
    return float(roc_auc_score(test[TARGET] == POSITIVE, chances))


if __name__ == "__main__":
    main()
