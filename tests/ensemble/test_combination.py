"""Combinations as values: their log-densities, and that they come back from JSON as they were."""

import math

import numpy as np
import pytest
from pydantic import TypeAdapter

from made_cli.core.orderings import Ordering
from made_cli.ensemble.combination import Bound, Mixture, Product, SavedEnsemble, SavedMember
from made_cli.ensemble.normaliser import Normaliser

MATRIX = np.log(np.array([[0.1, 0.4], [0.5, 0.5]]))
NORMALISER = Normaliser(math.log(0.5), (math.log(0.4), math.log(0.6)), 100, 80.0)


def test_a_mixture_averages_probabilities_by_weight() -> None:
    np.testing.assert_allclose(np.exp(Mixture((0.75, 0.25)).log_density(MATRIX)), [0.175, 0.5])
    np.testing.assert_allclose(np.exp(Mixture((0.0, 1.0)).log_density(MATRIX)), [0.4, 0.5])


def test_a_product_multiplies_powers_and_divides_by_its_normaliser() -> None:
    np.testing.assert_allclose(np.exp(Product((0.5, 0.5), NORMALISER).log_density(MATRIX)), [0.4, 1.0])


def test_the_bound_averages_logarithms() -> None:
    np.testing.assert_allclose(np.exp(Bound().log_density(MATRIX)), [0.2, 0.5])


@pytest.mark.parametrize("low", [-0.9, -math.inf])
def test_a_saved_ensemble_is_read_back_as_it_was(low: float) -> None:
    normaliser = Normaliser(-1 / 3, (low, -0.1), 2048, 1234.5, guaranteed=False)
    members = (SavedMember(0, Ordering((1, 0)), "base"), SavedMember(1, Ordering((0, 1), 7), "drawn"))
    saved = SavedEnsemble(members, {"weighted": Mixture((1.0, 0.0)), "pool": Product((1.5, -0.1), normaliser)})
    adapter = TypeAdapter(SavedEnsemble)
    assert adapter.validate_json(adapter.dump_json(saved)) == saved
