"""Bound and equal mixture on matrices whose answers are worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from made_cli.ensemble.mixture import bound, equal_mixture, estimate

HALVES = np.log(np.array([[0.1, 0.4], [0.5, 0.5]]))
matrices = arrays.arrays(
    np.float64, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.floats(-1e5, 700, allow_nan=False)
)


def test_the_bound_is_the_mean_of_logarithms() -> None:
    assert np.allclose(np.exp(bound(HALVES)), [0.2, 0.5], rtol=1e-14)


def test_the_mixture_is_the_logarithm_of_the_mean() -> None:
    assert np.allclose(np.exp(equal_mixture(HALVES)), [0.25, 0.5], rtol=1e-14)


def test_one_member_is_its_own_bound_and_mixture() -> None:
    column = np.array([[-3.25], [-1e6], [12.5]])
    assert bound(column).tolist() == equal_mixture(column).tolist() == [-3.25, -1e6, 12.5]


def test_likelihoods_too_small_for_a_number_are_averaged_all_the_same() -> None:
    matrix = np.array([[-1000.0, -1001.0], [-1e5, -1e300], [-5.0, -1e308]])
    expected = [-1000 + math.log((1 + math.exp(-1)) / 2), -1e5 - math.log(2), -5 - math.log(2)]
    assert equal_mixture(matrix).tolist() == pytest.approx(expected, rel=1e-15)


def test_a_member_for_which_a_row_is_impossible_leaves_the_mixture_to_the_others() -> None:
    matrix = np.array([[math.log(0.5), -math.inf]])
    assert np.exp(equal_mixture(matrix))[0] == pytest.approx(0.25)
    assert bound(matrix)[0] == -math.inf


@given(matrices)
def test_the_mixture_is_between_the_bound_and_the_best_member(matrix: np.ndarray) -> None:
    mixture = equal_mixture(matrix)
    slack = 1e-12 * (1 + np.abs(matrix).max())
    assert (mixture >= bound(matrix) - slack).all()
    assert (mixture <= matrix.max(axis=1) + slack).all()
    assert (mixture >= matrix.max(axis=1) - math.log(matrix.shape[1]) - slack).all()


@given(matrices)
def test_the_order_of_the_members_does_not_matter(matrix: np.ndarray) -> None:
    backwards = matrix[:, ::-1]
    assert np.allclose(equal_mixture(matrix), equal_mixture(backwards), rtol=1e-12, atol=1e-12)


def test_the_standard_error_is_that_of_the_mean() -> None:
    found = estimate(np.array([-1.0, -2.0, -3.0, -6.0]))
    assert found.nll == 3.0
    assert found.se == pytest.approx(math.sqrt((4 + 1 + 0 + 9) / 3) / 2)


def test_a_single_row_has_no_standard_error() -> None:
    assert estimate(np.array([-2.5])).se is None
