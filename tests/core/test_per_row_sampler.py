"""Unknown cells given the known ones, each row under its own ordering, against the enumerated table."""

from itertools import product

import pytest
import torch

from made_cli.core.orderings import Ordering
from made_cli.core.per_row import PerRowOrderings, positions_by_role
from made_cli.core.per_row_sampler import outcomes_present, sample_unknown
from made_cli.core.sampler import sample
from tests.core.small import BINARY, COLOURS, LETTERS, all_rows, bell, drawn_made

KINDS = (LETTERS, BINARY, COLOURS)
BASE = Ordering((2, 0, 1))
KNOWN = torch.tensor(list(product([True, False], repeat=3)))


@pytest.mark.parametrize("connectivity", [None, 5])
@pytest.mark.parametrize("column", [0, 1, 2])
def test_what_a_column_may_be_has_its_enumerated_probabilities_given_the_known_cells(
    column: int, connectivity: int | None
) -> None:
    made, rows = drawn_made(KINDS), all_rows(KINDS)
    known = KNOWN[~KNOWN[:, column]]
    codes = torch.tensor([3.0, 1.0, 2.0], dtype=torch.float64).expand(len(known), 3)
    roles = torch.where(known, 0, 2)
    roles[:, column] = 1
    positions = positions_by_role(roles, torch.tensor(BASE.positions))
    found = outcomes_present(PerRowOrderings(made, connectivity), codes, positions, column, 1)
    present = len(KINDS[column].labels) + bool(KINDS[column].rare)
    for row, place in enumerate(positions.tolist()):
        order = tuple(sorted(range(3), key=place.__getitem__))
        with torch.no_grad():
            joint = made.log_prob(rows, Ordering(order, connectivity)).sum(1).exp()
        holds = (rows[:, known[row]] == codes[row, known[row]]).all(1)
        masses = torch.stack([joint[holds & (rows[:, column] == code)].sum() for code in range(present)])
        expected = torch.zeros(found.codes.shape[1], dtype=torch.float64)
        expected[:present] = masses / masses.sum()
        torch.testing.assert_close(found.probabilities[row], expected, rtol=1e-9, atol=1e-12)
        assert found.codes[row].tolist() == list(range(KINDS[column].seen))


def test_unknown_cells_are_drawn_as_the_sampler_draws_the_columns_after_the_known_ones() -> None:
    kinds = (BINARY, COLOURS, bell(), COLOURS)  # of which the unknown ones are never empty
    made, ordering, count = drawn_made(kinds), Ordering((2, 0, 3, 1)), 200
    with torch.no_grad():  # weights under which nothing is certain
        for weight in made.parameters():
            weight.mul_(0.4)
    uniforms = torch.rand(count, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    rows = sample(made, ordering, uniforms.flip(0))
    known = torch.tensor([True, False, True, False]).expand(count, 4)
    positions = torch.tensor(ordering.positions).expand(count, 4)
    drawn = sample_unknown(PerRowOrderings(made), torch.where(known, rows, torch.nan), known, positions, uniforms)
    assert torch.equal(drawn, sample(made, ordering, uniforms, rows[:, [2, 0]]))
    assert len(set(drawn[:, 3].tolist())) == len(set(drawn[:, 1].tolist())) == 3
