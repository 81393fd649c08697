"""What can be asked of a column of any kind.

Knows: the operators by which one value is less or more than another, and that an unknown cell is no value.
"""

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Literal

from made_cli.errors import Exit, UserError

Operator = Literal["<", "<=", ">", ">="]

OPERATORS: dict[Operator, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
"""What each operator says of two numbers."""


def empty_is_unknown(name: str) -> UserError:
    """Makes the refusal of an empty cell as a value, where empty cells of a column are unknown."""
    return UserError(
        f"{name}: an empty cell is unknown in this run, and no value",
        hint="Leave the column out of the question.",
        code=Exit.USAGE,
    )
