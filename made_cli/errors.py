"""What can go wrong through no fault of the program, and the exit code of each.

Knows: the exit codes of the command line. Everything a person can mend is a `UserError`; it is raised
wherever the trouble is found and caught in one place, `made_cli.cli.app`.
"""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the program `made`."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    BAD_DATA = 3
    RUN_REFUSED = 4
    SCHEMA_MISMATCH = 5
    OUTPUT = 6
    DIVERGED = 7
    INTERRUPTED = 130
    TERMINATED = 143


class UserError(Exception):
    """Trouble that the person at the keyboard can mend.

    Args:
        message: one line that names the file, line, column and value where they are known.
        hint: one line with the next step.
        code: the exit code of the process.

    >>> error = UserError("data.csv, line 3: 4 cells where the header has 5", hint="Mend it.", code=Exit.BAD_DATA)
    >>> str(error), int(error.code)
    ('data.csv, line 3: 4 cells where the header has 5', 3)
    """

    def __init__(self, message: str, *, hint: str, code: Exit) -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code


class LeftOver(UserWarning):
    """All is saved, but files that count no longer are still there; the command line says so in one line."""


class SettingError(UserError):
    """A setting of a configuration that is out of its range.

    Args:
        owner: the name of the configuration.
        setting: the name of the setting.
        value: what it was to be.
        problem: what is wrong with that.

    >>> print(SettingError("TrainingConfig", "epochs", -1, "input should be greater than 0"))
    TrainingConfig: epochs -1: input should be greater than 0
    """

    def __init__(self, owner: str, setting: str, value: object, problem: str) -> None:
        super().__init__(
            f"{owner}: {setting} {value}: {problem}", hint=f"help({owner}) shows what it takes.", code=Exit.USAGE
        )
        self.setting, self.value, self.problem = setting, value, problem
