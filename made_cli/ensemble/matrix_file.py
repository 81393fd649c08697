"""The matrix of log-likelihoods on disk, so that it is computed once.

Knows: an NPZ file that holds L (N × K) and the fingerprint of the members and rows it belongs to.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from made_cli.atomic import atomic_write
from made_cli.ensemble.members import Member, Scored
from made_cli.errors import Exit, UserError


def fingerprint(members: Sequence[Member], codes: NDArray[np.generic]) -> str:
    """Returns the SHA-256 of the members' weights and orderings and of the rows."""
    digest = hashlib.sha256(
        json.dumps([[m.network, m.ordering.columns, m.ordering.connectivity] for m in members]).encode()
    )
    for made in {id(member.made): member.made for member in members}.values():
        for name, weight in sorted(made.state_dict().items()):
            digest.update(name.encode() + weight.cpu().numpy().tobytes())
    digest.update(f"{codes.shape}{codes.dtype}".encode() + codes.tobytes())
    return digest.hexdigest()


def write_scored(path: Path, scored: Scored, key: str) -> None:
    """Writes what was computed, and the fingerprint that it belongs to."""
    with atomic_write(path) as file:
        np.savez(file, matrix=scored.matrix, by_position=scored.by_position, fingerprint=np.array(key))


def read_scored(path: Path, key: str) -> Scored:
    """Reads what `write_scored` wrote.

    Raises:
        UserError: it is of other members or rows, or damaged.
    """
    try:
        with path.open("rb") as file, NpzFile(file) as stored:  # np.load would take other files, too
            scored = Scored(stored["matrix"], stored["by_position"])
            found = str(stored["fingerprint"])
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise UserError(
            f"{path} is no matrix of log-likelihoods that was written with --matrix, or damaged",
            hint="Name another file with --matrix, or remove this one.",
            code=Exit.BAD_DATA,
        ) from error
    if found != key:
        raise UserError(
            f"{path} was made of other members or other rows",
            hint="Name another file with --matrix, or remove this one.",
            code=Exit.BAD_DATA,
        )
    return scored
