"""The kinds of columns, one a file."""

from collections.abc import Sequence
from dataclasses import replace

from made_cli.tables.columns.categorical import UNSEEN, Categorical
from made_cli.tables.columns.numeric import Numeric

Kind = Categorical | Numeric

__all__ = ["Categorical", "Kind", "Numeric", "unknown_where_empty", "unseen_mass"]


def unknown_where_empty(kind: Kind, empty: int) -> Kind:
    """Makes the empty cells of a column unknown, which are no outcome, seen or not.

    Args:
        kind: the column, its empty cells an outcome.
        empty: how many rows have one.
    """
    if isinstance(kind, Numeric):
        return replace(kind, missing=None, marginal=True)
    return replace(kind, missing=False, marginal=True, rows=kind.rows - empty)


def unseen_mass(kinds: Sequence[Kind]) -> float:
    """Returns at most how much probability any member gives to rows with an outcome that training never had.

    Columns that were constant in training do not count: no other column's conditional depends on them.
    """
    return sum(_unseen(kind) for kind in kinds)


def _unseen(kind: Kind) -> float:
    if isinstance(kind, Numeric):
        return UNSEEN * ((kind.empty == "unseen") + (kind.lower is not None))
    return sum(kind.unseen) if kind.seen > 1 else 0.0
