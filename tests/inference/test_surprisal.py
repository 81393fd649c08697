"""The surprisal of each cell, against the enumerated table."""

import numpy as np
import pytest
from numpy.typing import NDArray

from made_cli.ensemble.combination import Bound, Combination, Mixture, Product
from made_cli.ensemble.members import Member, log_likelihoods
from made_cli.ensemble.normaliser import Normaliser
from made_cli.errors import Exit, UserError
from made_cli.inference.conditionals import Question
from made_cli.inference.scoring import CodeScorer
from made_cli.inference.surprisal import oddest, of_terms
from made_cli.tables.columns.kinds import Kind
from tests.core.small import BINARY, COLOURS, bell, drawn_made, few_steps, orderings
from tests.inference.four import KNOWN, MEMBERS, ROWS, enumerated, marginal

EQUAL = Mixture((0.2,) * 5)
SKEWED = Mixture((0.5, 0.3, 0.0, 0.1, 0.1))
PRODUCT = Product((0.4, 0.1, 0.0, 0.2, 0.3), Normaliser(-1.0, (-1.1, -0.9), 2048, 1000.0))
NUMBERS: tuple[Kind, ...] = (bell(), BINARY, few_steps(), COLOURS)


def surprisals(
    combination: Bound | Combination, known: NDArray[np.bool_] = KNOWN, *, leave_one_out: bool = False
) -> NDArray[np.float64]:
    scorer = CodeScorer(MEMBERS, combination, leave_one_out=leave_one_out)
    codes = np.where(known, ROWS, np.nan)
    return scorer.surprisals(codes, known, scorer.score(codes, known).terms)


def test_the_surprisal_of_a_label_is_minus_its_term() -> None:
    terms = np.log(np.random.default_rng(0).random(ROWS.shape))
    np.testing.assert_array_equal(of_terms(terms, ROWS, MEMBERS[0].made.kinds), -terms)


def test_the_surprisal_of_a_number_is_that_of_its_cell_and_an_empty_cell_has_no_width() -> None:
    codes = np.array([[0.1, 1, 3, 2], [np.nan, 0, np.nan, 1]])
    found = of_terms(np.zeros((2, 4)), codes, NUMBERS)
    np.testing.assert_allclose(found, [[-np.log(0.1), 0, 0, 0], [0, 0, 0, 0]])


def test_no_cell_of_numbers_is_less_than_not_surprising() -> None:
    made = drawn_made(NUMBERS)
    members = [Member("the run", 0, made, ordering, any_question=True) for ordering in orderings(4)[:3]]
    rng = np.random.default_rng(0)
    codes = np.column_stack([rng.normal(0, 2, 200).round(1), *(rng.integers(1, n, 200) - 1 for n in (3, 8, 4))])
    codes[::9, 0] = np.nan
    known = np.ones(codes.shape, dtype=np.bool_)
    for leave_one_out in (False, True):
        scorer = CodeScorer(members, Mixture((1 / 3,) * 3), leave_one_out=leave_one_out)
        assert (scorer.surprisals(codes, known, scorer.score(codes, known).terms) >= 0).all()


@pytest.mark.parametrize("combination", [SKEWED, PRODUCT, Bound()], ids=lambda combination: combination.form)
def test_surprisals_are_averaged_over_the_members_by_their_shares_in_the_combination(
    combination: Bound | Combination,
) -> None:
    shares = combination.shares(5)
    expected = np.zeros(ROWS.shape)

    def add(index: int, start: int, log_prob: object) -> None:
        expected[start : start + len(np.asarray(log_prob))] -= shares[index] * np.asarray(log_prob)

    matrix = log_likelihoods(MEMBERS, ROWS, terms=add)
    found = surprisals(combination)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_allclose(found.sum(axis=1), -matrix @ shares, rtol=1e-9)


def test_members_without_a_weight_play_no_part_in_surprisals() -> None:
    alone = CodeScorer(MEMBERS[1:2], Mixture((1.0,)), leave_one_out=True)
    found = surprisals(Mixture((0.0, 1.0, 0.0, 0.0, 0.0)), leave_one_out=True)
    np.testing.assert_allclose(found, alone.surprisals(ROWS, KNOWN, np.zeros(ROWS.shape)), rtol=1e-9)


@pytest.mark.parametrize("mixture", [EQUAL, SKEWED], ids=["equal", "skewed"])
def test_given_all_others_is_the_enumerated_conditional_of_the_mixture(mixture: Mixture) -> None:
    found, weights = surprisals(mixture, leave_one_out=True), np.array(mixture.weights)
    for column in range(4):
        given, both = enumerated(MEMBERS, {column}, set(range(4)) - {column})
        expected = np.log(given @ weights) - np.log(both @ weights)
        np.testing.assert_allclose(found[:, column], expected, rtol=1e-9, atol=1e-9)


def test_given_all_others_the_bound_is_the_mean_of_the_members() -> None:
    found = surprisals(Bound(), leave_one_out=True)
    for column in range(4):
        given, both = enumerated(MEMBERS, {column}, set(range(4)) - {column})
        np.testing.assert_allclose(found[:, column], -np.log(both / given).mean(axis=1), rtol=1e-9, atol=1e-9)


def test_given_all_others_a_product_is_refused() -> None:
    with pytest.raises(UserError, match="whole rows only") as caught:
        surprisals(PRODUCT, leave_one_out=True)
    assert caught.value.code == Exit.USAGE


def test_given_all_others_takes_the_known_ones_alone() -> None:
    alike = KNOWN.copy()
    alike[:, 2] = False
    scattered = alike.copy()
    scattered[::3, 1] = False
    weights = np.array(SKEWED.weights)
    for known in (alike, scattered):
        found = surprisals(SKEWED, known, leave_one_out=True)
        for pattern in np.unique(known, axis=0):
            rows, others = (known == pattern).all(axis=1), set(np.flatnonzero(pattern).tolist()) - {0}
            given, both = enumerated(MEMBERS, {0}, others)
            expected = np.log(given @ weights) - np.log(both @ weights)
            np.testing.assert_allclose(found[rows, 0], expected[rows], rtol=1e-9, atol=1e-9)
        np.testing.assert_array_equal(np.isnan(found), ~known)


def test_surprisals_are_of_the_cells_that_are_in_question() -> None:
    scorer = CodeScorer(MEMBERS, EQUAL, Question((0, 3), (1,)))
    known = KNOWN.copy()
    known[5, 3] = False
    found = scorer.surprisals(ROWS, known, scorer.score(ROWS, known).terms)
    assert np.isnan(found[:, [1, 2]]).all()
    assert np.flatnonzero(np.isnan(found[:, 3])).tolist() == [5]
    assert np.isfinite(found[:, 0]).all()


def test_what_the_model_expects_is_the_mean_over_its_own_rows() -> None:
    """Under one ordering: the entropy of each column given those before it, enumerated."""
    members = MEMBERS[:1]
    scorer = CodeScorer(members, Mixture((1.0,)))
    columns = members[0].ordering.columns
    whole = enumerated(members, set(columns), set())[1]
    for index, column in enumerate(columns):
        given, both = (marginal(whole, columns[:count]) for count in (index, index + 1))
        entropy = -float((whole * np.log(both / given)).sum())
        deviation = float((whole * np.log(both / given) ** 2).sum() - entropy**2) ** 0.5
        # Rows of the model have none of what training never had, which is a millionth to some hundredths of the rows.
        assert scorer.expected_surprisals(0)[column] == pytest.approx(entropy, abs=4 * deviation / 1000**0.5)


def test_a_mixture_expects_what_its_own_rows_hold() -> None:
    one = Mixture((0.0, 1.0, 0.0, 0.0, 0.0))
    alone = CodeScorer(MEMBERS[1:2], Mixture((1.0,)), leave_one_out=True).expected_surprisals(0)
    np.testing.assert_allclose(CodeScorer(MEMBERS, one, leave_one_out=True).expected_surprisals(0), alone, atol=0.15)
    assert np.abs(CodeScorer(MEMBERS, EQUAL, leave_one_out=True).expected_surprisals(0) - alone).max() > 0.3


def test_the_expected_surprisals_are_a_function_of_the_seed() -> None:
    scorer = CodeScorer(MEMBERS, EQUAL, Question(None, (2,)), leave_one_out=True)
    first, again, other = (scorer.expected_surprisals(seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert np.flatnonzero(np.isnan(first)).tolist() == [2]
    assert not np.allclose(first[:2], other[:2])


def test_the_oddest_cell_is_the_furthest_above_what_is_expected_not_the_most_surprising() -> None:
    surprisals = np.array([[9.0, 1.0, 3.0, 2.0], [9.0, np.nan, 3.0, np.nan], [1.0, 1.0, 1.0, 1.0]])
    usual = np.array([9.5, 0.2, 0.1, 5.0])
    assert oddest(surprisals, usual, 4).tolist() == [[2, 1, 0, 3], [2, 0, 1, 3], [2, 1, 3, 0]]
    assert oddest(surprisals, usual, 1).tolist() == [[2], [2], [2]]


def test_equally_odd_cells_come_in_the_order_of_the_table() -> None:
    assert oddest(np.ones((1, 4)), np.zeros(4), 4).tolist() == [[0, 1, 2, 3]]
