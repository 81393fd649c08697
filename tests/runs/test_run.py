"""Which members a run has, and in which order they come."""

from itertools import pairwise

import pytest

from made_cli.config import DEFAULT_MEMBERS, Connectivity
from made_cli.core.orderings import Ordering
from made_cli.errors import Exit, UserError
from tests.training.small import Orderings, untrained_run


@pytest.mark.parametrize(
    ("networks", "orderings", "count"), [(1, "natural", 1), (3, 1, 3), (2, 4, 8), (3, "natural", 3)]
)
def test_members_are_all_pairs_of_network_and_trained_ordering(networks: int, orderings: Orderings, count: int) -> None:
    found = untrained_run(networks, orderings).members()
    assert len(found) == count
    assert len({(member.network, member.ordering) for member in found}) == count


def test_a_network_trained_for_any_ordering_has_as_many_as_are_asked_for() -> None:
    trained = untrained_run(2, "all")
    assert len(trained.members()) == 2 * DEFAULT_MEMBERS
    assert len(trained.members(37)) == 37


@pytest.mark.parametrize("orderings", [2, "all"])
def test_members_come_in_turn_from_each_network(orderings: Orderings) -> None:
    trained = untrained_run(3, orderings)
    found = trained.members(6)
    assert [member.network for member in found] == [0, 1, 2, 0, 1, 2]
    assert all(member.made is trained.networks[member.network] for member in found)


@pytest.mark.parametrize("connectivity", ["fixed", "resampled"])
@pytest.mark.parametrize("orderings", [4, "all"])
def test_the_first_members_do_not_depend_on_how_many_are_asked_for(
    orderings: Orderings,
    connectivity: Connectivity,
) -> None:
    trained = untrained_run(2, orderings, connectivity)
    assert trained.members(8, seed=3)[:5] == trained.members(5, seed=3)


def test_the_seed_draws_the_orderings_of_a_network_trained_for_any() -> None:
    trained = untrained_run(1, "all")
    assert trained.members(5, seed=1) == trained.members(5, seed=1)
    assert trained.members(5, seed=1) != trained.members(5, seed=2)
    assert untrained_run(1, 3).members(3, seed=1)[0].ordering == untrained_run(1, 3).members(3, seed=2)[0].ordering


def test_trained_orderings_are_the_records() -> None:
    trained = untrained_run(2, 3)
    for member in trained.members():
        orderings = trained.record.orderings[member.network]
        assert orderings is not None
        assert member.ordering in orderings


def test_further_members_are_known_first_variants_of_the_base_orderings() -> None:
    trained = untrained_run(2, 3)
    found = trained.members(200, seed=5)
    assert [member.origin for member in found] == 6 * ["base"] + 194 * ["known-first"]
    assert [member.network for member in found] == 100 * [0, 1]
    base = trained.record.orderings[1]
    assert base is not None
    for place, member in enumerate(member for member in found[6:] if member.network == 1):
        assert is_known_first(member.ordering, base[place % 3])
    assert len({member.ordering.columns for member in found}) > 6
    assert found == trained.members(200, seed=5) != trained.members(200, seed=6)


def is_known_first(ordering: Ordering, base: Ordering) -> bool:
    """Whether the columns fall into at most three parts, each in the order of the base ordering."""
    places = [base.positions[column] for column in ordering.columns]
    return sum(following < place for place, following in pairwise(places)) <= 2


@pytest.mark.parametrize(("orderings", "origin"), [("natural", "base"), (1, "base"), (4, "base"), ("all", "drawn")])
def test_members_say_where_their_orderings_come_from(orderings: Orderings, origin: str) -> None:
    assert {member.origin for member in untrained_run(2, orderings).members()} == {origin}


def test_members_answer_what_their_network_is_trained_for() -> None:
    assert all(member.any_question for member in untrained_run(1, 2).members(5))
    assert all(member.any_question for member in untrained_run(1, "all").members(5))
    assert not any(member.any_question for member in untrained_run(1, 2, questions="none").members())


def test_more_members_than_there_are_is_an_error_that_names_the_way_out() -> None:
    with pytest.raises(UserError) as caught:
        untrained_run(2, 3, questions="none").members(7)
    assert caught.value.code == Exit.USAGE
    assert "6 members" in str(caught.value)
    assert "7 asked for" in str(caught.value)
    assert "--questions any" in caught.value.hint
