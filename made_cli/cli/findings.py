"""The kinds that were inferred for the columns of a table, as text.

Knows: names and order of what is shown of a finding; nothing of how a kind is recognised.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from made_cli.cli.messages import Messages

if TYPE_CHECKING:
    from made_cli.tables.columns.recognition import Finding

HEADERS = ("column", "kind", "distinct", "missing", "resolution", "why")
UNDERSTANDING = "finding the kinds of the columns"
"""What is done meanwhile."""
MANY = 30
"""Columns that are shown one by one; of more than that only a count by kind, and what is left out."""


def as_rows(findings: "Sequence[Finding]") -> list[list[str]]:
    """Returns a row of text for each column, under `HEADERS`."""
    from made_cli.tables.columns.schema_file import described

    rows = []
    for finding in findings:
        found = described(finding)
        distinct = f"{found['distinct']}{'+' * (finding.column.drawn is not None)}"
        cells = [found["name"], found["kind"] or "left out", distinct, found["missing"] or ""]
        step = finding.form.step if finding.form is not None else ""
        rows.append([*map(str, cells), step, finding.why + _told(found["empty"])])
    return rows


def _told(empty: Mapping[str, int]) -> str:
    """Says which marks were taken for empty cells."""
    marks = ", ".join(f"{text!r} ({rows:,})" for text, rows in empty.items())
    return f"; empty cells: {marks}" if marks else ""


def show_findings(messages: Messages, source: str, findings: "Sequence[Finding]") -> None:
    """Shows the kinds of the columns: each of a few, else how many of each kind."""
    rows = findings[0].column.all_rows
    if len(findings) <= MANY:
        messages.table(f"{source}: {rows:,} rows", HEADERS, as_rows(findings), left=2, prose=True)
        return
    kinds = [finding.form.described for finding in findings if finding.form is not None]
    messages.say(f"{source}: {rows:,} rows; columns: " + ", ".join(f"{kinds.count(k)} {k}" for k in sorted(set(kinds))))
    for finding in findings:
        if finding.form is None:
            messages.say(f"left out: {finding.column.name} ({finding.why})")
