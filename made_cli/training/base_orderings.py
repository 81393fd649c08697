"""The base orderings of a run: how many, from which seed, and in which order the columns of an equation come.

Knows: that a product cannot be kept from every side. Of a total and a price in cents the quantity that gives it may be
no whole number, while any price and quantity have a total. So drawn orderings have the left side of a product or a
ratio after the right one; and the other columns of a sum after the column that a product has already given.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from made_cli.config import TrainingConfig
from made_cli.core.orderings import Ordering, distinct, draws, natural
from made_cli.tables.relations.equations import Equation
from made_cli.tables.relations.found import Found


def base_orderings(
    config: TrainingConfig, size: int, relations: Sequence[Found]
) -> tuple[tuple[Ordering, ...] | None, ...]:
    """Draws the orderings that each network of a run is trained for.

    Args:
        config: says how many, and from which seed.
        size: D, the number of columns.
        relations: between the columns.

    Returns:
        For each network its base orderings; None for all.
    """
    assert config.networks is not None  # given their defaults
    assert config.orderings is not None
    resampled = config.resample_connectivity
    rng = np.random.default_rng([config.seed, size])
    if config.orderings == "all":
        return (None,) * config.networks
    if config.orderings == "natural":
        drawn = islice(draws(size, rng, resample_connectivity=resampled), config.networks)
        return tuple((replace(natural(size), connectivity=ordering.connectivity),) for ordering in drawn)
    count = config.orderings
    pool = [
        arranged(ordering, relations)
        for ordering in distinct(size, config.networks * count, rng, resample_connectivity=resampled)
    ]
    return tuple(tuple(pool[index * count : (index + 1) * count]) for index in range(config.networks))


def arranged(ordering: Ordering, relations: Sequence[Found]) -> Ordering:
    """Returns an ordering with some columns moved back, so that equations can be kept; see above."""
    equations = [found.relation for found in relations if isinstance(found.relation, Equation)]
    products = [each for each in equations if each.operator != "+"]
    columns = list(ordering.columns)
    for _ in range(len(equations)):  # what is moved may be on the right side of another one
        for each in products:
            _move_behind(columns, [each.target.column], [term.column for term in each.terms])
        given = {each.target.column for each in products}
        for each in equations:
            shared = [column for column in each.columns if column in given]
            if each.operator == "+" and shared:
                _move_behind(columns, [column for column in each.columns if column not in given], shared)
    return replace(ordering, columns=tuple(columns))


def _move_behind(columns: list[int], moved: Sequence[int], others: Sequence[int]) -> None:
    """Moves those of some columns that come before the last of others right behind it, in the order that they have."""
    last = max(columns.index(column) for column in others)
    before = [column for column in columns[:last] if column in moved]
    columns[: last + 1] = [*(column for column in columns[: last + 1] if column not in before), *before]
