"""Marks of an empty cell, as people write them.

Knows: the usual marks, and which of them may be an answer as well, where a column holds labels.
"""

import re
from collections.abc import Collection

MARKS = ("?", "NA", "N/A", "n/a", "na", "#N/A", "NaN", "nan", "<NA>", "NULL", "null", "None", "none", "-", ".")
"""Texts that usually mean an empty cell, as blanks do."""
ANSWERS = frozenset({"None", "none", "-", "."})
"""Those of the usual marks that may be an answer among labels."""
_CODE = re.compile("[A-Z]{2}")
"""Labels such as those of countries and continents, of which NA is one."""


def is_mark(text: str, marks: Collection[str]) -> bool:
    """Says whether a text means an empty cell: nothing but blanks, or one of the marks.

    >>> is_mark(" ", ()), is_mark(" ? ", MARKS), is_mark("no", MARKS)
    (True, True, False)
    """
    stripped = text.strip()
    return not stripped or stripped in marks


def answers(labels: Collection[str]) -> frozenset[str]:
    """Returns the usual marks that may be answers in a column of these labels.

    >>> sorted(answers(["DE", "NA", "FR"]) - answers(["dog", "NA"]))
    ['NA']
    """
    others = (label.strip() for label in labels if not is_mark(label, MARKS))
    first = next(others, "")
    codes = _CODE.fullmatch(first) is not None and all(map(_CODE.fullmatch, others))
    return ANSWERS | ({"NA"} if codes else frozenset())
