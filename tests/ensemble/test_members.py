"""The log-likelihoods of rows under every member, in any batches."""

import numpy as np
import pytest
import torch

from made_cli.ensemble import members
from made_cli.ensemble.members import log_likelihoods
from tests.training.small import table, twins, untrained_run


def test_a_column_of_the_matrix_is_the_members_own_log_likelihood() -> None:
    trained = untrained_run(2, 2)
    codes = trained.record.schema.encode(table(twins()))
    found = trained.members()
    matrix = log_likelihoods(found, codes)
    assert matrix.shape == (len(codes), 4)
    with torch.no_grad():
        for index, member in enumerate(found):
            alone = member.made.log_prob(torch.from_numpy(codes), member.ordering).double().sum(1)
            assert np.array_equal(matrix[:, index], alone.numpy())
    assert len({tuple(column) for column in matrix.T}) == 4


@pytest.mark.parametrize("rows", [1, 7, 59])
def test_batches_of_any_size_give_what_one_batch_gives(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = untrained_run(1, 2)
    codes = trained.record.schema.encode(table(twins()))
    whole = log_likelihoods(trained.members(), codes)
    monkeypatch.setattr(members, "BATCH_NUMBERS", rows * trained.networks[0].peak_width)
    parts = log_likelihoods(trained.members(), codes)
    assert np.allclose(parts, whole, rtol=0, atol=1e-4)  # float32: sums are taken in another order


def test_the_terms_that_are_shown_add_up_to_the_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    trained = untrained_run(1, 2)
    codes = trained.record.schema.encode(table(twins()))
    monkeypatch.setattr(members, "BATCH_NUMBERS", 11 * trained.networks[0].peak_width)
    total = np.zeros(len(codes))
    starts: list[int] = []
    indices: list[int] = []

    def add(index: int, start: int, terms: torch.Tensor) -> None:
        starts.append(start)
        indices.append(index)
        total[start : start + len(terms)] += terms.sum(1).numpy()

    passes: list[float] = []
    matrix = log_likelihoods(trained.members(), codes, terms=add, on_progress=passes.append)
    assert np.allclose(total, matrix.sum(1), rtol=1e-12)
    assert starts == 2 * list(range(0, len(codes), 11))
    assert indices == sorted(indices)
    assert set(indices) == {0, 1}
    assert len(passes) == len(starts)
    assert np.isclose(sum(passes), 2)


def test_no_rows_make_a_matrix_of_no_rows() -> None:
    trained = untrained_run(1, 2)
    codes = trained.record.schema.encode(table(twins()))[:0]
    assert log_likelihoods(trained.members(), codes).shape == (0, 2)
