"""The figures of a report, drawn by matplotlib.

Knows: what is drawn how; nothing of how a figure comes about. Real rows are blue and filled, rows of the run's own
orange and hollow, so that neither colour alone tells them apart.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from made_cli.ensemble.evaluation import Point
from made_cli.ensemble.mixture import Estimate
from made_cli.report.cells import shortened
from made_cli.report.inline import FOURTH, INK, MUTED, OWN, REAL, THIRD
from made_cli.report.likeness import ColumnLikeness, PairLikeness
from made_cli.runs.metrics import Evaluation

Numbers = NDArray[np.floating[Any]] | NDArray[np.integer[Any]]
WIDE, NARROW = 4.6, 3.3
"""Inches; text is as large in both."""
BINS = 40
LONG = 9
"""Characters of a name of which three do not fit below a narrow figure."""
MANY = 10
"""Evaluations from which on the highest of them are left to the top edge."""


def learning(curves: Mapping[int, Sequence[Evaluation]]) -> Figure:
    """Draws the training and the validation NLL of each network by its steps."""
    figure, axes = _axes(WIDE, 2.9)
    shown: list[float] = []
    for place, evaluations in enumerate(curves.values()):
        steps = [each.step for each in evaluations]
        axes.plot(
            steps,
            [each.train_nll for each in evaluations],
            "--",
            color=MUTED,
            lw=1,
            label="training, with dropout" * (not place),
        )
        valid = [each.valid_nll for each in evaluations]
        axes.plot(steps, valid, "o-", color=REAL, ms=2.5, lw=1.3, label="validation" * (not place))
        best = min(evaluations, key=lambda each: each.valid_nll)
        axes.plot([best.step], [best.valid_nll], "D", color=OWN, ms=5, mfc="none", label="its best" * (not place))
        shown += [*valid, *(each.train_nll for each in evaluations[1:])]
    low, high = min(shown), float(np.quantile(shown, 0.9))
    if high > low and len(shown) > MANY:  # the first evaluations would hide all others
        axes.set_ylim(low - 0.06 * (high - low), high + 0.06 * (high - low))
    axes.set_xlabel("steps")
    axes.set_ylabel("NLL, nats a row")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.legend()
    return figure


def by_permutations(curve: Sequence[Point], others: Mapping[str, tuple[int, Estimate]]) -> Figure:
    """Draws the NLL of the combinations by the number of members; `others` are of one number only."""
    figure, axes = _axes(WIDE, 3.1)
    counts = np.array([point.permutations for point in curve], dtype=np.float64)
    series = (
        ("bound", [p.bound for p in curve], [p.bound_std for p in curve], MUTED, "s--"),
        ("equal mixture", [p.mixture for p in curve], [p.std for p in curve], REAL, "o-"),
        ("product", [p.product for p in curve], [p.product_std for p in curve], OWN, "^-"),
    )
    for shift, (name, nll, std, colour, style) in zip((0.98, 1.0, 1.02), series, strict=True):
        axes.errorbar(counts * shift, nll, std, fmt=style, color=colour, lw=1.3, ms=4, capsize=2.5, label=name)
    for (name, (count, found)), colour in zip(others.items(), (THIRD, FOURTH), strict=False):
        axes.plot([count * 1.05], [found.nll], "*", color=colour, ms=9, label=name)
    axes.set_xscale("log", base=2)
    axes.set_xticks(counts, [f"{count:g}" for count in counts])
    axes.minorticks_off()
    axes.set_xlabel("members (permutations)")
    axes.set_ylabel("NLL, nats a row")
    axes.legend()
    return figure


def by_position(positions: NDArray[np.float64]) -> Figure:
    """Draws the NLL of a column by its position in the ordering; of many, also the means of `BINS` groups of them."""
    figure, axes = _axes(WIDE, 2.3)
    many = len(positions) > BINS
    places = np.arange(1, len(positions) + 1)
    axes.plot(places, positions, "-" if many else "o-", color=MUTED if many else REAL, lw=0.5 if many else 1, ms=4)
    if many:
        groups = [np.array_split(each, BINS) for each in (places, positions)]
        axes.plot(*[[group.mean() for group in each] for each in groups], "-", color=REAL, lw=1.6)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlabel("position in the ordering")
    axes.set_ylabel("NLL, nats")
    return figure


def by_column(names: Sequence[str], real: Sequence[Estimate | None], own: Sequence[Estimate]) -> Figure:
    """Draws the mean surprisal of each column, from the top, in real rows and in the run's own."""
    figure, axes = _axes(WIDE, 0.95 + 0.21 * len(names))
    places = np.arange(len(names))
    kept = [(place, each) for place, each in enumerate(real) if each is not None]
    if kept:
        axes.errorbar(
            [each.nll for _, each in kept],
            [place - 0.13 for place, _ in kept],
            xerr=[2 * (each.se or 0.0) for _, each in kept],
            fmt="o",
            color=REAL,
            ms=4,
            capsize=2,
            label="rows of the table",
        )
    axes.errorbar(
        [each.nll for each in own],
        places + 0.13,
        xerr=[2 * (each.se or 0.0) for each in own],
        fmt="D",
        color=OWN,
        mfc="none",
        ms=4,
        capsize=2,
        label="rows of the run's own",
    )
    axes.set_yticks(places, [shortened(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    axes.set_xlabel("surprisal, nats (± 2 s.e.)")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def log_likelihoods(real: NDArray[np.float64], own: NDArray[np.float64]) -> Figure:
    """Draws how the log-likelihoods of rows are distributed."""
    figure, axes = _axes(WIDE, 2.7)
    both = np.concatenate([real, own])
    low, high = np.quantile(both, (0.005, 1.0))
    edges = np.linspace(low, max(high, low + 1e-6), BINS + 1)
    for rows, colour, label in ((real, REAL, "rows of the table"), (own, OWN, "rows of the run's own")):
        if len(rows):
            shares = np.histogram(np.clip(rows, low, None), edges)[0] / len(rows)
            is_real = rows is real
            axes.stairs(shares, edges, fill=is_real, color=colour, alpha=0.45 if is_real else 1.0, lw=1.6, label=label)
    axes.set_xlabel("log-likelihood, nats")
    axes.set_ylabel("share of rows")
    figure.legend(loc="outside upper center", ncols=2)
    return figure


def column(found: ColumnLikeness) -> Figure:
    """Draws the cells of a column: bars for the table, the outline of the run's own rows over them."""
    if found.groups.numbers:
        return _numbers(found)
    names = found.groups.names
    figure, axes = _axes(NARROW, 0.6 + 0.19 * max(3, len(names)))
    places = np.arange(len(names))
    if found.real is not None:
        axes.barh(places, found.real, 0.8, color=REAL, alpha=0.45)
    axes.plot(found.own, places, "D", color=OWN, mfc="none", ms=4.5, mew=1.4)
    axes.set_yticks(places, names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    _in_per_cent(axes.xaxis.set_major_formatter)
    return figure


def _numbers(found: ColumnLikeness) -> Figure:
    """Draws the ranges of a column of numbers; of its empty cells, which lie beside no number, words tell."""
    count = found.groups.ranges
    names = found.groups.names[:count]
    figure, axes = _axes(NARROW, 1.9)
    if found.real is not None:
        axes.bar(np.arange(count), found.real[:count], 1.0, color=REAL, alpha=0.45)
    axes.stairs(found.own[:count], np.arange(count + 1) - 0.5, color=OWN, lw=1.5)
    long = max(map(len, names)) > LONG
    ticks = sorted({0, count - 1} | (set() if long else {count // 2}))
    labels = axes.set_xticks(ticks, [names[tick] for tick in ticks])
    if long:  # they begin and end where the axis does
        labels[0].label1.set_horizontalalignment("left")
        labels[-1].label1.set_horizontalalignment("right" if len(ticks) > 1 else "left")
    axes.grid(axis="x", visible=False)
    _in_per_cent(axes.yaxis.set_major_formatter)
    return figure


def pair(found: PairLikeness) -> Figure:
    """Draws the shares of rows with each two groups of two columns, more is stronger, real beside the run's own."""
    tables = [("table", found.real, REAL)] if found.real is not None else []
    tables.append(("run's own", found.own, OWN))
    figure = Figure(figsize=(WIDE, 2.9), layout="constrained")
    panels = np.atleast_1d(np.asarray(figure.subplots(1, len(tables), sharey=True)))
    most = max(float(shares.max()) for _, shares, _ in tables)
    for axes, (title, shares, colour) in zip(panels, tables, strict=True):
        _cells(axes, shares / most, colour)
        axes.set_title(title, color=INK)
        axes.set_xticks(np.arange(shares.shape[1]), found.groups[1].names, rotation=55, ha="right")
        axes.set_xlabel(shortened(found.names[1]))
    panels[0].set_yticks(np.arange(found.own.shape[0]), found.groups[0].names)
    if found.groups[0].numbers:  # greater ones stand higher, labels in their order from the top
        panels[0].invert_yaxis()
    panels[0].set_ylabel(shortened(found.names[0]))
    return figure


def dependence(names: Sequence[str], information: NDArray[np.float64]) -> Figure:
    """Draws the mutual information (D, D) of all pairs: stronger for more."""
    size = min(WIDE, 2.6 + 0.17 * len(names))
    figure, axes = _axes(size, size)
    most = float(np.nanmax(information)) or 1.0
    _cells(axes, np.sqrt(np.nan_to_num(information) / most), REAL)
    labels = [shortened(name, 16) for name in names]
    axes.set_xticks(np.arange(len(names)), labels, rotation=60, ha="right")
    axes.set_yticks(np.arange(len(names)), labels)
    return figure


def images(bits: NDArray[np.bool_], colour: str) -> Figure:
    """Draws square images (n, side, side), eight in a row."""
    count, side, _ = bits.shape
    across = min(8, count)
    down = -(-count // across)
    figure = Figure(figsize=(WIDE, WIDE * down / across))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    image, row, place = np.nonzero(bits)
    x, y = (image % across) * (side + 2) + place, (image // across) * (side + 2) + row
    axes.add_collection(_squares(x, y, colour, np.ones(len(x))))
    for index in range(count):
        left, top = (index % across) * (side + 2), (index // across) * (side + 2)
        axes.plot(np.array([0, side, side, 0, 0]) + left, np.array([0, 0, side, side, 0]) + top, color=MUTED, lw=0.4)
    axes.set_xlim(-1, across * (side + 2) - 1)
    axes.set_ylim(down * (side + 2) - 1, -1)
    axes.axis("off")
    return figure


def _axes(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _cells(axes: Axes, strength: NDArray[np.float64], colour: str) -> None:
    """Draws a table of cells, the more opaque the nearer to 1."""
    y, x = np.nonzero(strength > 0.004)  # what is fainter is not seen
    axes.add_collection(_squares(x - 0.5, y - 0.5, colour, strength[y, x]))
    axes.set_xlim(-0.5, strength.shape[1] - 0.5)
    axes.set_ylim(strength.shape[0] - 0.5, -0.5)
    axes.grid(visible=False)
    axes.tick_params(length=0)


def _squares(x: Numbers, y: Numbers, colour: str, strength: Numbers) -> PolyCollection:
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    places = np.stack([x, y], axis=1).astype(np.float64)
    colours = [(*to_rgb(colour), float(alpha)) for alpha in strength]
    return PolyCollection(list(places[:, np.newaxis] + corners), facecolors=colours, linewidths=0)


def _in_per_cent(set_formatter: object) -> None:
    assert callable(set_formatter)
    set_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g} %"))
