"""Density estimation of tables with masked autoencoders.

The Python face of the program: `fit` learns the density of a DataFrame, `load` opens a run folder, and the `Density`
that both return answers what the commands answer. What a caller can mend is a `UserError`. Torch and pandas are
imported when they are needed.
"""

from typing import TYPE_CHECKING

from made_cli.config import EnsembleConfig, NetworkConfig, Overrides, TrainingConfig
from made_cli.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from made_cli.density import Density

__all__ = ["Density", "EnsembleConfig", "NetworkConfig", "Overrides", "TrainingConfig", "UserError", "fit", "load"]


def __getattr__(name: str) -> object:
    """Imports `Density`, and with it torch and pandas, when it is first asked for."""
    if name == "Density":
        from made_cli.density import Density

        return Density
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def fit(  # noqa: PLR0913 (what `made train` takes as options)
    frame: "pd.DataFrame",
    *,
    out: "Path | str | None" = None,
    valid: "pd.DataFrame | None" = None,
    network: NetworkConfig | None = None,
    training: TrainingConfig | None = None,
    overrides: Overrides | None = None,
    device: str = "cpu",
) -> "Density":
    """Learns the density of a table.

    Args:
        frame: the rows to learn from; columns of any type, the labels are the columns' names.
        out: run folder to make; None keeps the result in memory only.
        valid: rows to validate on; by default a share of `frame` is held out.
        network: the shape of each network.
        training: the settings.
        overrides: kinds of columns where you know better, and columns to leave out.
        device: "cpu", "cuda", "cuda:1" and so on; "auto" is a GPU where there is one.

    Raises:
        UserError: the table has no rows or no column worth learning, `out` is taken, or there is no such device.

    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> coins = pd.DataFrame({"one": rng.integers(0, 2, 200)})
    >>> density = fit(
    ...     coins.assign(two=coins["one"]), network=NetworkConfig(hidden=(8,)), training=TrainingConfig(epochs=100)
    ... )
    >>> alike, unlike = density.score_samples(pd.DataFrame({"one": [1, 1], "two": [1, 0]}))
    >>> bool(alike > unlike)
    True
    >>> density.sample(3).shape
    (3, 2)
    """
    from made_cli.density import fit_density

    configs = (network or NetworkConfig(), training or TrainingConfig(), overrides or Overrides())
    return fit_density(frame, valid, out, device, configs)


def load(path: "Path | str", *, device: str = "cpu") -> "Density":
    """Opens a run folder that `made train` or `fit` made.

    Args:
        path: the run folder.
        device: where to compute, as in `fit`.

    Raises:
        UserError: it is not a run folder, it is damaged, or there is no such device.
    """
    from made_cli.density import load_density

    return load_density(path, device)
