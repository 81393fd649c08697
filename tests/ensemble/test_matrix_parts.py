"""Parts of a matrix make the whole, to the bit; what is missing, doubled or of others is refused by name."""

from pathlib import Path

import numpy as np
import pytest

from made_cli.ensemble.matrix_file import Part
from made_cli.ensemble.matrix_parts import check_whose, joined
from made_cli.ensemble.members import UNITS, Member, log_likelihoods, score_rows
from made_cli.ensemble.shard import Shard
from made_cli.errors import Exit, UserError
from tests.core.small import BINARY, COLOURS, all_rows, drawn_made, orderings

KINDS = (BINARY, COLOURS)
MADE = drawn_made(KINDS)
MEMBERS = [Member("the run", 0, MADE, ordering) for ordering in orderings(2)[:2]]
ROWS = np.tile(all_rows(KINDS).numpy(), (25, 1))
ROWS = ROWS[np.random.default_rng(0).permutation(len(ROWS))]


def part(file: str, place: int, count: int, members: str = "members", rows: str = "rows") -> Part:
    shard = Shard(place, count)
    return Part(Path(file), members, rows, shard, score_rows(MEMBERS, ROWS[shard.rows(len(ROWS))]))


@pytest.mark.parametrize("count", [1, 2, 7, len(ROWS) + 3])
def test_parts_in_any_order_are_the_whole_to_the_bit(count: int) -> None:
    parts = [part("a", place, count) for place in range(1, count + 1)]
    found, whole = joined(parts[::-1]), score_rows(MEMBERS, ROWS)
    assert np.array_equal(found.matrix, whole.matrix)
    assert np.array_equal(found.by_position, whole.by_position)


def test_the_nll_by_position_is_the_mean_of_the_terms_to_a_millionth() -> None:
    total = np.zeros(2)

    def add(index: int, start: int, log_prob: object) -> None:
        total[:] -= np.asarray(log_prob).sum(0)[list(MEMBERS[index].ordering.columns)]

    matrix = log_likelihoods(MEMBERS, ROWS, terms=add)
    np.testing.assert_allclose(score_rows(MEMBERS, ROWS).by_position, total / matrix.size, rtol=0, atol=1 / UNITS)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([part("a", 1, 3), part("b", 3, 3)], "part 2/3 is in none of the files of --matrix: a, b"),
        ([part("a", 1, 2), part("b", 2, 2), part("c", 1, 2)], "a and c are both part 1/2"),
        ([part("a", 1, 2), part("b", 2, 3)], "b is part 2/3, and a part 1/2"),
    ],
)
def test_parts_that_make_no_whole_are_refused_by_name(parts: list[Part], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        joined(parts)
    assert caught.value.code == Exit.BAD_DATA
    assert "--matrix" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("other", "whose"), [(part("b", 2, 2, members="others"), "members"), (part("b", 2, 2, rows="others"), "rows")]
)
def test_parts_of_others_are_refused_by_name(other: Part, whose: str) -> None:
    with pytest.raises(UserError, match=f"b was made of other {whose}") as caught:
        check_whose([part("a", 1, 2), other], "members", ["rows", "rows to learn on"])
    assert caught.value.code == Exit.BAD_DATA
