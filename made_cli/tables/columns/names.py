"""Names of columns within what people type.

Knows: how a name is told from words, numbers and operators: as it is where it is a plain word, else in `backticks`, a
backtick itself twice; and the error where there is no such column.
"""

import difflib
import re
from collections.abc import Set

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.schema import Schema

SHOWN = 200
"""Characters of what was typed that a message shows."""
# Letters, and what stands with them beyond ASCII: marks, but no blanks, quotes, arrows or operators.
_NAME = r"[^\W\d](?:\w|[^\x00-\x7f\s\u2000-\u2bff\u3000-\u303f])*"
_TOKEN = re.compile(
    r"`(?P<quoted>(?:[^`]|``)*)`|(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    rf"|(?P<number>\.?\d[\w.]*)|(?P<name>{_NAME})|(?P<blank>\s)",
    re.DOTALL,
)


def without_names(text: str, words: Set[str]) -> tuple[str, dict[str, str]]:
    """Returns what was typed, on one line, with a plain word for each name; and the names by these words.

    Python would take a name for another that looks like it: it reads the ligature of f and i as these two letters.

    Args:
        text: what was typed.
        words: those that are no names, and stay.

    >>> without_names("age > 3 and `pay grade` == 'and'", {"and"})
    ("_column_0_ > 3 and _column_1_ == 'and'", {'_column_0_': 'age', '_column_1_': 'pay grade'})
    """
    found: dict[str, str] = {}

    def replaced(match: re.Match[str]) -> str:
        name = match["name"]
        if match["blank"]:
            return " "
        if match["text"]:
            return match["text"].replace("\r", "\\r").replace("\n", "\\n")
        if match["number"] or name in words:
            return match[0]
        return found.setdefault(match["quoted"].replace("``", "`") if name is None else name, f"_column_{len(found)}_")

    source = _TOKEN.sub(replaced, text).strip()
    return source, {word: name for name, word in found.items()}


def as_typed(name: str, words: Set[str]) -> str:
    """Returns a name as it is typed among words that are none.

    >>> as_typed("age", {"and"}), as_typed("pay grade", {"and"})
    ('age', '`pay grade`')
    """
    return name if re.fullmatch(_NAME, name) and name not in words else "`{}`".format(name.replace("`", "``"))


def shortened(text: str) -> str:
    """Returns what was typed, or its beginning and its end, for a message."""
    return text if len(text) <= SHOWN else f"{text[: SHOWN // 2]} … {text[-SHOWN // 2 :]}"


def column_of(schema: Schema, name: str, whose: str = "run") -> int:
    """Returns the index of a column by its name.

    Args:
        schema: the columns.
        name: of one of them.
        whose: "run", or "table" before there is a run.

    Raises:
        UserError: the schema has no such column.
    """
    if name not in schema.names:
        left_out = next((f": it was left out, {column.why}" for column in schema.left_out if column.name == name), "")
        near = "".join(f"Is it {each!r}? " for each in difflib.get_close_matches(name, schema.names, 1))
        raise UserError(
            f"the {whose} has no column {name!r}{left_out}",
            hint=f"{near}Its columns are {', '.join(map(repr, schema.names[:20]))}{' …' * (len(schema.names) > 20)}.",
            code=Exit.USAGE,
        )
    return schema.names.index(name)
