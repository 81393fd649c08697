"""Tables of few rows: how long they are trained, and what is said of them.

Knows: how few rows are few for the length of a training; `made_cli.config` has its own number for regularisation,
batches and widths. A training set of some hundred rows is learned, and then learned by heart, within some hundred
steps.
"""

FEW_ROWS = 1_000
"""Fewer training rows than this are few: a batch of usual size is a large part of them."""
EVALUATION_STEPS = 20
"""Steps between two evaluations of few rows: their best step may lie before the hundredth."""
LEAST_STEPS = 200
"""The fewest that bring any table past its best weights."""
STEPS_A_ROW = 1.25
"""Beyond, the most steps grow with the rows: 388 for the 310 of the penguins, whose best weights come at about 300."""
FEWEST_VALIDATION_ROWS = 30
"""The standard error of the mean of fewer is itself known to worse than an eighth."""


def most_steps(rows: int) -> int | None:
    """Returns the most steps of a training on N rows, None where these are not few.

    >>> most_steps(36), most_steps(310), most_steps(30_000)
    (200, 387, None)
    """
    return max(LEAST_STEPS, int(STEPS_A_ROW * rows)) if rows < FEW_ROWS else None


def evaluation_steps(rows: int, usual: int) -> int:
    """Returns how many steps at least lie between two evaluations, `usual` where the N training rows are not few."""
    return min(usual, EVALUATION_STEPS) if rows < FEW_ROWS else usual


def too_few(train: int, valid: int, columns: int) -> list[str]:
    r"""Returns what there is too little of for a density to be relied on, a line each.

    Args:
        train: N, training rows.
        valid: validation rows.
        columns: D.

    >>> too_few(900, 100, 20)
    []
    >>> print(*too_few(36, 4, 50), sep="\n")
    36 training rows for 50 columns: most of what the columns have to do with each other cannot be learned
    4 validation rows, fewer than 30: when to stop, and the validation figures, are largely chance
    """
    lines = []
    if train < columns:
        lines.append(
            f"{train:,} training rows for {columns:,} columns: "
            "most of what the columns have to do with each other cannot be learned"
        )
    if valid < FEWEST_VALIDATION_ROWS:
        lines.append(
            f"{valid:,} validation rows, fewer than {FEWEST_VALIDATION_ROWS}: "
            "when to stop, and the validation figures, are largely chance"
        )
    return lines
