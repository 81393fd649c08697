"""Every combination of real members side by side, against the enumerated table."""

import dataclasses
import functools

import numpy as np
import pytest
from numpy.typing import NDArray

from made_cli.config import EnsembleConfig
from made_cli.ensemble import evaluation
from made_cli.ensemble.combination import Product
from made_cli.ensemble.evaluation import EnsembleEvaluation, EnsembleEvaluator, Learned
from made_cli.ensemble.mixture import equal_mixture
from made_cli.ensemble.pool import PENALTIES
from made_cli.ensemble.weights import SPARSITIES
from tests.ensemble.test_sampling import ENUMERATED, MEMBERS

CONFIG = EnsembleConfig(samples=2**13, sparsity=0.01)
COUNTS = (1, 2, 4)


def _rows(count: int, seed: int) -> NDArray[np.float64]:
    """Rows of which one half are of a product of members, the other of a mixture of them; under every member."""
    product = np.exp(ENUMERATED @ np.array([0.7, 0.3, 0.0, 0.0]))
    density = product / product.sum() + np.exp(ENUMERATED) @ np.array([0.4, 0.6, 0.0, 0.0])
    return ENUMERATED[np.random.default_rng(seed).choice(len(density), size=count, p=density / density.sum())]


def _evaluated(config: EnsembleConfig = CONFIG, seed: int = 1) -> EnsembleEvaluation:
    return EnsembleEvaluator(MEMBERS, _rows(200, seed), config).evaluate(_rows(300, 0), COUNTS)


@functools.cache
def _usual() -> EnsembleEvaluation:
    return _evaluated()


@functools.cache
def _free() -> EnsembleEvaluation:
    return _evaluated(dataclasses.replace(CONFIG, free_exponents=True))


def _learned(found: EnsembleEvaluation) -> Learned:
    assert found.learned is not None
    return found.learned


def _entropy(log_density: NDArray[np.float64]) -> float:
    """Of a table of rows, up to normalisation."""
    normalised = log_density - np.logaddexp.reduce(log_density)
    return -float(np.exp(normalised) @ normalised)


def _normaliser_is_right(product: Product) -> None:
    low, high = product.normaliser.interval
    log_z = float(np.logaddexp.reduce(ENUMERATED @ np.array(product.exponents)))
    assert low <= log_z <= high
    assert product.normaliser.log_z == pytest.approx(log_z, abs=0.05)


def _product(found: EnsembleEvaluation, name: str) -> Product:
    assert found.learned is not None
    return (found.product if name == "product" else found.learned.pool).combination


@pytest.mark.parametrize("name", ["product", "pool"])
def test_the_interval_covers_the_enumerated_normaliser(name: str) -> None:
    product = _product(_usual(), name)
    _normaliser_is_right(product)
    assert product.guaranteed
    assert product.normaliser.log_z <= 0


def test_a_pool_with_free_exponents_is_normalised_without_a_guarantee() -> None:
    pool = _product(_free(), "pool")
    _normaliser_is_right(pool)
    assert not pool.guaranteed
    assert abs(sum(pool.exponents) - 1) > 1e-3


def test_entropies_are_the_enumerated_ones() -> None:
    found = _usual()
    assert found.learned is not None
    single = np.mean([_entropy(column) for column in ENUMERATED.T])
    assert found.single_entropy == pytest.approx(single, abs=0.04)
    for evaluated in (found.mixture, found.product, found.learned.weighted, found.learned.pool):
        assert evaluated.entropy == pytest.approx(_entropy(evaluated.combination.log_density(ENUMERATED)), abs=0.04)


def test_figures_are_means_over_the_evaluated_rows() -> None:
    found, rows = _usual(), _rows(200, 1)
    assert found.mixture.estimate.nll == pytest.approx(-equal_mixture(rows).mean(), rel=1e-12)
    assert found.bound.nll == pytest.approx(-rows.mean(), rel=1e-12)
    assert found.product.estimate is not None
    assert found.product.estimate.nll == pytest.approx(found.bound.nll + _product(found, "product").normaliser.log_z)


@pytest.mark.parametrize("seed", range(4))
def test_mixture_and_product_are_never_worse_than_the_bound(seed: int) -> None:
    rows = _rows(5, seed)
    found = EnsembleEvaluator(MEMBERS, rows, CONFIG).evaluate(None, COUNTS)
    assert found.learned is None
    for evaluated in (found.mixture, found.product):
        assert evaluated.estimate is not None
        assert evaluated.estimate.nll <= found.bound.nll


def test_nothing_is_learned_from_the_evaluated_rows() -> None:
    one, other = _usual(), _evaluated(seed=2)
    assert one.bound != other.bound
    assert one.learned is not None
    assert other.learned is not None
    assert len(one.learned.nonzero_members) > 1
    assert np.array_equal(one.learned.fit.weights, other.learned.fit.weights)
    assert one.learned.pool.combination == other.learned.pool.combination
    assert one.product.combination == other.product.combination


def test_sparsity_and_penalty_are_chosen_where_they_are_not_given() -> None:
    found = _evaluated(dataclasses.replace(CONFIG, sparsity=None)).learned
    assert found is not None
    assert found.fit.sparsity in SPARSITIES
    assert found.penalty in PENALTIES
    assert found.nonzero_members == tuple(np.flatnonzero(found.fit.weights))


def test_learning_pays_on_new_rows_of_the_same_kind() -> None:
    found = _usual()
    assert found.learned is not None
    assert found.learned.weighted.estimate.nll < found.mixture.estimate.nll
    assert found.learned.pool.estimate is not None
    assert found.product.estimate is not None
    assert found.learned.pool.estimate.nll < found.product.estimate.nll


def test_the_curve_ends_in_the_totals_and_begins_with_the_members() -> None:
    found = _usual()
    one, two, four = found.curve
    assert (one.permutations, two.permutations, four.permutations) == COUNTS
    assert found.product.estimate is not None
    totals = found.bound.nll, found.mixture.estimate.nll, found.product.estimate.nll
    assert (four.bound, four.mixture, four.product) == pytest.approx(totals, rel=1e-12)
    assert four.std == 0
    assert one.bound == pytest.approx(one.mixture)
    assert one.bound == one.product
    assert two.bound > max(two.mixture, two.product)
    assert min(one.std, two.std) > 0


def test_a_pool_of_low_effective_sample_size_is_not_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = _product(_free(), "pool")
    monkeypatch.setattr(evaluation, "LEAST_ESS", pool.normaliser.ess + 1)
    free, usual = _evaluated(dataclasses.replace(CONFIG, free_exponents=True)), _evaluated()
    assert free.learned is not None
    assert (free.learned.pool.estimate, free.learned.pool.entropy) == (None, None)
    assert usual.learned is not None
    assert usual.learned.pool.estimate is not None


def test_a_product_of_low_effective_sample_size_has_no_entropy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "LEAST_ESS", float("inf"))
    found = _evaluated()
    assert found.learned is not None
    for evaluated in (found.product, found.learned.pool):
        assert evaluated.estimate is not None
        assert evaluated.entropy is None
    assert (found.mixture.entropy, found.learned.weighted.entropy) == (
        _usual().mixture.entropy,
        _learned(_usual()).weighted.entropy,
    )


def test_the_entropy_of_the_pool_is_estimated_on_rows_that_it_was_not_fitted_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evaluator = EnsembleEvaluator(MEMBERS, _rows(200, 1), CONFIG)
    found = evaluator.evaluate(_rows(300, 0), COUNTS)

    def entropy(product: Product) -> float:
        log_density = product.log_density(evaluator.sampled)
        weight = np.exp(log_density - equal_mixture(evaluator.sampled))
        return -float(weight @ log_density / weight.sum())

    pool = _learned(found).pool
    assert found.product.entropy == pytest.approx(entropy(found.product.combination), rel=1e-9)
    assert pool.entropy != pytest.approx(entropy(pool.combination), rel=1e-6)
    assert pool.entropy == pytest.approx(_entropy(pool.combination.log_density(ENUMERATED)), abs=0.04)


def test_effective_members_lie_between_one_and_all() -> None:
    assert 1 < _usual().effective_members < len(MEMBERS)
    alike = np.repeat(ENUMERATED[:, :1], 4, axis=1)
    apart = np.where(np.eye(4) > 0, -1.0, -1000.0)
    for rows, expected in ((alike, 4), (apart, 1)):
        assert EnsembleEvaluator(MEMBERS, rows, CONFIG).evaluate(None, ()).effective_members == pytest.approx(expected)


def test_one_member_is_its_own_mixture_and_product() -> None:
    rows = _rows(50, 1)[:, :1]
    found = EnsembleEvaluator(MEMBERS[:1], rows, CONFIG).evaluate(rows, (1,))
    assert found.learned is not None
    for evaluated in (found.mixture, found.product, found.learned.weighted, found.learned.pool):
        assert evaluated.estimate is not None
        assert evaluated.estimate.nll == pytest.approx(found.bound.nll, rel=1e-12)
