"""The matrix of log-likelihoods on disk, so that it is computed once, or for other programs.

Knows: an NPZ file that holds L (N × K) of a table or of part of one, and the fingerprints of the members and of the
table's rows; for others, L alone as an array, or as a table with a column a member.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from made_cli.atomic import atomic_write
from made_cli.ensemble.members import Member, Scored
from made_cli.ensemble.mixture import Matrix
from made_cli.ensemble.shard import Shard
from made_cli.errors import Exit, UserError

ANOTHER_FILE = "Name another file with --matrix, or remove this one."


@dataclass(frozen=True)
class Part:
    """Rows of a table under every member, as a file keeps them.

    Attributes:
        file: the file.
        members: the fingerprint of the members.
        rows: the fingerprint of all rows of the table.
        shard: which of them these are.
        scored: these rows.
    """

    file: Path
    members: str
    rows: str
    shard: Shard
    scored: Scored


def members_fingerprint(members: Sequence[Member]) -> str:
    """Returns the SHA-256 of the members' weights and orderings."""
    networks = list({id(member.made): member.made for member in members}.values())
    places = {id(made): place for place, made in enumerate(networks)}
    own = [[places[id(m.made)], m.ordering.columns, m.ordering.connectivity] for m in members]
    digest = hashlib.sha256(json.dumps(own).encode())
    for made in networks:
        for name, weight in sorted(made.state_dict().items()):
            digest.update(name.encode() + weight.cpu().numpy().tobytes())
    return digest.hexdigest()


def rows_fingerprint(codes: NDArray[np.generic]) -> str:
    """Returns the SHA-256 of rows."""
    return hashlib.sha256(f"{codes.shape}{codes.dtype}".encode() + codes.tobytes()).hexdigest()


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


def write_part(part: Part) -> None:
    """Writes what was computed, and whose it is."""
    scored = part.scored
    with atomic_write(part.file) as file:
        np.savez(
            file,
            matrix=scored.matrix,
            units=scored.units,
            shard=np.array([part.shard.place, part.shard.count]),
            fingerprints=np.array([part.members, part.rows]),
        )


def read_part(path: Path) -> Part:
    """Reads what `write_part` wrote.

    Raises:
        UserError: it is another file, or damaged.
    """
    try:
        with path.open("rb") as file, NpzFile(file) as stored:  # np.load would take other files, too
            members, rows = stored["fingerprints"].tolist()
            shard = Shard(*stored["shard"].tolist())
            return Part(path, members, rows, shard, Scored(stored["matrix"], stored["units"]))
    except FileNotFoundError as error:
        raise UserError(
            f"{path}: no such file", hint="Name the files that --shard wrote, with --matrix.", code=Exit.BAD_DATA
        ) from error
    except (OSError, TypeError, ValueError, KeyError, BadZipFile) as error:
        raise UserError(
            f"{path} is no matrix of log-likelihoods that was written with --matrix, or damaged",
            hint=ANOTHER_FILE,
            code=Exit.BAD_DATA,
        ) from error
