"""The relations that a run is trained with: those of its training rows, and those that a person states.

Knows: that a stated relation counts whether or not it would be found, and is told where many rows break it; and that
nothing can be said of cells that are unknown.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from made_cli.config import TrainingConfig
from made_cli.errors import Exit, UserError
from made_cli.runs.record import RunRecord
from made_cli.tables.columns.schema import Codes, Schema
from made_cli.tables.relations.counts import Count
from made_cli.tables.relations.equations import Equation
from made_cli.tables.relations.finding import Found, find_relations
from made_cli.tables.relations.functions import EMPTY, Function
from made_cli.tables.relations.implications import Implication
from made_cli.tables.relations.orders import Order
from made_cli.tables.relations.relation import QUIETLY, Relation, counted
from made_cli.tables.relations.stated import stated_relation
from made_cli.tables.relations.values import values_of


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
def relations_between(codes: Codes, schema: Schema, training: TrainingConfig, stated: Sequence[str]) -> Related:
    """Finds the relations between the columns of training rows.

    Args:
        codes: (N, D) the rows.
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
    values, limits = values_of(codes, schema.kinds), list[str]()
    own = [stated_relation(text, schema, values) for text in stated]
    doubts = (_doubt(text, counted(each, values)) for text, each in zip(stated, own, strict=True))
    found = find_relations(values, schema.kinds, np.random.default_rng(training.seed), limits.append)
    relations = _each_once(own, [each.relation for each in found])
    if schema.missing == "marginal":
        relations = [known for each in relations if (known := _of_known_cells(each)) is not None]
    used = tuple(Found(each, counted(each, values)) for each in relations)
    return Related(used, tuple(doubt for doubt in doubts if doubt is not None), tuple(limits))


def is_used(stated: str, record: RunRecord, codes: Codes) -> bool:
    """Says whether a stated relation is one of a run with these training rows (N, D).

    Raises:
        UserError: it cannot be read.
    """
    relation = stated_relation(stated, record.schema, values_of(codes, record.schema.kinds))
    return any(_says(found.relation, relation) for found in record.relations)


def _doubt(text: str, count: Count) -> str | None:
    """Returns what is to be said of a stated relation that rows do not bear out."""
    if not count.rows:
        return f"{text!r}: it says something of no row"
    return (
        None
        if count.is_near
        else f"{text!r}: {count.breaks:,} of {count.rows:,} rows break it; it is used nevertheless"
    )


def _each_once(stated: Sequence[Relation], found: Sequence[Relation]) -> list[Relation]:
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
