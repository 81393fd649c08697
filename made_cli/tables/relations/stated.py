"""Relations that a person states: `checkin <= checkout`, `total = price * quantity`, `currency follows from country`.

Knows: their language, whose names are those of questions; that a difference is a sum seen from another side; and that
what a function says is learned from the rows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from made_cli.errors import Exit, UserError
from made_cli.tables.columns.names import column_of, shortened, without_names
from made_cli.tables.columns.schema import Schema
from made_cli.tables.relations.equation_search import rounding_of
from made_cli.tables.relations.equations import TERMS, Equation, Operator
from made_cli.tables.relations.function_search import function_of
from made_cli.tables.relations.orders import Order
from made_cli.tables.relations.quantity import Quantity, Values, quantities_of
from made_cli.tables.relations.relation import Relation

HINT = (
    "Write 'x <= y', 'x < y', 'y = x', 'y = a + b', 'y = a - b', 'y = a * b', 'y = a / b' or 'y follows from a and b';"
    " names with blanks or signs in `backticks`."
)
_WORDS = frozenset({"follows", "from", "and"})
"""Words that are no names of columns; a column of such a name stands in backticks."""
_TOKEN = re.compile(r"<=|>=|\w+|\S")


def stated_relation(text: str, schema: Schema, values: Values) -> Relation:
    """Reads a relation.

    Args:
        text: what was typed.
        schema: the columns.
        values: (N, D) the rows from which functions are learned, and how numbers are rounded.

    Raises:
        UserError: it cannot be read, there is no such column, or it cannot hold between columns of their kinds.
    """
    source, names = without_names(text, _WORDS)
    columns = {word: column_of(schema, name, "table") for word, name in names.items()}
    tokens = [columns.get(token, token) for token in _TOKEN.findall(source)]
    reader = _Reader(text, schema, values)
    if len(columns) < sum(isinstance(token, int) for token in tokens):
        raise reader.trouble("it names a column twice")
    return reader.read(tokens)


@dataclass(frozen=True)
class _Reader:
    """Makes a relation of what was typed."""

    text: str
    schema: Schema
    values: Values

    def read(self, tokens: Sequence[int | str]) -> Relation:
        """Reads columns, by their indices, with signs and words between them."""
        match tokens:
            case [int(low), "<" | "<=" as sign, int(high)]:
                return self._order(low, high, strict=sign == "<")
            case [int(high), ">" | ">=" as sign, int(low)]:
                return self._order(low, high, strict=sign == ">")
            case [int(left), "=", int(whole), "-", int(part)]:
                return self._equation(whole, (left, part), "+", left)
            case [int(left), "=", int(first), "*" | "/" as operator, int(second)]:
                return self._equation(left, (first, second), operator, left)
            case [int(left), "=", int(first), *others] if others[::2] == ["+"] * (len(others) // 2):
                terms = tuple(term for term in (first, *others[1::2]) if isinstance(term, int))
                if 2 * len(terms) - 2 == len(others) and len(terms) in TERMS["+"]:
                    return self._equation(left, terms, "+", left)
            case [int(target), "follows", "from", int(given)]:
                return self._function(target, (given,))
            case [int(target), "follows", "from", int(one), "and", int(other)]:
                return self._function(target, (one, other))
        raise self.trouble("it has none of the known forms")

    def _order(self, low: int, high: int, *, strict: bool) -> Relation:
        less, more = self._quantity(low), self._quantity(high)
        if less.is_time != more.is_time or (less.is_time and less.unit != more.unit):
            raise self.trouble(f"one is counted in {_unit(less)}, the other in {_unit(more)}")
        return Order(less, more, strict)

    def _equation(self, target: int, terms: tuple[int, ...], operator: Operator, rounded: int) -> Relation:
        left = self._quantity(rounded)
        rounding = rounding_of(left, left.of(self.values))
        equation = Equation(self._quantity(target), tuple(map(self._quantity, terms)), operator, rounding)
        if not equation.is_of_one_unit:
            raise self.trouble("points in time are no sums, products or ratios of each other, and of other numbers")
        return equation

    def _function(self, target: int, given: tuple[int, ...]) -> Relation:
        for column in given:
            if (kind := self.schema.kinds[column]).is_numeric:
                raise self.trouble(
                    f"{kind.name!r} is a {kind.described} column, and functions are of labels",
                    f"Make its numbers labels with --kind {kind.name}=categorical.",
                )
        return function_of(self.values, given, target, self.schema.kinds[target].resolution or 1.0)

    def _quantity(self, column: int) -> Quantity:
        if column not in self._quantities:
            kind = self.schema.kinds[column]
            raise self.trouble(
                f"{kind.name!r} is a {kind.described} column, of neither numbers nor times",
                f"If it is one, say so with --kind {kind.name}=numeric or --kind {kind.name}=time.",
            )
        return self._quantities[column]

    @cached_property
    def _quantities(self) -> dict[int, Quantity]:
        return {each.column: each for each in quantities_of(self.schema.kinds)}

    def trouble(self, why: str, hint: str = HINT) -> UserError:
        """Returns the error that it cannot be read, or is none."""
        return UserError(f"cannot read the relation {shortened(self.text)!r}: {why}", hint=hint, code=Exit.USAGE)


def _unit(quantity: Quantity) -> str:
    return quantity.unit if quantity.is_time else "plain numbers"
