"""The normaliser of a product and its interval, against enumeration."""

import numpy as np
import pytest

from made_cli.ensemble.mixture import bound, equal_mixture
from made_cli.ensemble.normaliser import (
    Normaliser,
    bernstein_interval,
    estimate_free_normaliser,
    estimate_normaliser,
    log_ratio,
)
from tests.ensemble.enumerable import Enumerable, equal


def _estimate(densities: Enumerable, exponents: np.ndarray, seed: int, tolerance: float = 0.05) -> Normaliser:
    rng = np.random.default_rng(seed)
    return estimate_normaliser(
        lambda count: densities.draw(count, exponents, rng),
        exponents,
        confidence=0.9,
        tolerance=tolerance,
        most=2**14,
    )


def test_importance_weights_are_at_most_one_and_their_mean_is_z() -> None:
    densities, exponents = Enumerable.drawn(128, 6, seed=0), np.array([0.5, 0.1, 0.1, 0.1, 0.2, 0.0])
    ratio = log_ratio(densities.matrix, exponents)
    assert ratio.max() <= 0
    mixture = np.exp(densities.matrix) @ exponents
    assert np.log(mixture @ np.exp(ratio)) == pytest.approx(densities.log_z(exponents), abs=1e-12)


def test_z_is_between_zero_and_one() -> None:
    for seed in range(20):
        densities = Enumerable.drawn(32, 4, seed)
        assert densities.log_z(equal(4)) < 0
        assert _estimate(densities, equal(4), seed).log_z < 0


def test_the_interval_covers_the_enumerated_value_at_least_at_its_stated_rate() -> None:
    densities = Enumerable.drawn(64, 4, seed=3)
    true = densities.log_z(equal(4))
    intervals = [_estimate(densities, equal(4), seed).interval for seed in range(200)]
    assert sum(low <= true <= high for low, high in intervals) >= 0.9 * 200


def test_more_samples_are_drawn_until_the_interval_is_narrow_enough() -> None:
    densities = Enumerable.drawn(64, 4, seed=3)
    wide, narrow = (_estimate(densities, equal(4), 0, tolerance) for tolerance in (0.2, 0.03))
    assert wide.samples < narrow.samples
    assert narrow.interval[1] - narrow.interval[0] <= 0.03


def test_the_number_of_samples_is_bounded() -> None:
    densities = Enumerable.drawn(64, 4, seed=3)
    assert _estimate(densities, equal(4), 0, tolerance=1e-9).samples == 2**14


def test_rows_that_are_never_drawn_widen_the_interval() -> None:
    densities, rng = Enumerable.drawn(64, 4, seed=3), np.random.default_rng(0)

    def estimate(unseen: float) -> Normaliser:
        return estimate_normaliser(
            lambda count: densities.draw(count, equal(4), rng),
            equal(4),
            confidence=0.9,
            tolerance=0.5,
            most=2048,
            unseen=unseen,
        )

    low, high = estimate(0.1).interval
    assert high >= np.log(0.1)
    narrow_low, narrow_high = estimate(0.0).interval
    assert high - low > narrow_high - narrow_low


def test_the_estimate_does_not_count_the_mass_that_is_never_drawn() -> None:
    densities, rng, unseen = Enumerable.drawn(64, 4, seed=3), np.random.default_rng(0), 0.2
    whole = np.logaddexp.reduce(np.log(1 - unseen) + densities.matrix @ equal(4))
    found = estimate_normaliser(
        lambda count: densities.draw(count, equal(4), rng),
        equal(4),
        confidence=0.9,
        tolerance=1e-9,
        most=2**15,
        unseen=unseen,
    )
    assert found.log_z == pytest.approx(whole, abs=0.01)
    assert found.interval[0] < found.log_z < found.interval[1]


def test_an_interval_of_constant_weights_shrinks_with_their_number() -> None:
    few, many = (bernstein_interval(np.full(count, 0.5), 0.95) for count in (100, 10_000))
    assert few[0] < many[0] < 0.5 < many[1] < few[1]


def test_product_and_mixture_are_never_worse_than_the_bound() -> None:
    for seed in range(50):
        densities = Enumerable.drawn(32, 5, seed)
        below = bound(densities.matrix)
        product = densities.matrix @ equal(5) - densities.log_z(equal(5))
        assert (product >= below).all()
        assert (equal_mixture(densities.matrix) >= below).all()


def test_free_exponents_are_normalised_too_but_without_a_guarantee() -> None:
    densities, rng = Enumerable.drawn(64, 3, seed=5), np.random.default_rng(0)
    exponents = np.array([1.2, -0.3, 0.2])
    found = estimate_free_normaliser(
        lambda count: densities.draw(count, equal(3), rng), exponents, confidence=0.99, samples=20_000
    )
    assert not found.guaranteed
    assert found.interval[0] < densities.log_z(exponents) < found.interval[1]


def test_the_effective_sample_size_falls_as_the_product_leaves_the_mixture() -> None:
    densities, rng = Enumerable.drawn(64, 3, seed=5), np.random.default_rng(0)
    mild, wild = (
        estimate_free_normaliser(
            lambda count: densities.draw(count, equal(3), rng), scale * equal(3), confidence=0.9, samples=2000
        ).ess
        for scale in (1.0, 6.0)
    )
    assert wild < mild / 2
