"""Relations as rules of a density: what they leave of a column given those before it, and how probable that is.

Knows: what is known of a row splits the cells of the next column in three: those that keep every rule, those that break
only rules which rows of training broke as well, and those that break a rule which none of them did. Each part has a
probability that does not depend on the network: a rule is broken with the chance that counts in training give it. So
what breaks a rule is improbable, not impossible; what breaks one that training always kept is never drawn, as are
labels that training never had. A rule that would leave nothing that training had is no rule for that row.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.categorical import UNSEEN, Categorical
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.regions import Region, union
from made_cli.tables.columns.row_regions import EVERYTHING, CellSets, LabelSets, Regions, either
from made_cli.tables.columns.schema import Codes
from made_cli.tables.relations.ahead import least_of, left_open
from made_cli.tables.relations.counts import Count
from made_cli.tables.relations.equations import Equation
from made_cli.tables.relations.found import Found
from made_cli.tables.relations.implications import Implication
from made_cli.tables.relations.implied import with_implied
from made_cli.tables.relations.pairs import Pair, pairs_of
from made_cli.tables.relations.quantity import Mask, Values, quantities_of
from made_cli.tables.relations.relation import QUIETLY, Relation
from made_cli.tables.relations.values import empty_codes, without

Strictness = Literal["soft", "hard"]
"""Whether rules that training broke are broken in what is drawn as well, or none are."""


class Own(NamedTuple):
    """The part that the cell of each of N rows is in.

    Attributes:
        part: (N,) cells.
        single: (N,) whether there is no other cell in it.
        log_chance: (N,) how probable the part is, nats.
    """

    part: CellSets
    single: Mask
    log_chance: Values


class Parts(NamedTuple):
    """The cells of one column in N rows, in disjoint parts.

    Attributes:
        kept: (N,) cells that keep every rule.
        loose: (N,) cells that break rules only that training broke as well.
        broken: (N,) all others, which are not drawn.
        log_chances: (N, 3) how probable each part is, nats; −inf for a part without cells.
    """

    kept: CellSets
    loose: CellSets
    broken: CellSets
    log_chances: Values

    def own(self, cells: Values) -> Own:
        """Returns the part that each of the cells (N,) is in.

        Args:
            cells: as regions count them, NaN for an empty one among numbers.
        """
        is_kept, is_loose = self.kept.contains(cells), self.loose.contains(cells)
        place = np.where(is_kept, 0, np.where(is_loose, 1, 2))
        part = either(is_kept, self.kept, either(is_loose, self.loose, self.broken))
        log_chance = np.take_along_axis(self.log_chances, place[:, np.newaxis], 1)[:, 0]
        return Own(part, part.single & np.ones(len(cells), dtype=np.bool_), log_chance)

    def take(self, rows: NDArray[np.int64]) -> "Parts":
        """Returns those of some rows."""
        return Parts(self.kept.take(rows), self.loose.take(rows), self.broken.take(rows), self.log_chances[rows])


@dataclass(frozen=True)
class Rule:
    """A relation as a rule for one of its columns.

    Attributes:
        relation: what is to be kept.
        column: the column.
        others: the other ones.
        chance: that a row breaks it, where it says anything.
        is_strict: whether it is never broken in what is drawn.
    """

    relation: Relation | Pair
    column: int
    others: tuple[int, ...]
    chance: float
    is_strict: bool

    def speaks(self, known: Mask) -> bool:
        """Says whether it may say anything in any row, of which the known columns (N, D) are given."""
        own = known[:, self.others]
        return bool(own.any() if isinstance(self.relation, Equation) else own.all(axis=1).any())


class Rules:
    """The rules of a table.

    Args:
        relations: with the rows of training that keep and break them.
        kinds: (D,) of the columns.
        strictness: what is done about rules that are broken.
    """

    def __init__(self, relations: Sequence[Found], kinds: Sequence[Kind], strictness: Strictness) -> None:
        self.relations, self.strictness = tuple(relations), strictness
        self.kinds, self.empty_codes = tuple(kinds), empty_codes(kinds)
        self.least = np.full(len(kinds), -math.inf)
        for quantity in quantities_of(kinds):
            self.least[quantity.column] = least_of(quantity, kinds[quantity.column])
        self.seen = [_seen(kind) for kind in kinds]
        self.every = [_every(kind) for kind in kinds]
        self.rules: dict[int, list[Rule]] = {}
        strict: list[tuple[Relation, float]] = []
        for relation, count in with_implied(relations, kinds):
            if strictness == "hard":
                strict.append((relation, min(UNSEEN, chance_of_a_break(count))))
            elif not count.breaks:
                strict.append((relation, chance_of_a_break(count)))
            else:
                self._add(relation, chance_of_a_break(count), is_strict=False)
        pairs, others = pairs_of(strict, kinds)
        self.strict: list[tuple[Relation | Pair, float]] = [*((pair, pair.chance) for pair in pairs), *others]
        for each, chance in self.strict:
            self._add(each, chance, is_strict=True)

    def _add(self, relation: Relation | Pair, chance: float, *, is_strict: bool) -> None:
        for column in relation.columns:
            # Seen from the other side, it is broken in another share of the rows of which it says anything.
            turned = isinstance(relation, Implication) and not relation.both_ways and column == relation.given.column
            if is_strict or not turned:
                others = tuple(other for other in relation.columns if other != column)
                self.rules.setdefault(column, []).append(Rule(relation, column, others, chance, is_strict))

    @cached_property
    def in_training(self) -> "Rules":
        """The rules that steps of training keep to: all but implications, which the network learns by itself.

        They exclude little, and would cost every step a good deal. What is learned without them is within them as well:
        no row that keeps a rule is less probable with it.
        """
        kept = [found for found in self.relations if not isinstance(found.relation, Implication)]
        return self if len(kept) == len(self.relations) else Rules(kept, self.kinds, self.strictness)

    @property
    def columns(self) -> Collection[int]:
        """The columns of which any rule says anything."""
        return self.rules.keys()

    @cached_property
    def related(self) -> dict[int, list[int]]:
        """For each column with rules the others of which it matters to its `parts` whether they are known."""
        others = {column: {other for rule in own for other in rule.others} for column, own in self.rules.items()}
        # Where they are open, equations look at what other rules leave of them.
        ahead = {
            column: {other for rule in own if isinstance(rule.relation, Equation) for other in rule.others}
            for column, own in self.rules.items()
        }
        return {
            column: sorted(own.union(*(others[other] for other in ahead[column])) - {column})
            for column, own in others.items()
        }

    @property
    def unseen_mass(self) -> float:
        """At most how probable it is that a row breaks a rule which is never broken in what is drawn."""
        # An equation may say something of each column but the first; all others speak of the last alone.
        return sum(
            chance * (len(each.columns) - 1 if isinstance(each, Equation) else 1) for each, chance in self.strict
        )

    @QUIETLY
    def breaks(self, codes: Codes) -> Mask:
        """Says (N,) which rows of codes (N, D) break a rule that is never to be broken in what is drawn."""
        values, broken = self.values(codes), np.zeros(len(codes), dtype=np.bool_)
        for relation, _ in self.strict:
            broken |= relation.broken(values)
        return broken

    def values(self, codes: Codes) -> Values:
        """Returns the values (N, D) that relations speak of, from codes (N, D)."""
        return without(self.empty_codes, codes)

    @QUIETLY
    def parts(self, column: int, values: Values, known: Mask) -> Parts | None:
        """Splits the cells of a column.

        Args:
            column: which.
            values: (N, D) of the rows, see `values`; those not known may be anything.
            known: (N, D) which of them are, or (1, D) for all rows.

        Returns:
            Cells by their codes; None where no rule says anything.
        """
        return self._parts(column, values, known, ahead=True)

    def _parts(self, column: int, values: Values, known: Mask, *, ahead: bool) -> Parts | None:
        """Splits the cells of a column, with a look ahead at what other rules leave of open ones, or without."""
        rules = [rule for rule in self.rules.get(column, ()) if rule.speaks(known)]
        if not rules:
            return None
        left = [(self._as_codes(column, self._left(rule, values, known, ahead=ahead)), rule) for rule in rules]
        strictly, loosely = ([each for each in left if each[1].is_strict is strict] for strict in (True, False))
        strict, log_strict = self._narrowed(column, self.every[column], strictly, len(values))
        kept, log_kept = self._narrowed(column, strict, loosely, len(values))
        with np.errstate(divide="ignore"):
            log_broken, log_loose = (np.log(-np.expm1(each)) for each in (log_strict, log_kept))
        chances = np.stack([log_strict + log_kept, log_strict + log_loose, log_broken], axis=1)
        return Parts(kept, strict & ~kept, ~strict, chances)

    def _left(self, rule: Rule, values: Values, known: Mask, *, ahead: bool) -> CellSets:
        """Returns the values (N,) that a rule leaves for its column."""
        complete = np.broadcast_to(known[:, rule.others].all(axis=1), len(values))
        left: CellSets = rule.relation.leaves(rule.column, values) if complete.any() else EVERYTHING
        if complete.all() or not isinstance(rule.relation, Equation):
            return either(complete, left, EVERYTHING)

        def kept(other: int) -> CellSets | None:
            parts = self._parts(other, values, known, ahead=False) if ahead else None
            return None if parts is None else parts.kept & self.seen[other]

        open_left = left_open(rule.relation, rule.column, values, known, self.least, kept)
        return either(complete, left, open_left)

    def _narrowed(
        self, column: int, base: CellSets, rules: Sequence[tuple[CellSets, Rule]], rows: int
    ) -> tuple[CellSets, Values]:
        """Returns what rules leave of some cells (N,), and (N,) the log-chance that all of them are kept."""
        kept, log_chance, seen = base, np.zeros(rows), self.seen[column]
        for left, rule in rules:
            narrowed = kept & left
            speaks = seen.meets(~left) & seen.meets(narrowed) & seen.meets(base & ~narrowed)
            kept = either(speaks, narrowed, kept)
            log_chance = log_chance + np.where(speaks, math.log1p(-rule.chance), 0.0)
        return kept, log_chance

    def _as_codes(self, column: int, left: CellSets) -> CellSets:
        """Turns sets of values into sets of codes: an empty cell among labels has one."""
        kind = self.kinds[column]
        if isinstance(left, LabelSets) or not isinstance(kind, Categorical):
            return left
        assert isinstance(left, Regions)
        codes = left.codes(kind.outcomes)
        if not math.isnan(empty := self.empty_codes[column]):
            codes[:, int(empty)] = left.empty
        return LabelSets(codes)


def chance_of_a_break(count: Count) -> float:
    """Returns the chance that a row breaks a relation.

    That is (b + ½) / (n + 1) where b of n rows broke it (Jeffreys' prior). What no row broke is taken for a rule
    without exceptions: that it has some is as likely as a label that training had not, times the chance 1 / √(πn) of
    meeting none of them. A break that is a row's only oddity then shows; it costs next to nothing where rows do break
    it, but fewer than one of n.

    >>> 0 < chance_of_a_break(Count(10_000, 0)) < 1e-11 < chance_of_a_break(Count(9_999, 1)) < 1e-3
    True
    """
    learned = (count.breaks + 0.5) / (count.rows + 1)
    return learned if count.breaks else UNSEEN * learned / (1 + math.sqrt(math.pi * count.rows))


def _seen(kind: Kind) -> CellSets:
    """Returns the cells that training had, or might have had: of what it never had nothing is drawn."""
    if isinstance(kind, Categorical):
        return LabelSets(np.arange(kind.outcomes)[np.newaxis] < kind.seen)
    return Regions.of(union([kind.present, Region((), empty=kind.missing is not None)]))


def _every(kind: Kind) -> CellSets:
    """Returns all cells."""
    return LabelSets(np.ones((1, kind.outcomes), dtype=np.bool_)) if isinstance(kind, Categorical) else EVERYTHING
