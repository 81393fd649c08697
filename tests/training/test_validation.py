"""Which validation rows are evaluated under which orderings, and that what is reported is their objective."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from made_cli.config import TrainingConfig
from made_cli.core.made import Made
from made_cli.core.orderings import Ordering, distinct, natural
from made_cli.core.sampler import sample
from made_cli.runs.loading import load_run
from made_cli.tables.columns.kinds import Categorical
from made_cli.training import validation
from made_cli.training.network_trainer import NetworkTrainer
from made_cli.training.objectives import Batch, BoundObjective, MixtureObjective, ProductObjective, read_once
from made_cli.training.progress import Cycle
from made_cli.training.rows import TrainingRows
from made_cli.training.validation import Validation, validation_nll, validation_shares
from tests.core.small import LABELS, MIXED, drawn_made
from tests.training.small import Orderings, evaluations, finish, trainer_of, twins

KINDS = [Categorical(f"c{column}", ("0", "1"), {}, missing=False, rows=50) for column in range(4)]


def case(rows: int = 60) -> tuple[Made, Tensor]:
    """A model of four columns whose members differ, and rows."""
    made = drawn_made(KINDS, (12, 12))
    with torch.no_grad():
        for weight in made.parameters():
            weight.mul_(0.3)
    return made, torch.randint(0, 2, (rows, 4), generator=torch.Generator().manual_seed(1)).double()


@torch.no_grad()
def nll(made: Made, rows: Tensor, ordering: Ordering) -> float:
    return -float(made.log_prob(rows, ordering).double().sum(1).mean())


@pytest.mark.parametrize("orderings", ["natural", 2, 6, "all"])
def test_the_reported_validation_bound_is_the_loaded_runs(
    orderings: Orderings,
    short: None,
    tmp_path: Path,
) -> None:
    config = TrainingConfig(epochs=40, learning_rate=0.01, orderings=orderings)
    trainer = trainer_of(twins(), config, tmp_path / "run")
    # Of a network trained for any ordering validation averages over some that are drawn.
    averaged = trainer.record.orderings[0] or trainer.trainer_of(0).validation.shares[0].orderings
    finish(trainer)
    made = load_run(tmp_path / "run").networks[0]
    again = np.mean([nll(made, trainer.rows.valid, ordering) for ordering in averaged])
    assert trainer.metrics().networks[0].valid_nll == pytest.approx(again, abs=1e-6)


def test_a_network_whose_fifth_ordering_is_bad_is_noticed() -> None:
    made, rows = case()
    drawn = distinct(4, 24, np.random.default_rng(3))
    *good, bad = sorted(drawn, key=lambda ordering: nll(made, rows, ordering))
    config = TrainingConfig(batch_size=10, questions="none")

    def evaluated(fifth: Ordering) -> float:
        orderings = [*good[:4], fifth, good[4]]
        cycle = Cycle(seed=0, steps=10)
        return NetworkTrainer(made, TrainingRows(rows, rows), orderings, config, seed=0, cycle=cycle)._validate().nll

    worse = nll(made, rows, bad) - nll(made, rows, good[5])
    assert worse > 0.1
    assert evaluated(bad) - evaluated(good[5]) == pytest.approx(worse / 6)


def test_what_is_asked_of_a_network_is_validated_beside_its_base_orderings() -> None:
    made, rows = case(4_000)
    base = distinct(4, 2, np.random.default_rng(0))
    found = Validation(Batch(rows), base, BoundObjective(), 0, questions=True)
    questions = [ordering for share in found.questions for ordering in share.orderings]
    assert len(questions) == 8
    assert not {ordering.columns for ordering in questions} <= {ordering.columns for ordering in base}
    # Each row is asked one of them, so their cost is that of one ordering.
    assert [len(share.rows.codes) for share in found.questions] == [500] * 8
    result = found.nll(made)
    assert result.nll == Validation(Batch(rows), base, BoundObjective(), 0, questions=False).nll(made).nll
    asked = np.mean([nll(made, rows, ordering) for ordering in questions])
    assert result.target == pytest.approx(0.7 * result.nll + 0.3 * asked, abs=0.01)


def test_a_network_of_all_orderings_or_without_questions_has_none_to_validate() -> None:
    for config in (TrainingConfig(orderings="all"), TrainingConfig(questions="none")):
        found = evaluations(trainer_of(twins(), replace(config, epochs=2)))
        assert all(evaluation.target_nll is None for evaluation in found)


@pytest.mark.parametrize("rows", [1, 3, 100, 4_000, 50_000])
@pytest.mark.parametrize("count", [1, 4, 5, 7, 8, 32, 101])
def test_every_ordering_and_every_row_is_in_one_share(rows: int, count: int) -> None:
    codes, orderings = torch.arange(rows).double()[:, None], distinct(6, count, np.random.default_rng(0))
    shares = validation_shares(Batch(codes), orderings, seed=0)
    assert [ordering for share in shares for ordering in share.orderings] == orderings
    assert torch.equal(torch.cat([share.rows.codes for share in shares]).sort(0).values, codes)
    assert all(len(share.rows.codes) for share in shares)
    assert min(len(share.orderings) for share in shares) >= min(count, 4)
    pairs = sum(len(share.rows.codes) * len(share.orderings) for share in shares)
    assert pairs <= max(7 * rows, 2 * validation.LEAST_PAIRS)


@pytest.mark.parametrize(("rows", "count"), [(50_000, 4), (50_000, 7), (180, 32), (2, 9_000)])
def test_few_pairs_are_all_evaluated(rows: int, count: int) -> None:
    codes = torch.zeros(rows, 2)
    (share,) = validation_shares(Batch(codes), [Ordering((0, 1))] * count, seed=0)
    assert share.rows.codes is codes
    assert len(share.orderings) == count


def test_rows_that_the_objective_draws_count_as_pairs() -> None:
    shares = validation_shares(Batch(torch.zeros(180, 2)), [Ordering((0, 1))] * 32, seed=0, drawn=2_000)
    assert [(len(share.rows.codes), len(share.orderings)) for share in shares] == [(60, 11), (60, 11), (60, 10)]


def test_of_many_pairs_those_of_each_share_are_averaged() -> None:
    made, rows = case(4_000)
    orderings = distinct(4, 9, np.random.default_rng(0))
    shares = validation_shares(Batch(rows), orderings, seed=0, pairs=0)
    assert [len(share.orderings) for share in shares] == [5, 4]
    found = validation_nll(made, BoundObjective(), shares)
    means = [np.mean([nll(made, share.rows.codes, o) for o in share.orderings]) for share in shares]
    assert found == pytest.approx((5 * means[0] + 4 * means[1]) / 9)
    assert found == pytest.approx(np.mean([nll(made, rows, ordering) for ordering in orderings]), abs=0.03)
    assert validation_nll(made, BoundObjective(), validation_shares(Batch(rows), orderings, seed=0, pairs=0)) == found


def test_the_mixture_and_the_product_of_a_share_are_those_of_its_own_orderings() -> None:
    made, rows = case()
    shares = validation_shares(Batch(rows), distinct(4, 8, np.random.default_rng(0)), seed=0, pairs=0)
    assert len(shares) == 2
    for objective in (MixtureObjective(2), ProductObjective(2, torch.Generator())):
        parts = [validation_nll(made, objective, [share]) for share in shares]
        # What the product draws is less for each of two shares than for one alone.
        assert validation_nll(made, objective, shares) == pytest.approx(np.mean(parts), abs=0.05)
        assert validation_nll(made, objective, shares) < validation_nll(made, BoundObjective(), shares)


@pytest.mark.parametrize("count", [2, 9])
def test_rows_that_are_read_once_have_the_nll_of_their_codes(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = [*MIXED, *LABELS]
    made, generator = drawn_made(kinds), torch.Generator().manual_seed(0)
    uniforms = torch.rand(90, len(kinds), dtype=torch.float64, generator=generator)
    base, rows = distinct(len(kinds), count, np.random.default_rng(0)), sample(made, natural(len(kinds)), uniforms)
    monkeypatch.setattr(validation, "BATCH_NUMBERS", 20 * made.peak_width)  # several batches of each share
    read, fresh = (
        validation_shares(each, base, seed=0, pairs=0) for each in (read_once(made, rows), Batch(rows.clone()))
    )
    assert len(read) == (1 if count == 2 else 2)
    expected = validation_nll(made, BoundObjective(), fresh)
    monkeypatch.setattr(made, "features", None)
    assert validation_nll(made, BoundObjective(), read) == pytest.approx(expected, rel=1e-12)


def test_as_many_steps_as_trained_orderings_lie_between_two_evaluations(short: None) -> None:
    config = TrainingConfig(epochs=80, batch_size=1_000, orderings=24)
    found = evaluations(trainer_of(twins(), config))
    assert [evaluation.step for evaluation in found[:2]] == [24, 48]
