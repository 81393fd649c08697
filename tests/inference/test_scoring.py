"""Parts of rows scored by a combination of members, against the enumerated table."""

import numpy as np
import pytest

from made_cli.core.orderings import Ordering
from made_cli.ensemble.combination import Bound, Mixture, Product
from made_cli.ensemble.members import Member, log_likelihoods
from made_cli.ensemble.normaliser import Normaliser
from made_cli.errors import Exit, UserError
from made_cli.inference.conditionals import Question, supporting
from made_cli.inference.scoring import Scorer
from tests.inference.four import (
    COLUMNS,
    KNOWN,
    MADE,
    MEMBERS,
    ROWS,
    Floats,
    enumerated,
    joint,
    marginal,
    questions,
)

EQUAL = Mixture((0.2,) * 5)
SKEWED = (0.5, 0.3, 0.0, 0.1, 0.1)


def scored(question: Question, members: list[Member] = MEMBERS, mixture: Mixture = EQUAL) -> Floats:
    return Scorer(members, mixture, question).score(ROWS, KNOWN).log_prob


def named(question: Question) -> str:
    asked, given = (
        "".join(map(str, sorted(columns or ()))) or "nothing" for columns in (question.asked, question.given)
    )
    return f"{asked} given {given}"


@pytest.mark.parametrize("question", questions(), ids=named)
def test_every_conditional_is_the_enumerated_one_of_the_mixture(question: Question) -> None:
    assert question.asked is not None
    given, both = enumerated(MEMBERS, question.asked, question.given)
    expected = np.log(both.mean(axis=1)) - np.log(given.mean(axis=1))
    np.testing.assert_allclose(scored(question), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("question", questions()[::7], ids=named)
def test_a_conditional_sums_to_1_whatever_is_given(question: Question) -> None:
    assert question.asked is not None
    asked_and_given = sorted(question.asked | question.given)
    rows, places = np.unique(ROWS[:, asked_and_given], axis=0, return_index=True)
    which = [asked_and_given.index(column) for column in sorted(question.given)]
    _, groups = np.unique(rows[:, which], axis=0, return_inverse=True)
    sums = np.bincount(groups.ravel(), weights=np.exp(scored(question)[places]))
    np.testing.assert_allclose(sums, 1, atol=1e-5)  # each member's unseen outcomes have fixed probabilities


def test_without_columns_asked_about_all_that_are_not_given_are() -> None:
    given = frozenset({1, 3})
    np.testing.assert_array_equal(scored(Question(None, given)), scored(Question(COLUMNS - given, given)))


def test_parts_of_rows_multiply_to_the_whole() -> None:
    """log p(a, b) = log p(a) + log p(b | a), under members that have a first anyhow."""
    members = [Member("the run", 0, MADE, Ordering(turn), True) for turn in [(2, 0, 1, 3), (0, 2, 3, 1), (2, 0, 3, 1)]]
    mixture, a, b = Mixture((0.6, 0.3, 0.1)), frozenset({0, 2}), frozenset({1, 3})
    parts = scored(Question(a), members, mixture) + scored(Question(b, a), members, mixture)
    np.testing.assert_allclose(parts, scored(Question(a | b), members, mixture), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(parts, mixture.log_density(log_likelihoods(members, ROWS)), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("question", [Question(), Question(frozenset({0, 1, 3}), frozenset({2}))], ids=named)
def test_unknown_cells_are_neither_scored_nor_given(question: Question) -> None:
    known = np.random.default_rng(0).random(ROWS.shape) < 0.6
    codes = np.where(known, ROWS, np.nan)
    found = Scorer(MEMBERS, EQUAL, question).score(codes, known)
    assert (found.terms[~known] == 0).all()
    for pattern in np.unique(known, axis=0):
        rows = (known == pattern).all(axis=1)
        seen = frozenset(np.flatnonzero(pattern).tolist())
        asked = COLUMNS if question.asked is None else question.asked
        given, both = enumerated(MEMBERS, asked & seen, question.given & seen)
        expected = np.log(both.mean(axis=1)) - np.log(given.mean(axis=1))
        np.testing.assert_allclose(found.log_prob[rows], expected[rows], rtol=1e-9, atol=1e-9)


def test_a_row_of_which_nothing_is_known_is_certain() -> None:
    found = Scorer(MEMBERS, EQUAL).score(ROWS, np.zeros(ROWS.shape, dtype=np.bool_))
    np.testing.assert_allclose(found.log_prob, 0, atol=1e-12)


def test_the_codes_of_columns_out_of_question_do_not_matter() -> None:
    question, others = Question(frozenset({1}), frozenset({2})), ROWS.copy()
    others[:, [0, 3]] = 0
    np.testing.assert_array_equal(
        Scorer(MEMBERS, EQUAL, question).score(others, KNOWN).log_prob,
        Scorer(MEMBERS, EQUAL, question).score(ROWS, KNOWN).log_prob,
    )


def test_the_terms_are_those_of_asked_and_given_cells_averaged_over_the_members() -> None:
    question = Question(frozenset({1}), frozenset({2}))
    terms = Scorer(MEMBERS, EQUAL, question).score(ROWS, KNOWN).terms
    given, both = enumerated(MEMBERS, frozenset({1}), frozenset({2}))
    np.testing.assert_allclose(terms[:, 2], np.log(given).mean(axis=1), rtol=1e-9)
    np.testing.assert_allclose(terms[:, 1], np.log(both / given).mean(axis=1), rtol=1e-9)
    assert (terms[:, [0, 3]] == 0).all()


def test_the_bound_of_a_conditional_is_the_mean_of_the_members() -> None:
    question = Question(frozenset({0, 3}), frozenset({1}))
    given, both = enumerated(MEMBERS, frozenset({0, 3}), frozenset({1}))
    found = Scorer(MEMBERS, Bound(), question).score(ROWS, KNOWN).log_prob
    np.testing.assert_allclose(found, np.log(both / given).mean(axis=1), rtol=1e-9, atol=1e-9)


def test_a_weighted_mixture_is_that_of_numerator_and_denominator() -> None:
    question = Question(frozenset({0, 3}), frozenset({1}))
    given, both = enumerated(MEMBERS, frozenset({0, 3}), frozenset({1}))
    expected = np.log(both @ np.array(SKEWED)) - np.log(given @ np.array(SKEWED))
    np.testing.assert_allclose(scored(question, mixture=Mixture(SKEWED)), expected, rtol=1e-9, atol=1e-9)


def test_whole_rows_take_the_orderings_as_they_are() -> None:
    found = Scorer(MEMBERS, Mixture(SKEWED)).score(ROWS, KNOWN)
    np.testing.assert_allclose(found.log_prob, np.log(joint(MEMBERS) @ np.array(SKEWED)), rtol=1e-9)
    np.testing.assert_allclose(found.terms.sum(axis=1), log_likelihoods(MEMBERS, ROWS).mean(axis=1), rtol=1e-9)


def test_a_product_has_no_conditionals() -> None:
    product = Product((0.2,) * 5, Normaliser(-1.0, (-1.1, -0.9), 2048, 1000.0))
    assert Scorer(MEMBERS, product).score(ROWS, KNOWN).log_prob.shape == (400,)
    with pytest.raises(UserError, match="whole rows only") as caught:
        Scorer(MEMBERS, product, Question(frozenset({1}))).score(ROWS, KNOWN)
    assert "--combine mixture" in caught.value.hint
    assert caught.value.code == Exit.USAGE


# Orderings that a network was trained for, and no others -----------------------------------------------------------


def fixed(*turns: tuple[int, ...]) -> list[Member]:
    return [Member("the run", 0, MADE, Ordering(turn)) for turn in turns]


def test_a_fixed_ordering_answers_where_its_columns_come_in_that_turn() -> None:
    members = fixed((2, 0, 3, 1))
    for asked, given in [({0}, {2}), ({2}, set()), ({3}, {0, 2}), ({1, 3}, {2, 0}), ({0, 1, 3}, {2})]:
        probabilities = joint(members)
        expected = np.log(marginal(probabilities, asked | given)) - np.log(marginal(probabilities, given))
        question = Question(frozenset(asked), frozenset(given))
        np.testing.assert_allclose(scored(question, members, Mixture((1.0,))), expected[:, 0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("asked", "given"), [({2}, {0}), ({0}, set()), ({3}, {2}), ({1}, {3})])
def test_a_fixed_ordering_refuses_what_it_does_not_have_first(asked: set[int], given: set[int]) -> None:
    with pytest.raises(
        UserError, match="the run: none of its orderings has the columns where the question needs them"
    ) as caught:
        scored(Question(frozenset(asked), frozenset(given)), fixed((2, 0, 3, 1)), Mixture((1.0,)))
    assert "--orderings all" in caught.value.hint
    assert caught.value.code == Exit.USAGE


def test_of_fixed_orderings_those_that_fit_answer_in_proportion_to_their_weights() -> None:
    members = fixed((2, 0, 3, 1), (0, 1, 2, 3), (2, 1, 0, 3))
    given, both = enumerated([members[0], members[2]], COLUMNS - {2}, {2})
    shares = np.array([5 / 6, 1 / 6])
    expected = np.log(both @ shares) - np.log(given @ shares)
    found = scored(Question(None, frozenset({2})), members, Mixture((0.5, 0.4, 0.1)))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_the_rows_decide_together_which_orderings_fit() -> None:
    members, known = fixed((2, 0, 3, 1), (0, 1, 2, 3)), KNOWN.copy()
    assert supporting(members, Question().roles(known)) == members
    known[7, 1] = False
    assert supporting(members, Question().roles(known)) == members[:1]
    assert supporting(MEMBERS, Question().roles(known)) == MEMBERS


def test_members_without_a_weight_do_not_answer() -> None:
    members = fixed((2, 0, 3, 1), (0, 1, 2, 3))
    with pytest.raises(UserError, match="none of its orderings"):
        scored(Question(None, frozenset({2})), members, Mixture((0.0, 1.0)))


def test_surprisals_given_all_others_take_orderings_that_can_have_any_column_last() -> None:
    with pytest.raises(UserError) as caught:
        Scorer(fixed((0, 1, 2, 3), (3, 2, 1, 0)), Mixture((0.5, 0.5)), leave_one_out=True)
    assert "--orderings all" in caught.value.hint
