"""Names of columns within what people type.

Knows: how a name is told from words, numbers and operators: as it is where it is a plain word, else in `backticks`, a
backtick itself twice, or in a list with commas between; and the error where there is no such column.
"""

import re
from collections.abc import Sequence, Set

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.schema import Schema
from made_cli.tables.text.nearest import meant

SHOWN = 200
"""Characters of what was typed that a message shows."""
NAMED = 20
"""Names of columns that a message lists."""
# Letters, and what stands with them beyond ASCII: marks, but no blanks, quotes, arrows or operators.
_NAME = r"[^\W\d](?:\w|[^\x00-\x7f\s\u2000-\u2bff\u3000-\u303f])*"
_TOKEN = re.compile(
    r"`(?P<quoted>(?:[^`]|``)*)`|(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    rf"|(?P<number>\.?\d[\w.]*)|(?P<name>{_NAME})|(?P<blank>\s)",
    re.DOTALL,
)
_LISTED_IN_QUOTES = re.compile(r'\s*"(?P<name>(?:[^"]|"")*)"\s*(?:(?P<comma>,)|$)')


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


def some_of(names: Sequence[str]) -> str:
    """Returns the first names for a message.

    >>> some_of(["age", "pay"])
    "'age', 'pay'"
    """
    return ", ".join(map(repr, names[:NAMED])) + " …" * (len(names) > NAMED)


def column_of(schema: Schema, name: str, whose: str = "run", option: str | None = None) -> int:
    """Returns the index of a column by its name.

    Args:
        schema: the columns.
        name: of one of them.
        whose: "run", or "table" before there is a run.
        option: what it is typed after.

    Raises:
        UserError: the schema has no such column.
    """
    if name not in schema.names:
        left_out = next((f": it was left out, {column.why}" for column in schema.left_out if column.name == name), "")
        raise UserError(
            f"{f'{option}: ' if option else ''}the {whose} has no column {name!r}{left_out}",
            hint=f"{meant(name, schema.names)}Its columns are {some_of(schema.names)}.",
            code=Exit.USAGE,
        )
    return schema.names.index(name)


def columns_listed(schema: Schema, text: str, option: str) -> list[str]:
    """Reads names of columns with commas between; a name that holds a comma may stand in quotes, as in CSV.

    Args:
        schema: the columns.
        text: their names.
        option: what they are typed after.

    Raises:
        UserError: the schema has no such column.
    """
    found: list[str] = []
    rest: str | None = text
    while rest is not None:
        name, rest = _first_listed(rest, schema.names)
        if name not in schema.names and name.partition("=")[0] in schema.names:
            raise UserError(
                f"{option} {name!r}: names of columns are meant here, without values",
                hint=f"Write {option} {name.partition('=')[0]}: the values are those of each row.",
                code=Exit.USAGE,
            )
        column_of(schema, name, option=option)
        found.append(name)
    return found


def _first_listed(text: str, names: Sequence[str]) -> tuple[str, str | None]:
    """Returns the first name of a list, one of those in question if it can be, and what is behind its comma.

    >>> _first_listed('"pay, gross", age', ["pay, gross", "age"]), _first_listed("pay, gross", ["pay, gross"])
    (('pay, gross', ' age'), ('pay, gross', None))
    """
    quoted = _LISTED_IN_QUOTES.match(text)
    if quoted and (name := quoted["name"].replace('""', '"')) in names:
        return name, text[quoted.end() :] if quoted["comma"] else None
    parts = text.split(",")
    # The longest name that the text goes on with.
    lengths = range(len(parts), 0, -1)
    count = next((length for length in lengths if ",".join(parts[:length]).strip() in names), 1)
    return ",".join(parts[:count]).strip(), ",".join(parts[count:]) if count < len(parts) else None
