"""What a misspelt word was meant to be.

Knows: how alike words are told, and how a hint asks.
"""

import difflib
from collections.abc import Iterable


def meant(word: str, words: Iterable[str]) -> str:
    """Returns the beginning of a hint: which of the words may be meant, nothing where none is like it.

    >>> meant("heigth", ["age", "height"]), meant("x", ["age"])
    ("Is it 'height'? ", '')
    """
    lower = {each.lower(): each for each in words}
    return "".join(f"Is it {lower[near]!r}? " for near in difflib.get_close_matches(word.lower(), lower, 1))
