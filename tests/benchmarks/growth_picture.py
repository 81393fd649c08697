"""The picture of `growth.py`: costs by what grows, as an SVG that is read in light and in dark.

Knows: how it is drawn. Figures, colours and what the file is stripped of are those of a report.
"""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from made_cli.report.inline import COLOURS, FOURTH, INK, MUTED, OWN, REAL, THIRD, inlined, settings

Curves = dict[str, list[tuple[int, float]]]
"""By work: its (size, microseconds a row)."""

LOOKS = {
    "step": (INK, "s-"),
    "score": (REAL, "o-"),
    "sample": (OWN, "^-"),
    "schema": (THIRD, "D-"),
    "read": (FOURTH, "v-"),
}
"""By work: its colour, and its mark and line; neither alone tells them apart."""
SLOPES = {"D": 1, "H": 1, "K": 1, "N": -1}
"""By the letter of what grows: the slope of the line beside. A cost shared by all rows falls as there are more."""
DARK = {
    "page": "#14171c",
    "ink": "#e7eaee",
    "muted": "#a5afbb",
    "grid": "#363d47",
    "real": "#6ea8ff",
    "own": "#ffa25c",
    "third": "#c49bff",
    "fourth": "#6fd08c",
}
BESIDE = 0.5
"""Where that line is, of the cost of scoring."""
ALT = (
    "Panels on logarithmic axes: microseconds a row of a step of training, of scoring, sampling and reading, by the "
    "number of columns, of hidden units, of members and of rows, each with a dashed line of slope 1 (over rows: −1)."
)


def write(path: Path, panels: Mapping[str, Curves]) -> None:
    """Draws a panel for each thing that grows, by its name, and writes the picture."""
    with settings():
        figure = Figure(figsize=(7.2, 5.6), layout="constrained")
        columns = min(2, len(panels))
        grid = figure.subplots(-(-len(panels) // columns), columns, squeeze=False, sharey=True)
        costs = [cost for curves in panels.values() for points in curves.values() for _, cost in points]
        for axes, (name, curves) in zip(grid.flat, panels.items(), strict=False):
            _panel(axes, name, curves)
            axes.set_ylim(min(costs) / 2, max(costs) * 2)
        for axes in grid[:, 0]:
            axes.set_ylabel("µs a row")
        shown = {line.get_label(): line for axes in grid.flat for line in axes.get_lines()}
        figure.legend(shown.values(), shown.keys(), loc="outside upper center", ncols=len(shown))
        drawing = inlined(figure, "growth", "Processor time a row, by what grows", ALT)
    light = {"page": "#ffffff"} | {name: colour for colour, name in COLOURS.items()}
    style = (
        f"<style>\nsvg {{ {_variables(light)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ svg {{ {_variables(DARK)} }} }}\n"
        'text { font-family: system-ui, "Segoe UI", Helvetica, Arial, "DejaVu Sans", sans-serif }\n'
        '</style>\n<rect width="100%" height="100%" style="fill: var(--page)"/>\n'
    )
    head, _, body = drawing.svg.partition(">")
    head = head.replace("<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{drawing.width}" ')
    path.write_text(f"{head}>\n{style}{body}\n", encoding="utf-8")


def _variables(colours: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


def _panel(axes: Axes, name: str, curves: Curves) -> None:
    """Draws the curves of the works, and beside that of scoring a line whose slope is known."""
    for work, points in curves.items():
        colour, look = LOOKS[work]
        axes.plot(*zip(*points, strict=True), look, color=colour, ms=4, lw=1.3, label=work)
    slope, sizes = SLOPES[name[0]], sorted({size for points in curves.values() for size, _ in points})
    size, cost = curves["score"][-1 if slope > 0 else 0]
    line = [BESIDE * cost * (each / size) ** slope for each in sizes]
    axes.plot(sizes, line, "--", color=MUTED, lw=0.9, label=f"slope {slope}".replace("-", "−"))
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.10g}"))
        axis.set_minor_locator(NullLocator())
    axes.set_xticks(sizes)
    axes.set_xlabel(name)
