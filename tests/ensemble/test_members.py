"""Which members there are, in which turn, and their log-likelihoods, in any batches."""

import numpy as np
import pytest
import torch

from made_cli.config import DEFAULT_MEMBERS, Connectivity, TrainingConfig
from made_cli.ensemble import members
from made_cli.ensemble.members import log_likelihoods
from made_cli.errors import Exit, UserError
from made_cli.runs.record import Run
from made_cli.training.run_trainer import untrained
from tests.training.small import Orderings, table, trainer_of, twins


def run(networks: int, orderings: Orderings, connectivity: Connectivity = "fixed") -> Run:
    """A run with the weights that training starts from."""
    config = TrainingConfig(networks=networks, orderings=orderings, connectivity=connectivity, epochs=1)
    record = trainer_of(twins(), config).record
    made = [untrained(record, index) for index in range(networks)]
    for index, network in enumerate(made):  # outputs start at zero weights, which know no ordering
        torch.nn.init.normal_(network.network.output_weight, generator=torch.Generator().manual_seed(index))
        torch.nn.init.normal_(network.network.direct_weight, generator=torch.Generator().manual_seed(index))
    return Run(record, made, "the run")


@pytest.mark.parametrize(
    ("networks", "orderings", "count"), [(1, "natural", 1), (3, 1, 3), (2, 4, 8), (3, "natural", 3)]
)
def test_members_are_all_pairs_of_network_and_trained_ordering(networks: int, orderings: Orderings, count: int) -> None:
    found = run(networks, orderings).members()
    assert len(found) == count
    assert len({(member.network, member.ordering) for member in found}) == count


def test_a_network_trained_for_any_ordering_has_as_many_as_are_asked_for() -> None:
    trained = run(2, "all")
    assert len(trained.members()) == 2 * DEFAULT_MEMBERS
    assert len(trained.members(37)) == 37


@pytest.mark.parametrize("orderings", [2, "all"])
def test_members_come_in_turn_from_each_network(orderings: Orderings) -> None:
    trained = run(3, orderings)
    found = trained.members(6)
    assert [member.network for member in found] == [0, 1, 2, 0, 1, 2]
    assert all(member.made is trained.networks[member.network] for member in found)


@pytest.mark.parametrize("connectivity", ["fixed", "resampled"])
@pytest.mark.parametrize("orderings", [4, "all"])
def test_the_first_members_do_not_depend_on_how_many_are_asked_for(
    orderings: Orderings,
    connectivity: Connectivity,
) -> None:
    trained = run(2, orderings, connectivity)
    assert trained.members(8, seed=3)[:5] == trained.members(5, seed=3)


def test_the_seed_draws_the_orderings_of_a_network_trained_for_any() -> None:
    trained = run(1, "all")
    assert trained.members(5, seed=1) == trained.members(5, seed=1)
    assert trained.members(5, seed=1) != trained.members(5, seed=2)
    assert run(1, 3).members(3, seed=1)[0].ordering == run(1, 3).members(3, seed=2)[0].ordering


def test_trained_orderings_are_the_records() -> None:
    trained = run(2, 3)
    for member in trained.members():
        orderings = trained.record.orderings[member.network]
        assert orderings is not None
        assert member.ordering in orderings


def test_more_members_than_there_are_is_an_error_that_names_the_way_out() -> None:
    with pytest.raises(UserError) as caught:
        run(2, 3).members(7)
    assert caught.value.code == Exit.USAGE
    assert "6 members" in str(caught.value)
    assert "7 asked for" in str(caught.value)
    assert "--orderings all" in caught.value.hint


def test_a_column_of_the_matrix_is_the_members_own_log_likelihood() -> None:
    trained = run(2, 2)
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
    trained = run(1, 2)
    codes = trained.record.schema.encode(table(twins()))
    whole = log_likelihoods(trained.members(), codes)
    monkeypatch.setattr(members, "BATCH_NUMBERS", rows * trained.networks[0].peak_width)
    parts = log_likelihoods(trained.members(), codes)
    assert np.allclose(parts, whole, rtol=0, atol=1e-4)  # float32: sums are taken in another turn


def test_the_terms_that_are_shown_add_up_to_the_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    trained = run(1, 2)
    codes = trained.record.schema.encode(table(twins()))
    monkeypatch.setattr(members, "BATCH_NUMBERS", 11 * trained.networks[0].peak_width)
    total = np.zeros(len(codes))
    starts: list[int] = []
    indices: list[int] = []

    def add(index: int, start: int, terms: torch.Tensor) -> None:
        starts.append(start)
        indices.append(index)
        total[start : start + len(terms)] += terms.sum(1).numpy()

    calls: list[None] = []
    matrix = log_likelihoods(trained.members(), codes, terms=add, on_progress=lambda: calls.append(None))
    assert np.allclose(total, matrix.sum(1), rtol=1e-12)
    assert starts == 2 * list(range(0, len(codes), 11))
    assert indices == sorted(indices)
    assert set(indices) == {0, 1}
    assert len(calls) == 2


def test_no_rows_make_a_matrix_of_no_rows() -> None:
    trained = run(1, 2)
    codes = trained.record.schema.encode(table(twins()))[:0]
    assert log_likelihoods(trained.members(), codes).shape == (0, 2)
