"""Adult with every column made a label: test nats a row beside independent columns and a Chow–Liu tree.

Knows: the protocol below, and `made`'s own commands.

    python -m tests.benchmarks.labels --data DATA --train '--networks 4 --orderings 1'

Data: DATA/tabular/adult_train.csv (32,561 rows) and adult_test.csv (16,281 rows), 15 columns. Columns of numbers with
more than 100 distinct training values (fnlwgt and capital-gain) are cut at the distinct ones of their nine training
deciles (numpy.quantile), a number at an edge to the part below: ten labels and two. All other numbers (age,
education-num, capital-loss, hours-per-week) are labels as they stand. Numbers are written "=39", parts "part 3", so
that all are text. Figures are the mean over the test rows of minus the natural logarithm of the probability of a row
(less is better), ± its standard error.

- independent columns: (n + 0.5) / (N + 0.5 L) for a label that n of N training rows have, of L labels in both files.
- Chow–Liu tree: the maximum spanning tree of the mutual information of the training rows' unsmoothed counts, from the
  first column; each other column given its parent, smoothed in the same way within each of the parent's labels.
- made: trained on the training rows (a tenth of them held out, its default), the equal mixture of its members.

The first two come to 22.141 and 17.964.
"""

import argparse
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests.benchmarks import program

MANY = 100
HALF = 0.5


def main() -> None:
    """Prints a Markdown table; trains unless that was done."""
    parser = program.parser(__doc__, "runs/labels", "tabular/")
    parser.add_argument("--score", default="", help="more options for `made score`, such as '--permutations 32'")
    parser.add_argument("--without-made", action="store_true", help="only what needs no training")
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    program.show(["density", "test NLL"], ways(options))


def ways(options: argparse.Namespace) -> Iterator[list[str]]:
    """Yields the cells of each density."""
    train, test = cut(*(program.read(options.data / "tabular" / f"adult_{part}.csv") for part in ("train", "test")))
    counts = Counts(train, test)
    yield ["independent columns", figure(counts.independent())]
    yield ["Chow–Liu tree", figure(counts.tree())]
    if options.without_made:
        return
    files = [options.runs / f"labels_{part}.csv" for part in ("train", "test")]
    for frame, file in zip((train, test), files, strict=True):
        frame.to_csv(file, index=False)
    run = options.runs / "adult"
    program.train(run, files[0], options.train)
    if program.labels_of(run) != list(train.columns):
        raise SystemExit(f"{run} does not take every column for labels")
    yield ["made", figure(program.score(run, files[1], *options.score.split()))]


def figure(densities: NDArray[np.float64]) -> str:
    """Returns a cell of the table."""
    return f"{-densities.mean():.3f} ± {densities.std() / len(densities) ** 0.5:.3f}"


def cut(train: pd.DataFrame, test: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns both tables with labels for numbers."""
    found = train.copy(), test.copy()
    for name in program.numbers_of(train):
        edges = np.unique(np.quantile(train[name].astype(np.float64), np.arange(1, 10) / 10))
        for frame in found:
            if train[name].nunique() > MANY:
                places = np.searchsorted(edges, frame[name].to_numpy(np.float64))
                frame[name] = [f"part {place}" for place in places]
            else:
                frame[name] = "=" + frame[name]
    return found


def codes(frame: pd.DataFrame, labels: list[pd.Index]) -> NDArray[np.intp]:
    """Returns (N, D), the place of each cell among its column's labels."""
    places = [known.get_indexer(pd.Index(frame[name])) for name, known in zip(frame, labels, strict=True)]
    return np.stack(places, axis=1)


class Counts:
    """How often labels and pairs of labels occur in training.

    Args:
        train: rows to count, text.
        test: rows to score.
    """

    def __init__(self, train: pd.DataFrame, test: pd.DataFrame) -> None:
        labels = [pd.Index(sorted({*train[name], *test[name]})) for name in train.columns]
        self.sizes = [len(known) for known in labels]
        self.train, self.test = (codes(frame, labels) for frame in (train, test))

    def pairs(self, one: int, other: int) -> NDArray[np.int64]:
        """Returns (L, M), in how many training rows the labels of two columns meet."""
        places = self.train[:, one] * self.sizes[other] + self.train[:, other]
        counted = np.bincount(places, minlength=self.sizes[one] * self.sizes[other])
        return counted.reshape(self.sizes[one], self.sizes[other])

    def information(self, one: int, other: int) -> float:
        """Returns the mutual information of two columns, nats."""
        joint = self.pairs(one, other) / len(self.train)
        apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
        held = joint > 0
        return float((joint[held] * np.log(joint[held] / apart[held])).sum())

    def column(self, one: int) -> NDArray[np.float64]:
        """Returns (N,) log-probabilities of the test rows' labels in one column."""
        counted = np.bincount(self.train[:, one], minlength=self.sizes[one]) + HALF
        return np.asarray(np.log(counted / counted.sum())[self.test[:, one]])

    def given(self, one: int, parent: int) -> NDArray[np.float64]:
        """Returns (N,) log-probabilities of the test rows' labels in one column given another's."""
        counted = self.pairs(parent, one) + HALF
        chances = np.log(counted / counted.sum(axis=1, keepdims=True))
        return np.asarray(chances[self.test[:, parent], self.test[:, one]])

    def independent(self) -> NDArray[np.float64]:
        """Returns (N,) log-probabilities of the test rows under independent columns."""
        return np.asarray(np.sum([self.column(one) for one in range(len(self.sizes))], axis=0))

    def tree(self) -> NDArray[np.float64]:
        """Returns (N,) log-probabilities of the test rows under the Chow–Liu tree (Chow and Liu 1968)."""
        found, left = self.column(0), set(range(1, len(self.sizes)))
        best = {one: (self.information(0, one), 0) for one in left}
        while left:
            one = max(left, key=lambda column: best[column][0])
            left.remove(one)
            found = found + self.given(one, best[one][1])
            best |= {other: max(best[other], (self.information(one, other), one)) for other in left}
        return found


if __name__ == "__main__":
    main()
