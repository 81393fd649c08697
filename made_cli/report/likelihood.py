"""How good the density is on rows of a table: the combinations of the members, side by side.

Knows: only whole rows are evaluated; what was saved with a run is evaluated beside what is found now.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from made_cli.config import EnsembleConfig
from made_cli.ensemble.combination import Bound, Combination, Product
from made_cli.ensemble.evaluation import EvaluatedMixture, EvaluatedProduct, Point
from made_cli.ensemble.members import log_likelihoods
from made_cli.ensemble.mixture import Estimate, Matrix, estimate
from made_cli.inference.evaluation import RunEvaluation, RunEvaluator
from made_cli.report.material import Material, file_of
from made_cli.runs.folder import Folder
from made_cli.runs.saved import combined
from made_cli.tables.files.table import Table

LEARNED = ("weighted", "pool")
"""Combinations that take rows to learn on, by their names in a run folder."""
SAMPLES = 2**14
"""Rows drawn for a normaliser at most: an interval as wide as a line in a figure needs no more."""


@dataclass(frozen=True)
class CombinationFigures:
    """A combination on the evaluated rows, nats a row.

    Attributes:
        name: what it is called.
        found: its NLL; None where it cannot be claimed.
        gain: how far that is below the NLL of the bound of the same members.
        gain_se: standard error of the gain over the rows; None for a product, whose gain is −log Z in every row.
        gain_interval: of a product, from that of log Z.
        entropy: of the combination; None where it is not known.
        members: how many it is made of.
        saved: whether it was saved with the run, and so learned on other rows, which are not known.
    """

    name: str
    found: Estimate | None
    gain: float | None
    gain_se: float | None
    gain_interval: tuple[float, float] | None
    entropy: float | None
    members: int
    saved: bool = False


@dataclass(frozen=True)
class Likelihood:
    """Combinations of the members of a run on rows of a table.

    Attributes:
        rows: how many were evaluated.
        left_out: how many were not, for a cell of them is not known.
        combinations: the bound first.
        curve: by the number of members.
        by_position: (D,) mean NLL of a column at each position of the orderings.
        learned_on: where weights and exponents were learned; None where none were.
        confidence: of the intervals.
    """

    rows: int
    left_out: int
    combinations: tuple[CombinationFigures, ...]
    curve: tuple[Point, ...]
    by_position: NDArray[np.float64]
    learned_on: str | None
    confidence: float


def likelihood_of(
    material: Material,
    fit_on: Table | None,
    say: Callable[[str], None],
) -> Likelihood | None:
    """Evaluates the combinations of the members; None where no row is whole.

    Args:
        material: the run, and the rows.
        fit_on: other rows, to learn weights and exponents on; None to learn nothing.
        say: told what is being done.

    Raises:
        UserError: the rows to learn on are too few, or do not fit.
    """
    assert material.real is not None
    whole = material.real.whole
    if whole is None:
        return None
    config = replace(EnsembleConfig(), samples=SAMPLES, seed=material.seed)
    evaluator = RunEvaluator([material.run], whole, fit_on, None, config, say)
    comparison = evaluator.evaluate(evaluator.score())
    rows = whole.rows
    return Likelihood(
        rows,
        len(material.real.places) - rows,
        (*_compared(comparison), *_saved(material, comparison, evaluator)),
        comparison.evaluation.curve,
        comparison.scored.by_position,
        None if fit_on is None else file_of(fit_on.source),
        config.confidence,
    )


def _compared(comparison: RunEvaluation) -> list[CombinationFigures]:
    """Returns the figures of what was evaluated side by side."""
    evaluation, matrix = comparison.evaluation, comparison.scored.matrix
    entropy, members = evaluation.single_entropy, len(comparison.members)
    found = [CombinationFigures("bound (the mean member)", evaluation.bound, 0.0, None, None, entropy, members)]
    parts: dict[str, EvaluatedMixture | EvaluatedProduct] = {"equal mixture": evaluation.mixture}
    if evaluation.learned is not None:
        parts["weighted mixture"] = evaluation.learned.weighted
    parts["product"] = evaluation.product
    if evaluation.learned is not None:
        parts["pool"] = evaluation.learned.pool
    return found + [_figures(name, part.combination, matrix, part) for name, part in parts.items()]


def _figures(
    name: str, combination: Combination, matrix: Matrix, evaluated: EvaluatedMixture | EvaluatedProduct | None
) -> CombinationFigures:
    """Sets a combination beside the bound of the same members; `evaluated` is None where it is not known how sure."""
    log_density = combination.log_density(matrix)
    found = estimate(log_density) if evaluated is None else evaluated.estimate
    entropy, members = None if evaluated is None else evaluated.entropy, matrix.shape[1]
    if found is None:
        return CombinationFigures(name, None, None, None, None, None, members)
    over = estimate(Bound().log_density(matrix) - log_density)
    if not isinstance(combination, Product):
        return CombinationFigures(name, found, over.nll, over.se, None, entropy, members)
    z = combination.normaliser
    low, high = (over.nll + z.log_z - end for end in (z.interval[1], z.interval[0]))
    # Of equal exponents the gain is −log Z in every row; of others it differs from row to row.
    equal = len(set(combination.exponents)) == 1
    return CombinationFigures(name, found, over.nll, None if equal else over.se, (low, high), entropy, members)


def _saved(material: Material, comparison: RunEvaluation, evaluator: RunEvaluator) -> list[CombinationFigures]:
    """Returns the figures of what was learned earlier, where nothing was learned now."""
    run = material.run
    if comparison.evaluation.learned is not None or run.folder is None:
        return []
    folder = Folder(run.folder)
    saved = folder.ensemble(folder.open())
    found = []
    for name in [name for name in LEARNED if saved is not None and name in saved.combinations]:
        known = combined(run, name, None, material.seed)
        assert not isinstance(known.combination, Bound)
        same = known.members == comparison.members
        matrix = comparison.scored.matrix if same else log_likelihoods(known.members, evaluator.codes)
        found.append(replace(_figures(f"{name}, saved", known.combination, matrix, None), saved=True))
    return found
