"""Rows that each have an ordering."""

import pytest
import torch

from made_cli.config import Direct
from made_cli.core.orderings import Ordering
from tests.core.small import MIXED, drawn_made, log_prob_per_row, orderings, sample_in_passes


def rows_of(made: torch.nn.Module, count: int) -> torch.Tensor:
    uniforms = torch.rand(count, len(MIXED), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return sample_in_passes(made, orderings(len(MIXED))[0], uniforms)  # type: ignore[arg-type]


@pytest.mark.parametrize("hidden", [(9,), (12, 12), (12, 5, 5), (3, 3)])
@pytest.mark.parametrize("conditioning", [True, False])
@pytest.mark.parametrize("direct", ["all", "few"])
def test_rows_of_different_orderings_score_as_they_would_alone(
    hidden: tuple[int, ...], conditioning: bool, direct: Direct
) -> None:
    made = drawn_made(MIXED, hidden, conditioning=conditioning, direct=direct)
    codes, drawn = rows_of(made, 40), [o for o in orderings(len(MIXED)) if o.connectivity is None]
    order = [drawn[index % len(drawn)] for index in range(len(codes))]
    terms = log_prob_per_row(made, codes, torch.tensor([ordering.positions for ordering in order]))
    for row, ordering in enumerate(order):
        torch.testing.assert_close(terms[row], made.log_prob(codes[row : row + 1], ordering)[0], rtol=1e-9, atol=1e-9)


def test_the_connectivity_may_be_drawn() -> None:
    made, ordering = drawn_made(MIXED), Ordering((3, 0, 6, 1, 5, 2, 4), 11)
    codes = rows_of(made, 10)
    terms = log_prob_per_row(made, codes, torch.tensor([ordering.positions]).expand(10, -1), 11)
    torch.testing.assert_close(terms, made.log_prob(codes, ordering), rtol=1e-9, atol=1e-9)
