"""From a run folder to a run: its record with its networks, ready to score with and to sample from.

Knows: a run can be used as soon as one of its networks has weights.
"""

from pathlib import Path

import torch

from made_cli.core.memory import too_large
from made_cli.core.size import network_size
from made_cli.ensemble.members import BATCH_NUMBERS
from made_cli.errors import Exit, UserError
from made_cli.runs.folder import Folder
from made_cli.runs.record import RunRecord
from made_cli.runs.run import Run


def load_run(path: Path | str, device: torch.device | None = None) -> Run:
    """Loads a run to score with and sample from.

    Args:
        path: the run folder.
        device: where to put the weights.

    Raises:
        UserError: it is refused, no network of it is trained yet, or it needs more memory than there is.
    """
    folder = Folder(path)
    return loaded(str(path), folder, folder.open(), device)


def loaded(path: str, folder: Folder, record: RunRecord, device: torch.device | None = None) -> Run:
    """Loads the run of a folder that is open, by its record; see `load_run`."""
    done = folder.networks_done()
    if not done:
        raise UserError(
            f"{path}: no network of this run is trained yet",
            hint=f"Go on with `made train DATA --out {path} --resume`.",
            code=Exit.RUN_REFUSED,
        )
    # What a record says of sizes is to be believed once a file of weights has them.
    first = folder.load_network(record, 0)
    hint = "Score and sample on a machine that has them."
    if refusal := too_large(_bytes_of(record, done), device or torch.device("cpu"), path, hint):
        raise refusal
    others = (folder.load_network(record, index) for index in range(1, done))
    networks = [network.to(device).eval() for network in (first, *others)]
    metrics = folder.metrics()
    return Run(record, networks, path, converged=metrics is not None and metrics.converged)


def _bytes_of(record: RunRecord, networks: int) -> int:
    """Returns the most bytes that scoring and sampling hold, with so many networks of a run."""
    owners = {id(each): each for each in record.owners[:networks]}
    sizes = {key: network_size(each.schema.kinds, each.network) for key, each in owners.items()}
    without = {key: size.inference(0, BATCH_NUMBERS) for key, size in sizes.items()}
    own = (sizes[key].inference(1, BATCH_NUMBERS) - without[key] for key in map(id, record.owners[:networks]))
    return max(without.values()) + sum(own)
