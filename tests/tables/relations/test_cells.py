"""The cells of a column as places among its distinct values."""

import numpy as np
import pytest

from made_cli.tables.relations.cells import Columns, cells_of

RNG = np.random.default_rng(0)
WHOLE = RNG.integers(-5, 40, 200).astype(np.float64)
COLUMNS = {
    "whole numbers": WHOLE,
    "steps of one from a half": WHOLE + 0.5,
    "numbers": RNG.normal(size=200).round(1),
    "few numbers far apart": RNG.choice([1.0, 1e300, -7.0], 200),
    "one number": np.full(5, 3.0),
    "a single cell": np.array([2.0]),
}


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("share", [0.0, 0.2, 1.0], ids=["none empty", "some empty", "all empty"])
def test_places_and_counts_are_those_of_the_distinct_values(name: str, share: float) -> None:
    numbers = COLUMNS[name].copy()
    numbers[RNG.random(len(numbers)) < share] = np.nan
    found = cells_of(numbers)
    distinct, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    assert np.array_equal(found.distinct, distinct, equal_nan=True)
    assert found.places.tolist() == places.tolist()
    assert found.counts.tolist() == counts.tolist()


def test_cells_of_several_columns_are_joint_where_all_are_equal() -> None:
    values = np.column_stack([WHOLE, COLUMNS["numbers"], COLUMNS["few numbers far apart"]])
    joint = Columns(values).joint((0, 1, 2))
    _, same = np.unique(values, axis=0, return_inverse=True)
    assert len(set(zip(joint.tolist(), same.tolist(), strict=True))) == len(set(joint.tolist())) == same.max() + 1
