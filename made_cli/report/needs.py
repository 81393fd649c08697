"""The libraries that draw a report, which a person may not have.

Knows: their names, and how a person gets them; it imports none.
"""

from importlib.util import find_spec

from made_cli.errors import Exit, UserError

DRAWN_BY = ("jinja2", "matplotlib")


def check_libraries() -> None:
    """Refuses to begin without them.

    Raises:
        UserError: one is not there.
    """
    if missing := [name for name in DRAWN_BY if find_spec(name) is None]:
        raise UserError(
            f"no report without {' and '.join(missing)}", hint="pip install 'made-cli[report]'", code=Exit.USAGE
        )
