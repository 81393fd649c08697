"""A run that scores batches of rows wherever they are: in the workers of Spark or Ray, or in a pool of processes.

Knows: what travels to a worker is where the run is and what is asked; each process loads a run once, when its first
batch comes. A score depends on its row alone, so batches may be cut anywhere.
"""

import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeVar, Unpack

import pandas as pd
import pyarrow as pa

from made_cli.core.device import find_device
from made_cli.density import Asked, Density
from made_cli.errors import Exit, UserError
from made_cli.runs.loading import load_run

Batch = TypeVar("Batch", pd.DataFrame, pa.Table, pa.RecordBatch)
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
            batch: a DataFrame, or a table or record batch of Arrow; the same comes back.

        Raises:
            UserError: the run is refused, or does not fit the batch, or this has such a column already.
        """
        names = batch.columns if isinstance(batch, pd.DataFrame) else batch.schema.names
        if LOG_PROB in names:
            raise UserError(
                f"the batch has a column {LOG_PROB} already", hint="Rename it, or leave it out.", code=Exit.USAGE
            )
        density = _loaded(self.run, self.device)
        if isinstance(batch, pd.DataFrame):
            return batch.assign(**{LOG_PROB: density.score_samples(batch, **self.asked)})
        table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
        return batch.append_column(LOG_PROB, pa.array(density.score_samples(table, **self.asked)))

    def each(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yields batches with their log-densities beside them, one after another; see `__call__`."""
        return map(self, batches)


@cache
def _loaded(run: str, device: str) -> Density:
    """Returns a run, which this process keeps."""
    return Density(load_run(run, find_device(device)))
