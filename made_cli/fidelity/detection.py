"""The classifier two-sample test: can a classifier tell synthetic rows from real ones?

Knows: Lopez-Paz, Oquab, *Revisiting Classifier Two-Sample Tests* (ICLR 2017), with the area under the ROC curve (AUC)
in place of the accuracy. Boosted trees see all columns together, so they find what no single column or pair shows.
This alone needs scikit-learn, which is imported when it runs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from made_cli.fidelity.alignment import NUMBERS, Values

FOLDS = 5
CATEGORIES = 255
"""Categories that the trees can hold; the most frequent labels keep one each, all others share the last."""
SHUFFLED = 4000
"""Rows on which the importance of each column is measured."""


@dataclass(frozen=True)
class Detection:
    """How well rows of two tables can be told apart.

    Attributes:
        auc: probability that a classifier trained on neither ranks a synthetic row as more synthetic than a real one:
            0.5 if nothing tells them apart. It is below 0.5 where synthetic rows are copies, for the classifier was
            trained on many of the originals, as real ones.
        by_chance: standard deviation of the AUC where nothing tells the tables apart.
        rows: from each table.
        permutation_importance: (D,) how far the AUC falls when a column is shuffled: what only that column, or its
            relation to others, tells the classifier.
    """

    auc: float
    by_chance: float
    rows: int
    permutation_importance: tuple[float, ...]

    @property
    def noise(self) -> float:
        """How far from 0.5 the AUC of tables that nothing tells apart is, but for one time in twenty."""
        return 2 * self.by_chance


def installed() -> bool:
    """Says whether scikit-learn is there."""
    try:
        import sklearn  # noqa: F401 (asked for, not used)
    except ImportError:
        return False
    return True


def two_sample(
    real: Values,
    synthetic: Values,
    sizes: Sequence[int],
    most: int,
    rng: np.random.Generator,
    on_progress: Callable[[], None] = lambda: None,
) -> Detection | None:
    """Trains classifiers on four fifths of the rows and asks them about the rest, five times.

    Args:
        real: (N, D) values.
        synthetic: (M, D) values.
        sizes: (D,) see `Alignment.sizes`.
        most: rows from each table at most.
        rng: draws the rows, the folds and what the classifiers draw.
        on_progress: called after each of `FOLDS` steps.

    Returns:
        What was found; None where a table has a single row, which no classifier can both learn and be asked about.
    """
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    rows = min(len(real), len(synthetic), most)
    if rows < 2:
        return None
    X = np.concatenate([table[rng.choice(len(table), rows, replace=False)] for table in (real, synthetic)])
    y = np.repeat([0, 1], rows)
    X, varies = _features(X, sizes)
    scores, importance = np.full(2 * rows, 0.5), np.zeros(len(sizes))
    folds = StratifiedKFold(min(FOLDS, rows), shuffle=True, random_state=_seed(rng))
    for fold, (train, test) in enumerate(folds.split(X, y)):
        if varies.any():
            classifier = _classifier(np.array(sizes)[varies] != NUMBERS, rng).fit(X[train], y[train])
            scores[test] = classifier.predict_proba(X[test])[:, 1]
            if fold == 0:
                few = rng.permutation(test)[:SHUFFLED]
                importance[varies] = _permutation_importance(classifier, X[few], y[few], rng)
        on_progress()
    # The variance of the Mann–Whitney statistic of two equal samples of one distribution.
    by_chance = float(np.sqrt((2 * rows + 1) / 12) / rows)
    return Detection(float(roc_auc_score(y, scores)), by_chance, rows, tuple(map(float, importance)))


def _features(X: Values, sizes: Sequence[int]) -> tuple[Values, NDArray[np.bool_]]:
    """Returns the columns that vary, the labels among them by falling frequency, and which these are (D,)."""
    features = X.copy()
    varies = np.zeros(len(sizes), dtype=bool)
    for d, size in enumerate(sizes):
        present = ~np.isnan(X[:, d])
        values, places, counts = np.unique(X[present, d], return_inverse=True, return_counts=True)
        varies[d] = len(values) + (not present.all()) > 1
        if size != NUMBERS:
            ranks = np.empty(len(values))
            ranks[np.argsort(-counts, kind="stable")] = np.arange(len(values))
            features[present, d] = np.minimum(ranks, CATEGORIES - 1)[places]
    return features[:, varies], varies


def _classifier(labels: NDArray[np.bool_], rng: np.random.Generator) -> Any:  # noqa: ANN401 (it has no types)
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(categorical_features=labels, random_state=_seed(rng))


def _permutation_importance(
    classifier: Any,  # noqa: ANN401 (it has no types)
    X: Values,
    y: NDArray[np.int64],
    rng: np.random.Generator,
) -> list[float]:
    """Returns how far the AUC falls when each column is shuffled (Breiman, *Random Forests*, 2001)."""
    from sklearn.metrics import roc_auc_score

    def auc(features: Values) -> float:
        return float(roc_auc_score(y, classifier.predict_proba(features)[:, 1]))

    whole, falls = auc(X), []
    for d in range(X.shape[1]):
        shuffled = X.copy()
        shuffled[:, d] = rng.permutation(X[:, d])
        falls.append(whole - auc(shuffled))
    return falls


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**32))
