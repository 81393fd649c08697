"""The kinds that were inferred for the columns of a table, as JSON and as text.

Knows: names and order of what is shown of a finding; nothing of how a kind is recognised.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from made_cli.cli.messages import Messages

if TYPE_CHECKING:
    from made_cli.tables.columns.recognition import Finding

HEADERS = ("column", "kind", "distinct", "missing", "resolution", "why")
UNDERSTANDING = "finding the kinds of the columns"
"""What is done meanwhile."""
MANY = 30
"""Columns that are shown one by one; of more than that only a count by kind, and what is left out."""


def described(finding: "Finding") -> dict[str, object]:
    """Returns a finding about a column, as JSON holds it."""
    form = finding.form
    return {
        "name": finding.column.name,
        "kind": form.described if form is not None else None,
        "distinct": len(finding.column.counted),
        "missing": finding.column.missing,
        "resolution": form.resolution if form is not None else None,
        "unit": form.unit if form is not None else None,
        "empty": _marks(finding),
        "why": finding.why,
    }


def as_rows(findings: "Sequence[Finding]") -> list[list[str]]:
    """Returns a row of text for each column, under `HEADERS`."""
    rows = []
    for finding in findings:
        found = described(finding)
        cells = [found["name"], found["kind"] or "left out", found["distinct"], found["missing"] or ""]
        step = finding.form.step if finding.form is not None else ""
        rows.append([*map(str, cells), step, finding.why + _told(finding)])
    return rows


def _told(finding: "Finding") -> str:
    """Says which marks were taken for empty cells."""
    marks = ", ".join(f"{text!r} ({rows:,})" for text, rows in _marks(finding).items())
    return f"; empty cells: {marks}" if marks else ""


def _marks(finding: "Finding") -> dict[str, int]:
    """Returns the marks that were taken for empty cells, blanks aside, with the rows of each."""
    return {text: rows for text, rows in finding.column.marks.items() if text.strip()}


def show_findings(messages: Messages, source: str, findings: "Sequence[Finding]") -> None:
    """Shows the kinds of the columns: each of a few, else how many of each kind."""
    rows = findings[0].column.rows
    if len(findings) <= MANY:
        messages.table(f"{source}: {rows:,} rows", HEADERS, as_rows(findings), left=2)
        return
    kinds = [finding.form.described for finding in findings if finding.form is not None]
    messages.say(f"{source}: {rows:,} rows; columns: " + ", ".join(f"{kinds.count(k)} {k}" for k in sorted(set(kinds))))
    for finding in findings:
        if finding.form is None:
            messages.say(f"left out: {finding.column.name} ({finding.why})")
