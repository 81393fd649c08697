"""What a person says of single columns, whatever would be found.

Knows: that it goes by the names of the columns; nothing of where it was said.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from made_cli.tables.text.notation import Point


@dataclass(frozen=True)
class Edits:
    """What a person says of single columns, by their names.

    Attributes:
        kinds: what they are.
        drop: those that are left out.
        marks: the texts that mean an empty cell in them.
        decimals: the sign before their decimals.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    drop: Set[str] = frozenset()
    marks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    decimals: Mapping[str, Point] = field(default_factory=dict)
