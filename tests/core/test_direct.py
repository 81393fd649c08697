"""Few direct paths for columns of numbers, where all would be too many."""

import pytest
import torch

from made_cli.config import Direct, NetworkConfig
from made_cli.core import direct
from made_cli.core.direct import default_direct
from made_cli.core.made import Made
from made_cli.core.orderings import natural
from tests.core.small import BINARY, LABELS, MIXED, bell, drawn_made, few_steps, orderings, skewed_counts


def untrained(kinds: tuple, direct: Direct | None) -> Made:  # type: ignore[type-arg]
    return Made(kinds, NetworkConfig(hidden=(8, 8), direct=direct), torch.Generator().manual_seed(0))


def test_labels_have_the_same_weights_whether_direct_paths_are_few_or_not() -> None:
    every, few = (untrained(LABELS, each).state_dict() for each in ("all", "few"))
    assert {name: weight.shape for name, weight in every.items()} == {name: w.shape for name, w in few.items()}
    codes = torch.zeros(1, len(LABELS), dtype=torch.float64)
    every_made, few_made = (drawn_made(LABELS, direct=each) for each in ("all", "few"))
    for ordering in orderings(len(LABELS)):
        assert torch.equal(every_made.log_prob(codes, ordering), few_made.log_prob(codes, ordering))


def test_two_columns_of_numbers_have_one_direct_weight_and_one_for_being_known() -> None:
    network = untrained((bell(), few_steps()), "few").network
    assert (tuple(network.direct_weight.shape), tuple(network.output_conditioning.shape)) == ((2, 2), (2, 2))


def test_a_direct_weight_moves_all_locations_of_a_column_and_nothing_else() -> None:
    kinds = (BINARY, bell())
    made = untrained(kinds, "few")
    with torch.no_grad():
        made.network.direct_weight.zero_()
        made.network.direct_weight[1, 0] = 0.5  # from the label to the numbers
    moved = made.network.direct.spread(made.network.direct_weight.T)
    assert moved[0].nonzero().flatten().tolist() == [1 + 3 * k + 1 for k in range(8)]
    assert set(moved[0].tolist()) == {0.0, 0.5}


@pytest.mark.parametrize("ordering", orderings(len(MIXED)))
def test_no_term_depends_on_its_own_column_or_later_ones_where_they_are_few(ordering: object) -> None:
    made = drawn_made(MIXED, direct="few")
    assert not made.network.direct.complete
    mask, direct = made.stairs(natural(len(MIXED))).direct.mask, made.network.direct
    of_inputs, of_rows = made.network.input_columns[direct.inputs], direct.columns
    assert torch.equal(mask.dense(torch.double) > 0, of_inputs[None, :] < of_rows[:, None])


def test_the_default_is_all_until_these_would_be_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = (skewed_counts(), BINARY, bell())
    made = untrained(kinds, None)
    count = made.network.direct_weight.numel()
    monkeypatch.setattr(direct, "MOST_WEIGHTS", count)
    assert default_direct(kinds) == "all"
    monkeypatch.setattr(direct, "MOST_WEIGHTS", count - 1)
    assert default_direct(kinds) == "few"
