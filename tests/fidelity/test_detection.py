"""Whether rows can be told apart."""

import numpy as np
import pytest

from made_cli.fidelity.alignment import NUMBERS, Values
from made_cli.fidelity.detection import FOLDS, Detection, two_sample

SIZES = [NUMBERS, NUMBERS, 600]


def rows(count: int, seed: int, *, related: bool = True) -> Values:
    """Two numbers, the second twice the first or independent of it, and a label of many, some cells empty."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, count))
    cells = np.stack([x, x + 0.1 * y if related else y, rng.integers(0, 600, count)], axis=1)
    cells[rng.random(cells.shape) < 0.05] = np.nan
    return cells


def told(real: Values, synthetic: Values, sizes: list[int], most: int = 1000, seed: int = 0) -> Detection:
    found = two_sample(real, synthetic, sizes, most, np.random.default_rng(seed))
    assert found is not None
    return found


def test_rows_of_one_distribution_are_not_told_apart() -> None:
    found = told(rows(300, 1), rows(400, 2), SIZES)
    assert abs(found.auc - 0.5) < 3 * found.by_chance
    assert found.rows == 300


def test_a_broken_relation_is_found_and_the_columns_that_show_it() -> None:
    found = told(rows(400, 1), rows(300, 2, related=False), SIZES)
    assert found.auc > 0.8
    assert min(found.permutation_importance[:2]) > 0.1 > abs(found.permutation_importance[2])


def test_the_noise_is_that_of_the_mann_whitney_statistic() -> None:
    n, rng = 40, np.random.default_rng(0)
    ranks = np.argsort(rng.random((4000, 2 * n)), axis=1)
    aucs = (ranks[:, :n].sum(axis=1) - n * (n - 1) / 2) / n**2
    found = told(rows(n, 1), rows(n, 2), SIZES)
    assert found.by_chance == pytest.approx(aucs.std(), rel=0.05)


def test_empty_cells_alone_give_rows_away() -> None:
    real, synthetic = np.zeros((100, 2)), np.full((100, 2), np.nan)
    assert told(real, synthetic, [2, NUMBERS]).auc == 1


def test_columns_that_do_not_vary_tell_nothing() -> None:
    for column in (0.0, np.nan):
        found = told(np.full((20, 2), column), np.full((30, 2), column), [1, NUMBERS])
        assert (found.auc, found.permutation_importance) == (0.5, (0.0, 0.0))


def test_labels_beyond_those_that_trees_can_hold_share_one() -> None:
    rng = np.random.default_rng(0)
    real, synthetic = rng.integers(0, 3000, (2, 2000, 1)).astype(np.float64)
    synthetic[:1500] = 2999
    assert told(real, synthetic, [3000], most=2000).auc > 0.8


def test_the_seed_decides_and_rows_are_at_most_so_many() -> None:
    real, synthetic = rows(200, 1), rows(300, 2)
    assert told(real, synthetic, SIZES, most=50, seed=3) == told(real, synthetic, SIZES, most=50, seed=3)
    assert told(real, synthetic, SIZES, most=50, seed=3) != told(real, synthetic, SIZES, most=50, seed=4)
    assert told(real, synthetic, SIZES, most=50).rows == 50


def test_a_single_row_cannot_be_told_from_others_and_two_can() -> None:
    for count, expected in ((1, True), (2, False), (3, False)):
        found = two_sample(rows(count, 1), rows(50, 2), SIZES, 100, np.random.default_rng(0))
        assert (found is None) == expected


def test_every_fold_is_reported() -> None:
    calls: list[None] = []
    two_sample(rows(20, 1), rows(20, 2), SIZES, 100, np.random.default_rng(0), lambda: calls.append(None))
    assert len(calls) == FOLDS


def test_rows_are_drawn_from_all_of_a_table() -> None:
    ascending = np.arange(1000.0)[:, np.newaxis]
    found = told(ascending, ascending[::-1] + 0.5, [NUMBERS], most=200)
    assert abs(found.auc - 0.5) < 3 * found.by_chance
