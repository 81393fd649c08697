"""The rest of a row given what is known of it, against the enumerated table."""

import dataclasses
from itertools import product

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from made_cli.core.orderings import moved_to_front, natural
from made_cli.ensemble.members import Member, log_likelihoods
from made_cli.inference.imputation import Imputer
from made_cli.inference.sampling import draw_given
from made_cli.tables.columns.kinds import Categorical, Kind
from tests.core.small import (
    BINARY,
    COLOURS,
    LETTERS,
    MIXED,
    OFTEN_EMPTY,
    all_rows,
    chi_square,
    drawn_made,
    few_steps,
    orderings,
)

# Of so many rows in training that what training never had, which is never drawn, has no probability to speak of.
KINDS: tuple[Kind, ...] = tuple(
    dataclasses.replace(kind, rows=10**9) for kind in (LETTERS, BINARY, OFTEN_EMPTY, COLOURS)
)
MADE = drawn_made(KINDS)
with torch.no_grad():  # weights under which nothing is certain
    for _weight in MADE.parameters():
        _weight.mul_(0.5)
MEMBERS = [Member("the run", 0, MADE, ordering, any_question=True) for ordering in orderings(4)[:5]]
ROWS = all_rows(KINDS, unseen=False).numpy()
"""(60, 4) every row that can be drawn."""
PRESENT = np.array(list(product(range(4), range(2), range(1), range(3))), dtype=np.float64)
"""(24, 4) every row without empty cells."""
COUNTS = (4, 2, 1, 3)


def frequencies(codes: NDArray[np.float64], rows: NDArray[np.float64]) -> torch.Tensor:
    place = {tuple(row): index for index, row in enumerate(rows.tolist())}
    return torch.bincount(torch.tensor([place[tuple(row)] for row in codes.tolist()]), minlength=len(rows)).double()


def filled(known: dict[int, float]) -> NDArray[np.float64]:
    """(24,) how probable each row without empty cells is, once some cells are known.

    Each member draws one unknown cell after another from what is not empty, and counts in proportion to what it gives
    to the known cells.
    """
    holds = (PRESENT[:, list(known)] == list(known.values())).all(axis=1)
    shares, weights = np.zeros((len(PRESENT), len(MEMBERS))), np.zeros(len(MEMBERS))
    for index, member in enumerate(MEMBERS):
        ordering = moved_to_front(member.ordering, known.keys())
        with torch.no_grad():
            terms = MADE.log_prob(torch.from_numpy(PRESENT), ordering).exp().numpy()
        share = np.ones(len(PRESENT))
        for place, column in enumerate(ordering.columns):
            if column in known:
                continue
            _, before = np.unique(PRESENT[:, list(ordering.columns[:place])], axis=0, return_inverse=True)
            # Every outcome is as often among the rows that share what comes before: their mean is that of outcomes.
            mean = np.bincount(before.ravel(), terms[:, column]) / np.bincount(before.ravel())
            share *= terms[:, column] / (COUNTS[column] * mean[before.ravel()])
        shares[:, index] = share * holds
        weights[index] = terms[holds][0, list(known)].prod()
    return np.asarray(shares @ (weights / weights.sum()))


@pytest.mark.parametrize("known", [{1: 1.0}, {0: 3.0, 3: 1.0}, {2: 0.0}, {1: 0.0, 2: 0.0, 3: 2.0}, {0: 0.0, 1: 0.0}])
def test_unknown_cells_are_drawn_from_the_enumerated_conditional_of_what_is_not_empty(known: dict[int, float]) -> None:
    codes, is_known = np.full((20_000, 4), np.nan), np.zeros((20_000, 4), dtype=np.bool_)
    codes[:, list(known)], is_known[:, list(known)] = list(known.values()), True
    drawn = Imputer(MEMBERS, codes, is_known).draw(np.random.default_rng(0))
    np.testing.assert_array_equal(drawn[:, list(known)], codes[:, list(known)])
    assert chi_square(frequencies(drawn, PRESENT), torch.from_numpy(filled(known))) < 4


def test_an_empty_cell_may_be_known_and_none_is_drawn() -> None:
    codes = np.tile([4.0, np.nan, np.nan, np.nan], (500, 1))  # 4 is the code of an empty letter
    drawn = Imputer(MEMBERS, codes, np.isfinite(codes)).draw(np.random.default_rng(0))
    assert (drawn[:, 0] == 4).all()
    assert {tuple(row) for row in drawn[:, 1:].tolist()} == {tuple(row) for row in PRESENT[:, 1:].tolist()}


def test_rows_that_lack_other_cells_are_filled_together() -> None:
    patterns = [{1: 1.0}, {0: 2.0, 3: 1.0}, {}, {0: 1.0, 1: 0.0, 2: 0.0}]
    codes, known = np.full((20_000, 4), np.nan), np.zeros((20_000, 4), dtype=np.bool_)
    for index, pattern in enumerate(patterns):
        codes[index::4, list(pattern)], known[index::4, list(pattern)] = list(pattern.values()), True
    passes: list[float] = []
    drawn = Imputer(MEMBERS, codes, known, passes.append).draw(np.random.default_rng(0))
    for index, pattern in enumerate(patterns):
        assert chi_square(frequencies(drawn[index::4], PRESENT), torch.from_numpy(filled(pattern))) < 4
    assert np.isclose(sum(passes), len(MEMBERS))


def mixed_rows(count: int) -> tuple[NDArray[np.float64], NDArray[np.bool_], list[Member]]:
    """Rows of every kind, with holes anywhere."""
    made = drawn_made(MIXED)
    found = [Member("the run", 0, made, ordering, any_question=True) for ordering in orderings(len(MIXED))[:3]]
    rng = np.random.default_rng(0)
    rows = draw_given(found, np.zeros((count, len(MIXED))), (), rng)
    return rows, rng.random(rows.shape) < 0.5, found


@pytest.mark.parametrize("how", ["draw", "likeliest"])
def test_columns_of_every_kind_are_filled_with_what_training_had_and_nothing_else_is_touched(how: str) -> None:
    rows, known, found = mixed_rows(150)
    imputer = Imputer(found, np.where(known, rows, np.nan), known)
    codes = imputer.draw(np.random.default_rng(1)) if how == "draw" else imputer.likeliest()
    np.testing.assert_array_equal(codes[known], rows[known])
    assert np.isfinite(codes[~known]).all()
    for column, kind in enumerate(MIXED):
        cells = codes[~known[:, column], column]
        if isinstance(kind, Categorical):
            assert set(cells.tolist()) <= set(range(len(kind.labels) + bool(kind.rare)))
        elif kind.lower is not None:
            assert (cells >= kind.lower).all()


def test_a_draw_is_a_function_of_the_generator_and_the_likeliest_of_nothing() -> None:
    rows, known, found = mixed_rows(40)
    imputer = Imputer(found, rows, known)
    first_draw, again, other = (imputer.draw(np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first_draw, again)
    assert not np.array_equal(first_draw, other, equal_nan=True)
    np.testing.assert_array_equal(imputer.likeliest(), imputer.likeliest())


def test_rows_without_holes_stay_as_they_are() -> None:
    imputer = Imputer(MEMBERS, ROWS, np.ones(ROWS.shape, dtype=np.bool_))
    np.testing.assert_array_equal(imputer.draw(np.random.default_rng(0)), ROWS)
    np.testing.assert_array_equal(imputer.likeliest(), ROWS)


@pytest.mark.parametrize(("column", "unknown"), [(0, {0}), (1, {1}), (3, {3}), (3, {0, 3}), (0, {0, 1, 2})])
def test_the_likeliest_label_is_the_enumerated_mode_given_the_known_cells(column: int, unknown: set[int]) -> None:
    rest = [other for other in range(4) if other not in unknown]
    known = np.ones(ROWS.shape, dtype=np.bool_)
    known[:, list(unknown)] = False
    found = Imputer(MEMBERS, ROWS, known).likeliest()[:, column]
    moved = [
        Member("", 0, MADE, moved_to_front(moved_to_front(member.ordering, {column}), set(rest))) for member in MEMBERS
    ]
    together = np.exp(log_likelihoods(moved, ROWS)).sum(axis=1)
    clear = 0
    for row in np.unique(ROWS[:, rest], axis=0):
        holds = (ROWS[:, rest] == row).all(axis=1)
        shares = np.bincount(ROWS[holds, column].astype(int), together[holds])[: COUNTS[column]] / together[holds].sum()
        if column == 0:
            shares[3] /= 2  # two rare labels share an outcome
        if np.sort(shares)[-1] - np.sort(shares)[-2] > 1e-9:
            clear += 1
            assert set(found[holds].tolist()) == {float(shares.argmax())}
    assert clear >= 2


def test_a_member_that_often_says_empty_counts_no_less_in_the_mode_than_in_draws() -> None:
    kind = Categorical("letter", ("a", "b"), {}, missing=True, rows=10**9)

    def member(network: int, a: float, b: float, empty: float) -> Member:
        made = drawn_made((kind,), (2,), conditioning=False)
        with torch.no_grad():
            made.network.output_weight.zero_()
            made.network.output_bias.copy_(torch.tensor([a, b, empty]).log())
        return Member("the run", network, made, natural(1))

    # Given that the cell is not empty, a has 0.8 under one and 0.4 under the other.
    found = [member(0, 0.08, 0.02, 0.9), member(1, 0.4, 0.6, 1e-9)]
    imputer = Imputer(found, np.full((4000, 1), np.nan), np.zeros((4000, 1), dtype=np.bool_))
    assert float((imputer.draw(np.random.default_rng(0)) == 0).mean()) == pytest.approx(0.6, abs=0.03)
    assert set(imputer.likeliest().ravel().tolist()) == {0.0}


def test_the_likeliest_number_is_the_enumerated_median() -> None:
    kinds: tuple[Kind, ...] = (few_steps(), BINARY, COLOURS)
    made = drawn_made(kinds)
    found = [Member("the run", 0, made, ordering, any_question=True) for ordering in orderings(3)[:3]]
    labels = all_rows(kinds[1:], unseen=False).numpy()
    codes = np.column_stack([np.full(len(labels), np.nan), labels])
    known = np.isfinite(codes)
    passes: list[float] = []
    medians = Imputer(found, codes, known).likeliest(passes.append)[:, 0]
    assert sum(passes) == 3
    steps = np.arange(-300.0, 301.0)
    last = [Member("", 0, made, moved_to_front(member.ordering, {1, 2})) for member in found]
    for row, median in zip(labels, medians, strict=True):
        rows = np.column_stack([steps, np.tile(row, (len(steps), 1))])
        probabilities = np.exp(log_likelihoods(last, rows)).sum(axis=1) * (steps >= 0)
        cumulative = probabilities.cumsum() / probabilities.sum()
        place = int(median) + 300
        assert cumulative[place - 1] - 0.01 <= 0.5 <= cumulative[place] + 0.01


# How far the members disagree --------------------------------------------------------------------------------------


def test_members_disagree_on_the_likeliest_label_as_far_as_their_enumerated_probabilities() -> None:
    column, rest, known = 3, [1, 2], np.ones(ROWS.shape, dtype=np.bool_)
    known[:, [0, 3]] = False
    [found] = list(Imputer(MEMBERS, ROWS, known).opinions(column))
    own, weights = np.empty((len(ROWS), len(MEMBERS))), np.empty((len(ROWS), len(MEMBERS)))
    for index, member in enumerate(MEMBERS):
        ordering = moved_to_front(moved_to_front(member.ordering, {column}), set(rest))
        probabilities = np.exp(log_likelihoods([Member("", 0, MADE, ordering)], ROWS))[:, 0]
        for place, row in enumerate(ROWS):
            holds = (ROWS[:, rest] == row[rest]).all(axis=1)
            weights[place, index] = probabilities[holds].sum()
            chosen = holds & (ROWS[:, column] == found.codes[place])
            own[place, index] = probabilities[chosen].sum() / weights[place, index]
    weights /= weights.sum(axis=1, keepdims=True)
    mean = (weights * own).sum(axis=1)
    assert found.rows.tolist() == list(range(len(ROWS)))
    assert found.probability is not None
    np.testing.assert_allclose(found.probability, mean, rtol=1e-5)
    std = np.sqrt((weights * (own - mean[:, np.newaxis]) ** 2).sum(axis=1))
    np.testing.assert_allclose(found.spread.std, std, atol=1e-6)
    np.testing.assert_allclose(found.spread.least, own.min(axis=1), rtol=1e-5)
    np.testing.assert_allclose(found.spread.greatest, own.max(axis=1), rtol=1e-5)


def test_members_disagree_on_a_number_by_the_medians_that_each_would_fill_in() -> None:
    rows, known, found = mixed_rows(60)
    column = next(place for place, kind in enumerate(MIXED) if kind.outcomes is None)
    opinions = list(Imputer(found, rows, known).opinions(column))
    empty = np.concatenate([part.rows for part in opinions])
    assert empty.tolist() == np.flatnonzero(~known[:, column]).tolist()
    alone = np.stack([Imputer([member], rows, known).likeliest()[empty, column] for member in found], axis=1)
    assert all(part.probability is None for part in opinions)
    least, greatest, std = (
        np.concatenate([getattr(part.spread, name) for part in opinions]) for name in ("least", "greatest", "std")
    )
    np.testing.assert_array_equal(least, alone.min(axis=1))
    np.testing.assert_array_equal(greatest, alone.max(axis=1))
    assert (std > 0).any()
    assert (std <= (greatest - least) / 2 + 1e-9).all()
