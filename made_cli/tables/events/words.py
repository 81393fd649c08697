"""What people say in questions that Python does not: `is empty`, `between 3 and 5`, AND for and.

Knows: how that is said in Python's comparisons. Wherever it could be read so, Python has two names in a row or a name
after `is`, so that no question has two meanings; a column's own name goes before a joining word in capitals.
"""

import re
from collections.abc import Collection, Mapping

_JOINING = frozenset({"and", "or", "not", "in", "is"})
_VALUE = r"""(?:-?\s*[\w.]+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""


def in_python(source: str, names: Mapping[str, str], columns: Collection[str]) -> str:
    """Returns a question in Python's words.

    Args:
        source: the question with a plain word for each name (see `made_cli.tables.columns.names.without_names`).
        names: the names by these words.
        columns: the names that columns have.

    >>> in_python("_column_0_ is not _column_1_", {"_column_0_": "age", "_column_1_": "empty"}, {"age"})
    '_column_0_ != ""'
    >>> in_python("_column_0_ _column_1_ 3 and 5", {"_column_0_": "age", "_column_1_": "between"}, {"age"})
    '(3 <= _column_0_ <= 5)'
    """
    for word, name in names.items():
        if name.lower() in _JOINING and name not in columns:
            source = source.replace(word, name.lower())
    empty, between = (_any_of(meant, names) for meant in ("empty", "between"))
    if empty:
        source = re.sub(rf"\bis\s+(not\s+)?{empty}", lambda found: '!= ""' if found[1] else '== ""', source)
    if between:
        asked = rf"(_column_\d+_)\s+(not\s+)?{between}\s+({_VALUE})\s+and\s+({_VALUE})"
        source = re.sub(
            asked, lambda found: f"({'not ' if found[2] else ''}{found[3]} <= {found[1]} <= {found[4]})", source
        )
    return source


def _any_of(meant: str, names: Mapping[str, str]) -> str:
    """Returns a pattern for the words of all names that are a word however it is written; "" where there is none."""
    words = "|".join(word for word, name in names.items() if name.lower() == meant)
    return f"(?:{words})" if words else ""
