"""Draws the pictures of docs/architecture.md: the rooms of the house, and the ways of data through them.

Knows: where each room stands in the picture, and how SVG is written. Rooms, modules and imports are those of
`docs.house`; an import that does not point down is an error, not an arrow.

    python -m docs.draw_architecture      writes docs/architecture-rooms.svg and docs/architecture-data.svg
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from docs.house import arrows, gist, imports, rooms

DOCS = Path(__file__).resolve().parent

PLACES = {
    "cli": (30, 620),
    "density": (680, 290),
    "report": (30, 300),
    "export": (380, 160),
    "fidelity": (30, 215),
    "training": (275, 225),
    "inference": (530, 440),
    "runs": (275, 445),
    "ensemble": (275, 445),
    "core": (275, 445),
    "core/distributions": (275, 445),
    "core/shapes": (275, 445),
    "tables/events": (750, 220),
    "tables/relations": (30, 215),
    "tables/columns": (30, 940),
    "tables/files": (400, 570),
    "tables/text": (275, 445),
    "config": (30, 215),
    "atomic": (750, 220),
    "errors": (30, 940),
}
"""Left edge and width of each room, from the top down: a room may import those after it."""
COLOURS = {
    "cli": "faces",
    "density": "faces",
    "report": "faces",
    "export": "faces",
    "training": "work",
    "inference": "work",
    "runs": "family",
    "ensemble": "family",
    "core": "core",
    "tables": "tables",
    "fidelity": "fidelity",
}
"""The style of a room by its package; what has none is ground that everything stands on."""

WAYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "train": (
        ("file", "CSV, Parquet, NPY …"),
        ("tables/files", "reads strictly"),
        ("table", "cells as texts, or typed"),
        ("tables/columns", "finds each column's kind"),
        ("columns", "kinds: the schema"),
        ("tables/columns", "encodes each cell"),
        ("codes", "(N, D), one number a cell"),
        ("core", "one-hot, scaled, a batch"),
        ("features", "(B, inputs)"),
        ("training", "maximises log q(x | π)"),
        ("networks", "the best weights of each"),
        ("runs", "writes whole or not at all"),
        ("run folder", "JSON and safetensors"),
    ),
    "score, query": (
        ("run folder", "JSON and safetensors"),
        ("runs", "checks hashes and shapes"),
        ("networks", "and their orderings"),
        ("runs", "K networks × orderings"),
        ("members", "K densities q(x | π)"),
        ("inference", "evidence first, then query", "codes", "rows, event"),
        ("conditionals", "(N, K) nats"),
        ("ensemble", "mixture; product and log Z"),
        ("combination", "(N,) nats"),
        ("inference", "surprisals, estimates"),
        ("numbers", "with standard errors"),
        ("cli", "on standard output"),
        ("lines or file", "CSV, Parquet, JSON"),
    ),
    "sample, impute": (
        ("run folder", "JSON and safetensors"),
        ("runs", "checks hashes and shapes"),
        ("members", "K densities q(x | π)"),
        ("inference", "weights given evidence", "codes", "known cells"),
        ("a member a row", "picked by its weight"),
        ("core", "column by column"),
        ("codes", "(N, D), one number a cell"),
        ("ensemble", "a product rejects some"),
        ("codes", "exact draws"),
        ("tables/columns", "decodes: labels, formats"),
        ("table", "as the training table was"),
        ("tables/files", "writes whole or not at all"),
        ("file", "CSV, TSV, Parquet"),
    ),
}
"""By command: forms of data, and between two of them the room that makes the second, each with a remark. What enters a
step from aside stands behind its remark."""

PAGE = 1000
GAP = 36
"""Between a room and the next below it: the shortest arrow."""
STYLE = """
  text { font: 12.5px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, "DejaVu Sans", sans-serif; fill: #1f2328 }
  .code { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace }
  .name { font-weight: bold; font-size: 13.5px } .remark { fill: #59636e; font-size: 12px }
  .page { fill: #ffffff } .line { fill: none; stroke: #6e7781; stroke-width: 1.5 } .head { fill: #6e7781 }
  .faces { fill: #e8f0fe; stroke: #4a7bd0 } .work { fill: #f0e9fb; stroke: #8a63c9 }
  .family { fill: #e7f5ea; stroke: #4c9a61 } .core { fill: #fff1de; stroke: #c98a2b }
  .tables { fill: #e3f4f5; stroke: #3595a0 } .fidelity { fill: #fde9ef; stroke: #c95b80 }
  .ground { fill: #f1f2f4; stroke: #8b919b } .data { fill: #ffffff; stroke: #59636e }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .remark { fill: #a3acb8 }
    .page { fill: #0d1117 } .line { stroke: #8b949e } .head { fill: #8b949e }
    .faces { fill: #17263f; stroke: #6f9eea } .work { fill: #281d3d; stroke: #ad8de6 }
    .family { fill: #172e1f; stroke: #6fbf85 } .core { fill: #35270f; stroke: #d9a552 }
    .tables { fill: #112e35; stroke: #5fbfca } .fidelity { fill: #391c27; stroke: #e8879f }
    .ground { fill: #22262c; stroke: #9aa2ad } .data { fill: #161b22; stroke: #9ea7b3 }
  }
"""


Line = tuple[str, float, float, str]
"""A text: its style, where it begins, and its words."""


@dataclass(frozen=True)
class Box:
    """A rectangle on the page with its lines of text."""

    x: float
    y: float
    width: float
    height: float
    style: str
    lines: Sequence[Line] = ()

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    def svg(self) -> str:
        """Returns the rectangle, and the text on it."""
        place = f'x="{self.x:g}" y="{self.y:g}" width="{self.width:g}" height="{self.height:g}"'
        return "\n".join((f'<rect class="{self.style}" rx="6" {place}/>', *(_text(*line) for line in self.lines)))


def draw_rooms() -> str:
    """Returns the picture of the rooms, their modules and the imports between them.

    Raises:
        ValueError: a room has no place, or imports one that does not stand below it.
    """
    places: dict[str, Box] = {}
    found, modules, order = imports(), rooms(), list(PLACES)
    if misplaced := modules.keys() ^ PLACES.keys():
        raise ValueError(f"in PLACES or in the house, but not in both: {', '.join(sorted(misplaced))}")
    if upward := [f"{room} → {each}" for room in order for each in found[room] if each in order[: order.index(room)]]:
        raise ValueError(f"imports that do not point down in PLACES: {', '.join(sorted(upward))}")
    for room, (x, width) in PLACES.items():
        above = [
            box.bottom + GAP
            for other, box in places.items()
            if room in found[other] or (box.x < x + width and x < box.right)
        ]
        places[room] = _box(room, modules[room], max(above, default=40))
    boxes = list(places.values())
    remark = "An arrow leads from a room to one that it imports. Arrows that follow from others are left out."
    parts = [_text("remark", 30, 24, remark)]
    parts += [_import(places[upper], places[lower], boxes) for upper, lower in arrows()]
    parts += [box.svg() for box in boxes]
    return _page("The rooms of made_cli; imports point down", max(box.bottom for box in boxes) + 20, parts)


def _box(room: str, modules: Sequence[str], y: float) -> Box:
    """Makes the box of a room: its name, what it is for, its modules."""
    x, width = PLACES[room]
    beside = x + 24 + 8.2 * len(room)  # what it is for stands beside the name if there is space, else below
    purpose = textwrap.wrap(gist(room), int((width - 24) / 6.6))
    lines: list[Line] = [("code name", x + 12, y + 20, room)]
    below = y + 20
    if len(purpose) == 1 and beside + 6.6 * len(purpose[0]) < x + width - 12:
        lines.append(("remark", beside, below, purpose.pop()))
    wrapped = textwrap.wrap(
        "  ".join(name for name in modules if name != room or len(modules) > 1),
        int((width - 24) / 7.23),
        break_on_hyphens=False,
    )
    for style, texts in (("remark", purpose), ("code", wrapped)):
        for text in texts:
            below += 18
            lines.append((style, x + 12, below, text))
    style = COLOURS.get(room.partition("/")[0], "ground")
    return Box(x, y, width, below + 12 - y, style, lines)


def _import(upper: Box, lower: Box, boxes: Sequence[Box]) -> str:
    """Draws an arrow straight down where one box stands above the other, else with a bend at its end."""
    left, right = max(upper.x, lower.x) + 20, min(upper.right, lower.right) - 20
    passed = [box for box in boxes if upper.bottom < box.bottom and box.y < lower.y]

    def is_free(x: float) -> bool:
        return not any(box.x - 10 < x < box.right + 10 for box in passed)

    middle = (left + right) / 2
    places = sorted(range(int(left), int(right) + 1, 5), key=lambda x: abs(x - middle))
    if (x := next(filter(is_free, places), None)) is not None:
        return _arrow(f"M{x} {upper.bottom:g}V{lower.y - 7:g}", x, lower.y)
    start, end = (upper.x + 40, lower.right - 40) if upper.x > lower.x else (upper.right - 40, lower.x + 40)
    if not is_free(start):
        raise ValueError("an arrow would go through a room: PLACES leaves it no way down")
    bend, half = lower.y - GAP, lower.y - GAP / 2
    curve = f"M{start} {upper.bottom:g}V{bend:g}C{start} {half:g} {end} {half - 8:g} {end} {lower.y - 7:g}"
    return _arrow(curve, end, lower.y)


def draw_ways() -> str:
    """Returns the picture of the ways of data through the rooms, one beside the other."""
    parts, bottom = [], 0
    for place, (command, steps) in enumerate(WAYS.items()):
        x, y = 30 + 325 * place, 44
        parts.append(_text("code name", x, 28, f"made {command}"))
        for index, (name, remark, *aside) in enumerate(steps):
            if index % 2:
                parts += _step(x, y, name, remark, *aside)
                y += 56
            else:
                lines = (("name", x + 14, y + 19, name), ("remark", x + 14, y + 36, remark))
                parts.append(Box(x, y, 290, 46, "data", lines).svg())
                y += 46
        bottom = max(bottom, y)
    return _page("The ways of data through the rooms of made_cli", bottom + 20, parts)


def _step(x: float, y: float, room: str, remark: str, *aside: str) -> list[str]:
    """Draws the arrow from one form of data to the next, the room beside it, and what enters from aside."""
    style, at = COLOURS[room.partition("/")[0]], x + 105
    chip = Box(at + 12, y + 7, 14 + 7.23 * len(room), 21, style, (("code", at + 19, y + 22, room),))
    parts = [_arrow(f"M{at} {y:g}V{y + 49:g}", at, y + 56), chip.svg(), _text("remark", at + 12, y + 45, remark)]
    if aside:
        lines = tuple((("name", "remark")[index], x + 8, y + 24 + 16 * index, text) for index, text in enumerate(aside))
        parts += [Box(x, y + 8, 84, 40, "data", lines).svg(), f'<path class="line" d="M{x + 84} {y + 28}H{at}"/>']
    return parts


def _arrow(path: str, x: float, y: float) -> str:
    return f'<path class="line" d="{path}"/>\n<path class="head" d="M{x:g} {y:g}l-5 -9h10z"/>'


def _text(style: str, x: float, y: float, words: str) -> str:
    return f'<text class="{style}" x="{x:g}" y="{y:g}" xml:space="preserve">{escape(words)}</text>'


def _page(title: str, height: float, parts: Sequence[str]) -> str:
    size = f'width="{PAGE}" height="{height:g}" viewBox="0 0 {PAGE} {height:g}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<title>{escape(title)}</title>'
    page = f'<rect class="page" width="{PAGE}" height="{height:g}"/>'
    return "\n".join((head, f"<style>{STYLE}</style>", page, *parts, "</svg>\n"))


PICTURES = {DOCS / "architecture-rooms.svg": draw_rooms, DOCS / "architecture-data.svg": draw_ways}

if __name__ == "__main__":
    for path, draw in PICTURES.items():
        path.write_text(draw(), encoding="utf-8")
