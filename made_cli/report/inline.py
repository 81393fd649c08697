"""From a figure that matplotlib has drawn to SVG that stands within a page.

Knows: a page has one space of names for all its figures, colours of its own in light and in dark, and readers who hear
what a figure shows. What an SVG file needs beside that (a head, namespaces, notes on who made it) is left out.
"""

import io
import re
import warnings
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.figure import Figure

INK, MUTED, GRID, REAL, OWN, THIRD, FOURTH = "#1f2329", "#59636f", "#d9dde3", "#1b66c9", "#b8500c", "#7a3fc4", "#1c7c3c"
COLOURS = {INK: "ink", MUTED: "muted", GRID: "grid", REAL: "real", OWN: "own", THIRD: "third", FOURTH: "fourth"}
"""The colours that figures are drawn in, and the names that the page knows them by."""
_SETTINGS: dict[Any, object] = {
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 9,
    "figure.facecolor": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "made",
    "text.color": INK,
    "text.parse_math": False,  # a label may hold dollars
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 8.5,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 8.5,
}
_COLOUR = re.compile("|".join(COLOURS))
_FONT = re.compile(r"font: ([\d.]+)px [^;]*")
_PRECISE = re.compile(r"-?\d+\.\d{2,}")


@dataclass(frozen=True)
class Drawing:
    """A figure of the page.

    Attributes:
        name: of its own on the page.
        title: what it shows.
        alt: what is to be seen, for those who do not see it.
        caption: on which rows it was measured, and how to read it.
        svg: the figure.
        width: how wide it may become, in pixels.
    """

    name: str
    title: str
    alt: str
    caption: str
    svg: str
    width: int


def settings() -> AbstractContextManager[None]:
    """Returns a context in which figures are drawn, and inlined, as the page has them."""
    return mpl.rc_context(_SETTINGS)


def inlined(figure: Figure, name: str, title: str, alt: str, caption: str = "") -> Drawing:
    """Returns a figure as it stands within a page.

    Args:
        figure: as it was drawn with `settings`, in `COLOURS`.
        name: of its own on the page.
        title: what it shows.
        alt: what is to be seen.
        caption: what is to be known to read it.
    """
    data = io.BytesIO()
    with warnings.catch_warnings():
        # Signs that its own font lacks are measured as others are; the reader's browser has fonts that have them.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ ", category=UserWarning)
        figure.savefig(data, format="svg", metadata={"Date": None})
    root = ElementTree.fromstring(data.getvalue())
    _leave_out_notes(root)
    _fit_in(root, name)
    width = float(root.attrib["viewBox"].split()[2])
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-labelledby": f"{name}-title {name}-alt"}
    for tag, text in (("desc", alt), ("title", title)):
        element = ElementTree.Element(tag, {"id": f"{name}-{tag.replace('desc', 'alt')}"})
        element.text = text
        root.insert(0, element)
    svg = ElementTree.tostring(root, encoding="unicode")
    return Drawing(name, title, alt, caption, svg, round(1.45 * width))


def _leave_out_notes(root: ElementTree.Element) -> None:
    """Leaves out what an SVG file says of itself, and styles for all of the page."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.endswith(("}metadata", "}style")):
                parent.remove(child)


def _fit_in(root: ElementTree.Element, name: str) -> None:
    """Makes each name one of this figure, and each colour one of the page; leaves out names that nothing refers to."""
    referred = set(re.findall(r'(?:href="|url\()#([^")]+)', ElementTree.tostring(root, encoding="unicode")))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        attributes = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
        if attributes.get("id") not in referred:
            attributes.pop("id", None)
        element.attrib = {key: _fitted(key, value, name) for key, value in attributes.items()}
        if element.tag != "text" and not (element.text or "").strip():
            element.text = None
        element.tail = None


def _fitted(key: str, value: str, name: str) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key in ("href", "clip-path"):
        return value.replace("#", f"#{name}-")
    if key == "style":
        sized = _FONT.sub(lambda found: f"font-size: {found[1]}px", value)
        return _COLOUR.sub(lambda found: f"var(--{COLOURS[found[0]]})", sized)
    return _PRECISE.sub(lambda found: f"{float(found[0]):.1f}", value.replace("\n", "")) if key == "d" else value
