"""Trainings to which empty cells are unknown: the density is that of the cells that are known."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest
import torch

from made_cli.config import TrainingConfig
from made_cli.core.known_cells import KnownCells
from made_cli.core.orderings import Ordering
from made_cli.errors import Exit, UserError
from made_cli.runs.loading import load_run
from made_cli.tables.columns.kinds import Categorical
from made_cli.training.beginning import untrained
from tests.training.small import Orderings, brisk, contents, finish, resumed, run_until, table, trainer_of, twins

CONFIG = TrainingConfig(missing="marginal", epochs=8, batch_size=8, learning_rate=0.01)


@pytest.fixture(autouse=True, scope="module")
def short() -> Iterator[None]:
    with brisk():
        yield


def holed(rows: int = 40) -> pd.DataFrame:
    """The twins and their neighbours, with a hole in every fourth cell and in all of one row."""
    frame = twins(rows).astype(object)
    for place in range(0, frame.size, 4):
        frame.iat[place // 4, (place + place // 4) % 4] = None
    frame.iloc[5] = None
    return frame


@pytest.mark.parametrize("objective", ["bound", "mixture", "product"])
def test_rows_with_empty_cells_train_and_score(
    objective: Literal["bound", "mixture", "product"], tmp_path: Path
) -> None:
    frame = holed()
    trainer = finish(trainer_of(frame, replace(CONFIG, objective=objective), tmp_path / "run"))
    nll = trainer.metrics().networks[0].valid_nll
    assert nll is not None
    assert math.isfinite(nll)
    run = load_run(tmp_path / "run", torch.device("cpu"))
    codes = torch.from_numpy(run.record.schema.encode(table(frame)))
    assert codes.isnan().any(dim=0).all()
    with torch.no_grad():
        terms = KnownCells(run.networks[0]).log_prob(codes, run.members(1)[0].ordering)
    assert terms.isfinite().all()
    assert (terms[codes.isnan()] == 0).all()
    assert (terms[~codes.isnan()] != 0).all()


def test_what_is_unknown_is_summed_over(tmp_path: Path) -> None:
    """log p(known) is that of all rows that it may be, under the ordering with the known columns first."""
    finish(trainer_of(holed().drop(columns="size"), CONFIG, tmp_path / "run"))
    run = load_run(tmp_path / "run", torch.device("cpu"))
    made, kinds = run.networks[0].double(), run.record.schema.kinds
    outcomes = [range(kind.seen + len(kind.unseen)) for kind in kinds if isinstance(kind, Categorical)]
    rows = torch.tensor(list(product(*outcomes)), dtype=torch.float64)
    assert made.kinds == kinds
    for known in [(0,), (2,), (0, 1), (2, 1), (0, 2)]:
        unknown = [column for column in range(3) if column not in known]
        ordering = Ordering((*known, *unknown))
        holes = rows.clone()
        holes[:, unknown] = torch.nan
        with torch.no_grad():
            whole = made.log_prob(rows, ordering).sum(1).exp()
            # Wherever the ordering has them, unknown columns come last.
            part = KnownCells(made).log_prob(holes, Ordering((*unknown, *known))).sum(1).exp()
        _, which = torch.unique(rows[:, list(known)], dim=0, return_inverse=True)
        summed = torch.zeros(int(which.max()) + 1, dtype=torch.float64).index_add(0, which, whole)
        torch.testing.assert_close(part, summed[which], rtol=1e-9, atol=1e-12)


def test_what_is_unknown_has_no_gradient() -> None:
    """Training on a column that is never known leaves its conditionals where they were."""
    trainer = trainer_of(holed(), CONFIG)
    made = untrained(trainer.record, 0)
    codes = torch.full((6, 4), torch.nan, dtype=torch.float64)
    codes[:, 0] = torch.tensor([1, 1, 0, 1, 1, 1])
    log_prob = KnownCells(made).log_prob(codes, Ordering((1, 0, 2, 3))).sum()
    (bias,) = torch.autograd.grad(log_prob, [made.network.output_bias])
    columns = made.network.output_columns
    assert bool((bias[columns == 0] != 0).any())
    assert bool((bias[columns != 0] == 0).all())


@pytest.mark.parametrize("orderings", ["natural", 1, 3])
def test_fixed_orderings_refuse_tables_with_holes(orderings: Orderings) -> None:
    config = replace(CONFIG, orderings=orderings, questions="none")
    with pytest.raises(UserError) as caught:
        trainer_of(holed(), config)
    assert caught.value.code == Exit.USAGE
    assert "--questions any" in caught.value.hint
    with pytest.raises(UserError, match="marginal"):
        trainer_of(twins().drop(columns="city"), config, valid=holed().drop(columns="city"))


def test_fixed_orderings_take_tables_without_holes(tmp_path: Path) -> None:
    config = replace(CONFIG, orderings="natural", questions="none", epochs=2)
    finish(trainer_of(twins().drop(columns="city"), config, tmp_path / "run"))
    assert load_run(tmp_path / "run", torch.device("cpu")).record.schema.missing == "marginal"


@pytest.mark.parametrize("calls", [0, 3, 17, 30])
def test_an_interrupted_training_resumes_bit_for_bit(calls: int, tmp_path: Path) -> None:
    config = replace(CONFIG, connectivity="resampled")
    finish(trainer_of(holed(), config, tmp_path / "whole"))
    run_until(trainer_of(holed(), config, tmp_path / "parts"), calls)
    finish(resumed(holed(), tmp_path / "parts"))
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")
