"""Small pictures of lines, for a terminal.

Knows: a Braille character is two dots wide and four high, so that a few lines of text are a picture; where an encoding
has none, a line is drawn in a letter of its own. Each line has its name where it ends. Programs that read the output of
a command get no picture.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

HEIGHT = 8
"""Lines of text of a picture."""
WIDEST = 100
"""Characters of a picture at most, however wide the terminal is."""
BLANK = 0x2800
"""The Braille character without dots; each dot is a bit of its number."""
DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The bits of the dots of the left and of the right column, from the top."""
LETTERS = "*o+x#@"
COLOURS = ("cyan", "yellow", "magenta", "green", "blue", "red")


@dataclass(frozen=True)
class Line:
    """What is drawn as a line: its name, and its points by ascending x."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass
class _Canvas:
    """Characters (height, width) that lines are drawn on, `fine` in dots of Braille characters, else in letters.

    Attributes:
        dots: for each place the bits of its Braille character, or what is not 0 for a letter.
        owners: the line that was drawn there last.
    """

    width: int
    height: int
    fine: bool
    dots: dict[tuple[int, int], int] = field(default_factory=dict)
    owners: dict[tuple[int, int], int] = field(default_factory=dict)

    def draw(self, line: int, points: Sequence[tuple[float, float]]) -> None:
        """Draws a line through points in [0, 1] × [0, 1], y from the top."""
        across, down = (2 * self.width, 4 * self.height) if self.fine else (self.width, self.height)
        places = [(round(x * (across - 1)), round(y * (down - 1))) for x, y in points]
        for (x, y), (right, below) in zip(places, places[1:] or places, strict=False):
            steps = max(abs(right - x), abs(below - y), 1)
            for step in range(steps + 1):
                self._dot(line, x + round((right - x) * step / steps), y + round((below - y) * step / steps))

    def _dot(self, line: int, x: int, y: int) -> None:
        place = (y // 4, x // 2) if self.fine else (y, x)
        self.dots[place] = self.dots.get(place, 0) | (DOTS[x % 2][y % 4] if self.fine else 1)
        self.owners[place] = line

    def row(self, y: int) -> Iterator[tuple[str, str]]:
        """Yields the characters of a row, each with its colour."""
        for x in range(self.width):
            dots, owner = self.dots.get((y, x), 0), self.owners.get((y, x), 0)
            drawn = chr(BLANK + dots) if self.fine else LETTERS[owner % len(LETTERS)]
            yield (drawn, COLOURS[owner % len(COLOURS)]) if dots else (" ", "")


def picture(lines: Sequence[Line], marks: Sequence[tuple[float, str]], below: str, *, width: int, fine: bool) -> Text:
    r"""Draws lines over one another, each with its name where it ends.

    Args:
        lines: one or more, of a point or more each.
        marks: where the axis below has which texts.
        below: what that axis is.
        width: characters across.
        fine: whether there are Braille characters.

    >>> drawn = picture([Line("up", [(0, 0), (9, 1)])], [(0, "0"), (9, "9")], "x", width=30, fine=False).plain
    >>> print("\n".join(line.rstrip() for line in drawn.splitlines()))
    1.000 |                  ** up
          |               ***
          |             **
          |          ***
          |       ***
          |     **
          |  ***
    0.000 |**
           0                  9  x
    """
    xs, ys = zip(*(point for line in lines for point in line.points), strict=True)
    ends = [_number(end) for end in (max(ys), min(ys))]
    margin = max(map(len, ends))
    lettered = not fine and len(lines) > 1
    names = [f"{LETTERS[place % len(LETTERS)]} " * lettered + line.name for place, line in enumerate(lines)]
    canvas = _Canvas(max(8, width - margin - 3 - max(map(len, names))), HEIGHT, fine)
    for index, line in enumerate(lines):
        canvas.draw(index, [(_share(x, xs), 1 - _share(y, ys)) for x, y in line.points])
    rows = _apart([round((1 - _share(line.points[-1][1], ys)) * (HEIGHT - 1)) for line in lines])
    drawn, edge = Text(), "│" if fine else "|"
    for y in range(HEIGHT):
        drawn.append(f"{ends[bool(y)] if y in (0, HEIGHT - 1) else '':>{margin}} {edge}")
        for character, colour in canvas.row(y):
            drawn.append(character, colour)
        for index in [place for place, row in enumerate(rows) if row == y]:
            drawn.append(f" {names[index]}", COLOURS[index % len(COLOURS)])
        drawn.append("\n")
    return drawn.append(" " * (margin + 2) + _axis(marks, xs, canvas.width, below))


def show_picture(title: str, lines: Sequence[Line], marks: Sequence[tuple[float, str]], below: str) -> None:
    """Shows a picture on standard output, if that is a terminal."""
    console = Console(highlight=False, emoji=False)
    if not console.is_terminal or not lines:
        return
    fine = console.encoding.startswith("utf")
    console.print(title, style="bold", markup=False)
    console.print(picture(lines, marks, below, width=min(WIDEST, console.width - 1), fine=fine), soft_wrap=True)


def _share(value: float, values: Sequence[float]) -> float:
    """Returns where a value lies between the least and the greatest."""
    low, high = min(values), max(values)
    return (value - low) / (high - low) if high > low else 0.5


def _number(value: float) -> str:
    return f"{value:z.3f}"


def _apart(rows: Sequence[int]) -> list[int]:
    """Moves names that would stand in the same row apart, as little as may be.

    >>> _apart([7, 7, 2])
    [6, 7, 2]
    """
    order = sorted(range(len(rows)), key=lambda place: (rows[place], place))
    moved, free = list(rows), 0
    for place in order:
        moved[place] = free = max(rows[place], free)
        free += 1
    last = max(HEIGHT, len(rows)) - 1
    for place in reversed(order):
        moved[place] = min(moved[place], last)
        last = moved[place] - 1
    return moved


def _axis(marks: Sequence[tuple[float, str]], xs: Sequence[float], width: int, below: str) -> str:
    """Writes texts below their places, as far as there is space, and at the end what they are."""
    text = ""
    for x, mark in marks:
        place = min(math.floor(_share(x, xs) * (width - 1)), width - len(mark))
        if not text or place > len(text):
            text = text.ljust(place) + mark
    return f"{text.ljust(width)}  {below}"
