"""The kinds of columns, one a file."""

from made_cli.tables.kinds.categorical import Categorical
from made_cli.tables.kinds.numeric import Numeric

Kind = Categorical | Numeric

__all__ = ["Categorical", "Kind", "Numeric"]
