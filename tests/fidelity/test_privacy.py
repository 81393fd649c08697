"""How near rows are to the real ones."""

import numpy as np
import pytest
from hypothesis import given

from made_cli.fidelity import privacy
from made_cli.fidelity.alignment import NUMBERS, Values
from made_cli.fidelity.privacy import ClosestRecord, closest_record, share_nearer
from tests.fidelity.strategies import Two, two_tables


def near(table: Values, real: Values, sizes: list[int]) -> ClosestRecord:
    return closest_record(table, real, sizes, np.random.default_rng(0))


def gower(row: Values, record: Values, real: Values, sizes: list[int]) -> float:
    """The distance by its definition."""
    total = 0.0
    for x, y, column, size in zip(row, record, real.T, sizes, strict=True):
        if np.isnan(x) or np.isnan(y):
            total += not (np.isnan(x) and np.isnan(y))
        elif size != NUMBERS:
            total += x != y
        else:
            present = column[~np.isnan(column)]
            place_x, place_y = (((present < z).mean() + (present <= z).mean()) / 2 for z in (x, y))
            total += abs(place_x - place_y)
    return total / len(sizes)


@given(two_tables())
def test_distances_are_what_the_definition_says(two: Two) -> None:
    found = near(two.synthetic, two.real, two.sizes)
    expected = [min(gower(row, record, two.real, two.sizes) for record in two.real) for row in two.synthetic]
    assert found.distances.tolist() == pytest.approx(expected, abs=1e-6)


@given(two_tables())
def test_copies_are_the_rows_at_distance_0(two: Two) -> None:
    found = near(two.synthetic, two.real, two.sizes)
    assert found.copies == pytest.approx((found.distances == 0).mean())


@given(two_tables())
def test_all_rows_of_the_real_table_are_copies(two: Two) -> None:
    found = near(two.real[::-1], two.real, two.sizes)
    assert (found.copies, found.distances.max()) == (1.0, 0.0)


def test_distances_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    table, real = rng.normal(size=(30, 3)), rng.normal(size=(40, 3))
    whole = near(table, real, [NUMBERS] * 3).distances
    monkeypatch.setattr(privacy, "QUERY_BLOCK", 7)
    monkeypatch.setattr(privacy, "RECORD_BLOCK", 9)
    assert near(table, real, [NUMBERS] * 3).distances.tolist() == whole.tolist()


def test_few_rows_are_looked_up_and_all_are_searched_for_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "QUERIES", 10)
    table = np.arange(500.0)[:, np.newaxis]
    found = near(table, table[:250], [NUMBERS])
    assert (len(found.distances), found.copies) == (10, 0.5)
    monkeypatch.setattr(privacy, "QUERIES", 400)
    monkeypatch.setattr(privacy, "BUDGET", 300 * 250)
    assert len(near(table, table[:250], [NUMBERS]).distances) == 300
    monkeypatch.setattr(privacy, "BUDGET", 0)
    assert len(near(table, table[:250], [NUMBERS]).distances) == privacy.FEWEST


def test_minus_zero_is_a_copy_of_zero_once_read() -> None:
    assert near(np.array([[-0.0]]) + 0.0, np.array([[0.0]]), [NUMBERS]).copies == 1


@pytest.mark.parametrize("levels", [1, 3, 40, 10**6])
def test_equal_distances_give_a_twentieth_however_many_of_them_are_equal(levels: int) -> None:
    distances = np.random.default_rng(0).integers(0, levels, 101).astype(np.float32)
    equal = ClosestRecord(0.0, distances)
    assert share_nearer(equal, equal) == pytest.approx(0.05)


def test_copied_rows_are_nearer_than_the_holdout_and_invented_ones_are_not() -> None:
    rng = np.random.default_rng(0)
    real, holdout, fresh = rng.normal(size=(3, 300, 4))
    sizes = [NUMBERS] * 4
    copied = np.concatenate([real[:150] + 1e-6, fresh[:150]])
    chance = near(holdout, real, sizes)
    assert share_nearer(near(copied, real, sizes), chance) == pytest.approx(0.5 + 0.5 * 0.05, abs=0.03)
    assert share_nearer(near(fresh, real, sizes), chance) == pytest.approx(0.05, abs=0.04)
    assert share_nearer(near(fresh + 5, real, sizes), chance) == 0
