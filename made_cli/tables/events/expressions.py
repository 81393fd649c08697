"""Questions about columns, as people type them: `age > 50 and income == ">50K"`, `sex=Female`.

Knows: the language of events, which is that of Python's comparisons; what a value means in a column is for its kind to
say. An event comes out as disjoint boxes, so that probabilities can be added. Columns compared with each other are in
them as if their comparison were a column.
"""

import ast
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.names import as_typed, column_of, shortened, without_names
from made_cli.tables.columns.questions import Operator
from made_cli.tables.columns.regions import Region, intersection, union
from made_cli.tables.columns.schema import Schema
from made_cli.tables.events.comparisons import HOLDS, Comparison, compared
from made_cli.tables.events.words import in_python

Piece = TypeVar("Piece")
Box = dict[int | Comparison, Region]
"""What some columns may be, by their index, or comparisons of them; it is true of a row where all of them are."""

MOST_BOXES = 1000
"""An event in more pieces than this takes too long to be of use."""
MOST_CHARACTERS = 5_000_000
"""A longer question is no question."""
HINT = (
    "Write column names as they are or in `backticks` (a backtick itself twice), text in quotes:"
    """ 'age >= 18 and `pay grade` in ["A", "B"]'."""
)
_WORDS = frozenset({"and", "or", "not", "in", "is", "True", "False", "None"})
"""What a word means that is no name of a column; a column of that name stands in backticks."""
_TYPOS = (
    (r"^$", "it is empty"),
    (r"`", "a backtick is never closed"),
    (r"(?<![=!<>])=(?!=)", "= is no comparison, == is"),
    (r"\b0[0-9]", "a number with a leading zero is a label, and stands in quotes"),
)
"""What people write by mistake, and what to say of it."""
_FLIPPED = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE, ast.Eq: ast.Eq, ast.NotEq: ast.NotEq}
_OPERATORS: dict[type[ast.cmpop], Operator] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}


def event_of(schema: Schema, text: str) -> list[Box]:
    """Reads an event.

    Args:
        schema: of the run that is asked.
        text: comparisons of a column with values (==, !=, <, <=, >, >=, in, not in, between 3 and 5, is empty) or with
            another column (==, !=, <, <=, >, >=), joined by and, or, not and brackets, in capitals or not. An empty
            cell equals "" alone, so that it differs from every value, and is neither more nor less.

    Returns:
        Disjoint boxes; none if it can never be, one without columns if it always is.

    Raises:
        UserError: it cannot be read, or asks what the run cannot know.
    """
    if len(text) > MOST_CHARACTERS:
        raise _unreadable(text, f"it has {len(text):,} characters; {MOST_CHARACTERS:,} are the most")
    source, names = without_names(text, _WORDS)
    source = in_python(source, names, schema.names)
    try:
        return _Reader(schema, source, names).read(ast.parse(source, mode="eval").body)
    except (RecursionError, MemoryError):
        raise _unreadable(text, "it is nested too deeply") from None
    except (SyntaxError, ValueError) as error:
        why = next((why for pattern, why in _TYPOS if re.search(pattern, source)), None)
        raise _unreadable(text, why or (error.msg if isinstance(error, SyntaxError) else str(error))) from None


def _unreadable(text: str, why: str) -> UserError:
    return UserError(f"cannot read {shortened(text)!r}: {why}", hint=HINT, code=Exit.USAGE)


def given_in(schema: Schema, event: Sequence[Box], given: Mapping[int, float]) -> list[Box]:
    """Returns what is left of an event once some cells are given, by their codes."""
    left = []
    for box in event:
        numbers = {index: schema.kinds[index].cell(given[index]) for index in given if index in box}
        if all(box[index].empty if math.isnan(n) else n in box[index] for index, n in numbers.items()):
            left.append({index: region for index, region in box.items() if index not in given})
    return left


def regions_of(box: Box) -> dict[int, Region]:
    """Returns what a box says of single columns."""
    return {column: region for column, region in box.items() if isinstance(column, int)}


class _Reader:
    """Turns a syntax tree into disjoint boxes."""

    def __init__(self, schema: Schema, source: str, names: Mapping[str, str]) -> None:
        self.schema, self.source, self.names = schema, source.encode(), names
        self.places = {name: place for place, name in enumerate(schema.names)}

    def read(self, node: ast.expr) -> list[Box]:
        if isinstance(node, ast.BoolOp):
            parts = [self.read(value) for value in node.values]
            return _all(parts) if isinstance(node.op, ast.And) else _any(parts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return _neither(self.read(node.operand))
        if isinstance(node, ast.Compare):
            sides = zip([node.left, *node.comparators[:-1]], node.ops, node.comparators, strict=True)
            parts = [self._comparison(left, operator, right) for left, operator, right in sides]
            return parts[0] if len(parts) == 1 else _all(parts)
        raise self._trouble(node, "is no comparison")

    def _comparison(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> list[Box]:
        names = [isinstance(side, ast.Name) for side in (left, right)]
        if isinstance(left, ast.Name) and isinstance(right, ast.Name) and type(operator) in _FLIPPED:
            return [self._of_columns(self._index(left), operator, self._index_or_label(right))]
        if names == [False, True] and type(operator) in _FLIPPED:
            left, right, operator = right, left, _FLIPPED[type(operator)]()
        elif names != [True, False]:
            why = "is to be in a list of values, not in a column" if all(names) else "is no column"
            raise self._trouble(left, why)
        assert isinstance(left, ast.Name)
        index = self._index(left)
        kind = self.schema.kinds[index]
        negated = isinstance(operator, ast.NotEq | ast.NotIn)
        if isinstance(operator, ast.In | ast.NotIn):
            if not isinstance(right, ast.List | ast.Tuple | ast.Set):
                raise self._trouble(right, "is no list; write [a, b]")
            region = union(kind.equal_to(self._value(item, kind)) for item in right.elts)
        elif isinstance(operator, ast.Eq | ast.NotEq):
            region = kind.equal_to(self._value(right, kind))
        elif type(operator) in _OPERATORS:
            region = kind.ordered(_OPERATORS[type(operator)], self._value(right, kind))
        else:
            raise self._trouble(left, "may be compared by ==, !=, <, <=, >, >=, in and not in")
        region = ~region if negated else region
        return [{index: region}] if region else []

    def _index(self, node: ast.Name) -> int:
        name = self.names[node.id]
        return self.places[name] if name in self.places else column_of(self.schema, name)

    def _index_or_label(self, node: ast.Name) -> int:
        """Returns the index of a column that stands where a label may, to be told from one."""
        try:
            return self._index(node)
        except UserError as error:
            hint = f'{error.hint} A label or a date stands in quotes: "{self.names[node.id]}".'
            raise UserError(str(error), hint=hint, code=error.code) from None

    def _of_columns(self, left: int, operator: ast.cmpop, right: int) -> Box:
        """Returns the box of two columns that are compared with each other."""
        if isinstance(operator, ast.Gt | ast.GtE):
            left, operator, right = right, _FLIPPED[type(operator)](), left
        if isinstance(operator, ast.Eq | ast.NotEq):
            equal = compared(self.schema, left, "==", right)
            return {equal: HOLDS if isinstance(operator, ast.Eq) else ~HOLDS}
        return {compared(self.schema, left, "<" if isinstance(operator, ast.Lt) else "<=", right): HOLDS}

    def _value(self, node: ast.expr, kind: Kind) -> str:
        """Returns a value as the text of a cell: text as it is, a number as the column writes it."""
        negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        value = node.operand if isinstance(node, ast.UnaryOp) and negative else node
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return "-" * negative + value.value
        if isinstance(value, ast.Constant) and isinstance(value.value, float):
            # As it was typed: the float that Python makes of it may be another number.
            written = self.source[value.col_offset : value.end_col_offset].decode().replace("_", "")
            return kind.literal("-" * negative + written)
        if isinstance(value, ast.Constant) and isinstance(value.value, int):
            text = "-" * negative + str(value.value)
            return text if isinstance(value.value, bool) else kind.literal(text)
        raise self._trouble(node, "is no value; write a number, or text in quotes")

    def _trouble(self, node: ast.expr, what: str) -> UserError:
        text = ast.unparse(node)
        for word, name in self.names.items():
            text = text.replace(word, as_typed(name, _WORDS))
        return UserError(f"cannot read the question: {shortened(text)} {what}", hint=HINT, code=Exit.USAGE)


def _all(parts: Sequence[list[Box]]) -> list[Box]:
    """Intersects unions of disjoint boxes."""
    boxes: list[Box] = [{}]
    for part in _joined(parts, intersection):
        boxes = _both(boxes, part)
    return boxes


def _any(parts: Sequence[list[Box]]) -> list[Box]:
    """Unites unions of disjoint boxes."""
    boxes: list[Box] = []
    left: list[Box] = [{}]
    for part in _joined(parts, union):
        if new := _both(left, part):
            boxes, left = _few([*boxes, *new]), _both(left, _neither(part))
    return boxes


def _joined(parts: Sequence[list[Box]], join: Callable[[Iterable[Region]], Region]) -> list[list[Box]]:
    """Returns the parts, those that restrict the same column and no other in one, however many they are."""
    alone: dict[int | Comparison, list[Region]] = {}
    others: dict[tuple[frozenset[tuple[int | Comparison, Region]], ...], list[Box]] = {}
    for part in parts:
        if len(part) == 1 and len(part[0]) == 1:
            ((index, region),) = part[0].items()
            alone.setdefault(index, []).append(region)
        else:
            others[tuple(frozenset(box.items()) for box in part)] = part
    joined = ((index, join(regions) if len(regions) > 1 else regions[0]) for index, regions in alone.items())
    _few(list(others))
    return [*([{index: region}] if region else [] for index, region in joined), *others.values()]


def _both(some: Sequence[Box], others: Sequence[Box]) -> list[Box]:
    """Intersects two unions of disjoint boxes."""
    boxes: list[Box] = []
    for a in some:
        for b in others:
            meet = dict(a) | {index: a[index] & region if index in a else region for index, region in b.items()}
            if all(meet.values()):
                boxes.append(meet)
        _few(boxes)
    return boxes


def _few(pieces: list[Piece]) -> list[Piece]:
    """Returns the pieces of a question, if there are not too many."""
    if len(pieces) > MOST_BOXES:
        raise UserError(
            f"the question falls into more than {MOST_BOXES:,} pieces",
            hint="Ask it in parts that exclude each other, and add up the answers.",
            code=Exit.USAGE,
        )
    return pieces


def _neither(boxes: Sequence[Box]) -> list[Box]:
    """Returns what is in none of the boxes, in disjoint boxes."""
    left: list[Box] = [{}]
    for box in boxes:
        items = list(box.items())
        pieces = [dict(items[:place]) | {index: ~region} for place, (index, region) in enumerate(items)]
        left = _both(left, [piece for piece in pieces if all(piece.values())])
    return left
