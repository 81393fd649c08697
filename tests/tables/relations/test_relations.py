"""What a relation leaves for a column given the others is what does not break it."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from made_cli.fidelity.alignment import Values
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.relations.relation import counted, expected_breaks
from tests.tables.relations.small import days, orders, read, relation_of

ROWS = 1000
RNG = np.random.default_rng(0)
START = RNG.integers(0, 300, ROWS)
A, B = RNG.integers(-20, 500, ROWS), RNG.integers(-5, 6, ROWS)
LAND = RNG.choice(["DE", "FR", "US", ""], ROWS)
MOSTLY = RNG.choice(["DE", "FR", "US"], ROWS, p=[0.2, 0.2, 0.6])
FRAMES = {
    "in < out": pd.DataFrame({"in": days(START), "out": days(START + RNG.integers(1, 9, ROWS))}),
    "few <= many": pd.DataFrame({"few": START % 6, "many": START % 6 + RNG.integers(0, 3, ROWS)}),
    "sum = a + b": pd.DataFrame({"a": A, "b": B, "sum": A + B}),
    "product = a * b": pd.DataFrame({"a": A, "b": B, "product": A * B}),
    "ratio = a / b": pd.DataFrame({"a": A, "b": B}).assign(ratio=np.round(A / np.where(B == 0, 7, B), 2)),
    "money follows from land": pd.DataFrame(
        {"land": LAND, "money": pd.Series(LAND).map({"DE": "EUR", "FR": "EUR", "US": "USD", "": ""})}
    ),
    "rate follows from land": pd.DataFrame(
        {"land": LAND, "rate": pd.Series(LAND).map({"DE": 19, "FR": 20, "US": 5, "": 5})}
    ),
    "coupon is empty exactly when discount is 0.0": orders(ROWS)[["coupon", "discount"]],
    "where land is 'US', toll is 'yes'": pd.DataFrame(
        {"land": LAND, "toll": np.where(LAND == "US", "yes", RNG.choice(["yes", "no", "some"], ROWS))}
    ),
    "where land is 'US', toll is not 'no'": pd.DataFrame(
        {
            "land": MOSTLY,
            "toll": np.where(MOSTLY == "US", RNG.choice(["yes", "some"], ROWS), RNG.choice(["yes", "no"], ROWS)),
        }
    ),
}


def some_values(values: Values, kind: Kind, column: int) -> list[float]:
    """Values of a column: all labels, or numbers that it has and others near them; and an empty cell."""
    if kind.outcomes is not None:
        return [*(float(code) for code in range(kind.seen - bool(np.isnan(values[:, column]).any()))), np.nan]
    own = np.unique(values[~np.isnan(values[:, column]), column])[:: max(1, ROWS // 40)][:12]
    return [*own, *(own[:5] + kind.resolution), 0.0, np.nan]


def cells_of(kind: Kind, values: Values) -> Values:
    return np.asarray(np.rint(values / (kind.resolution or 1.0)))


@pytest.mark.parametrize("said", FRAMES)
def test_a_relation_leaves_the_cells_that_do_not_break_it(said: str) -> None:
    relation, (alignment, values) = relation_of(FRAMES[said], said), read(FRAMES[said])
    kinds = alignment.kinds
    choices = [some_values(values, kind, column) for column, kind in enumerate(kinds)]
    rows = np.array(list(product(*choices)))
    broken = relation.broken(rows)
    assert broken.any()
    assert not broken.all()
    for column in relation.columns:
        left = relation.leaves(column, rows).contains(cells_of(kinds[column], rows[:, column]))
        np.testing.assert_array_equal(left, ~broken, err_msg=kinds[column].name)


@pytest.mark.parametrize("said", FRAMES)
def test_a_relation_names_its_columns_and_is_kept_by_its_table(said: str) -> None:
    relation, (alignment, values) = relation_of(FRAMES[said], said), read(FRAMES[said])
    assert all(alignment.kinds[column].name in said for column in relation.columns)
    assert counted(relation, values).breaks == 0


def test_shuffling_a_column_breaks_a_relation_as_often_as_columns_independent_of_each_other() -> None:
    relation, (_, values) = relation_of(FRAMES["in < out"], "in < out"), read(FRAMES["in < out"])
    exact = np.mean(values[:, 0][:, np.newaxis] >= values[:, 1])
    breaks = expected_breaks(relation, values, values.copy(), np.random.default_rng(0))
    assert breaks / ROWS == pytest.approx(exact, abs=0.05)
