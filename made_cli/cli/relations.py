"""Relations between columns, as JSON and as text.

Knows: names and order of what is shown of a relation; nothing of how one is found.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from made_cli.tables.columns.kinds import Kind
    from made_cli.tables.relations.counts import Count
    from made_cli.tables.relations.finding import Found
    from made_cli.tables.relations.relation import Relation

HEADERS = ("relation", "rows that keep it", "that break it")


def named(relation: "Relation", kinds: "Sequence[Kind]") -> dict[str, object]:
    """Returns what a relation says, as JSON holds it."""
    return {
        "relation": relation.said(kinds),
        "form": type(relation).__name__.lower(),
        "columns": [kinds[column].name for column in relation.columns],
    }


def counts(count: "Count") -> dict[str, int]:
    """Returns how many rows keep a relation, and how many break it, as JSON holds it."""
    return {"support": count.support, "breaks": count.breaks}


def as_rows(found: "Sequence[Found]", kinds: "Sequence[Kind]") -> list[list[str]]:
    """Returns a row of text for each relation, under `HEADERS`."""
    return [[each.relation.said(kinds), f"{each.count.support:,}", f"{each.count.breaks:,}"] for each in found]
