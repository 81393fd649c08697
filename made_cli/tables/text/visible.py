"""Texts from files, as people may be shown them.

Knows: which characters are no signs: what a terminal or a browser would take for a command, or hide.
"""


def visible(text: str) -> str:
    r"""Returns a text for people: what a terminal would take for a command, or hide, is spelled out.

    Names and labels come from files of other people; an escape sequence in one could repaint what is on the screen.

    >>> print(visible("a\x1b[2Jb\nc\u202e"), visible("Köln, 東京"))
    a\x1b[2Jb\nc\u202e Köln, 東京
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
