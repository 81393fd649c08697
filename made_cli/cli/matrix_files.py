"""Files of the matrix of log-likelihoods: those that keep it, whole or in parts, and one for other programs.

Knows: that the ending says which a file is, and that several files are parts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from made_cli.cli.output import check_written
from made_cli.cli.sharding import Sharding

if TYPE_CHECKING:
    from made_cli.ensemble.mixture import Matrix

KEPT = ".npz"
MatrixSharding = Annotated[
    Sharding,
    {
        "shard": typer.Option(
            metavar="I/N", help=f"Score part I of N of the rows alone, into --matrix FILE{KEPT}, and compare nothing."
        )
    },
]


@dataclass(frozen=True)
class MatrixFiles:
    """Where the log-likelihoods are kept; a group of options.

    >>> MatrixFiles(["m.npz"]).kept, MatrixFiles(["m.npy"]).kept, MatrixFiles().kept
    ([PosixPath('m.npz')], [], [])
    """

    matrix: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Write the log-likelihoods (rows × members): .csv, .parquet or .npy; .npz is read back if there. For"
            " the parts that --shard wrote repeat it, or write 'part-*.npz'.",
        ),
    ] = None

    def __post_init__(self) -> None:
        names = self.matrix or []
        if len(names) > 1 and not all(map(_is_kept, names)):
            raise typer.BadParameter(f"--matrix: several files are the parts that --shard wrote, all of them {KEPT}")

    @cached_property
    def kept(self) -> list[Path]:
        """The files that are read back."""
        from made_cli.tables.files.several import files_of

        return [Path(file) for name in filter(_is_kept, self.matrix or []) for file in files_of(name)]

    @property
    def _for_others(self) -> str | None:
        return None if not self.matrix or _is_kept(self.matrix[0]) else self.matrix[0]

    def check(self, inputs: Sequence[str], sharding: Sharding, *, force: bool) -> None:
        """Refuses what cannot be written, before the work.

        Raises:
            UserError: the file for other programs is refused.
            typer.BadParameter: a part of the rows has no file to go to.
        """
        if sharding.shard is not None and len(self.kept) != 1:
            raise typer.BadParameter(f"--shard: name the file that takes this part, one, with --matrix FILE{KEPT}")
        if self._for_others is not None:
            from made_cli.ensemble.matrix_file import check_matrix

            check_written(self._for_others, inputs, force=force)
            check_matrix(self._for_others)

    def write(self, matrix: "Matrix") -> None:
        """Writes the file for other programs, where one is named.

        Raises:
            UserError: it cannot be written.
        """
        if self._for_others is not None:
            from made_cli.ensemble.matrix_file import write_matrix

            write_matrix(self._for_others, matrix)


def _is_kept(name: str) -> bool:
    return name.lower().endswith(KEPT)
