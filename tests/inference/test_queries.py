"""Estimated probabilities of events, against the enumerated ones."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
import torch

from made_cli.core.orderings import Ordering
from made_cli.ensemble import members as members_module
from made_cli.ensemble.members import Member, log_likelihoods
from made_cli.inference import queries
from made_cli.inference.disagreement import Disagreement
from made_cli.inference.queries import Probability, probability
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.regions import cells
from made_cli.tables.columns.schema import Schema
from made_cli.tables.events.expressions import Box, event_of
from tests.core.small import BINARY, COLOURS, all_rows, drawn_made, few_steps, orderings
from tests.inference.four import KINDS, MADE, MEMBERS, ROWS, joint

SCHEMA = Schema(KINDS, (), 50)
Row = Sequence[float]
EVENTS: list[tuple[str, dict[int, float], set[int], Callable[[Row], bool]]] = [
    ('letters == "a"', {}, {0}, lambda x: x[0] == 0),
    ('letters in ["a", "c"] and colours != "g"', {}, {0, 3}, lambda x: x[0] in (0, 2) and x[3] != 1),
    ('binary == 1 or colours == "r"', {}, {1, 3}, lambda x: x[1] == 1 or x[3] == 2),
    ('not (letters == "b" or `often empty` == "")', {}, {0, 2}, lambda x: not (x[0] == 1 or x[2] == 1)),
    (
        'letters not in ["a", "b"] and (binary == 0 or colours in ["b", "g"])',
        {2: 0.0},
        {0, 1, 3},
        lambda x: x[0] not in (0, 1) and (x[1] == 0 or x[3] in (0, 1)),
    ),
    ('colours == "r" or letters == "c"', {1: 1.0, 2: 1.0}, {0, 3}, lambda x: x[3] == 2 or x[0] == 2),
]


def exact(
    members: Sequence[Member], asked: set[int], given: Mapping[int, float], event: Callable[[Row], bool]
) -> float:
    """The mixture's probability of an event, under its members with the evidence and then what is asked moved first."""
    probabilities = joint(members, tuple(given), asked)
    holds = (ROWS[:, list(given)] == list(given.values())).all(axis=1)
    happens = np.array([event(row) for row in ROWS])
    return float(probabilities[holds & happens].sum() / probabilities[holds].sum())


COMPARED: list[tuple[str, dict[int, float], set[int], Callable[[Row], bool]]] = [
    ("letters == colours", {}, {0, 3}, lambda x: x[0] == 1 and x[3] == 0),
    (
        'letters != colours and binary == 1 or colours == "r"',
        {},
        {0, 1, 3},
        lambda x: (x[1] == 1 and not (x[0] == 1 and x[3] == 0)) or x[3] == 2,
    ),
    ("not (colours == letters)", {3: 0.0}, {0}, lambda x: x[0] != 1),
    ("colours == letters or colours != letters", {}, {0, 3}, lambda x: True),
]


def asked_of(text: str, given: Mapping[int, float], seed: int, samples: int = 4000) -> Probability:
    return probability(MEMBERS, event_of(SCHEMA, text), given, samples, np.random.default_rng(seed))


@pytest.mark.parametrize(("text", "given", "asked", "event"), EVENTS, ids=[event[0] for event in EVENTS])
@pytest.mark.parametrize("seed", range(5))
def test_an_estimate_is_within_its_error_of_the_enumerated_probability(
    text: str, given: dict[int, float], asked: set[int], event: Callable[[Row], bool], seed: int
) -> None:
    found = asked_of(text, given, seed)
    expected = exact(MEMBERS, set(), given, event)  # columns in between are summed out
    assert found.estimate == pytest.approx(expected, abs=3 * found.se + 1e-12)
    assert found.se < 0.01


@pytest.mark.parametrize(("text", "given", "asked", "event"), COMPARED, ids=[event[0] for event in COMPARED])
def test_columns_compared_with_each_other_are_counted_in_rows(
    text: str, given: dict[int, float], asked: set[int], event: Callable[[Row], bool]
) -> None:
    expected = exact(MEMBERS, set(), given, event)
    found = asked_of(text, given, 0, 20_000)
    assert found.counted
    assert found.samples == 20_000
    assert found.estimate == pytest.approx(expected, abs=3 * found.se)
    assert found.se < 0.004
    assert not asked_of('letters == "a"', {}, 0).counted


def test_what_no_drawn_row_shows_is_not_certain_to_be_nothing() -> None:
    found = asked_of('letters == colours and letters == "c"', {}, 0, 1000)
    assert found.estimate == 0.0
    assert 0 < found.se < 0.005


def test_the_standard_error_covers_as_often_as_it_says() -> None:
    text, given, _, event = EVENTS[4]
    expected = exact(MEMBERS, set(), given, event)
    found = [asked_of(text, given, seed, 300) for seed in range(100)]
    errors = np.array([(each.estimate - expected) / each.se for each in found])
    assert 88 <= (np.abs(errors) < 1.96).sum() <= 100
    assert 0.8 < errors.std() < 1.25
    assert abs(errors.mean()) < 0.4


def test_the_standard_error_falls_with_the_square_root_of_the_samples() -> None:
    few, many = (asked_of(EVENTS[1][0], {}, 0, samples) for samples in (1000, 16_000))
    assert (few.samples, many.samples) == (1000, 16_000)
    assert many.se == pytest.approx(few.se / 4, rel=0.2)


def test_a_column_that_comes_next_in_the_own_ordering_takes_no_sample() -> None:
    members = [Member("", 0, MADE, Ordering(columns), any_question=True) for columns in ((3, 1, 0, 2), (2, 1, 0, 3))]
    event = event_of(SCHEMA, 'letters in ["a", "c"]')
    for member, given in ((members[0], {1: 0.0, 3: 2.0}), (members[1], {1: 0.0, 2: 0.0})):
        found = probability([member], event, given, 20, np.random.default_rng(0))
        assert (found.se, found.samples) == (0.0, 0)
        assert found.estimate == pytest.approx(exact([member], set(), given, lambda x: x[0] in (0, 2)), rel=1e-9)


@pytest.mark.parametrize(("text", "given"), [(text, given) for text, given, *_ in EVENTS])
def test_an_event_and_its_opposite_share_all_probability(text: str, given: dict[int, float]) -> None:
    event, other = asked_of(text, given, 0), asked_of(f"not ({text})", given, 1)
    assert event.estimate + other.estimate == pytest.approx(1, abs=3.5 * math.hypot(event.se, other.se) + 1e-9)


def test_what_must_be_and_what_cannot_be_need_no_rows() -> None:
    certain: list[Box] = [{}]
    rng = np.random.default_rng(0)
    assert probability(MEMBERS, certain, {}, 100, rng) == Probability(1.0, 0.0, 0, 5, Disagreement(0.0, 1.0, 1.0))
    assert probability(MEMBERS, [], {0: 1.0}, 100, rng) == Probability(0.0, 0.0, 0, 5, Disagreement(0.0, 0.0, 0.0))


def test_outcomes_never_seen_have_their_fixed_probability() -> None:
    assert asked_of('colours == ""', {}, 0).estimate == pytest.approx(1e-6, rel=1e-6)


def test_a_rare_event_is_found_as_surely_as_a_common_one() -> None:
    kinds = (COLOURS,) * 6
    made = drawn_made(kinds)
    with torch.no_grad():
        for weight in made.parameters():
            weight.mul_(0.2)
        for column in range(6):
            made.network.output_bias[made.network.output_columns == column] = torch.tensor([3.2, 0.0, -0.5]).double()
    members = [Member("the run", 0, made, ordering, any_question=True) for ordering in orderings(6)[:3]]
    rows = all_rows(kinds, unseen=False).numpy()
    inside = np.isin(rows, (1, 2)).all(axis=1)
    expected = float(np.exp(log_likelihoods(members, rows[inside])).sum() / len(members))
    assert 2e-7 < expected < 5e-6
    box: Box = dict.fromkeys(range(6), cells({1, 2}))
    for seed in range(3):
        found = probability(members, [box], {}, 20_000, np.random.default_rng(seed))
        assert found.estimate == pytest.approx(expected, rel=0.2)
        assert found.se < 0.1 * expected


def test_columns_before_those_asked_about_are_drawn_where_the_ordering_is_fixed() -> None:
    member = Member("the run", 0, MADE, MEMBERS[0].ordering)
    event: list[Box] = event_of(SCHEMA, 'colours == "r"')
    found = probability([member], event, {0: 1.0}, 4000, np.random.default_rng(0))
    probabilities = joint([member])
    given = ROWS[:, 0] == 1
    expected = probabilities[given & (ROWS[:, 3] == 2)].sum() / probabilities[given].sum()
    assert 0 < found.se < 0.01
    assert found.estimate == pytest.approx(expected, abs=3 * found.se)


def test_numbers_and_labels_are_asked_about_together() -> None:
    kinds: tuple[Kind, ...] = (few_steps(), BINARY, COLOURS)
    made = drawn_made(kinds)
    members = [Member("the run", 0, made, ordering, any_question=True) for ordering in orderings(3)[:3]]
    text = 'steps < 3 and binary == 1 or steps in [4, 5] and colours == "g"'
    found = probability(members, event_of(Schema(kinds, (), 50), text), {}, 20_000, np.random.default_rng(0))
    labels = all_rows(kinds[1:]).numpy()
    steps = np.arange(-300, 301)
    rows = np.column_stack([np.repeat(steps, len(labels)), np.tile(labels, (len(steps), 1))])
    x, binary, colours = rows.T
    inside = ((x < 3) & (binary == 1)) | (np.isin(x, (4, 5)) & (colours == 1))
    probabilities = np.exp(log_likelihoods(members, rows)).mean(axis=1)
    assert probabilities.sum() == pytest.approx(1, abs=1e-3)
    assert 0.05 < found.estimate < 0.95
    assert found.estimate == pytest.approx(probabilities[inside].sum(), abs=3 * found.se)


def test_fewer_rows_are_drawn_for_very_many_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds: tuple[Kind, ...] = (few_steps(), BINARY, COLOURS)
    members = [Member("the run", 0, drawn_made(kinds), ordering, any_question=True) for ordering in orderings(3)[:3]]
    event = event_of(Schema(kinds, (), 50), f"steps in {list(range(-40, 40, 2))} and binary == 1")
    usual = probability(members, event, {}, 3000, np.random.default_rng(0))
    monkeypatch.setattr(queries, "MOST_MASSES", 40 * 200)
    fewer = probability(members, event, {}, 3000, np.random.default_rng(0))
    assert (usual.samples, fewer.samples) == (3000, 600)
    assert fewer.estimate == pytest.approx(usual.estimate, abs=4 * (fewer.se + usual.se))


def test_batches_of_any_size_give_what_one_batch_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    text, given, *_ = EVENTS[1]
    whole = asked_of(text, given, 0)
    monkeypatch.setattr(members_module, "BATCH_NUMBERS", 100 * MADE.peak_width)
    assert asked_of(text, given, 0).estimate == pytest.approx(whole.estimate, rel=1e-12)


# How far the members disagree --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "given", "asked", "event"), EVENTS, ids=[event[0] for event in EVENTS])
def test_members_disagree_as_far_as_their_enumerated_answers_on_both_ways(
    text: str, given: dict[int, float], asked: set[int], event: Callable[[Row], bool]
) -> None:
    found = asked_of(text, given, 0, 10_000)
    answer = exact(MEMBERS, set(), given, event)
    own = [exact([member], set(), given, event) for member in MEMBERS]
    near = [exact([member], asked, given, event) for member in MEMBERS]
    holds = (ROWS[:, list(given)] == list(given.values())).all(axis=1)
    weights = joint(MEMBERS, tuple(given))[holds].sum(axis=0)
    weights /= weights.sum()
    assert found.disagreement is not None
    expected = math.sqrt(float(weights @ ((np.array(own) - answer) ** 2 + (np.array(near) - answer) ** 2) / 2))
    assert expected > 0.003
    assert found.disagreement.std == pytest.approx(expected, abs=0.01)
    assert found.disagreement.least == pytest.approx(min(own + near), abs=0.01)
    assert found.disagreement.greatest == pytest.approx(max(own + near), abs=0.01)
    assert found.uncertainty == pytest.approx(math.hypot(found.disagreement.std, found.se))


def test_the_same_orderings_of_two_networks_disagree() -> None:
    other = drawn_made(KINDS)
    with torch.no_grad():
        for weight in other.parameters():
            weight.mul_(-0.5)
    members = [Member("", index, made, MEMBERS[0].ordering) for index, made in enumerate((MADE, other))]
    first = KINDS[MEMBERS[0].ordering.columns[0]].name
    found = probability(members, event_of(SCHEMA, f'`{first}` == "a"'), {}, 100, np.random.default_rng(0))
    ends = [exact([member], set(), {}, lambda x: x[0] == 0) for member in members]
    assert found.disagreement is not None
    assert found.disagreement.std == pytest.approx(abs(ends[0] - ends[1]) / 2)
    assert [found.disagreement.least, found.disagreement.greatest] == pytest.approx(sorted(ends))


@pytest.mark.parametrize("count", [1, 4])
def test_members_that_are_alike_for_the_event_show_no_disagreement(count: int) -> None:
    members = [Member("", 0, MADE, MEMBERS[0].ordering)] * count
    found = probability(members, event_of(SCHEMA, 'colours == "r"'), {}, 100, np.random.default_rng(0))
    assert (found.disagreement, found.uncertainty, found.permutations) == (None, None, count)


def test_in_between_an_event_and_what_is_given_only_so_many_columns_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "BETWEEN", 1)
    found = asked_of('letters == "a"', {1: 1.0}, 0, 10_000)
    own = []
    for member in MEMBERS:
        between = next(column for column in member.ordering.columns if column not in (0, 1))
        own.append(exact([member], {0, between}, {1: 1.0}, lambda x: x[0] == 0))
    near = [exact([member], {0}, {1: 1.0}, lambda x: x[0] == 0) for member in MEMBERS]
    assert found.disagreement is not None
    assert found.disagreement.least == pytest.approx(min(own + near), abs=0.01)
    assert found.disagreement.greatest == pytest.approx(max(own + near), abs=0.01)
