"""Learned exponents, on densities whose every row is known."""

import numpy as np
import pytest

from made_cli.ensemble.pool import Proposal, choose_penalty, fit_free_pool, fit_pool
from tests.ensemble.enumerable import Enumerable, equal


def _case(members: int = 5, rows: int = 400) -> tuple[Enumerable, np.ndarray, Proposal]:
    """Densities, rows of a product of two of them, and a proposal."""
    densities, rng = Enumerable.drawn(256, members, seed=7), np.random.default_rng(8)
    exponents = np.zeros(members)
    exponents[:2] = 0.7, 0.3
    product = np.exp(densities.matrix @ exponents - densities.log_z(exponents))
    drawn = densities.matrix[rng.choice(256, size=rows, p=product / product.sum())]
    return densities, drawn, Proposal(densities.draw(8000, equal(members), rng))


def _nll(densities: Enumerable, rows: np.ndarray, exponents: np.ndarray) -> float:
    return densities.log_z(exponents) - float(rows.mean(axis=0) @ exponents)


def test_the_gradient_of_log_z_is_the_mean_under_the_product() -> None:
    _, _, proposal = _case()
    exponents, step = np.array([0.4, 0.2, 0.2, 0.1, 0.1]), 1e-6
    _, gradient, _ = proposal.log_normaliser(exponents)
    for k in range(5):
        moved = exponents + step * np.eye(5)[k]
        slope = (proposal.log_normaliser(moved)[0] - proposal.log_normaliser(exponents)[0]) / step
        assert slope == pytest.approx(gradient[k], abs=1e-4)


def test_learned_exponents_lie_on_the_simplex_and_beat_equal_ones() -> None:
    densities, rows, proposal = _case()
    learned = fit_pool(rows.mean(axis=0), proposal, penalty=0.0)
    assert learned.min() >= 0
    assert learned.sum() == pytest.approx(1, abs=1e-9)
    assert _nll(densities, rows, learned) < _nll(densities, rows, equal(5)) - 0.01


def test_learned_exponents_are_near_those_that_the_rows_were_drawn_with() -> None:
    _, rows, proposal = _case(rows=20_000)
    np.testing.assert_allclose(fit_pool(rows.mean(axis=0), proposal, penalty=0.0), [0.7, 0.3, 0, 0, 0], atol=0.08)


def test_a_strong_penalty_leads_to_equal_exponents() -> None:
    _, rows, proposal = _case()
    for fit in (fit_pool, fit_free_pool):
        np.testing.assert_allclose(fit(rows.mean(axis=0), proposal, 1e4), equal(5), atol=1e-3)


def test_free_exponents_are_at_least_as_good_on_their_own_proposal() -> None:
    _, rows, proposal = _case()
    mean = rows.mean(axis=0)

    def value(exponents: np.ndarray) -> float:
        return float(mean @ exponents) - proposal.log_normaliser(exponents)[0]

    assert value(fit_free_pool(mean, proposal, 0.0)) >= value(fit_pool(mean, proposal, 0.0)) - 1e-4


@pytest.mark.slow
def test_a_hundred_and_twenty_eight_members_stay_better_than_equal_exponents_on_new_rows() -> None:
    densities, rows, proposal = _case(members=128, rows=300)
    _, new, _ = _case(members=128, rows=5000)
    penalty = choose_penalty(rows, proposal, np.random.default_rng(0), among=(0.01, 0.1, 1.0))
    learned = fit_pool(rows.mean(axis=0), proposal, penalty)
    assert _nll(densities, new, learned) < _nll(densities, new, equal(128))
