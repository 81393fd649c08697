"""Validation curves that had levelled off are told from those that had not."""

import math

import numpy as np
import pytest

from made_cli.training.convergence import FEWEST_EVALUATIONS, levelled_off

STEPS = range(100, 4_100, 100)
Curve = list[tuple[int, float]]


def curve(*nlls: float) -> Curve:
    return list(zip(STEPS, nlls, strict=False))


def noisy(nll: float, fall: float, noise: float, seed: int) -> Curve:
    """A line in log(step) from `nll` at step 1, falling by `fall` with each doubling, with noise upon it."""
    rng = np.random.default_rng(seed)
    return [(step, nll - fall * math.log2(step) + noise * rng.normal()) for step in STEPS]


def test_a_flat_curve_with_noise_has_levelled_off() -> None:
    found = [levelled_off(noisy(12.0, 0.0, noise=0.1, seed=seed)) for seed in range(200)]
    assert np.mean(found) > 0.95


def test_a_curve_that_falls_through_its_noise_has_not() -> None:
    found = [levelled_off(noisy(20.0, 0.5, noise=0.1, seed=seed)) for seed in range(200)]
    assert np.mean(found) < 0.05


def test_a_curve_that_fell_and_then_lay_flat_has_levelled_off() -> None:
    falling = [20 - 0.4 * place for place in range(15)]
    assert levelled_off(curve(*falling, *[14.0, 14.01] * 10))
    assert not levelled_off(curve(*falling))


def test_a_curve_that_rises_again_has_levelled_off() -> None:
    assert levelled_off(curve(*[20 - place for place in range(5)], *[15 + 0.1 * place for place in range(10)]))


@pytest.mark.parametrize("nll", [10.0, 0.5, -3.0, -1_000.0])
def test_a_gain_that_is_small_beside_the_figure_is_not_worth_it(nll: float) -> None:
    worth = max(0.02, 0.005 * abs(nll))
    for share, verdict in [(0.8, True), (1.2, False)]:
        assert levelled_off(noisy(nll, share * worth, noise=0.0, seed=0)) == verdict


# Evaluations of a network of 8 orderings on the sample digits, and what another training found at twice the steps.
DIGITS = [23.36, 20.87, 19.6, 18.93, 18.56, 18.33, 18.16, 18.05, 17.95, 17.89, 17.85, 17.81, 17.77, 17.75, 17.73, 17.73]


@pytest.mark.parametrize(("count", "gained"), [(8, 0.32), (16, 0.02)])
def test_a_curve_of_a_real_training_is_judged_by_what_came_of_it(count: int, gained: float) -> None:
    found = [(105 * (place + 1), nll) for place, nll in enumerate(DIGITS[:count])]
    assert levelled_off(found) == (gained < 0.005 * found[-1][1])


def test_a_long_training_that_gains_little_a_step_but_much_by_twice_the_steps_has_not_levelled_off() -> None:
    steps = range(10_000, 20_000, 100)
    assert not levelled_off([(step, 12 - 0.3 * math.log2(step)) for step in steps])


@pytest.mark.parametrize("count", range(FEWEST_EVALUATIONS))
def test_of_few_evaluations_nothing_can_be_said(count: int) -> None:
    assert not levelled_off(curve(*[7.0] * count))


def test_the_fewest_that_are_enough_may_be_flat() -> None:
    assert levelled_off(curve(*[7.0] * FEWEST_EVALUATIONS))
