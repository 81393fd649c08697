"""EM and its prior, on densities whose every row is known."""

import numpy as np
import pytest

from made_cli.ensemble.mixture import equal_mixture
from made_cli.ensemble.weights import TOLERANCE, choose_sparsity, fit_weights, weighted_mixture
from tests.ensemble.enumerable import Enumerable, equal


def _learned_from(members: int, true: list[float], rows: int = 2000) -> tuple[Enumerable, np.ndarray]:
    """Densities, and rows drawn from a mixture of them with known weights."""
    densities = Enumerable.drawn(256, members, seed=1)
    weights = np.array(true + [0.0] * (members - len(true)))
    return densities, densities.draw(rows, weights, np.random.default_rng(2))


def test_a_weighted_mixture_is_a_density() -> None:
    densities = Enumerable.drawn(64, 5, seed=0)
    total = np.exp(weighted_mixture(densities.matrix, np.array([0.5, 0.2, 0.3, 0.0, 0.0]))).sum()
    assert total == pytest.approx(1, abs=1e-12)


def test_equal_weights_are_the_equal_mixture() -> None:
    matrix = Enumerable.drawn(64, 5, seed=0).matrix
    np.testing.assert_allclose(weighted_mixture(matrix, equal(5)), equal_mixture(matrix))


def test_plain_em_never_descends() -> None:
    _, rows = _learned_from(8, [0.7, 0.3])
    objective = np.array(fit_weights(rows).objective)
    assert len(objective) > 5
    assert np.diff(objective).min() > -1e-12


@pytest.mark.parametrize("sparsity", [0.002, 0.02])
def test_em_with_the_prior_descends_only_where_a_member_is_lost(sparsity: float) -> None:
    _, rows = _learned_from(8, [0.7, 0.3])
    fit = fit_weights(rows, sparsity)
    lost = np.diff(fit.nonzero) < 0
    assert (np.diff(fit.objective)[~lost] > -1e-12).all()


def test_em_with_the_prior_stops_where_hardly_anything_is_left_to_gain_in_nats() -> None:
    densities, sparsity = Enumerable.drawn(256, 16, seed=3), 0.0005
    weights = np.random.default_rng(3).dirichlet(np.ones(16))
    rows = densities.draw(1000, weights, np.random.default_rng(2))
    found = fit_weights(rows, sparsity).weights
    likelihood, left = np.exp(rows), found > 0

    def objective(weights: np.ndarray) -> float:
        return float(np.log(likelihood @ weights).mean() - sparsity * np.log(weights[left]).sum())

    for member in np.flatnonzero(left):
        towards = np.eye(16)[member] - found
        slope = (objective(found + 1e-6 * towards) - objective(found - 1e-6 * towards)) / 2e-6
        assert slope < TOLERANCE
    moved, best = found.copy(), objective(found)
    for _ in range(1000):
        share = np.maximum(0, moved * (likelihood / (likelihood @ moved)[:, None]).mean(axis=0) - sparsity)
        moved = share / share.sum()
        assert ((moved > 0) == left).all()
        assert objective(moved) < best + TOLERANCE


def test_em_is_never_worse_than_the_equal_mixture_on_the_rows_it_was_fitted_on() -> None:
    _, rows = _learned_from(8, [0.7, 0.3])
    learned = weighted_mixture(rows, fit_weights(rows).weights).mean()
    assert learned >= equal_mixture(rows).mean()
    assert -equal_mixture(rows).mean() <= -rows.mean()


def test_the_gap_bounds_what_any_other_weights_could_gain() -> None:
    _, rows = _learned_from(6, [0.5, 0.5])
    fit = fit_weights(rows)
    assert fit.gap < TOLERANCE
    reached = weighted_mixture(rows, fit.weights).mean()
    others = np.random.default_rng(0).dirichlet(np.ones(6), size=300)
    assert max(weighted_mixture(rows, weights).mean() for weights in others) <= reached + fit.gap


def test_em_finds_the_weights_that_the_rows_were_drawn_with() -> None:
    _, rows = _learned_from(4, [0.6, 0.4], rows=20_000)
    np.testing.assert_allclose(fit_weights(rows).weights, [0.6, 0.4, 0, 0], atol=0.03)


def test_the_prior_leaves_exact_zeros_and_keeps_what_explains_the_rows() -> None:
    _, rows = _learned_from(8, [0.6, 0.4])
    weights = fit_weights(rows, 0.02).weights
    assert set(np.flatnonzero(weights)) == {0, 1}
    assert weights.sum() == pytest.approx(1, abs=1e-12)


def test_a_prior_stronger_than_every_member_keeps_the_best() -> None:
    _, rows = _learned_from(8, [1.0])
    assert np.flatnonzero(fit_weights(rows, 0.99).weights).tolist() == [0]


def test_many_members_alike_are_not_wiped_out_at_once() -> None:
    one = Enumerable.drawn(64, 1, seed=0).matrix
    weights = fit_weights(np.repeat(one, 200, axis=1), sparsity=0.01).weights  # each starts with less than that
    assert weights.sum() == pytest.approx(1, abs=1e-12)


def test_rows_of_tiny_likelihood_do_not_underflow() -> None:
    _, rows = _learned_from(4, [0.6, 0.4])
    np.testing.assert_allclose(fit_weights(rows - 5000).weights, fit_weights(rows).weights)


def test_cross_validation_prefers_fewer_members_at_no_clear_cost() -> None:
    _, rows = _learned_from(8, [0.6, 0.4])
    chosen = choose_sparsity(rows, np.random.default_rng(0), among=(0.0, 0.01, 0.9))
    assert chosen == 0.01
