"""How far a colour stands out from another.

Knows: the contrast ratio of WCAG 2.2, and the least that it asks of words.
"""

from collections.abc import Sequence

LEAST = 4.5
"""Of words of ordinary size, level AA."""


def contrast(one: Sequence[float], other: Sequence[float]) -> float:
    """Returns the contrast ratio of two colours, from 1 to 21; red, green and blue are from 0 to 255.

    >>> contrast((0, 0, 0), (255, 255, 255))
    21.0
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: Sequence[float]) -> float:
    parts = [part / 255 for part in colour[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
