"""What is said of the run itself: what was trained on what, what was found out about its columns, how it was learned.

Knows: the words, and how much of a wide table is listed; it reads the record and the metrics, and no rows.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

from made_cli.ensemble.combination import Product, SavedEnsemble
from made_cli.report import drawing
from made_cli.report.cells import shortened, written
from made_cli.report.inline import inlined
from made_cli.report.page import Listing, Section
from made_cli.runs.metrics import Evaluation, RunMetrics
from made_cli.runs.record import RunRecord
from made_cli.tables.columns.kinds import Categorical, Kind

LISTED = 60
"""Lines of columns that are listed, those that are alike side by side in one; `made info` lists all."""
TEXTS = 4
"""Labels, and values with a probability of their own, that are named."""
NETWORKS = 12
"""Networks that are listed, and whose learning is drawn."""
EVALUATIONS = 200
"""Evaluations of a network that are drawn, but for its best and its last."""


def trained(record: RunRecord, metrics: RunMetrics | None, networks: int) -> Section:
    """Says what was trained on what, with which settings, and how it ended."""
    data, training = record.data, record.training
    held_out = "held out of it" if data.valid_source is None else f"of {data.valid_source}"
    facts = [
        ("table", f"{data.source}: {data.train_rows:,} rows"),
        ("validation", f"{data.valid_rows:,} rows {held_out}"),
        ("columns", f"{len(record.schema.kinds):,} modelled, {len(record.schema.left_out)} left out"),
        (
            "networks",
            f"{networks} of {training.networks}; hidden layers of "
            + "; ".join(dict.fromkeys(", ".join(map(str, each.network.hidden)) for each in record.owners)),
        ),
        (
            "orderings",
            f"{training.orderings} a network; trained for "
            + ("any question" if training.questions == "any" else "whole rows only"),
        ),
        ("empty cells", "one more outcome" if record.schema.missing == "outcome" else "unknown: they play no part"),
        ("preset and seed", f"{training.preset}, {training.seed}"),
        ("versions", ", ".join(f"{name} {version}" for name, version in sorted(record.versions.items()))),
    ]
    rows: list[tuple[str, ...]] = []
    for index, network in enumerate(metrics.networks[:NETWORKS] if metrics else ()):
        nll = "" if network.valid_nll is None else f"{network.valid_nll:.4f}"
        done = f"{network.steps:,}", f"{network.best_step:,}", f"{network.seconds:.0f}", nll
        rows.append((str(index + 1), network.stopped, "yes" if network.converged else "no", *done))
    ended = Listing(
        f"How training ended{_of(NETWORKS, len(metrics.networks) if metrics else 0, 'networks')}",
        ("network", "ended by", "converged", "steps", "best step", "seconds", "validation NLL"),
        tuple(rows),
        left=3,
        note=f"Validation NLL: the {training.objective} of the network's base orderings, nats a row, on the"
        f" {data.valid_rows:,} validation rows. These also decided which weights were kept: it is a little too good.",
    )
    return Section(
        "trained",
        "What was trained on what",
        () if metrics else ("The run folder has no metrics: how training ended is not known.",),
        (Listing("The run", ("", ""), tuple(facts), left=2), *([ended] if rows else [])),
    )


def columns(record: RunRecord) -> Section:
    """Says what was found out about each column and what holds between them, and which were left out."""
    schema = record.schema
    told = [(kind.described, found_out(kind)) for kind in schema.kinds]
    alike = [[place for place, _ in group] for _, group in groupby(enumerate(told), lambda each: each[1])][:LISTED]
    tables = [
        Listing(
            f"What each holds{_of(alike[-1][-1] + 1, len(told), 'columns')}",
            ("column", "kind", "what was found out"),
            tuple((_named([schema.names[place] for place in places]), *told[places[0]]) for places in alike),
            left=3,
            note="As it was when the run was trained.",
        )
    ]
    if schema.left_out:
        tables.append(
            Listing(
                f"Left out{_of(LISTED, len(schema.left_out), 'columns')}",
                ("column", "why"),
                tuple((shortened(left.name, 40), shortened(left.why, 200)) for left in schema.left_out[:LISTED]),
                left=2,
                note="These columns play no part in anything below.",
            )
        )
    if record.relations:
        tables.append(_relations(record))
    return Section("columns", "Columns", (), tuple(tables))


def _named(names: Sequence[str]) -> str:
    """Names columns that stand side by side, of many the first and the last.

    >>> _named(["a", "b"]), _named(["c1", "c2", "c3", "c4"])
    ('a, b', 'c1 … c4 (4 columns)')
    """
    shown = [shortened(name, 40) for name in names]
    return ", ".join(shown) if len(shown) < 3 else f"{shown[0]} … {shown[-1]} ({len(shown):,} columns)"


def _relations(record: RunRecord) -> Listing:
    found, kinds = record.relations, record.schema.kinds
    used = {
        "soft": "Rows that the run draws break each about as often as these.",
        "hard": "No row that the run draws breaks any of them.",
        "off": "The run makes no use of them.",
    }
    return Listing(
        f"Relations between columns{_of(LISTED, len(found), 'relations')}",
        ("relation", "rows that keep it", "that break it"),
        tuple(
            (shortened(each.relation.said(kinds), 200), f"{each.count.support:,}", f"{each.count.breaks:,}")
            for each in found[:LISTED]
        ),
        note=f"Counted in the {record.data.train_rows:,} rows that were trained on. {used[record.training.relations]}",
    )


def found_out(kind: Kind) -> str:
    """Says what is known of a column from training, in a line."""
    facts: list[str] = []
    if isinstance(kind, Categorical):
        named = ", ".join(shortened(label) or "(blank)" for label in kind.labels[:TEXTS])
        facts.append(f"{len(kind.labels):,} {'label' if len(kind.labels) == 1 else 'labels'}: {named}")
        facts[-1] += ", …" * (len(kind.labels) > TEXTS)
        if kind.rare:
            rare = f"{len(kind.rare):,} rare labels share" if len(kind.rare) > 1 else "1 rare label has"
            facts.append(f"{rare} one more outcome")
    else:
        facts.append(f"in steps of {kind.step}")
        if kind.atoms:
            named = ", ".join(written(kind, atom) for atom in kind.atoms[:TEXTS]) + ", …" * (len(kind.atoms) > TEXTS)
            facts.append(f"values with a probability of their own: {named}")
        if kind.lower is not None:
            facts.append(f"none below {written(kind, kind.lower)}")
    if kind.empty != "unseen":
        facts.append("has empty cells" if kind.empty == "seen" else "empty cells are unknown")
    return "; ".join(facts)


def learning(curves: Mapping[int, Sequence[Evaluation]], objective: str) -> Section:
    """Shows how the networks learned."""
    drawn = {network: _drawn(found) for network, found in sorted(curves.items())[:NETWORKS]}
    shown = {network: found for network, found in drawn.items() if len(found) > 1}
    if not shown:
        return Section("learning", "How it was learned", ("No two evaluations of a network were written down.",))
    best = {network: min(each.valid_nll for each in found) for network, found in shown.items()}
    told = "; ".join(
        f"network {n + 1}: from {shown[n][0].valid_nll:.3f} to {nll:.3f} at best" for n, nll in best.items()
    )
    figure = inlined(
        drawing.learning(shown),
        "learning-curves",
        f"Learning curves{_of(NETWORKS, len(curves), 'networks')}",
        f"Negative log-likelihood by training step. Validation, nats a row: {told}.",
        f"Validation: the {objective} of the base orderings under averaged weights. Training: the mean of the loss"
        " since the last evaluation, with dropout, so it may lie above. What is far above at the start is cut off.",
    )
    return Section("learning", "How it was learned", (), (), (figure,))


def _drawn(found: Sequence[Evaluation]) -> list[Evaluation]:
    """Returns the evaluations that are drawn, the best among them."""
    kept = [each for each in found if each.has_size]
    every = -(-len(kept) // EVALUATIONS) or 1
    best = min(range(len(kept)), key=lambda place: kept[place].valid_nll, default=0)
    return [each for place, each in enumerate(kept) if place % every == 0 or place in (best, len(kept) - 1)]


def saved(ensemble: SavedEnsemble | None) -> Section:
    """Says what was saved with the run, where no rows are there to evaluate it on."""
    text = "No rows were named to evaluate the density on: made report RUN DATA does so."
    if ensemble is None:
        return Section("combinations", "Combinations", (text,))
    rows = []
    for name, found in ensemble.combinations.items():
        z = found.normaliser if isinstance(found, Product) else None
        counts = found.exponents if isinstance(found, Product) else found.weights
        interval = "" if z is None else f"[{z.interval[0]:.4f}, {z.interval[1]:.4f}]"
        rows.append((name, str(sum(map(bool, counts))), "" if z is None else f"{z.log_z:.4f}", interval))
    table = Listing(
        "Saved by made ensemble-eval",
        ("combination", "members that count", "log Z", "interval"),
        tuple(rows),
        note="−log Z, nats a row, is what a product of equal exponents gains over the bound, whatever the rows.",
    )
    return Section("combinations", "Combinations", (text,), (table,))


def _of(most: int, count: int, what: str) -> str:
    """Says that not all are shown, where that is so."""
    return f" (the first {most} of {count:,} {what})" if count > most else ""
