"""Parts of rows scored by a combination of members, against the enumerated table."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from made_cli.core.made import Made, OrderedMade
from made_cli.core.orderings import Ordering
from made_cli.ensemble.combination import Bound, Mixture, Product
from made_cli.ensemble.members import Member, log_likelihoods
from made_cli.ensemble.normaliser import Normaliser
from made_cli.errors import Exit, UserError
from made_cli.inference.conditionals import PartScorer, Question, supporting
from made_cli.inference.scoring import CodeScorer
from tests.core.small import drawn_made
from tests.inference.four import (
    COLUMNS,
    KINDS,
    KNOWN,
    MADE,
    MEMBERS,
    ROWS,
    conditional,
    enumerated,
    joint,
    marginal,
    moved,
    questions,
)

EQUAL = Mixture((0.2,) * 5)
SKEWED = (0.5, 0.3, 0.0, 0.1, 0.1)


def scored(question: Question, members: list[Member] = MEMBERS, mixture: Mixture = EQUAL) -> NDArray[np.float64]:
    return CodeScorer(members, mixture, question).score(ROWS, KNOWN).log_prob


def named(question: Question) -> str:
    query, evidence = ("".join(map(str, columns or ())) or "nothing" for columns in (question.query, question.evidence))
    return f"{query} given {evidence}"


@pytest.mark.parametrize("question", questions(), ids=named)
def test_every_conditional_is_the_enumerated_one_of_the_mixture(question: Question) -> None:
    assert question.query is not None
    expected = conditional(MEMBERS, EQUAL.weights, question.query, question.evidence)
    np.testing.assert_allclose(scored(question), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("evidence", [(3, 1), (1, 3), (0, 3, 2), (2, 3, 0)])
def test_what_is_given_counts_however_it_is_named(evidence: tuple[int, ...]) -> None:
    for query in (None, *((column,) for column in COLUMNS if column not in evidence)):
        found, in_order = scored(Question(query, evidence)), scored(Question(query, tuple(sorted(evidence))))
        np.testing.assert_array_equal(found, in_order)


@pytest.mark.parametrize("question", questions()[::7], ids=named)
def test_a_conditional_sums_to_1_whatever_is_given(question: Question) -> None:
    assert question.query is not None
    named_columns = [*question.query, *question.evidence]
    rows, places = np.unique(ROWS[:, named_columns], axis=0, return_index=True)
    which = [named_columns.index(column) for column in question.evidence]
    _, groups = np.unique(rows[:, which], axis=0, return_inverse=True)
    sums = np.bincount(groups.ravel(), weights=np.exp(scored(question)[places]))
    np.testing.assert_allclose(sums, 1, atol=1e-5)  # each member's unseen outcomes have fixed probabilities


@pytest.mark.parametrize("member", MEMBERS)
def test_without_columns_in_question_all_that_are_not_given_are_in_each_members_own_order(member: Member) -> None:
    given, both = enumerated([member], {0, 2}, (3, 1))
    found = scored(Question(None, (3, 1)), [member], Mixture((1.0,)))
    np.testing.assert_allclose(found, np.log(both / given)[:, 0], rtol=1e-9, atol=1e-9)


def other_network() -> Made:
    made = drawn_made(KINDS)
    with torch.no_grad():
        for weight in made.parameters():
            weight.mul_(-0.5)
    return made


OTHER = other_network()
MIXED = [*MEMBERS[:3], *(replace(member, network=1, made=OTHER) for member in MEMBERS[2:])]
"""Six members of two networks, of orderings that differ."""
MIXED_WEIGHTS = Mixture((0.3, 0.05, 0.1, 0.25, 0.1, 0.2))


@pytest.mark.parametrize("columns", [*permutations(COLUMNS, 2), *permutations(COLUMNS, 3)], ids=str)
def test_parts_of_rows_multiply_to_the_whole_however_they_are_named(columns: tuple[int, ...]) -> None:
    """log p(a, b) = log p(a) + log p(b | a), under each member and under a mixture of different networks."""
    a_first = [member.ordering.positions[columns[0]] < member.ordering.positions[columns[1]] for member in MIXED]
    assert not all(a_first)
    for members, mixture in ((MIXED, MIXED_WEIGHTS), *(([member], Mixture((1.0,))) for member in MIXED)):
        whole = scored(Question(columns), members, mixture)
        for split in range(1, len(columns)):
            a, b = columns[:split], columns[split:]
            parts = scored(Question(a), members, mixture) + scored(Question(b, a), members, mixture)
            np.testing.assert_allclose(parts, whole, rtol=1e-9, atol=1e-9)


def test_what_follows_the_evidence_multiplies_to_the_whole_too() -> None:
    whole = scored(Question((0, 3), (2,)), MIXED, MIXED_WEIGHTS)
    parts = scored(Question((0,), (2,)), MIXED, MIXED_WEIGHTS) + scored(Question((3,), (2, 0)), MIXED, MIXED_WEIGHTS)
    np.testing.assert_allclose(parts, whole, rtol=1e-9, atol=1e-9)


def test_the_parts_of_whole_rows_multiply_to_them_under_members_that_have_them_in_that_order() -> None:
    members = [Member("the run", 0, made, Ordering((2, 0, 1, 3)), any_question=True) for made in (MADE, OTHER)]
    mixture = Mixture((0.7, 0.3))
    parts = scored(Question((2, 0)), members, mixture) + scored(Question(None, (2, 0)), members, mixture)
    np.testing.assert_allclose(parts, mixture.log_density(log_likelihoods(members, ROWS)), rtol=1e-9, atol=1e-9)


def test_rows_that_know_the_same_columns_take_one_ordering_for_each_member(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many masked networks as members; an ordering of its own is for a row that knows less than most."""
    under: list[Ordering] = []
    masked = Made.under

    def counted(self: Made, ordering: Ordering) -> OrderedMade:
        under.append(ordering)
        return masked(self, ordering)

    monkeypatch.setattr(Made, "under", counted)
    passes: list[float] = []
    CodeScorer(MIXED, MIXED_WEIGHTS, Question((0,), (3,))).score(ROWS, KNOWN, passes.append)
    assert under == [moved(member, (3,), (0,)) for member in MIXED]
    assert np.isclose(sum(passes), len(MIXED))
    under.clear()
    scorer = CodeScorer(MIXED, MIXED_WEIGHTS, Question(None, (3,)))
    scorer.score(ROWS, KNOWN)
    usual = under.copy()
    under.clear()
    some = KNOWN.copy()
    some[0, 1] = False
    scorer.score(ROWS, some)
    assert under == usual  # the row that knows less changes nothing for the others


def test_networks_are_made_ready_once_for_each_connectivity() -> None:
    one, other = (Ordering((0, 1, 2, 3), seed) for seed in (None, 7))
    kept = [(MADE, one), (OTHER, one), (MADE, Ordering((3, 2, 1, 0))), (MADE, other), (OTHER, Ordering((1, 0, 2, 3)))]
    ready = PartScorer([Member("", 0, made, ordering, any_question=True) for made, ordering in kept]).per_row
    assert ready[0] is ready[2]
    assert ready[1] is ready[4]
    assert len({id(each) for each in ready}) == 3


@pytest.mark.parametrize("question", [Question(), Question((3, 0, 1), (2,))], ids=named)
def test_unknown_cells_are_neither_scored_nor_given(question: Question) -> None:
    known = np.random.default_rng(0).random(ROWS.shape) < 0.6
    codes = np.where(known, ROWS, np.nan)
    found = CodeScorer(MEMBERS, EQUAL, question).score(codes, known)
    assert (found.terms[~known] == 0).all()
    for pattern in np.unique(known, axis=0):
        rows = (known == pattern).all(axis=1)
        query, evidence = (
            None if columns is None else tuple(column for column in columns if pattern[column])
            for columns in (question.query, question.evidence)
        )
        assert evidence is not None
        if query is None:
            expected = np.log(enumerated(MEMBERS, set(np.flatnonzero(pattern)), ())[1].mean(axis=1))
        else:
            expected = conditional(MEMBERS, EQUAL.weights, query, evidence)
        np.testing.assert_allclose(found.log_prob[rows], expected[rows], rtol=1e-9, atol=1e-9)


def test_a_row_of_which_nothing_is_known_is_certain() -> None:
    found = CodeScorer(MEMBERS, EQUAL).score(ROWS, np.zeros(ROWS.shape, dtype=np.bool_))
    np.testing.assert_allclose(found.log_prob, 0, atol=1e-12)


def test_the_codes_of_columns_out_of_question_do_not_matter() -> None:
    question, others = Question((1,), (2,)), ROWS.copy()
    others[:, [0, 3]] = 0
    np.testing.assert_array_equal(
        CodeScorer(MEMBERS, EQUAL, question).score(others, KNOWN).log_prob,
        CodeScorer(MEMBERS, EQUAL, question).score(ROWS, KNOWN).log_prob,
    )


def test_the_terms_are_those_of_the_query_averaged_over_the_members() -> None:
    terms = CodeScorer(MEMBERS, EQUAL, Question((1, 0), (2,))).score(ROWS, KNOWN).terms
    for column, evidence in ((1, (2,)), (0, (2, 1))):
        given, both = enumerated(MEMBERS, (column,), evidence)
        np.testing.assert_allclose(terms[:, column], np.log(both / given).mean(axis=1), rtol=1e-9)
    assert (terms[:, [2, 3]] == 0).all()


def test_the_bound_of_a_conditional_is_the_mean_of_the_members() -> None:
    found = CodeScorer(MEMBERS, Bound(), Question((0, 3), (1,))).score(ROWS, KNOWN).log_prob
    alone = [conditional([member], (1.0,), (0, 3), (1,)) for member in MEMBERS]
    np.testing.assert_allclose(found, np.mean(alone, axis=0), rtol=1e-9, atol=1e-9)


def test_a_weighted_mixture_is_that_of_numerator_and_denominator() -> None:
    expected = conditional(MEMBERS, SKEWED, (0, 3), (1,))
    np.testing.assert_allclose(scored(Question((0, 3), (1,)), mixture=Mixture(SKEWED)), expected, rtol=1e-9, atol=1e-9)


def test_whole_rows_take_the_orderings_as_they_are() -> None:
    found = CodeScorer(MEMBERS, Mixture(SKEWED)).score(ROWS, KNOWN)
    np.testing.assert_allclose(found.log_prob, np.log(joint(MEMBERS) @ np.array(SKEWED)), rtol=1e-9)
    np.testing.assert_allclose(found.terms.sum(axis=1), log_likelihoods(MEMBERS, ROWS) @ np.array(SKEWED), rtol=1e-9)


def test_a_product_has_no_conditionals() -> None:
    product = Product((0.2,) * 5, Normaliser(-1.0, (-1.1, -0.9), 2048, 1000.0))
    assert CodeScorer(MEMBERS, product).score(ROWS, KNOWN).log_prob.shape == (400,)
    with pytest.raises(UserError, match="whole rows only") as caught:
        CodeScorer(MEMBERS, product, Question((1,))).score(ROWS, KNOWN)
    assert "--combine mixture" in caught.value.hint
    assert caught.value.code == Exit.USAGE


# Orderings that a network was trained for, and no others -----------------------------------------------------------


def fixed(*orders: tuple[int, ...]) -> list[Member]:
    return [Member("the run", 0, MADE, Ordering(columns)) for columns in orders]


def test_a_fixed_ordering_answers_where_its_columns_come_in_that_order() -> None:
    members = fixed((2, 0, 3, 1))
    for query, evidence in [((0,), (2,)), ((2,), ()), ((3,), (0, 2)), ((1, 3), (2, 0)), ((0, 1, 3), (2,))]:
        probabilities = joint(members)
        both = marginal(probabilities, query + evidence)
        expected = np.log(both) - np.log(marginal(probabilities, evidence))
        question = Question(query, evidence)
        np.testing.assert_allclose(scored(question, members, Mixture((1.0,))), expected[:, 0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("query", "evidence"), [((2,), (0,)), ((0,), ()), ((3,), (2,)), ((1,), (3,))])
def test_a_fixed_ordering_refuses_what_it_does_not_have_first(
    query: tuple[int, ...], evidence: tuple[int, ...]
) -> None:
    with pytest.raises(
        UserError, match="the run: none of its orderings has the columns where the question needs them"
    ) as caught:
        scored(Question(query, evidence), fixed((2, 0, 3, 1)), Mixture((1.0,)))
    assert "--questions any" in caught.value.hint
    assert caught.value.code == Exit.USAGE


def test_of_fixed_orderings_those_that_fit_answer_in_proportion_to_their_weights() -> None:
    members = fixed((2, 0, 3, 1), (0, 1, 2, 3), (2, 1, 0, 3))
    given, both = enumerated([members[0], members[2]], {0, 1, 3}, (2,))
    shares = np.array([5 / 6, 1 / 6])
    expected = np.log(both @ shares) - np.log(given @ shares)
    found = scored(Question(None, (2,)), members, Mixture((0.5, 0.4, 0.1)))
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
        scored(Question(None, (2,)), members, Mixture((0.0, 1.0)))


def test_surprisals_given_all_others_take_orderings_that_can_have_any_column_last() -> None:
    with pytest.raises(UserError) as caught:
        CodeScorer(fixed((0, 1, 2, 3), (3, 2, 1, 0)), Mixture((0.5, 0.5)), leave_one_out=True)
    assert "--questions any" in caught.value.hint


# How far the members disagree --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question", [Question((0, 3), (1, 2)), Question((2,), (3, 0)), Question(None, (1,))], ids=named
)
def test_members_disagree_as_far_as_their_enumerated_conditionals_as_much_as_each_counts(question: Question) -> None:
    given, both = enumerated(MIXED, set(COLUMNS) - {*question.evidence}, question.evidence)
    own = np.log(both / given)
    if question.query is not None:
        own = np.stack([conditional([m], (1.0,), question.query, question.evidence) for m in MIXED], axis=1)
    weights = given * np.array(MIXED_WEIGHTS.weights)
    weights /= weights.sum(axis=1, keepdims=True)
    mean = (weights * own).sum(axis=1, keepdims=True)
    found = CodeScorer(MIXED, MIXED_WEIGHTS, question).score(ROWS, KNOWN)
    assert (found.members, found.spread is None) == (6, False)
    assert found.spread is not None
    np.testing.assert_allclose(found.spread.std, np.sqrt((weights * (own - mean) ** 2).sum(axis=1)), atol=1e-8)
    np.testing.assert_allclose(found.spread.least, own.min(axis=1), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.spread.greatest, own.max(axis=1), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("combination", [Bound(), Mixture(SKEWED), Product(SKEWED, Normaliser(-1, (-2, 0), 9, 9.0))])
def test_members_that_count_nothing_do_not_disagree_about_whole_rows(combination: Bound | Mixture | Product) -> None:
    own = np.log(joint(MEMBERS))
    weights = {"bound": np.full(5, 0.2), "mixture": np.array(SKEWED), "product": np.array([1, 1, 0, 1, 1]) / 4}
    counts = weights[combination.form]
    found = CodeScorer(MEMBERS, combination).score(ROWS, KNOWN).spread
    assert found is not None
    variance = (own - (own @ counts)[:, np.newaxis]) ** 2 @ counts
    np.testing.assert_allclose(found.std, np.sqrt(variance), rtol=1e-7)
    np.testing.assert_allclose(found.least, own[:, counts > 0].min(axis=1), rtol=1e-9)
    np.testing.assert_allclose(found.greatest, own[:, counts > 0].max(axis=1), rtol=1e-9)


def test_one_member_and_members_that_take_a_question_alike_cannot_disagree() -> None:
    assert CodeScorer(MEMBERS[:1], Mixture((1.0,))).score(ROWS, KNOWN).spread is None
    alike = [replace(member, ordering=replace(member.ordering, connectivity=None)) for member in MEMBERS]
    assert CodeScorer(alike, EQUAL, Question((0,), (3,))).score(ROWS, KNOWN).spread is None
    assert CodeScorer(alike, EQUAL, Question(None, (3,))).score(ROWS, KNOWN).spread is not None
