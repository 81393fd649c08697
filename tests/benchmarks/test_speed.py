"""Speeds, timed by pytest-benchmark: `make bench DATA=PATH` (the data folder is not needed here)."""

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.core.distributions import distributions_of
from made_cli.core.made import Made
from made_cli.core.network import propagate
from made_cli.core.orderings import Ordering, draw
from made_cli.core.sampler import sample
from made_cli.tables.columns.kinds import Categorical
from made_cli.tables.relations.finding import find_relations
from made_cli.training.network_trainer import NetworkTrainer
from made_cli.training.progress import Cycle
from made_cli.training.rows import TrainingRows
from tests.tables.relations.small import orders, read

COLUMNS, ROWS = 200, 500


def _made() -> Made:
    kinds = [Categorical(f"c{c}", ("0", "1"), {}, missing=False, rows=ROWS) for c in range(COLUMNS)]
    return Made(kinds, NetworkConfig((500, 500), dropout=0.2), torch.Generator().manual_seed(0))


def _d_passes(made: Made, ordering: Ordering, uniforms: torch.Tensor) -> torch.Tensor:
    """Samples with a full pass through the network for each column."""
    ordered, codes = made.under(ordering), torch.zeros_like(uniforms)
    with torch.no_grad():
        for column in ordering.columns:
            outputs = propagate(ordered.weights, made.features(codes))
            mine = (made.network.output_columns == column).nonzero().squeeze(1)
            drawn = distributions_of(made.kinds, [column])[0].sample(outputs[:, mine], uniforms[:, [column]])
            codes[:, column] = drawn[:, 0]
    return codes


@pytest.mark.parametrize("sampler", [sample, _d_passes], ids=["one pass", "D passes"])
def test_speed_of_sampling(benchmark: BenchmarkFixture, sampler: type) -> None:
    made, ordering = _made(), draw(COLUMNS, np.random.default_rng(0))
    uniforms = torch.rand(ROWS, COLUMNS, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    rows = benchmark.pedantic(sampler, (made, ordering, uniforms), rounds=3)  # type: ignore[no-untyped-call]
    assert rows.shape == (ROWS, COLUMNS)


def test_speed_of_a_training_step(benchmark: BenchmarkFixture) -> None:
    rows = torch.randint(0, 2, (ROWS, COLUMNS), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    cycle = Cycle(seed=0, steps=100)
    trainer = NetworkTrainer(
        _made(), TrainingRows(rows, rows), None, TrainingConfig(batch_size=200), seed=0, cycle=cycle
    )
    assert benchmark.pedantic(trainer.time_a_step, rounds=3) > 0  # type: ignore[no-untyped-call]


def test_speed_of_finding_relations(benchmark: BenchmarkFixture) -> None:
    # As many rows and about as many columns as Adult.
    alignment, values = read(orders(32_561))
    told: list[str] = []
    arguments = (values, alignment.kinds, np.random.default_rng(0), told.append)
    found = benchmark.pedantic(find_relations, arguments, rounds=3)  # type: ignore[no-untyped-call]
    assert len(found) == 6
