"""What can be asked of a column of any kind.

Knows: the names of the operators by which one value is less or more than another, and that an unknown cell is no value.
"""

from typing import Literal

from made_cli.errors import Exit, UserError

Operator = Literal["<", "<=", ">", ">="]


def empty_is_unknown(name: str) -> UserError:
    """Makes the refusal of an empty cell as a value, where empty cells of a column are unknown."""
    return UserError(
        f"{name}: an empty cell is unknown in this run, and no value",
        hint="Leave the column out of the question.",
        code=Exit.USAGE,
    )
