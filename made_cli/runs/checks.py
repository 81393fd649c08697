"""What a record says that comes from a run folder, before anything is made of it.

Knows: a run folder may have been made by anybody, and its hashes with it. Types and ranges of settings are checked as
the JSON is read; here is what must go together: orderings and relations with columns, networks with settings,
combinations with members. Whatever passes takes memory in proportion to the files that it came from.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from itertools import pairwise

from made_cli.core.orderings import CONNECTIVITY_SEEDS, Ordering
from made_cli.ensemble.combination import Mixture, SavedEnsemble
from made_cli.runs.record import RunRecord, joined
from made_cli.runs.relation_checks import is_between
from made_cli.tables.columns.categorical import Categorical
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.text.cells import MISSING, TEXT
from made_cli.tables.text.numbers import SMALLEST_PLACE, NumberFormat, exact
from made_cli.tables.text.patterns import pattern
from made_cli.tables.text.timestamps import TimeFormat

MOST = 2**63
"""Integers that are counts or seeds are below this."""
LONGEST = 100
"""Signs in a pattern of times, and around a number."""
_SAMPLES = ("1234.5", "-1234567.5")
NEARLY = 1e-6
"""How far weights may be from a sum of 1."""


def check_record(record: RunRecord) -> None:
    """Checks that a record describes a run.

    Raises:
        ValueError: it does not; its argument says why.
    """
    if record.parts:
        _check_parts(record)
        return
    _check_numbers(replace(record, relations=()), "")
    columns, training = len(record.schema.kinds), record.training
    names = [kind.name for kind in record.schema.kinds]
    _check(columns > 0, "schema: no columns")
    _check(len(set(names)) == columns, "schema: two columns of one name")
    for kind in record.schema.kinds:
        _check_kind(kind)
    _check(len(record.network.hidden) > 0, "network.hidden: no layers")
    _check(record.network.dropout is not None, "network.dropout: left open")
    left_open = [name for name in ("networks", "orderings", "weight_decay", "batch_size") if _is_open(training, name)]
    _check(not left_open, f"training.{', '.join(left_open)}: left open")
    _check(len(record.orderings) == training.networks, f"orderings: not one for each of {training.networks} networks")
    _check((training.orderings == "all") == (None in record.orderings), "orderings: not those of the settings")
    for place, network in enumerate(record.orderings):
        _check(network is None or len(network) > 0, f"orderings.{place}: none")
        for ordering in network or ():
            _check_ordering(ordering, columns, f"orderings.{place}")
    for place, found in enumerate(record.relations):
        _check(is_between(found, record.schema.kinds), f"relations.{place}: none between columns of the schema")


def _check_parts(record: RunRecord) -> None:
    """Checks each of the runs that one joins, and that it says of itself what these make of it."""
    empty = [place for place, part in enumerate(record.parts) if not part.orderings]
    _check(not empty, f"parts.{empty}: no networks")
    for owner in {id(each): each for each in record.owners}.values():
        check_record(owner)
    of_parts = joined(record.schema, record.parts)
    same = replace(of_parts, relations=record.relations, format_version=record.format_version)
    _check(record == same, "parts: the run is not what they make of it")
    for place, found in enumerate(record.relations):
        _check(is_between(found, record.schema.kinds), f"relations.{place}: none between columns of the schema")


def check_ensemble(ensemble: SavedEnsemble, record: RunRecord, networks: int) -> None:
    """Checks that combinations that were saved are of members of a run.

    Args:
        ensemble: the combinations.
        record: the run.
        networks: how many of its networks have weights.

    Raises:
        ValueError: they are not; its argument says why.
    """
    for place, member in enumerate(ensemble.members):
        where = f"members.{place}"
        _check(0 <= member.network < networks, f"{where}: no network {member.network}")
        _check_ordering(member.ordering, len(record.schema.kinds), where)
    for name, each in ensemble.combinations.items():
        shares = each.weights if isinstance(each, Mixture) else each.exponents
        _check(len(shares) == len(ensemble.members), f"{name}: not a number for each of the members")
        _check(all(map(math.isfinite, shares)), f"{name}: numbers that are not finite")
        if isinstance(each, Mixture):
            _check(min(shares, default=-1) >= 0 and abs(sum(shares) - 1) < NEARLY, f"{name}: weights of no mixture")
        else:
            _check(math.isfinite(each.normaliser.log_z), f"{name}: a normaliser that is not finite")


def _check_ordering(ordering: Ordering, columns: int, where: str) -> None:
    _check(len(ordering.columns) == columns, f"{where}: an ordering of {len(ordering.columns)} of {columns} columns")
    seed = ordering.connectivity
    _check(seed is None or 0 <= seed < CONNECTIVITY_SEEDS, f"{where}: a connectivity that is none")


def _check_kind(kind: Kind) -> None:
    where = f"schema: column {kind.name!r}"
    if isinstance(kind, Categorical):
        _check(kind.seen > 0, f"{where}: no outcomes")
        _check(len({*kind.labels, *kind.rare}) == len(kind.labels) + len(kind.rare), f"{where}: a label twice")
        _check(min(kind.rare.values(), default=1) > 0, f"{where}: a label in no row")
        _check(kind.rows >= 0, f"{where}: fewer rows than none")
        _check(_has_cells(kind), f"{where}: labels that are no cells of its type")
        return
    form, scaling = kind.format, kind.scaling
    _check(form.resolution > 0, f"{where}: no resolution")
    if isinstance(form, NumberFormat):
        _check(0 <= form.decimals <= SMALLEST_PLACE, f"{where}: {form.decimals} decimals")
    _check(len(scaling.transformed) == len(scaling.z) > 1, f"{where}: a scaling of no use")
    _check(scaling.width is None or scaling.width > 0, f"{where}: a scaling without width")
    for ends in (scaling.transformed, scaling.z, kind.knots, kind.atoms):
        _check(all(low < high for low, high in pairwise(ends)), f"{where}: numbers out of order")
    _check(len(kind.knots) > 0, f"{where}: no knots")
    _check(kind.lower in (None, 0.0), f"{where}: a bound other than 0")
    _check(_has_cells(kind), f"{where}: cells that cannot be written and read")


def _has_cells(kind: Kind) -> bool:
    """Says whether what a column writes can be read again, and has its type."""
    try:
        return _reads(kind) and (kind.dtype == TEXT or _has_type(kind))
    except (ArithmeticError, AssertionError, LookupError, NotImplementedError, TypeError, ValueError, re.error):
        return False


def _written(kind: Kind) -> list[str]:
    """Returns all labels, or a number or time, as a column writes them."""
    return (
        [*kind.labels, *kind.rare] or [MISSING] if isinstance(kind, Categorical) else [kind.format.write(kind.middle)]
    )


def _has_type(kind: Kind) -> bool:
    from made_cli.tables.text.from_texts import typed  # with pandas, which columns of text are checked without

    return len(typed(_written(kind), kind.dtype)) > 0


def _reads(kind: Kind) -> bool:
    """Says whether a column reads numbers, or times, as it writes them; labels are themselves."""
    form = kind if isinstance(kind, Categorical) else kind.format
    if isinstance(form, TimeFormat):
        bounded = len(form.pattern) <= LONGEST and (pattern(form.pattern).dated or pattern(form.pattern).ticks > 1)
        return bounded and form.parse(form.write(0.0)) is not None
    notation = form.notation
    bounded = max(len(notation.positive), len(notation.negative), len(notation.between)) <= LONGEST
    return bounded and all(exact(notation.plain(notation.spell(text)) or "") == exact(text) for text in _SAMPLES)


def _check_numbers(value: object, where: str) -> None:
    """Checks that all numbers within a value are such as can be counted with."""
    if isinstance(value, int):
        _check(-MOST <= value < MOST, f"{where}: {str(value)[:20]}… is beyond all counting")
    elif isinstance(value, float):
        _check(math.isfinite(value), f"{where}: {value}")
    elif is_dataclass(value):
        for each in fields(value):
            _check_numbers(getattr(value, each.name), f"{where}.{each.name}".lstrip("."))
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            _check_numbers(inner, f"{where}.{key}")
    elif isinstance(value, tuple):
        for place, inner in enumerate(value):
            _check_numbers(inner, f"{where}.{place}")


def _is_open(settings: object, name: str) -> bool:
    return getattr(settings, name) is None


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
