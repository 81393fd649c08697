"""The schema of a table: its columns, each with its kind, and the way from tables to codes and back.

Knows: which columns are modelled and which are left out, by name. Everything downstream sees codes, (N, D) numbers,
one a cell, in the order of `Schema.kinds`.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from made_cli.config import Missing
from made_cli.errors import Exit, UserError
from made_cli.tables.columns.kinds import Kind, fit_bytes
from made_cli.tables.text.nearest import meant

if TYPE_CHECKING:
    from made_cli.tables.files.table import Table
    from made_cli.tables.text.column import Column
    from made_cli.tables.text.typed_columns import TypedTable

UnseenPolicy = Literal["other", "error"]
"""Whether cells that training had none of are outcomes of a small fixed probability, or errors."""
Codes = NDArray[np.float64] | NDArray[np.uint8]
"""Codes (N, D) of a table."""


@dataclass(frozen=True)
class LeftOut:
    """A column that is not modelled, why, and the texts that mean an empty cell in it."""

    name: str
    why: str
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schema:
    """The columns of a table.

    Attributes:
        kinds: (D,) the kind of each modelled column, in the table's order.
        left_out: the columns that are not modelled.
        rows: rows of the table that the schema was inferred from.
    """

    kinds: tuple[Kind, ...]
    left_out: tuple[LeftOut, ...]
    rows: int

    @property
    def names(self) -> tuple[str, ...]:
        """(D,) the names of the modelled columns."""
        return tuple(kind.name for kind in self.kinds)

    @property
    def compact(self) -> bool:
        """Whether every code fits a byte; NaN, the code of what is unknown, does not."""
        return fit_bytes(self.kinds)

    @property
    def missing(self) -> Missing:
        """What an empty cell is: "outcome", or, where the density is that of the other cells, "marginal"."""
        return "marginal" if any(kind.marginal for kind in self.kinds) else "outcome"

    def encode(
        self,
        table: "Table",
        *,
        unseen: UnseenPolicy = "other",
        only: Set[int] | None = None,
        missing: Missing = "outcome",
    ) -> Codes:
        """Turns a table into codes.

        Args:
            table: has all modelled columns, in any order; others are ignored.
            unseen: whether a label, or an empty cell, where training had none is an error.
            missing: whether empty cells will count as unknown, so that none is an `unseen` error.
            only: indices of the columns that are wanted; the others need not be there, and get the code 0.

        Returns:
            (N, D), uint8 where every code fits a byte, else float64.

        Raises:
            UserError: a column is missing, a cell of a numeric column is no number, or one is an `unseen` error.
        """
        from made_cli.tables.columns.encoding import encoded

        codes = np.zeros((table.rows, len(self.kinds)), dtype=np.uint8 if self.compact else np.float64)
        for index, kind, column in self._columns(table, only):
            codes[:, index] = encoded(kind, column, table, None if unseen == "other" else missing)
        return codes

    def empty(self, table: "Table", *, only: Set[int] | None = None) -> NDArray[np.bool_]:
        """Says (N, D) which cells of the modelled columns are empty; a mark for that is, too.

        Raises:
            UserError: a column is missing.
        """
        from made_cli.tables.columns.encoding import empty_texts

        empty = np.zeros((table.rows, len(self.kinds)), dtype=np.bool_)
        for index, kind, column in self._columns(table, only):
            empty[:, index] = empty_texts(kind, column)[column.inverse]
        return empty

    def never_seen(self, table: "Table", *, only: Set[int] | None = None) -> dict[str, int]:
        """Returns how many cells of a column hold labels that training had none of, of each column that has such.

        Raises:
            UserError: a column is missing.
        """
        from made_cli.tables.columns.encoding import never_seen

        labels = ((kind, column) for _, kind, column in self._columns(table, only) if not kind.is_numeric)
        return {kind.name: count for kind, column in labels if (count := never_seen(kind, column))}

    def not_filled(self, table: "Table") -> list[tuple[LeftOut, int]]:
        """Returns the columns of a table that are not modelled and have empty cells, with the number of these."""
        left = [column for column in self.left_out if column.name in table.names]
        read = [table.column(column.name) for column in left]
        counts = [one.with_marks(column.marks).missing for one, column in zip(read, left, strict=True)]
        return [(column, count) for column, count in zip(left, counts, strict=True) if count]

    def _columns(self, table: "Table", only: Set[int] | None) -> Iterator[tuple[int, Kind, "Column"]]:
        """Yields each kind with its column of the table, once all columns are known to be there."""
        wanted = [(index, kind) for index, kind in enumerate(self.kinds) if only is None or index in only]
        missing = [kind.name for _, kind in wanted if kind.name not in table.names]
        if missing:
            raise UserError(
                f"{table.source}: no column {', '.join(map(repr, missing[:5]))}{' …' * (len(missing) > 5)}"
                f" ({len(missing)} of the {len(self.kinds)} that the model knows)",
                hint=f"{meant(missing[0], table.names)}`made info RUN` lists the columns of the run; "
                "`made score --columns A,B` takes some of them.",
                code=Exit.SCHEMA_MISMATCH,
            )
        yield from ((index, kind, table.column(kind.name)) for index, kind in wanted)

    def decode(self, codes: Codes, rng: np.random.Generator) -> "TypedTable":
        """Turns codes (N, D) back into a table with the user's labels, formats and types.

        Args:
            codes: outcomes seen in training; NaN for an empty cell where these are unknown.
            rng: draws the label of a cell in the bucket of rare labels.
        """
        from made_cli.tables.columns.encoding import decoded

        return {kind.name: decoded(kind, codes[:, index], rng) for index, kind in enumerate(self.kinds)}
