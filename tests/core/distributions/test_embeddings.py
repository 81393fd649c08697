"""Columns of very many labels."""

import numpy as np
import pytest
import torch

from made_cli.config import NetworkConfig
from made_cli.core.distributions.embeddings import EmbeddingSoftmax
from made_cli.core.made import Made
from made_cli.core.orderings import Ordering
from made_cli.core.sampler import sample
from made_cli.core.shapes.forms import EMBEDDING_SIZE, MOST_ONE_HOT
from made_cli.tables.columns.kinds import Categorical, Kind
from tests.core.small import BINARY, COLOURS, bell, drawn_made, log_prob_per_row, orderings, sample_in_passes

TOWNS = Categorical("towns", tuple(f"t{n:03}" for n in range(MOST_ONE_HOT + 20)), {"x": 1}, missing=True, rows=900)
KINDS: tuple[Kind, ...] = (COLOURS, TOWNS, bell(), BINARY)


def test_the_probabilities_of_all_labels_sum_to_1_those_never_seen_included() -> None:
    part = EmbeddingSoftmax(0, TOWNS)
    part.draw_weights(torch.Generator().manual_seed(1))
    codes = torch.arange(TOWNS.seen + len(TOWNS.unseen), dtype=torch.float64).unsqueeze(1)
    outputs = torch.randn(1, len(part.output_columns), generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        total = float(part.log_prob(outputs.expand(len(codes), -1), codes).exp().sum())
    assert total == pytest.approx(1, abs=1e-9)


def initial_weights(seed: int) -> dict[str, torch.Tensor]:
    made = Made(KINDS, NetworkConfig(hidden=(8,)), torch.Generator().manual_seed(seed))
    return {name: weight for name, weight in made.state_dict().items() if "embeddings" in name}


def test_networks_of_other_seeds_start_with_other_embeddings_and_of_the_same_with_the_same() -> None:
    one, again, other = initial_weights(0), initial_weights(0), initial_weights(1)
    assert len(one) == 2
    for name, weight in one.items():
        assert torch.equal(weight, again[name])
        assert float(torch.corrcoef(torch.stack([weight.flatten(), other[name].flatten()]))[0, 1]) < 0.1
        assert float(weight.std()) == pytest.approx(1 if "input" in name else EMBEDDING_SIZE**-0.5, rel=0.05)


def test_the_embeddings_leave_all_other_initial_weights_as_they_are() -> None:
    generator = torch.Generator().manual_seed(0)
    made = Made(KINDS, NetworkConfig(hidden=(8,)), generator)
    features = len(made.network.input_columns)
    expected = torch.randn(8, features, generator=torch.Generator().manual_seed(0)) * (4 / features) ** 0.5
    assert torch.equal(made.network.input_weight, expected)


def test_training_starts_from_the_base_rates() -> None:
    made = Made((TOWNS,), NetworkConfig(hidden=(8,)), torch.Generator().manual_seed(0))
    codes = torch.tensor([[3.0]] * 900 + [[5.0]] * 50)
    made.start_from_base_rates(codes)
    with torch.no_grad():
        found = made.log_prob(torch.tensor([[3.0], [5.0]]), orderings(1)[0]).exp().flatten()
    assert float(found[0] / found[1]) == pytest.approx(900.5 / 50.5, rel=1e-3)


@pytest.mark.parametrize("ordering", orderings(4))
def test_one_pass_draws_what_a_pass_for_each_column_draws(ordering: Ordering) -> None:
    made = drawn_made(KINDS)
    uniforms = torch.rand(60, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    expected = sample_in_passes(made, ordering, uniforms)
    drawn = sample(made, ordering, uniforms)
    torch.testing.assert_close(drawn, expected, rtol=1e-9, atol=1e-9)


def test_the_label_is_read_by_the_columns_after_it_and_by_no_other() -> None:
    made, rows = drawn_made(KINDS), torch.tensor([[0.0, 1.0, 0.5, 1.0], [0.0, 200.0, 0.5, 1.0]], dtype=torch.float64)
    terms = made.log_prob(rows, orderings(4)[0])  # the table's own order
    assert torch.equal(terms[0, 0], terms[1, 0])
    assert not torch.isclose(terms[0, 2:], terms[1, 2:]).any()


def test_rows_with_an_ordering_each_read_it_too() -> None:
    made = drawn_made(KINDS)
    codes = torch.from_numpy(np.array([[1.0, 250.0, -0.5, 0.0], [2.0, 7.0, 1.5, 1.0]]))
    drawn = orderings(4)[:2]
    terms = log_prob_per_row(made, codes, torch.tensor([ordering.positions for ordering in drawn]))
    for row, ordering in enumerate(drawn):
        torch.testing.assert_close(terms[row], made.log_prob(codes[row : row + 1], ordering)[0], rtol=1e-9, atol=1e-9)
