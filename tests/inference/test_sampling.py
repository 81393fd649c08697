"""Rows drawn given some cells, against the enumerated table."""

import numpy as np
import pytest
import torch

from made_cli.core.made import OrderedMade
from made_cli.ensemble import members
from made_cli.ensemble.members import Member, log_likelihoods
from made_cli.inference.conditionals import Question
from made_cli.inference.sampling import draw_given, log_evidence
from tests.core.small import chi_square
from tests.inference.test_imputation import MADE, MEMBERS, ROWS, frequencies


@pytest.mark.parametrize(
    "given", [{}, {1: 1.0}, {0: 2.0, 3: 1.0}, {2: 1.0}, {0: 0.0, 1: 0.0, 2: 0.0}, {3: 2.0, 0: 1.0}]
)
def test_rows_drawn_given_columns_have_the_enumerated_conditional(given: dict[int, float]) -> None:
    codes = np.zeros((20_000, 4))
    codes[:, list(given)] = list(given.values())
    drawn = draw_given(MEMBERS, codes, tuple(given), np.random.default_rng(0))
    ordered = [Member("", 0, MADE, member.ordering) for member in Question(None, tuple(given)).ordered(MEMBERS)]
    holds = (ROWS[:, list(given)] == list(given.values())).all(axis=1)
    probabilities = np.exp(log_likelihoods(ordered, ROWS)).sum(axis=1) * holds
    assert chi_square(frequencies(drawn, ROWS), torch.from_numpy(probabilities / probabilities.sum())) < 4
    np.testing.assert_array_equal(drawn[:, list(given)], codes[:, list(given)])


def test_each_row_is_drawn_given_its_own_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "BATCH_NUMBERS", 100 * MADE.peak_width)
    codes = np.zeros((2000, 4))
    codes[:, 0] = np.arange(2000) % 5
    told: list[int] = []
    drawn = draw_given(MEMBERS, codes, (0,), np.random.default_rng(0), told.append)
    np.testing.assert_array_equal(drawn[:, 0], codes[:, 0])
    assert told[-1] == 2000
    alone = draw_given(MEMBERS, np.tile([2.0, 0, 0, 0], (2000, 1)), (0,), np.random.default_rng(1))
    shares = [np.bincount(part[:, 3].astype(int), minlength=3) / len(part) for part in (drawn[2::5], alone)]
    np.testing.assert_allclose(shares[0], shares[1], atol=0.09)


def test_equal_evidence_is_scored_once(monkeypatch: pytest.MonkeyPatch) -> None:
    passes: list[int] = []
    log_prob = OrderedMade.log_prob

    def counted(self: OrderedMade, codes: torch.Tensor) -> torch.Tensor:
        passes.append(len(np.unique(codes.numpy(), axis=0)))  # batches are filled up with copies
        return log_prob(self, codes)

    codes = np.tile([[2.0, 0.0, 0.0, 1.0], [1.0, 1.0, 0.0, 1.0], [2.0, np.nan, 5.0, 1.0]], (40, 1))
    alone = np.concatenate([log_evidence(MEMBERS, row[None], (3, 0)) for row in codes])
    monkeypatch.setattr(OrderedMade, "log_prob", counted)
    np.testing.assert_allclose(log_evidence(MEMBERS, codes, (3, 0)), alone, rtol=1e-12)
    assert set(passes) == {2}
    passes.clear()
    draw_given(MEMBERS, np.tile([2.0, 0.0, 0.0, 1.0], (500, 1)), (0, 3), np.random.default_rng(0))
    assert set(passes) == {1}


def test_empty_cells_are_equal_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = np.tile([np.nan, 0.0, 1.0, 0.0], (30, 1))
    scored: list[int] = []

    def counted(rows: np.ndarray, made: object) -> list[np.ndarray]:
        scored.append(len(rows))
        return []

    monkeypatch.setattr("made_cli.inference.conditionals.scored_batches", counted)
    log_evidence(MEMBERS, codes, (0, 1))
    assert set(scored) == {1}
