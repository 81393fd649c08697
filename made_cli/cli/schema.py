"""`made schema`: what a table is taken for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from made_cli.cli.messages import show_json, show_table
from made_cli.cli.options import Data, Delimiter, Drop, Encoding, Json, Kinds, NoHeader, pairs
from made_cli.config import Overrides

if TYPE_CHECKING:
    from made_cli.tables.columns.inference import Finding

HEADERS = ("column", "kind", "distinct", "missing", "resolution", "why")


def schema(
    data: Data,
    kind: Kinds = None,
    drop: Drop = None,
    no_header: NoHeader = False,
    delimiter: Delimiter = None,
    encoding: Encoding = "utf-8",
    json: Json = False,
) -> None:
    """Show what each column of a table is taken for, and why.

    `made train` infers the same; --kind and --drop overrule it in both.

    Example: made schema sample_data/penguins.csv
    """
    from made_cli.tables.columns.inference import infer
    from made_cli.tables.files.reading import read_table

    table = read_table(data, header=not no_header, delimiter=delimiter, encoding=encoding)
    findings = infer(table, Overrides(pairs(kind, "--kind"), frozenset(drop or [])))
    if json:
        show_json({"schema_version": 1, "rows": len(table.frame), "columns": [described(f) for f in findings]})
    else:
        show_table(f"{table.source}: {len(table.frame):,} rows", HEADERS, as_rows(findings), left=2)


def described(finding: "Finding") -> dict[str, object]:
    """Returns what was found out about a column, as JSON holds it."""
    kind = finding.kind
    return {
        "name": finding.column.name,
        "kind": kind.described if kind is not None else None,
        "distinct": len(finding.column.counted),
        "missing": finding.column.missing,
        "resolution": kind.resolution if kind is not None else None,
        "unit": kind.unit if kind is not None else None,
        "why": finding.why,
    }


def as_rows(findings: "Sequence[Finding]") -> list[list[str]]:
    """Returns a row of text for each column, under `HEADERS`."""
    rows = []
    for finding in findings:
        found = described(finding)
        cells = [found["name"], found["kind"] or "left out", found["distinct"], found["missing"] or ""]
        step = finding.kind.step if finding.kind is not None else ""
        rows.append([*map(str, cells), step, finding.why])
    return rows
