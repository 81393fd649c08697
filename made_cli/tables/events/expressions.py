"""Questions about columns, as people type them: `age > 50 and income == ">50K"`, `sex=Female`.

Knows: the language of events, which is that of Python's comparisons; what a value means in a column is for its kind to
say. An event comes out as disjoint boxes, so that probabilities can be added.
"""

import ast
import math
import re
from collections.abc import Mapping, Sequence

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.questions import Operator
from made_cli.tables.columns.regions import Region
from made_cli.tables.columns.schema import Schema

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
_OPERATORS: dict[type[ast.cmpop], Operator] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


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
    reader = _Reader(schema, source, {f"_column_{place}_": name for place, name in enumerate(names)})
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
        numbers = {index: schema.kinds[index].cell(given[index]) for index in box.keys() & given.keys()}
        if all(box[index].empty if math.isnan(n) else n in box[index] for index, n in numbers.items()):
            left.append({index: region for index, region in box.items() if index not in given})
    return left


class _Reader:
    """Turns a syntax tree into disjoint boxes."""

    def __init__(self, schema: Schema, source: str, quoted: Mapping[str, str]) -> None:
        self.schema, self.source, self.quoted = schema, source, quoted

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
            for left, operator, right in zip(lefts, node.ops, node.comparators, strict=True):
                boxes = _both(boxes, self._comparison(left, operator, right))
            return boxes
        raise self._trouble(node, "is no comparison")

    def _comparison(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> list[Box]:
        names = [isinstance(side, ast.Name) for side in (left, right)]
        if names == [False, True] and type(operator) in _FLIPPED:
            left, right, operator = right, left, _FLIPPED[type(operator)]()
        elif names != [True, False]:
            why = "is to be compared with a value, not with a column" if all(names) else "is no column"
            raise self._trouble(left, why)
        assert isinstance(left, ast.Name)
        index = column_of(self.schema, self.quoted.get(left.id, left.id))
        kind = self.schema.kinds[index]
        negated = isinstance(operator, ast.NotEq | ast.NotIn)
        if isinstance(operator, ast.In | ast.NotIn):
            if not isinstance(right, ast.List | ast.Tuple | ast.Set):
                raise self._trouble(right, "is no list; write [a, b]")
            region = Region(())
            for item in right.elts:
                region = ~(~region & ~kind.equal_to(self._value(item, kind)))
        elif isinstance(operator, ast.Eq | ast.NotEq):
            region = kind.equal_to(self._value(right, kind))
        elif type(operator) in _OPERATORS:
            region = kind.ordered(_OPERATORS[type(operator)], self._value(right, kind))
        else:
            raise self._trouble(left, "may be compared by ==, !=, <, <=, >, >=, in and not in")
        region = ~region if negated else region
        return [{index: region}] if region else []

    def _value(self, node: ast.expr, kind: Kind) -> str:
        """Returns a value as the text of a cell: text as it is, a number as the column writes it."""
        negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        value = node.operand if isinstance(node, ast.UnaryOp) and negative else node
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return "-" * negative + value.value
        if isinstance(value, ast.Constant) and isinstance(value.value, float):
            # As it was typed: the float that Python makes of it may be another number.
            return kind.literal("-" * negative + str(ast.get_source_segment(self.source, value)).replace("_", ""))
        if isinstance(value, ast.Constant) and isinstance(value.value, int):
            text = "-" * negative + str(value.value)
            return text if isinstance(value.value, bool) else kind.literal(text)
        raise self._trouble(node, "is no value; write a number, or text in quotes")

    def _trouble(self, node: ast.expr, what: str) -> UserError:
        text = ast.unparse(node)
        for placeholder, name in self.quoted.items():
            text = text.replace(placeholder, f"`{name}`")
        return UserError(f"cannot read the question: {text} {what}", hint=HINT, code=Exit.USAGE)


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
