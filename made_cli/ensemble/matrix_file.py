"""The matrix of log-likelihoods on disk, so that it is computed once, or for other programs.

Knows: an NPZ file that holds L (N × K) and the fingerprint of the members and rows it belongs to; for others, L alone
as an array, or as a table with a column a member.
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
from made_cli.ensemble.mixture import Matrix
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


def check_matrix(path: str) -> None:
    """Refuses a file that `write_matrix` would refuse.

    Raises:
        UserError: its ending stands for no form.
    """
    if not path.lower().endswith((".npy", ".csv", ".parquet")):
        raise UserError(
            f"cannot write {path}: its ending stands for no form of a matrix",
            hint="Use .csv, .parquet or .npy; or .npz, which is read back where it is there.",
            code=Exit.OUTPUT,
        )


def write_matrix(path: str, matrix: Matrix) -> None:
    """Writes L (N × K) by a name's ending: .npy, or a .csv or .parquet of columns member_1 to member_K.

    Raises:
        UserError: it cannot be written.
    """
    if path.lower().endswith(".npy"):
        with atomic_write(path) as file:
            np.save(file, matrix)
        return
    import pandas as pd

    from made_cli.tables.files.writing import write_table
    from made_cli.tables.text.typed_columns import columns_of

    names = [f"member_{place + 1}" for place in range(matrix.shape[1])]
    write_table(columns_of(pd.DataFrame(matrix, columns=pd.Index(names))), path)


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
