"""Density estimation of tables with masked autoencoders.

The Python face of the program: `fit` learns the density of a DataFrame, `load` opens a run folder, and the `Density`
that both return answers what the commands answer; `MadeDensity` is an estimator of scikit-learn. `read_table` reads
files as strictly as the commands do. What a caller can mend is a `UserError`. Everything is imported when it is first
asked for: torch and pandas because they are slow, the rest so that the program can answer signals at once.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    import pandas as pd

    from made_cli.comparing import compare
    from made_cli.config import EnsembleConfig, NetworkConfig, Overrides, TrainingConfig
    from made_cli.density import Density
    from made_cli.errors import UserError
    from made_cli.estimator import MadeDensity as MadeDensity  # not in __all__, for scikit-learn may not be there
    from made_cli.joining import join
    from made_cli.runs.metrics import Evaluation
    from made_cli.runs.verification import Verification
    from made_cli.scorer import Scorer
    from made_cli.tables.files.frames import Frame

__all__ = [
    "Density",
    "EnsembleConfig",
    "NetworkConfig",
    "Overrides",
    "Scorer",
    "TrainingConfig",
    "UserError",
    "compare",
    "fit",
    "join",
    "load",
    "read_table",
    "resume",
    "schema",
    "verify",
]


_ROOMS = dict.fromkeys(("EnsembleConfig", "NetworkConfig", "Overrides", "TrainingConfig"), "config")
_ROOMS |= {
    "compare": "comparing",
    "Density": "density",
    "MadeDensity": "estimator",
    "UserError": "errors",
    "join": "joining",
    "Scorer": "scorer",
}
"""Where the names stand that are imported when they are first asked for."""


def __getattr__(name: str) -> object:
    """Imports what is first asked for; of `Density` torch and pandas come with it."""
    if name in _ROOMS:
        from importlib import import_module
        from importlib.util import find_spec

        if name == "MadeDensity" and find_spec("sklearn") is None:
            from made_cli.errors import Exit, UserError

            install = "pip install 'made-cli[sklearn]'"
            raise UserError(f"MadeDensity needs scikit-learn: {install}", hint=install, code=Exit.USAGE)
        return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def fit(  # noqa: PLR0913 (what `made train` takes as options)
    frame: "Frame",
    *,
    out: "Path | str | None" = None,
    valid: "Frame | None" = None,
    network: "NetworkConfig | None" = None,
    training: "TrainingConfig | None" = None,
    overrides: "Overrides | None" = None,
    device: str = "cpu",
    force: bool = False,
    jobs: int = 1,
    on_progress: "Callable[[float, Evaluation], object] | None" = None,
) -> "Density":
    """Learns the density of a table.

    Args:
        frame: the rows to learn from: a DataFrame of pandas or polars, a table of Arrow, or a list of dictionaries;
            columns of any type, the labels are the columns' names.
        out: run folder to make; None keeps the result in memory only.
        valid: rows to validate on; by default a share of `frame` is held out.
        network: the shape of each network.
        training: the settings.
        overrides: kinds of columns where you know better, columns to leave out, and relations between columns.
        device: "cpu", "cuda", "cuda:1" and so on; "auto" is a GPU where there is one.
        force: whether to replace a run that `out` holds.
        jobs: how many networks are trained at the same time, by processes that share the threads. A script has to call
            this under `if __name__ == "__main__":` then, for each process imports it.
        on_progress: called at each evaluation of the validation rows with the share of the training that is done, in
            [0, 1], and what was found: its `epoch`, `train_nll`, `valid_nll`, `seconds` and so on.

    Raises:
        UserError: the table has no rows or no column worth learning, a relation is none, `out` is taken, or there is
            no such device.

    >>> import made_cli, numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> coins = pd.DataFrame({"one": rng.integers(0, 2, 200)})
    >>> density = made_cli.fit(
    ...     coins.assign(two=coins["one"]),
    ...     network=made_cli.NetworkConfig(hidden=(8,)),
    ...     training=made_cli.TrainingConfig(epochs=100),
    ... )
    >>> alike, unlike = density.score_samples(pd.DataFrame({"one": [1, 1], "two": [1, 0]}))
    >>> bool(alike > unlike)
    True
    >>> density.sample(3).shape
    (3, 2)
    """
    from made_cli.config import NetworkConfig, Overrides, TrainingConfig
    from made_cli.density import Density
    from made_cli.training.fitting import train_run

    configs = (network or NetworkConfig(), training or TrainingConfig(), overrides or Overrides())
    run = train_run(frame, valid, device, configs, out=out, force=force, jobs=jobs, on_progress=on_progress)
    return Density(run)


def resume(  # noqa: PLR0913 (what `made train --resume` takes as options)
    path: "Path | str",
    frame: "Frame",
    *,
    valid: "Frame | None" = None,
    time_limit: float | None = None,
    epochs: int | None = None,
    device: str = "cpu",
    jobs: int = 1,
    on_progress: "Callable[[float, Evaluation], object] | None" = None,
) -> "Density":
    """Goes on with a training: one that was interrupted, or with another cycle of one that has ended.

    Args:
        path: the run folder.
        frame: the rows that it was begun with.
        valid: the validation rows that it was begun with, where they were given.
        time_limit: seconds to train from now.
        epochs: the most more epochs of each network whose training has ended.
        device: where to compute, as in `fit`.
        jobs: as in `fit`, and not as in the training that is gone on with.
        on_progress: as in `fit`.

    Raises:
        UserError: the rows are others, training has ended and neither limit is given, or the folder is refused.

    >>> import made_cli, pandas as pd, tempfile
    >>> frame = pd.DataFrame({"a": [0, 1] * 50, "b": [1, 0] * 50})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = made_cli.fit(frame, out=f"{folder}/run", training=made_cli.TrainingConfig(epochs=1))
    ...     made_cli.resume(f"{folder}/run", frame, epochs=2)
    ...     made_cli.verify(f"{folder}/run").networks
    <Density of 2 columns, learned from 90 rows>
    1
    """
    from made_cli.density import Density
    from made_cli.training.fitting import resume_run

    more = {"time_limit": time_limit, "epochs": epochs}
    return Density(resume_run(path, frame, valid, device, more, jobs=jobs, on_progress=on_progress))


def verify(path: "Path | str") -> "Verification":
    """Checks a run folder, every byte of it, as `made verify` does; see `resume` for an example.

    Args:
        path: the run folder.

    Returns:
        What was found: `files`, `size`, `networks` and so on.

    Raises:
        UserError: something is damaged, of another version, or no run folder; the message names it.
    """
    from made_cli.runs.verification import verify as check

    return check(path)


def load(path: "Path | str", *, device: str = "cpu") -> "Density":
    """Opens a run folder that `made train` or `fit` made.

    Args:
        path: the run folder.
        device: where to compute, as in `fit`.

    Raises:
        UserError: it is not a run folder, it is damaged, or there is no such device.
    """
    from made_cli.core.device import find_device
    from made_cli.density import Density
    from made_cli.runs.loading import load_run

    return Density(load_run(path, find_device(device)))


def schema(frame: "Frame", overrides: "Overrides | None" = None) -> "dict[str, Any]":
    """Says what the columns of a table are taken for, as `made schema --json` does; edited, `Overrides` takes it.

    Args:
        frame: the table.
        overrides: what you know better.

    Raises:
        UserError: the table has no rows, or does not fit what is known better.

    >>> import made_cli, pandas as pd
    >>> frame = pd.DataFrame({"zip": [10115, 10117] * 30, "age": range(18, 78)})
    >>> found = made_cli.schema(frame)
    >>> [column["kind"] for column in found["columns"]]
    ['binary', None]
    >>> found["columns"][1]["kind"] = "numeric"
    >>> [column["kind"] for column in made_cli.schema(frame, made_cli.Overrides(schema=found))["columns"]]
    ['binary', 'numeric']
    """
    from made_cli.tables.columns.inference import infer
    from made_cli.tables.columns.schema_file import schema_json
    from made_cli.tables.files.frames import table_of

    table = table_of(frame)
    return schema_json(infer(table, overrides), table.rows)


def read_table(
    *paths: "Path | str",
    header: bool = True,
    skip_lines: int = 0,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    rejects: "Path | str | None" = None,
    max_bad_rows: int | None = None,
) -> "pd.DataFrame":
    r"""Reads a table as the commands do: strictly, with the cells of a text as they were written.

    What looks wrong, a first line that looks like a row for example, is a warning.

    Args:
        paths: files, folders or patterns, as DATA of the commands; several are one table.
        header: whether the first line of a text holds the names.
        skip_lines: lines above it.
        delimiter: the character between cells; found by default.
        encoding: of the text.
        rejects: a file that takes lines of the wrong width or with bad quotes; without it they are errors.
        max_bad_rows: how many these may be, 100 by default.

    Raises:
        UserError: a file cannot be read, or not without guessing.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = open(f"{folder}/a.csv", "w").write("age,city\n007,Ulm\n")
    ...     read_table(f"{folder}/a.csv")["age"].tolist()
    ['007']
    """
    import warnings

    from made_cli.tables.files.delimited import TextOptions
    from made_cli.tables.files.rejects import Rejects
    from made_cli.tables.files.several import read_tables

    aside = None if rejects is None else Rejects(str(rejects), max_bad_rows)
    table = read_tables([str(path) for path in paths], TextOptions(header, delimiter, encoding, skip_lines), aside)
    for warning in table.warnings:
        warnings.warn(warning, stacklevel=2)
    return table.frame
