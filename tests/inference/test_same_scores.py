"""A score is that of its row: neither the rows beside it, nor the number of threads, change a bit of it."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from made_cli.config import NetworkConfig
from made_cli.core.made import Made
from made_cli.core.orderings import draw
from made_cli.core.sampler import sample
from made_cli.ensemble.combination import Mixture
from made_cli.ensemble.members import Member
from made_cli.inference.conditionals import Question
from made_cli.inference.scoring import CodeScorer
from made_cli.tables.columns.kinds import Kind
from tests.core.small import BINARY, COLOURS, bell, skewed_counts

KINDS: tuple[Kind, ...] = (bell(), skewed_counts(), *[BINARY] * 30, COLOURS, *[bell()] * 5)
UNKNOWN = -1e9
"""Stands for a cell that is not known, in this test."""
WHOLE, PART = Question(), Question((0, 33, 4), (1, 7))


@pytest.fixture(scope="module")
def members() -> list[Member]:
    generator, rng = torch.Generator().manual_seed(0), np.random.default_rng(0)
    made = Made(KINDS, NetworkConfig(hidden=(250, 250)), generator)
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) * 0.05)
    return [Member("", 0, made, draw(len(KINDS), rng), any_question=True) for _ in range(2)]


@pytest.fixture(scope="module")
def rows(members: list[Member]) -> NDArray[np.float64]:
    uniforms = np.random.default_rng(1).random((3_000, len(KINDS)))
    return sample(members[0].made, members[0].ordering, torch.from_numpy(uniforms)).numpy()


@pytest.fixture
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def scores(members: list[Member], rows: NDArray[np.float64], question: Question) -> NDArray[np.float64]:
    known = rows != UNKNOWN
    return CodeScorer(members, Mixture((0.5, 0.5)), question).score(rows, known, with_terms=False).log_prob


@pytest.mark.parametrize("question", [WHOLE, PART], ids=["whole", "part"])
def test_a_row_has_the_same_score_alone_among_others_and_anywhere(
    question: Question, members: list[Member], rows: NDArray[np.float64]
) -> None:
    together = scores(members, rows, question)
    order = np.random.default_rng(2).permutation(len(rows))
    assert np.array_equal(scores(members, rows[order], question), together[order])
    for start, stop in ((0, 1), (17, 18), (5, 12), (1_000, 1_257), (2_500, 3_000)):
        assert np.array_equal(scores(members, rows[start:stop], question), together[start:stop])


@pytest.mark.parametrize("question", [WHOLE, PART], ids=["whole", "part"])
def test_a_row_has_the_same_score_whether_cells_of_others_are_known_or_not(
    question: Question, members: list[Member], rows: NDArray[np.float64]
) -> None:
    holes = rows[:600].copy()
    holes[np.random.default_rng(3).random(holes.shape) < 0.1] = UNKNOWN
    holes[::2] = rows[:600:2]
    together = scores(members, holes, question)
    assert np.array_equal(together[::2], scores(members, rows[:600], question)[::2])
    for start, stop in ((0, 1), (1, 2), (3, 8), (300, 600)):
        assert np.array_equal(scores(members, holes[start:stop], question), together[start:stop])


@pytest.mark.parametrize("question", [WHOLE, PART], ids=["whole", "part"])
def test_one_thread_and_two_give_the_same_scores(
    question: Question, members: list[Member], rows: NDArray[np.float64], threads: None
) -> None:
    found = []
    for count in (1, 2):
        torch.set_num_threads(count)
        found.append(scores(members, rows, question))
    assert np.array_equal(found[0], found[1])
