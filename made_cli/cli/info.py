"""`made info`: what a run folder holds.

Knows: what is shown of a run; it reads the record and the metrics, and loads no weights.
"""

import shlex
from dataclasses import asdict
from typing import TYPE_CHECKING

from made_cli.cli.messages import show_json, show_table
from made_cli.cli.options import Json, RunFolder
from made_cli.cli.relations import HEADERS as OF_RELATIONS
from made_cli.cli.relations import as_rows, counts, named
from made_cli.cli.resuming import going_on
from made_cli.cli.trials import HEADERS, TITLE, table_of
from made_cli.runs.names import EVALUATIONS, METRICS

if TYPE_CHECKING:
    from made_cli.runs.record import Part


def info(run: RunFolder, *, json: Json = False) -> None:
    """Show the columns, their relations, the networks and the settings of a run.

    Example: made info runs/digits
    """
    from made_cli.runs.folder import Folder

    folder = Folder(run)
    record = folder.open()
    metrics, trials = folder.metrics(), folder.trials()
    if json:
        show_json(
            {
                "schema_version": 1,
                "columns": [{"name": kind.name, "kind": kind.described} for kind in record.schema.kinds],
                "relations": [
                    named(found.relation, record.schema.kinds) | counts(found.count) for found in record.relations
                ],
                "left_out": [asdict(left) for left in record.schema.left_out],
                "data": asdict(record.data),
                "network": asdict(record.network),
                "training": asdict(record.training),
                "versions": record.versions,
                "parts": [
                    {name: asdict(part)[name] for name in ("network", "training", "data", "versions")}
                    for part in record.parts
                ],
                "metrics": asdict(metrics) if metrics else {},
                "trials": [asdict(trial) for trial in trials],
            }
        )
        return
    data, training = record.data, record.training
    # It is "auto" in runs from before there was a choice only.
    precision = "float32" if training.precision == "auto" else training.precision
    widths = "; ".join(dict.fromkeys(", ".join(map(str, each.network.hidden)) for each in record.owners))
    facts = [
        ("trained on", f"{data.source}: {data.train_rows:,} rows, {data.valid_rows:,} held out for validation"),
        ("columns", f"{len(record.schema.kinds):,}, {len(record.schema.left_out):,} left out"),
        ("networks", f"{folder.networks_done()} of {training.networks}, hidden layers of {widths}"),
        ("orderings", f"{training.orderings}, questions {training.questions}, connectivity {training.connectivity}"),
        ("precision", f"products in {precision}"),
        *((f"networks of run {number}", _of_part(part)) for number, part in enumerate(record.parts, start=1)),
        ("metrics", f"in {METRICS}, each evaluation in {EVALUATIONS}"),
    ]
    if metrics:
        more = "" if record.parts else f"; go on with: {going_on('DATA', shlex.quote(run), metrics)}"
        facts.append(("converged", "yes" if metrics.converged else f"no{more}"))
    for index, network in enumerate(metrics.networks if metrics else ()):
        nll = network.valid_nll
        validation = "" if nll is None else f"; validation {training.objective} {nll:.3f} nats"
        ended = f"ended: {network.stopped}, {'converged' if network.converged else 'not converged'}"
        told = f"{network.steps:,} steps, {network.seconds:.0f} s, {ended}{validation}"
        facts.append((f"network {index + 1}", told))
    show_table(run, ("", ""), facts, left=2)
    from made_cli.cli.learning import show_learning

    show_learning(folder.learning_curves(), training.objective)
    if trials:
        show_table(TITLE, HEADERS, table_of(trials), left=0)
    show_table(
        "columns",
        ("column", "kind"),
        [(kind.name, kind.described) for kind in record.schema.kinds]
        + [(left.name, f"left out: {left.why}") for left in record.schema.left_out],
        left=2,
    )
    if record.relations:
        title = f"relations, {training.relations}; counts are of the training rows"
        show_table(title, OF_RELATIONS, as_rows(record.relations, record.schema.kinds))


def _of_part(part: "Part") -> str:
    """Says what a run was that another one joins."""
    training, widths = part.training, ", ".join(map(str, part.network.hidden))
    return (
        f"{training.networks}, of {part.data.train_rows:,} rows of {part.data.source}; hidden layers of {widths}, "
        f"orderings {training.orderings}, questions {training.questions}, seed {training.seed}"
    )
