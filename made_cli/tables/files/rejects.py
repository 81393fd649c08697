"""Bad lines that are set aside, and the file that takes them.

Knows: how many there may be, and that their file is none of the tables that are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from made_cli.atomic import check_target, same_file, write_bytes
from made_cli.errors import Exit, UserError

BAD_ROWS = 100
"""Lines that are set aside, at most, where nobody says."""


@dataclass(frozen=True)
class Rejects:
    """Bad lines that are set aside.

    Attributes:
        path: the file that takes them; without one they are only kept here.
        most: how many, `BAD_ROWS` where nobody says; one more is an error.
        lines: the lines so far, as they stood.
    """

    path: str | None = None
    most: int | None = None
    lines: list[bytes] = field(default_factory=list)

    @property
    def room(self) -> int:
        """How many more lines may be bad."""
        return (BAD_ROWS if self.most is None else self.most) - len(self.lines)

    def check(self, sources: Sequence[str]) -> None:
        """Refuses a file that cannot be written, or that is itself to be read.

        Raises:
            UserError: it is.
        """
        if self.path is None:
            return
        if self.path == "-":
            hint = "Name a file; standard output carries the result."
            raise UserError("cannot set lines aside on standard output", hint=hint, code=Exit.USAGE)
        target = check_target(self.path)
        if any(same_file(source, target) for source in sources):
            reason = f"cannot set lines aside in {self.path}: that is the table itself"
            raise UserError(reason, hint="Name another file.", code=Exit.OUTPUT)

    def write(self) -> None:
        """Writes all lines so far.

        Raises:
            UserError: the file cannot be written.
        """
        if self.path is not None:
            write_bytes(self.path, b"".join(self.lines))
