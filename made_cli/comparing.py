"""Synthetic rows beside real ones, in Python: tables in hand, figures as values.

Knows: what `made compare` asks of `made_cli.fidelity`, asked with tables in hand.
"""

from made_cli.config import Overrides
from made_cli.errors import Exit, UserError
from made_cli.fidelity.comparison import Comparison, aligned, compare_tables
from made_cli.fidelity.detection import installed
from made_cli.tables.files.frames import Frame, table_of


def compare(
    real: Frame,
    synthetic: Frame,
    *,
    holdout: Frame | None = None,
    overrides: Overrides | None = None,
    classifier_rows: int | None = 50_000,
    seed: int = 0,
) -> Comparison:
    """Says how good synthetic rows are beside the real ones, as `made compare` does.

    Args:
        real: the rows trained on.
        synthetic: the rows in question.
        holdout: real rows not trained on: how near to `real` is near by chance.
        overrides: kinds of columns where you know better.
        classifier_rows: rows of each table for the classifier at most; None to leave it, and scikit-learn, out.
        seed: of all that is drawn.

    Raises:
        UserError: a table has no rows, a column is missing, or scikit-learn is.

    >>> import made_cli, pandas as pd
    >>> coins = pd.DataFrame({"one": [0, 1] * 50, "two": [0, 1] * 50})
    >>> found = made_cli.compare(coins, coins.assign(two=[0, 0, 1, 1] * 25), classifier_rows=None)
    >>> found.shape, found.trend < 0.6
    (1.0, True)
    """
    if classifier_rows is not None and not installed():
        hint = "pip install 'made-cli[compare]', or classifier_rows=None"
        raise UserError(f"no two-sample test without scikit-learn: {hint}", hint=hint, code=Exit.USAGE)
    other = None if holdout is None else table_of(holdout)
    _, alignment, tables = aligned(table_of(real), table_of(synthetic), other, overrides)
    return compare_tables(alignment, tables, classifier_rows=classifier_rows, seed=seed)
