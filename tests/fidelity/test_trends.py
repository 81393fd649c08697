"""How alike pairs of columns are."""

import numpy as np
import pytest
from hypothesis import given

from made_cli.fidelity import contingency, trends
from made_cli.fidelity.alignment import NUMBERS, Values
from made_cli.fidelity.trends import CUTS, correlations, pair_trends
from tests.fidelity import brute
from tests.fidelity.strategies import LABELS, Two, plain, two_tables


def defined(two: Two, i: int, j: int) -> float:
    """The similarity of a pair by its definition."""
    if two.sizes[i] == two.sizes[j] == NUMBERS:
        r, s = (brute.correlation(plain(table[:, i]), plain(table[:, j])) for table in (two.real, two.synthetic))
        return 1 - abs(r - s) / 2
    cells = []
    for table in (two.real, two.synthetic):
        columns = []
        for d in (i, j):
            present = two.real[~np.isnan(two.real[:, d]), d]
            cuts = np.quantile(present, CUTS).tolist() if len(present) else []
            cell = plain(table[:, d])
            columns.append([brute.decile(x, cuts) for x in cell] if two.sizes[d] == NUMBERS else cell)
        cells.append(list(zip(*columns, strict=True)))
    return brute.total_variation(*cells)


def check(two: Two) -> None:
    similarities = pair_trends(two.real, two.synthetic, two.sizes)
    for i in range(len(two.sizes)):
        for j in range(len(two.sizes)):
            assert similarities[i, j] == pytest.approx(np.nan if i == j else defined(two, i, j), abs=1e-6, nan_ok=True)


def mixed(rows: int, rng: np.random.Generator) -> Values:
    """Six columns, each with empty cells: labels, numbers, labels of many kinds."""
    cells = np.stack(
        [*rng.integers(0, LABELS, (2, rows)), *rng.normal(size=(2, rows)).round(1), *rng.integers(0, 40, (2, rows))],
        axis=1,
    ).astype(np.float64)
    cells[rng.random(cells.shape) < 0.1] = np.nan
    return cells


@given(two_tables(far=()))
def test_trends_are_what_the_definitions_say(two: Two) -> None:
    check(two)


@pytest.mark.parametrize(("panel", "wide", "rows"), [(1024, 128, 4096), (5, 128, 7), (50, 128, 100), (1024, 20, 4096)])
def test_trends_do_not_depend_on_how_the_work_is_cut(
    panel: int, wide: int, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, value in ((contingency, "PANEL", panel), (trends, "WIDE", wide), (contingency, "ROWS", rows)):
        monkeypatch.setattr(module, name, value)
    rng = np.random.default_rng(0)
    check(Two(mixed(90, rng), mixed(60, rng), [LABELS, LABELS, NUMBERS, NUMBERS, 40, 40]))


@given(two_tables())
def test_trends_lie_between_0_and_1(two: Two) -> None:
    similarities = pair_trends(two.real, two.synthetic, two.sizes)
    pairs = ~np.eye(len(two.sizes), dtype=bool)
    assert np.isnan(similarities).tolist() == (~pairs).tolist()
    assert ((similarities[pairs] >= 0) & (similarities[pairs] <= 1)).all()
    assert np.allclose(similarities, similarities.T, rtol=0, atol=1e-12, equal_nan=True)


@given(two_tables())
def test_the_trends_of_a_table_are_like_its_own(two: Two) -> None:
    similarities = pair_trends(two.real, two.real[::-1], two.sizes)
    assert np.allclose(similarities[~np.eye(len(two.sizes), dtype=bool)], 1, rtol=0, atol=1e-9)


def test_a_relation_turned_around_is_0_alike() -> None:
    x = np.linspace(0, 1, 20)
    real, synthetic = np.stack([x, x], axis=1), np.stack([x, -x], axis=1)
    assert pair_trends(real, synthetic, [NUMBERS, NUMBERS])[0, 1] == pytest.approx(0)


def test_correlations_are_numpys_where_no_cell_is_empty() -> None:
    cells = np.random.default_rng(0).normal(size=(50, 3)) * [1, 1e12, 1e-9] + [1e6, 0, 1]
    cells[:, 1] += 1e18 * (cells[:, 0] - 1e6)
    assert np.allclose(correlations(cells), np.corrcoef(cells.T), atol=1e-6)


def test_a_column_that_does_not_vary_has_no_correlation() -> None:
    cells = np.stack([np.arange(10.0), np.full(10, 0.1)], axis=1)
    assert correlations(cells)[0, 1] == 0


@pytest.mark.parametrize("seed", range(8))
def test_columns_that_do_not_vary_in_the_rows_that_have_both_have_no_correlation(seed: int) -> None:
    numbers, empty = np.random.default_rng(seed).normal(size=(2, 30)), np.full(30, np.nan)
    first, second = np.r_[np.full(70, 0.1), numbers[0], empty], np.r_[np.full(70, 0.3), empty, numbers[1]]
    assert correlations(np.stack([first, second], axis=1))[0, 1] == 0
