"""Rows drawn from combinations of real members, against the enumerated table."""

import dataclasses

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from made_cli.ensemble import sampling
from made_cli.ensemble.members import Member, log_likelihoods
from made_cli.ensemble.sampling import draw_scored, sample_mixture, sample_product
from made_cli.errors import Exit, UserError
from made_cli.tables.columns.schema import Codes
from tests.core.small import BINARY, COLOURS, OFTEN_EMPTY, all_rows, chi_square, drawn_made, orderings

# Of so many rows in training that what training never had, which is never drawn, has no probability to speak of.
KINDS = tuple(dataclasses.replace(kind, rows=10**9) for kind in (BINARY, COLOURS, OFTEN_EMPTY, BINARY))
MADE = drawn_made(KINDS)
MEMBERS = [Member("the run", 0, MADE, ordering) for ordering in orderings(len(KINDS))[:4]]
TABLE = all_rows(KINDS, unseen=False).numpy()
"""(24, 4) every row that can be drawn."""
ENUMERATED = log_likelihoods(MEMBERS, TABLE)
"""(24, 4) under every member."""
EQUAL = np.full(4, 0.25)
SKEWED = np.array([0.6, 0.3, 0.0, 0.1])


def test_the_members_are_densities_that_disagree() -> None:
    np.testing.assert_allclose(np.exp(ENUMERATED).sum(axis=0), 1, atol=1e-5)
    assert np.exp(ENUMERATED @ EQUAL).sum() < 0.8


@pytest.mark.parametrize("weights", [None, SKEWED])
def test_rows_of_a_mixture_have_its_probabilities(weights: NDArray[np.float64] | None) -> None:
    drawn = sample_mixture(MEMBERS, 20_000, np.random.default_rng(0), weights=weights)
    expected = np.exp(ENUMERATED) @ (EQUAL if weights is None else weights)
    assert chi_square(_frequencies(drawn.codes), torch.from_numpy(expected)) < 4


def test_a_row_of_a_mixture_comes_from_the_member_that_it_names() -> None:
    drawn = sample_mixture(MEMBERS, 20_000, np.random.default_rng(0), weights=SKEWED)
    np.testing.assert_allclose(np.bincount(drawn.picked, minlength=4) / 20_000, SKEWED, atol=0.015)
    for member in (0, 1, 3):
        expected = torch.from_numpy(np.exp(ENUMERATED[:, member]))
        assert chi_square(_frequencies(drawn.codes[drawn.picked == member]), expected) < 4


def test_rows_of_labels_take_a_byte_a_cell() -> None:
    assert sample_mixture(MEMBERS, 50, np.random.default_rng(0)).codes.dtype == np.uint8
    assert sample_product(MEMBERS, 50, np.random.default_rng(0), EQUAL).codes.dtype == np.uint8


def test_rows_come_with_their_log_likelihoods() -> None:
    drawn, matrix = draw_scored(MEMBERS, 50, np.random.default_rng(0))
    np.testing.assert_allclose(matrix, ENUMERATED[_places(drawn.codes)], rtol=1e-9)


@pytest.mark.parametrize("exponents", [EQUAL, SKEWED])
def test_accepted_rows_have_the_probabilities_of_the_product_and_the_acceptance_rate_is_z(
    exponents: NDArray[np.float64],
) -> None:
    accepted = sample_product(MEMBERS, 10_000, np.random.default_rng(1), exponents)
    unnormalised = np.exp(ENUMERATED @ exponents)
    z = unnormalised.sum()
    assert accepted.codes.shape == (10_000, 4)
    assert chi_square(_frequencies(accepted.codes), torch.from_numpy(unnormalised / z)) < 4
    assert len(accepted.codes) / accepted.tried == pytest.approx(z, abs=4 * np.sqrt(z * (1 - z) / accepted.tried))


def test_a_product_of_one_member_is_that_member() -> None:
    accepted = sample_product(MEMBERS[:1], 5000, np.random.default_rng(2), np.ones(1))
    assert accepted.tried == 5000
    assert chi_square(_frequencies(accepted.codes), torch.from_numpy(np.exp(ENUMERATED[:, 0]))) < 4


def test_the_same_seed_draws_the_same_rows() -> None:
    first, second, other = (
        sample_product(MEMBERS, 300, np.random.default_rng(seed), SKEWED).codes for seed in (3, 3, 4)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_progress_is_told_up_to_the_last_row() -> None:
    mixture: list[int] = []
    product: list[int] = []
    sample_mixture(MEMBERS, 300, np.random.default_rng(0), on_progress=mixture.append)
    sample_product(MEMBERS, 3000, np.random.default_rng(0), EQUAL, on_progress=product.append)
    assert mixture[-1] == 300
    assert product[-1] == 3000
    assert product == sorted(product)


def test_a_product_of_members_that_hardly_agree_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "log_ratio", lambda matrix, exponents: np.full(len(matrix), -100.0))
    monkeypatch.setattr(sampling, "LEAST_ACCEPTANCE", 0.01)
    with pytest.raises(UserError) as caught:
        sample_product(MEMBERS, 1, np.random.default_rng(0), EQUAL)
    assert caught.value.code == Exit.BAD_DATA
    assert str(caught.value) == "only 0 of 2,048 tried rows were accepted: the members disagree too much"
    assert "--combine mixture" in caught.value.hint


def _places(codes: Codes) -> NDArray[np.int64]:
    """Finds rows in the table."""
    place = {tuple(row): index for index, row in enumerate(TABLE)}
    return np.array([place[tuple(row)] for row in codes])


def _frequencies(codes: Codes) -> torch.Tensor:
    return torch.from_numpy(np.bincount(_places(codes), minlength=len(TABLE))).double()
