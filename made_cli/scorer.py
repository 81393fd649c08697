"""A run that scores batches of rows wherever they are: in the workers of Spark or Ray, or in a pool of processes.

Knows: what travels to a worker is where the run is and what is asked; each process loads a run once, when its first
batch comes. A score depends on its row alone, so batches may be cut anywhere.
"""

import os
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, Unpack

import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from made_cli.core.device import find_device
from made_cli.density import Asked, Density
from made_cli.errors import Exit, UserError
from made_cli.runs.loading import load_run
from made_cli.tables.files.frames import Frame

Arrays = dict[str, NDArray[Any]]
Batch = TypeVar("Batch", pd.DataFrame, pa.Table, pa.RecordBatch, Arrays)
LOG_PROB = "log_prob"


class Scorer:
    """Adds to batches of rows their log-densities, nats, as column `log_prob`.

    Args:
        run: the run folder, which every worker has to see.
        device: where to compute, as in `made_cli.load`.
        asked: `combine`, `columns`, `given` and so on, as in `Density.score_samples`.

    >>> import made_cli, tempfile
    >>> coins = pd.DataFrame({"one": [0, 1] * 60, "two": [0, 1] * 60})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = made_cli.fit(coins, out=f"{folder}/run", training=made_cli.TrainingConfig(epochs=1))
    ...     scorer = made_cli.Scorer(f"{folder}/run", columns=["one"])
    ...     scorer(coins.head(2)).columns.tolist(), sum(len(each) for each in scorer.each([coins, coins]))
    (['one', 'two', 'log_prob'], 240)
    """

    def __init__(self, run: Path | str, *, device: str = "cpu", **asked: Unpack[Asked]) -> None:
        self.run, self.device, self.asked = os.path.abspath(run), device, asked

    def __call__(self, batch: Batch) -> Batch:
        """Returns a batch with its log-densities beside it.

        Args:
            batch: a DataFrame, a table or record batch of Arrow, or arrays by the names of the columns; the same comes
                back.

        Raises:
            UserError: the run is refused, or does not fit the batch, or this has such a column already.
        """
        if LOG_PROB in _names(batch):
            raise UserError(
                f"the batch has a column {LOG_PROB} already", hint="Rename it, or leave it out.", code=Exit.USAGE
            )
        scores = _loaded(self.run, self.device).score_samples(_frame(batch), **self.asked)
        if isinstance(batch, dict):
            return {**batch, LOG_PROB: scores}
        if isinstance(batch, pd.DataFrame):
            return batch.assign(**{LOG_PROB: scores})
        return batch.append_column(LOG_PROB, pa.array(scores))

    def each(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yields batches with their log-densities beside them, one after another; see `__call__`."""
        return map(self, batches)


def _names(batch: pd.DataFrame | pa.Table | pa.RecordBatch | Arrays) -> Collection[str]:
    return batch.schema.names if isinstance(batch, pa.Table | pa.RecordBatch) else batch.keys()


def _frame(batch: pd.DataFrame | pa.Table | pa.RecordBatch | Arrays) -> Frame:
    """Returns the rows as a table; an array of several axes, of which no column is made, as a column of arrays."""
    if isinstance(batch, dict):
        return pd.DataFrame({name: cells if cells.ndim == 1 else list(cells) for name, cells in batch.items()})
    return pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch


@cache
def _loaded(run: str, device: str) -> Density:
    """Returns a run, which this process keeps."""
    return Density(load_run(run, find_device(device)))
