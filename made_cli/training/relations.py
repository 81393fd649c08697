"""The relations that a run is trained with: those of its training rows, and those that a person states.

Knows: that of many rows some are searched, and all counted; that a stated relation counts whether or not it would be
found, and is told where many rows break it; and that nothing can be said of cells that are unknown.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from made_cli.config import TrainingConfig
from made_cli.errors import Exit, UserError
from made_cli.runs.record import RunRecord
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.schema import Codes, Schema
from made_cli.tables.relations.counts import Count
from made_cli.tables.relations.equations import Equation
from made_cli.tables.relations.finding import SEARCHED, counted_in, relations_in
from made_cli.tables.relations.found import Found
from made_cli.tables.relations.functions import EMPTY, Function
from made_cli.tables.relations.implications import Implication
from made_cli.tables.relations.orders import Order
from made_cli.tables.relations.quantity import Values
from made_cli.tables.relations.relation import QUIETLY, Relation
from made_cli.tables.relations.stated import stated_relation
from made_cli.tables.relations.values import values_of
from made_cli.training.rows import TrainingRows
from made_cli.training.stored_rows import StoredRows

MOST_CELLS = 5_000_000
"""Cells of rows in which relations are looked for, or counted, at once: a search holds them several times over."""


@dataclass(frozen=True)
class Related:
    """Relations between the columns of training rows.

    Attributes:
        relations: stated ones first.
        doubts: what rows say against stated ones.
        limits: what was not looked for.
    """

    relations: tuple[Found, ...] = ()
    doubts: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()


@QUIETLY
def relations_between(rows: TrainingRows, schema: Schema, training: TrainingConfig, stated: Sequence[str]) -> Related:
    """Finds the relations between the columns of training rows.

    Args:
        rows: of the training.
        schema: the columns.
        training: says whether there are to be any, and the seed of what is drawn in the search.
        stated: those that a person states.

    Raises:
        UserError: a stated one cannot be read, or none are to be used.
    """
    if training.relations == "off":
        if stated:
            raise UserError(
                f"--relations off uses none, and {stated[0]!r} is stated",
                hint="Leave one of the two out.",
                code=Exit.USAGE,
            )
        return Related()
    kinds, limits = schema.kinds, list[str]()
    values = _searched(rows.train.numpy(), kinds, training.seed)
    own = {text: stated_relation(text, schema, values) for text in stated}
    rng = np.random.default_rng(training.seed)
    found = relations_in(lambda some, _: values[some], len(values), kinds, rng, limits.append)
    relations = _each_once(own.values(), found)
    if schema.missing == "marginal":
        relations = [known for each in relations if (known := _of_known_cells(each)) is not None]
    used = tuple(map(Found, relations, _counted(relations, rows.codes, kinds)))
    doubts = map(_doubt, own, _counted([*own.values()], rows.codes, kinds))
    return Related(used, tuple(doubt for doubt in doubts if doubt is not None), tuple(limits))


def not_used(stated: Sequence[str], record: RunRecord, codes: Codes) -> str | None:
    """Returns the first of some stated relations that is none of a run with these training rows (N, D).

    Raises:
        UserError: one cannot be read.
    """
    if not stated:
        return None
    values = _searched(codes, record.schema.kinds, record.training.seed)
    for text in stated:
        relation = stated_relation(text, record.schema, values)
        if not any(_says(found.relation, relation) for found in record.relations):
            return text
    return None


def _searched(codes: Codes, kinds: Sequence[Kind], seed: int) -> Values:
    """Returns the values of the rows (N, D), or of some drawn from them where there are too many cells."""
    rows = min(SEARCHED, MOST_CELLS // len(kinds))
    return values_of(codes[np.random.default_rng(seed).permutation(len(codes))[:rows]], kinds)


def _counted(relations: Sequence[Relation], codes: Codes | StoredRows, kinds: Sequence[Kind]) -> list[Count]:
    """Counts the rows (N, D) that keep and break each relation."""

    def read(rows: NDArray[np.int64] | slice, _: object) -> Values:
        assert isinstance(rows, slice)  # which is how rows are counted
        return values_of(codes[rows], kinds)

    return counted_in(read, len(codes), relations, MOST_CELLS // len(kinds))


def _doubt(text: str, count: Count) -> str | None:
    """Returns what is to be said of a stated relation that rows do not bear out."""
    if not count.rows:
        return f"{text!r}: it says something of no row"
    if count.is_near:
        return None
    return f"{text!r}: {count.breaks:,} of {count.rows:,} rows break it; it is used nevertheless"


def _each_once(stated: Iterable[Relation], found: Sequence[Relation]) -> list[Relation]:
    """Returns the stated relations that no other one says, and those that were found."""
    new: list[Relation] = []
    for relation in stated:
        if not any(_says(other, relation) for other in (*new, *found)):
            new.append(relation)
    return [*new, *found]


def _says(one: Relation, other: Relation) -> bool:
    """Says whether a relation says another one, and perhaps more."""
    match one, other:
        case Order(), Order():
            return one.columns == other.columns and one.strict >= other.strict
        case Equation(), Equation() if one.shape == other.shape and one.target == other.target:
            return one.terms == other.terms or (one.operator != "/" and {*one.terms} == {*other.terms})
        case Function(), Function():
            same = one.target == other.target and {*one.given} == {*other.given}
            return same or (one.one_to_one and {*one.columns} == {*other.columns})
    return False


def _of_known_cells(relation: Relation) -> Relation | None:
    """Returns what a relation says where empty cells are unknown; None where that is nothing."""
    if isinstance(relation, Implication):
        return None if None in (*relation.given.values, *relation.then.values) else relation
    if isinstance(relation, Function):
        entries = {key: value for key, value in relation.entries.items() if EMPTY not in key and not math.isnan(value)}
        return replace(relation, entries=entries) if entries else None
    return relation
