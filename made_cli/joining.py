"""One density of several, in Python.

Knows: what `made ensemble-eval RUN… DATA --out RUN` makes of runs before it evaluates them.
"""

from pathlib import Path

from made_cli.density import Density
from made_cli.errors import Exit, UserError
from made_cli.runs.joining import join as join_runs


def join(*densities: Density, out: Path | str, force: bool = False) -> Density:
    """Makes a run of the networks of several, whatever their shapes, orderings and relations.

    Its `evaluate` compares the combinations of all their members, and keeps them there with `save`.

    Args:
        densities: of one table, each of a run folder.
        out: run folder to make; it holds copies, and stands by itself.
        force: whether to replace a run that it holds.

    Raises:
        UserError: they do not share a schema, one is in memory only, or `out` is taken.

    >>> import made_cli, pandas as pd, tempfile
    >>> frame = pd.DataFrame({"a": [0, 1] * 50, "b": [1, 0] * 50})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     one, other = (
    ...         made_cli.fit(frame, out=f"{folder}/{seed}", training=made_cli.TrainingConfig(epochs=1, seed=seed))
    ...         for seed in (1, 2)
    ...     )
    ...     both = made_cli.join(one, other, out=f"{folder}/both")
    ...     len(both.run.networks), both.score_samples(frame).shape
    (2, (100,))
    """
    if not densities or any(density.run.folder is None for density in densities):
        raise UserError(
            "only runs in folders can be joined, at least one", hint="Train with out=, or load them.", code=Exit.USAGE
        )
    return Density(join_runs([density.run for density in densities], out, force=force))
