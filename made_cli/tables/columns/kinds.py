"""The kinds of columns.

Knows: which kinds there are, and what each answers for itself, so that no one else asks which kind a column is: its
codes and the texts of them (`encode`, `decode`, `never_seen`, `is_empty`), its outcomes (`seen`, `outcomes`,
`unseen_mass`), what a value that a person types means (`literal`, `code`, `cell`, `equal_to`, `ordered`), the code to
fill in (`central`), and what is said of it (`described`, `noun`, `resolution`, `unit`, `step`).

A new kind is two files, its codec in this folder and its distribution in `made_cli.core.distributions`, and one line
each where kinds are listed: `Kind` below, the rules and names of `made_cli.tables.columns.inference`, and
`made_cli.core.distributions.distributions_of`.
"""

from collections.abc import Sequence

from made_cli.tables.columns.categorical import Categorical
from made_cli.tables.columns.numeric import Numeric

Kind = Categorical | Numeric

__all__ = ["Categorical", "Kind", "Numeric", "fit_bytes", "unseen_mass"]


def fit_bytes(kinds: Sequence[Kind]) -> bool:
    """Says whether every code of some columns fits a byte; NaN, the code of what is unknown, does not."""
    return all(kind.fits_byte for kind in kinds)


def unseen_mass(kinds: Sequence[Kind]) -> float:
    """Returns at most how much probability any member gives to rows with an outcome that training never had."""
    return sum(kind.unseen_mass for kind in kinds)
