"""Questions about columns, as people type them: `age > 50 and income == ">50K"`, `sex=Female`.

Knows: the language of events, which is that of Python's comparisons, and how a value that a person types becomes the
code of a cell or a region of them. An event comes out as disjoint boxes, so that probabilities can be added.
"""

import ast
import math
import re
from collections.abc import Callable, Mapping, Sequence

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.kinds import Categorical, Kind, Numeric
from made_cli.tables.columns.regions import Region, cells
from made_cli.tables.columns.schema import Schema
from made_cli.tables.text.numbers import parse
from made_cli.tables.text.timestamps import TimeFormat

Box = dict[int, Region]
"""What some columns may be, by their index; it is true of a row where all of them are."""

MOST_BOXES = 1000
"""An event in more pieces than this takes too long to be of use."""
HINT = (
    """Write column names as they are or in `backticks`, text in quotes: 'age >= 18 and `pay grade` in ["A", "B"]'."""
)
_NAMES = re.compile(r"`([^`]*)`|(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')", re.DOTALL)
_TYPOS = (
    (r"^$", "it is empty"),
    (r"(?<![=!<>])=(?!=)", "= is no comparison, == is"),
    (r"\b0[0-9]", "a number with a leading zero is a label, and stands in quotes"),
)
"""What people write by mistake, and what to say of it."""
_FLIPPED = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq}
_ORDERS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}


def column_of(schema: Schema, name: str) -> int:
    """Returns the index of a column by its name.

    Raises:
        UserError: the run does not know it.
    """
    if name not in schema.names:
        left_out = next((f": it was left out, {column.why}" for column in schema.left_out if column.name == name), "")
        raise UserError(
            f"the run has no column {name!r}{left_out}",
            hint=f"Its columns are {', '.join(map(repr, schema.names[:20]))}{' …' * (len(schema.names) > 20)}.",
            code=Exit.USAGE,
        )
    return schema.names.index(name)


def code_of(kind: Kind, text: str) -> float:
    """Returns the code of a cell that a person typed.

    Raises:
        UserError: it is no number or timestamp where the column has such, or a label that training had none of.
    """
    if isinstance(kind, Numeric):
        full = text
        if isinstance(kind.format, TimeFormat) and not kind.is_empty(text) and kind.format.parse(text) is None:
            # A day alone is its midnight: what is left out stands as in the first timestamp of all.
            full = text + kind.format.write(0.0)[len(text) :]
        try:
            code = float(kind.encode([full])[0])
        except ValueError:
            raise UserError(
                f"{kind.name}: {text!r} is not a {kind.format.noun}",
                hint=f"Write it as the table does, {kind.format.write(kind.middle)!r} for example.",
                code=Exit.USAGE,
            ) from None
    else:
        code = float(kind.encode([text])[0])
    if kind.is_empty(text) and kind.empty == "unknown":
        raise UserError(
            f"{kind.name}: an empty cell is unknown in this run, and no value",
            hint="Leave the column out of the question.",
            code=Exit.USAGE,
        )
    if isinstance(kind, Categorical) and not kind.is_empty(text) and kind.never_seen([text]):
        raise UserError(
            f"{kind.name}: training had no label {text!r}",
            hint=f"Its labels are {', '.join(map(repr, kind.labels[:12]))}{' …' * (len(kind.labels) > 12)}.",
            code=Exit.USAGE,
        )
    return code


def cell_number(kind: Kind, code: float) -> float:
    """Returns the number of the cell of a code, as regions count them; NaN for an empty cell among numbers."""
    return code if isinstance(kind, Categorical) or math.isnan(code) else float(round(code / kind.format.resolution))


def event_of(schema: Schema, text: str) -> list[Box]:
    """Reads an event.

    Args:
        schema: of the run that is asked.
        text: comparisons of a column with values (==, !=, <, <=, >, >=, in, not in), joined by and, or, not and
            brackets. An empty cell equals "" alone, so that it differs from every value, and is neither more nor less.

    Returns:
        Disjoint boxes; none if it can never be, one without columns if it always is.

    Raises:
        UserError: it cannot be read, or asks what the run cannot know.
    """
    names: list[str] = []

    def rename(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]
        names.append(match[1])
        return f"_column_{len(names) - 1}_"

    source = _NAMES.sub(rename, text).strip()
    reader = _Reader(schema, {f"_column_{place}_": name for place, name in enumerate(names)})
    try:
        return reader.read(ast.parse(source, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = next((why for pattern, why in _TYPOS if re.search(pattern, source)), None)
        reason = why or (error.msg if isinstance(error, SyntaxError) else str(error))
        raise UserError(f"cannot read {text!r}: {reason}", hint=HINT, code=Exit.USAGE) from None


def given_in(schema: Schema, event: Sequence[Box], given: Mapping[int, float]) -> list[Box]:
    """Returns what is left of an event once some cells are given, by their codes."""
    left = []
    for box in event:
        numbers = {index: cell_number(schema.kinds[index], given[index]) for index in box.keys() & given.keys()}
        if all(box[index].empty if math.isnan(n) else n in box[index] for index, n in numbers.items()):
            left.append({index: region for index, region in box.items() if index not in given})
    return left


class _Reader:
    """Turns a syntax tree into disjoint boxes."""

    def __init__(self, schema: Schema, quoted: Mapping[str, str]) -> None:
        self.schema, self.quoted = schema, quoted

    def read(self, node: ast.expr) -> list[Box]:
        if isinstance(node, ast.BoolOp):
            parts = [self.read(value) for value in node.values]
            boxes = parts[0]
            for part in parts[1:]:
                boxes = _both(boxes, part) if isinstance(node.op, ast.And) else [*boxes, *_both(part, _neither(boxes))]
            return boxes
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return _neither(self.read(node.operand))
        if isinstance(node, ast.Compare):
            boxes = [{}]
            lefts = [node.left, *node.comparators[:-1]]
            for left, order, right in zip(lefts, node.ops, node.comparators, strict=True):
                boxes = _both(boxes, self._comparison(left, order, right))
            return boxes
        raise self._trouble(node, "is no comparison")

    def _comparison(self, left: ast.expr, order: ast.cmpop, right: ast.expr) -> list[Box]:
        names = [isinstance(side, ast.Name) for side in (left, right)]
        if names == [False, True] and type(order) in _FLIPPED:
            left, right, order = right, left, _FLIPPED[type(order)]()
        elif names != [True, False]:
            why = "is to be compared with a value, not with a column" if all(names) else "is no column"
            raise self._trouble(left, why)
        assert isinstance(left, ast.Name)
        index = column_of(self.schema, self.quoted.get(left.id, left.id))
        kind = self.schema.kinds[index]
        negated = isinstance(order, ast.NotEq | ast.NotIn)
        if isinstance(order, ast.In | ast.NotIn):
            if not isinstance(right, ast.List | ast.Tuple | ast.Set):
                raise self._trouble(right, "is no list; write [a, b]")
            region = Region(())
            for item in right.elts:
                region = ~(~region & ~_equal(kind, self._value(item)))
        elif isinstance(order, ast.Eq | ast.NotEq):
            region = _equal(kind, self._value(right))
        elif type(order) in _ORDERS:
            region = _ordered(kind, order, self._value(right))
        else:
            raise self._trouble(left, "may be compared by ==, !=, <, <=, >, >=, in and not in")
        region = ~region if negated else region
        return [{index: region}] if region else []

    def _value(self, node: ast.expr) -> str:
        """Returns a value as the text of a cell."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return f"-{self._value(node.operand)}"
        if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float):
            return str(node.value)
        raise self._trouble(node, "is no value; write a number, or text in quotes")

    def _trouble(self, node: ast.expr, what: str) -> UserError:
        text = ast.unparse(node)
        for placeholder, name in self.quoted.items():
            text = text.replace(placeholder, f"`{name}`")
        return UserError(f"cannot read the question: {text} {what}", hint=HINT, code=Exit.USAGE)


def _equal(kind: Kind, text: str) -> Region:
    code = code_of(kind, text)
    if isinstance(kind, Categorical):
        if int(code) == len(kind.labels) and len(kind.rare) > 1:
            raise _shared(kind)
        return cells({int(code)})
    if math.isnan(code):
        return Region((), empty=True)
    place, on_grid = _place(kind, code)
    return cells({place}) if on_grid else Region(())


def _ordered(kind: Kind, order: ast.cmpop, text: str) -> Region:
    if isinstance(kind, Categorical):
        value, compare = parse(text), _ORDERS[type(order)]
        if value is None or not any(parse(label) is not None for label in kind.labels):
            raise UserError(
                f"{kind.name} holds labels, which are not more or less than {text!r}",
                hint="Ask for labels by == or in.",
                code=Exit.USAGE,
            )
        known = [*kind.labels, *kind.rare]
        chosen = {label for label in known if (number := parse(label)) is not None and compare(number, value)}
        if 0 < len(chosen & kind.rare.keys()) < len(kind.rare):
            raise _shared(kind)
        return cells({int(code) for code in kind.encode(chosen)})
    value = code_of(kind, text)
    if math.isnan(value):
        raise UserError(f"{kind.name}: nothing is more or less than an empty cell", hint=HINT, code=Exit.USAGE)
    place, on_grid = _place(kind, value)
    if isinstance(order, ast.Lt | ast.LtE):
        return Region(((-math.inf, place - (on_grid and isinstance(order, ast.Lt))),))
    return Region(((place + (not on_grid or isinstance(order, ast.Gt)), math.inf),))


def _place(kind: Numeric, value: float) -> tuple[int, bool]:
    """Returns the number of the last cell that does not lie above a value, and whether the value is that cell's."""
    cell = value / kind.format.resolution
    nearest = round(cell)
    on_grid = math.isclose(cell, nearest, rel_tol=1e-9, abs_tol=1e-6)
    return (nearest, True) if on_grid else (math.floor(cell), False)


def _shared(kind: Categorical) -> UserError:
    return UserError(
        f"{kind.name}: {len(kind.rare)} rare labels share one outcome, which cannot be told apart",
        hint="Ask about labels that more than one row has.",
        code=Exit.USAGE,
    )


def _both(some: Sequence[Box], others: Sequence[Box]) -> list[Box]:
    """Intersects two unions of disjoint boxes."""
    boxes = []
    for a in some:
        for b in others:
            meet = dict(a) | {index: a[index] & region if index in a else region for index, region in b.items()}
            if all(meet.values()):
                boxes.append(meet)
    if len(boxes) > MOST_BOXES:
        raise UserError(
            f"the question falls into more than {MOST_BOXES:,} pieces",
            hint="Ask it in parts that exclude each other, and add up the answers.",
            code=Exit.USAGE,
        )
    return boxes


def _neither(boxes: Sequence[Box]) -> list[Box]:
    """Returns what is in none of the boxes, in disjoint boxes."""
    left: list[Box] = [{}]
    for box in boxes:
        items = list(box.items())
        pieces = [dict(items[:place]) | {index: ~region} for place, (index, region) in enumerate(items)]
        left = _both(left, [piece for piece in pieces if all(piece.values())])
    return left
