"""Relations between columns, as JSON and as text.

Knows: names and order of what is shown of a relation; nothing of how one is found.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from made_cli.cli.messages import Messages

if TYPE_CHECKING:
    from made_cli.runs.record import RunRecord
    from made_cli.tables.columns.kinds import Kind
    from made_cli.tables.relations.counts import Count
    from made_cli.tables.relations.found import Found
    from made_cli.tables.relations.relation import Relation

HEADERS = ("relation", "rows that keep it", "that break it")


def named(relation: "Relation", kinds: "Sequence[Kind]") -> dict[str, object]:
    """Returns what a relation says, as JSON holds it."""
    return {
        "relation": relation.said(kinds),
        "form": relation.form,
        "columns": [kinds[column].name for column in relation.columns],
    }


def counts(count: "Count") -> dict[str, int]:
    """Returns how many rows keep a relation, and how many break it, as JSON holds it."""
    return {"support": count.support, "breaks": count.breaks}


def as_rows(found: "Sequence[Found]", kinds: "Sequence[Kind]") -> list[list[str]]:
    """Returns a row of text for each relation, under `HEADERS`."""
    return [[each.relation.said(kinds), f"{each.count.support:,}", f"{each.count.breaks:,}"] for each in found]


def show_used(messages: Messages, record: "RunRecord") -> None:
    """Shows the relations that a training would use, where there are any."""
    if record.relations:
        rows = as_rows(record.relations, record.schema.kinds)
        messages.table(f"relations, {record.training.relations}", HEADERS, rows, left=1)
