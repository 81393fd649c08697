"""Blanks in a label: those around it, and how many stand within it, tell nothing.

Knows: which signs are blanks, and that one letter can be written as one sign or as several; line breaks are no blanks.
"""

import re
import unicodedata

_BLANKS = re.compile(r"[^\S\r\n]+")


def spaced(text: str) -> str:
    r"""Returns one text for all that look the same but for blanks.

    >>> spaced(" New\u00a0 York ") == spaced("New York"), spaced("u\u0308") == "ü", spaced("a\n") == spaced("a")
    (True, True, False)
    """
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", text)).strip(" ")
