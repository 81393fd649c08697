"""Base orderings have the columns of equations in an order in which they can be kept."""

import numpy as np
import pytest

from made_cli.config import TrainingConfig
from made_cli.core.orderings import draw
from made_cli.tables.relations.found import Found
from made_cli.training.base_orderings import arranged, base_orderings
from tests.tables.relations.small import orders, read, search

FOUND = search(orders())
NAMES = [kind.name for kind in read(orders())[0].kinds]
RELATIONS = [found for _, found in FOUND]


def places(columns: tuple[int, ...]) -> dict[str, int]:
    return {NAMES[column]: place for place, column in enumerate(columns)}


@pytest.mark.parametrize("seed", range(20))
def test_a_product_comes_after_its_factors_and_what_adds_up_to_it_after_that(seed: int) -> None:
    assert {"total = price * quantity", "total = discount + paid"} <= {said for said, _ in FOUND}
    ordering = draw(len(NAMES), np.random.default_rng(seed))
    place = places(arranged(ordering, RELATIONS).columns)
    assert max(place["price"], place["quantity"]) < place["total"] < min(place["discount"], place["paid"])


def test_other_columns_stay_in_their_order() -> None:
    ordering = draw(len(NAMES), np.random.default_rng(3))
    others = ["ordered", "shipped", "coupon", "weight", "channel", "price", "quantity"]
    before, after = places(ordering.columns), places(arranged(ordering, RELATIONS).columns)
    assert sorted(others, key=before.__getitem__) == sorted(others, key=after.__getitem__)


def test_an_ordering_without_equations_is_what_was_drawn() -> None:
    none: list[Found] = []
    ordering = draw(5, np.random.default_rng(0))
    assert arranged(ordering, none) == ordering


def test_the_order_of_the_table_is_kept_where_it_is_asked_for() -> None:
    (own,) = base_orderings(TrainingConfig(orderings="natural", networks=1), len(NAMES), RELATIONS)
    assert own is not None
    assert own[0].columns == tuple(range(len(NAMES)))
