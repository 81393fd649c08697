"""Values with a point mass of their own."""

import numpy as np
from numpy.typing import NDArray

from made_cli.tables.columns.point_masses import ATOM_ROWS, MOST_ATOMS, find_atoms


def atoms(x: NDArray[np.float64], resolution: float = 1.0) -> tuple[float, ...]:
    values, counts = np.unique(x, return_counts=True)
    return find_atoms(values.astype(np.float64), counts, resolution)


def test_the_top_of_a_bell_is_no_atom() -> None:
    assert atoms(np.random.default_rng(0).normal(50, 9, 20_000).round()) == ()


def test_round_numbers_among_others_are_atoms() -> None:
    hours = np.random.default_rng(0).normal(40, 12, 5000).round()
    assert atoms(np.concatenate([hours, np.full(3000, 40.0), np.full(900, 50.0)])) == (40.0, 50.0)


def test_amounts_that_recur_far_from_each_other_are_atoms() -> None:
    amounts = np.repeat([594.0, 2174.0, 5013.0, 7298.0, 15024.0], 40)
    once = np.random.default_rng(0).permutation(20_000)[:3000].astype(float)
    assert set(atoms(np.concatenate([amounts, once]))) == set(amounts)


def test_numbers_that_recur_by_chance_are_no_atoms() -> None:
    assert atoms(np.random.default_rng(0).integers(0, 500, 4000).astype(float)) == ()
    assert atoms(np.random.default_rng(0).random(4000).round(3), 0.001) == ()


def test_few_rows_make_no_atom() -> None:
    assert atoms(np.repeat([1.0, 50.0, 700.0], ATOM_ROWS - 1)) == ()


def test_the_heaviest_are_kept_where_there_are_too_many() -> None:
    values = np.arange(MOST_ATOMS + 9, dtype=np.float64) * 1000
    counts = np.full(len(values), 30, dtype=np.int64)
    counts[-20:] = 99
    found = find_atoms(values, counts, 1.0)
    assert len(found) == MOST_ATOMS
    assert set(values[-20:]) <= set(found)
