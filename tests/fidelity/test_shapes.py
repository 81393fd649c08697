"""How alike single columns are."""

import numpy as np
import pytest
from hypothesis import given

from made_cli.fidelity.alignment import NUMBERS
from made_cli.fidelity.shapes import column_shapes
from tests.fidelity import brute
from tests.fidelity.strategies import Two, plain, two_tables


def similarity(real: list[float], synthetic: list[float], size: int) -> float:
    return column_shapes(np.array([real]).T, np.array([synthetic]).T, [size])[0].similarity


@given(two_tables())
def test_shapes_are_what_the_definitions_say(two: Two) -> None:
    for d, shape in enumerate(column_shapes(two.real, two.synthetic, two.sizes)):
        r, s = plain(two.real[:, d]), plain(two.synthetic[:, d])
        if two.sizes[d] != NUMBERS:
            assert shape.similarity == pytest.approx(brute.total_variation(r, s), abs=1e-12)
        elif set(r) > {None} or set(r) == set(s) == {None}:
            both = set(s) - {None} and set(r) - {None}
            assert shape.similarity == pytest.approx(
                brute.kolmogorov_smirnov(r, s) if both else float(set(r) == set(s)), abs=1e-12
            )


@given(two_tables())
def test_shapes_lie_between_0_and_1_whichever_table_comes_first(two: Two) -> None:
    there = [shape.similarity for shape in column_shapes(two.real, two.synthetic, two.sizes)]
    back = [shape.similarity for shape in column_shapes(two.synthetic, two.real, two.sizes)]
    assert there == back
    assert all(0 <= value <= 1 for value in there)


@given(two_tables())
def test_a_table_is_like_itself(two: Two) -> None:
    assert {shape.similarity for shape in column_shapes(two.real, two.real[::-1], two.sizes)} == {1.0}


def test_tables_with_nothing_in_common_are_0_alike() -> None:
    assert similarity([0, 0, 1], [2, 2], 3) == 0
    assert similarity([1, 2, 3], [4, 5], NUMBERS) == 0
    assert similarity([1, 2, 3], [np.nan], NUMBERS) == 0


def test_empty_cells_count_as_a_label_but_not_as_a_number() -> None:
    assert similarity([0, np.nan], [0, 0], 1) == 0.5
    assert similarity([1, 2, np.nan], [1, 2], NUMBERS) == 1


def test_the_shares_of_empty_cells_are_told() -> None:
    real, synthetic = np.array([[0, np.nan], [1, 2]]), np.array([[np.nan, np.nan], [0, np.nan]])
    shapes = column_shapes(real, synthetic, [2, NUMBERS])
    assert [(shape.empty_real, shape.empty_synthetic) for shape in shapes] == [(0.0, 0.5), (0.5, 1.0)]
