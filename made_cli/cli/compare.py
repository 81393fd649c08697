"""`made compare`: how good synthetic rows are.

Knows: names, units and rounding of what is shown; nothing of how a figure comes about.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from made_cli.cli.findings import UNDERSTANDING
from made_cli.cli.messages import Messages, show_json, show_table
from made_cli.cli.options import DATA_HELP, ColumnOverrides, Json, Reading, Seed
from made_cli.cli.relations import counts, named

if TYPE_CHECKING:
    from made_cli.fidelity.comparison import Comparison
    from made_cli.fidelity.privacy import ClosestRecord
    from made_cli.tables.files.table import Table

HEADERS = ("column", "kind", "shape", "trend", "more empty", "permutation importance")


def compare(
    real: Annotated[str, typer.Argument(metavar="REAL", help=f"The rows trained on. {DATA_HELP}")],
    synthetic: Annotated[str, typer.Argument(metavar="SYNTHETIC", help="The rows in question, in any of these forms.")],
    *,
    holdout: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Real rows not trained on: how near to REAL is near by chance."),
    ] = None,
    classifier: Annotated[
        bool, typer.Option("--classifier/--no-classifier", help="Try to tell the tables apart; the slow part.")
    ] = True,
    rows: Annotated[
        int, typer.Option(min=2, metavar="N", help="Rows of each table for the classifier, at most.")
    ] = 50_000,
    overrides: ColumnOverrides,
    reading: Reading,
    seed: Seed = 0,
    json: Json = False,
    messages: Messages,
) -> None:
    """Show how good synthetic rows are, beside the real ones.

    Shapes and trends are 1 where single columns, and pairs of them, are distributed alike, and 0 where they have
    nothing in common. The AUC is 0.5 where a classifier cannot tell the tables apart, and 1 where it always can; it
    needs scikit-learn. Privacy is how near synthetic rows come to the rows of REAL; --holdout says how near real rows
    come that were not trained on. The relations are those that rows of REAL keep, as `made schema` lists them, with the
    share of rows that break them. The kinds of the columns are those of REAL, too; the columns of SYNTHETIC are found
    by name.

    Example: made compare train.csv synthetic.csv --holdout test.csv
    """
    with messages.waiting():
        from made_cli.fidelity.comparison import aligned, compare_tables
        from made_cli.fidelity.detection import FOLDS, installed

    read = {
        role: reading.table(source, messages)
        for role, source in (("real", real), ("synthetic", synthetic), ("holdout", holdout))
        if source is not None
    }
    with messages.waiting(UNDERSTANDING):
        schema, alignment, tables = aligned(read["real"], read["synthetic"], read.get("holdout"), overrides)
    for left in schema.left_out:
        messages.say(f"column {left.name!r} is not compared: {left.why}")
    if classifier and not installed():
        messages.say("No two-sample test without scikit-learn; get it with: pip install 'made-cli[compare]'")
        classifier = False
    with messages.progress("comparing", FOLDS if classifier else None) as bar:
        comparison = compare_tables(
            alignment,
            tables,
            classifier_rows=rows if classifier else None,
            seed=seed,
            on_progress=bar.advance,
            on_limit=messages.say,
        )
    if json:
        left_out = [asdict(left) for left in schema.left_out]
        show_json({"schema_version": 1, **_sources(read), "seed": seed, "left_out": left_out, **described(comparison)})
    else:
        rows_of = {role: f"{table.rows:,} rows" for role, table in read.items()}
        title = f"{read['synthetic'].source}: {rows_of['synthetic']} beside {rows_of['real']} of {read['real'].source}"
        show_table(title, ("", ""), overall(comparison), left=2)
        show_table("columns, the worst first", HEADERS, as_rows(comparison), left=2)
        if comparison.relations:
            show_table(
                "relations, the most broken first: rows that break them", ("relation", *read), broken(comparison)
            )


def _sources(read: "dict[str, Table]") -> dict[str, object]:
    return {
        role: {"source": read[role].source, "rows": read[role].rows} if role in read else None
        for role in ("real", "synthetic", "holdout")
    }


def described(comparison: "Comparison") -> dict[str, object]:
    """Returns what was found out, as JSON holds it."""
    found, holdout, kinds = comparison.detection, comparison.holdout, comparison.alignment.kinds
    return {
        "shape": comparison.shape,
        "trend": comparison.trend,
        "classifier": found and {"auc": found.auc, "by_chance": found.by_chance, "rows": found.rows},
        "privacy": {
            "synthetic": _nearness(comparison.synthetic),
            "holdout": holdout and _nearness(holdout),
            "nearer_than_holdout": comparison.nearer_than_holdout,
        },
        "columns": [asdict(column) for column in comparison.columns()],
        "worst_pairs": [asdict(pair) for pair in comparison.worst_pairs()],
        "relations": [
            named(kept.relation, kinds) | {role: counts(count) for role, count in kept.counts.items()}
            for kept in comparison.relations
        ],
    }


def _nearness(found: "ClosestRecord") -> dict[str, object]:
    return {"copies": found.copies, "median_distance": found.median, "queries": len(found.distances)}


def overall(comparison: "Comparison") -> list[tuple[str, str]]:
    """Returns what is said of the whole table, a name and its value a line."""
    synthetic, holdout, detection = comparison.synthetic, comparison.holdout, comparison.detection
    facts = [("mean column shape", f"{comparison.shape:.4f}")]
    if comparison.trend is not None:
        facts.append(("mean pair trend", f"{comparison.trend:.4f}"))
    if detection is not None:
        meaning = f"alike: 0.5 ± {detection.noise:.3f}"
        if detection.auc < 0.5 - detection.noise:
            meaning += "; below, rows were copied"
        facts.append(("two-sample AUC", f"{detection.auc:.4f} ({meaning})"))
    beside = ("", "") if holdout is None else (f" (holdout: {holdout.copies:.2%})", f" (holdout: {holdout.median:.4f})")
    facts += [
        ("copies of a real row", f"{synthetic.copies:.2%}{beside[0]}"),
        ("median distance to the closest real row", f"{synthetic.median:.4f}{beside[1]}"),
    ]
    if comparison.nearer_than_holdout is not None:
        facts.append(("nearer than 5% of the holdout", f"{comparison.nearer_than_holdout:.2%} (no copying: 5%)"))
    return facts


def as_rows(comparison: "Comparison") -> list[tuple[str, ...]]:
    """Returns a row of text for each column, under `HEADERS`."""
    detection = comparison.detection
    told_apart = detection is not None and detection.auc > 0.5 + detection.noise

    def score(value: float | None) -> str:
        return "" if value is None else f"{value:.4f}"

    return [
        (
            column.name,
            column.kind,
            score(column.shape),
            score(column.trend),
            f"{column.empty_synthetic - column.empty_real:+.2%}" if column.empty_synthetic or column.empty_real else "",
            # Where rows cannot be told apart, what a shuffle does to the AUC is noise.
            score(column.permutation_importance if told_apart else None),
        )
        for column in comparison.columns()
    ]


def broken(comparison: "Comparison") -> list[tuple[str, ...]]:
    """Returns a row of text for each relation: the share of the rows of each table that break it."""
    kinds = comparison.alignment.kinds
    return [
        (
            kept.relation.said(kinds),
            *("" if count.share is None else f"{count.share:.2%}" for count in kept.counts.values()),
        )
        for kept in comparison.relations
    ]
