"""With rules every conditional is normalised, and all that is asked of it agrees with enumeration."""

import math
from functools import cache
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import torch

from made_cli.config import NetworkConfig
from made_cli.core.known_first import KnownFirst
from made_cli.core.made import Made
from made_cli.core.orderings import Ordering
from made_cli.core.per_row import PerRowOrderings
from made_cli.core.per_row_sampler import outcomes_present, sample_unknown
from made_cli.core.sampler import progressive_sample, sample
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.regions import cells
from made_cli.tables.files.table import table_of_frame
from made_cli.tables.relations.finding import find_relations
from made_cli.tables.relations.found import Found
from made_cli.tables.relations.rules import Rules, Strictness
from made_cli.tables.relations.values import values_of
from tests.core.small import all_rows, chi_square
from tests.core.test_sampler import drawn_uniforms

ROWS = 1200


def labels(broken: int) -> pd.DataFrame:
    """Currency and language follow from land; where land is US the toll is due; so many rows break the first two."""
    rng = np.random.default_rng(0)
    land = rng.choice(["DE", "FR", "US"], ROWS, p=[0.2, 0.2, 0.6])
    money = pd.Series(land).map({"DE": "EUR", "FR": "EUR", "US": "USD"})
    money[:broken] = "USD"
    land[:broken] = "FR"
    toll = np.where(land == "US", rng.choice(["yes", ""], ROWS), rng.choice(["yes", "no"], ROWS))
    few = rng.integers(0, 3, ROWS)
    more = few + rng.integers(0, 2, ROWS)
    return pd.DataFrame({"land": land, "money": money, "toll": toll, "few": few, "more": more})


def numbers(broken: int = 0) -> pd.DataFrame:
    """A sum, two dates in order, a share of a price in cents, and labels that tell when a cell is empty."""
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 40, ROWS), rng.integers(0, 25, ROWS)
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 60, ROWS), "D")
    stay = rng.integers(0, 5, ROWS)
    stay[:broken] = -3
    has = rng.random(ROWS) < 0.5
    code = np.where(has, np.where(rng.random(ROWS) < 0.1, "x", "y"), "")
    return pd.DataFrame(
        {
            "a": a,
            "b": b,
            "sum": a + b,
            "in": start.strftime("%Y-%m-%d"),
            "out": (start + pd.to_timedelta(stay, "D")).strftime("%Y-%m-%d"),
            "code": code,
            "off": np.where(has, rng.integers(1, 90, ROWS) / 10, 0),
        }
    )


FRAMES = {
    "labels": labels(0),
    "labels, some broken": labels(2),
    "numbers": numbers(),
    "numbers, some broken": numbers(2),
}


@cache
def relations_of(name: str) -> tuple[tuple[Kind, ...], list[Found], torch.Tensor]:
    """The columns of a table, its relations and its codes."""
    table = table_of_frame(FRAMES[name].astype(str).replace("nan", ""))
    schema = schema_of(infer(table), "frame")
    codes = schema.encode(table).astype(np.float64)
    found = find_relations(values_of(codes, schema.kinds), schema.kinds, np.random.default_rng(0), lambda told: None)
    return schema.kinds, found, torch.from_numpy(codes)


@cache
def ruled(name: str, strictness: Strictness = "soft") -> tuple[Made, torch.Tensor]:
    """A model of a table with its rules, in float64 and with large weights; and the codes of the table."""
    kinds, found, codes = relations_of(name)
    generator = torch.Generator().manual_seed(7)
    made = Made(kinds, NetworkConfig(hidden=(12, 12)), generator, Rules(found, kinds, strictness)).double()
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(0.4 * torch.randn(weight.shape, generator=generator, dtype=torch.float64))
    return made, codes


def some_orderings(size: int) -> list[Ordering]:
    if size <= 3:
        return [Ordering(order) for order in permutations(range(size))]
    rng = np.random.default_rng(3)
    return [Ordering(tuple(rng.permutation(size).tolist())) for _ in range(12)]


def found_in(name: str) -> list[str]:
    made, _ = ruled(name)
    return [each.relation.said(made.kinds) for each in relations_of(name)[1]]


def test_the_tables_have_the_rules_that_are_meant() -> None:
    assert {"money follows from land", "few <= more"} <= set(found_in("labels"))
    assert {"sum = a + b", "in <= out", "code is empty exactly when off is 0.0"} <= set(found_in("numbers"))
    assert {"where land is 'US', toll is not 'no'", "money follows from land"} <= set(found_in("labels, some broken"))


@torch.no_grad()
@pytest.mark.parametrize("name", ["labels", "labels, some broken"])
@pytest.mark.parametrize("strictness", ["soft", "hard"])
def test_the_probabilities_of_all_rows_sum_to_one_for_every_ordering(name: str, strictness: Strictness) -> None:
    made, _ = ruled(name, strictness)
    rows = all_rows(made.kinds)
    for ordering in some_orderings(len(made.kinds)):
        total = float(made.log_prob(rows, ordering).sum(1).exp().sum())
        assert total == pytest.approx(1, abs=1e-9)


@torch.no_grad()
@pytest.mark.parametrize(
    ("name", "orderings"),
    [
        ("numbers, some broken", 1),
        pytest.param("numbers, some broken", 3, marks=pytest.mark.slow),
        pytest.param("numbers", 3, marks=pytest.mark.slow),
    ],
)
def test_every_conditional_of_numbers_sums_to_one(name: str, orderings: int) -> None:
    made, codes = ruled(name)
    for ordering in some_orderings(len(made.kinds))[:orderings]:
        for row in (0, 300):
            for column, kind in enumerate(made.kinds):
                if kind.is_numeric:
                    step = kind.resolution or 1.0
                    centre = torch.round(codes[row, column].nan_to_num(0) / step)
                    grid = torch.cat([(centre + torch.arange(-4_000, 4_001)) * step, torch.tensor([math.nan])])
                else:
                    step, grid = 1.0, torch.arange(kind.outcomes or 0, dtype=torch.float64)
                rows = codes[row].expand(len(grid), -1).clone()
                rows[:, column] = grid
                density = made.log_prob(rows, ordering)[:, column].exp()
                total = density[:-1].sum() * step + density[-1] if kind.is_numeric else density.sum()
                assert float(total) == pytest.approx(1, abs=1e-8), (ordering, kind.name, row)


@torch.no_grad()
@pytest.mark.parametrize("name", FRAMES)
def test_rows_with_their_unknown_columns_last_score_as_under_that_ordering(name: str) -> None:
    made, codes = ruled(name)
    size, codes = len(made.kinds), codes[:200]
    for ordering in some_orderings(size)[:4]:
        for unknown in ((), (0,), (1, size - 1)):
            known = torch.ones(codes.shape, dtype=torch.bool)
            known[:, list(unknown)] = False
            last = Ordering(tuple(sorted(ordering.columns, key=lambda c: c in unknown)), ordering.connectivity)
            expected = torch.where(known, made.log_prob(codes, last), 0)
            found = KnownFirst(made, ordering).log_prob(codes, known)
            torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["labels", "labels, some broken"])
def test_rows_are_drawn_as_often_as_they_are_probable(name: str) -> None:
    made, _ = ruled(name)
    rows = all_rows(made.kinds, unseen=False)
    sizes = torch.tensor(np.cumprod([1, *(kind.seen for kind in made.kinds[:0:-1])])[::-1].copy()).double()
    broken = broken_strictly(made, rows)
    for ordering in some_orderings(len(made.kinds))[:5]:
        with torch.no_grad():
            log_prob = made.log_prob(rows, ordering).sum(1).masked_fill(torch.from_numpy(broken), -math.inf)
        draws = sample(made, ordering, drawn_uniforms(20_000, len(made.kinds)))
        counts = torch.bincount((draws @ sizes).long(), minlength=len(rows)).double()
        assert chi_square(counts, log_prob.softmax(0)) < 4


def broken_strictly(made: Made, codes: torch.Tensor) -> np.ndarray:
    values = made.rules.values(codes.numpy())
    rules = [rule for rules in made.rules.rules.values() for rule in rules if rule.is_strict]
    return np.asarray(np.any([rule.relation.broken(values) for rule in rules], axis=0))


@pytest.mark.parametrize("name", FRAMES)
def test_drawn_rows_break_no_rule_that_training_kept(name: str) -> None:
    made, _ = ruled(name)
    for ordering in some_orderings(len(made.kinds)):
        draws = sample(made, ordering, drawn_uniforms(2_000, len(made.kinds)))
        assert broken_strictly(made, draws).mean() < 0.002


@torch.no_grad()
@pytest.mark.parametrize("name", ["labels", "labels, some broken"])
def test_questions_are_answered_as_by_enumeration(name: str) -> None:
    made, _ = ruled(name)
    rows, size = all_rows(made.kinds), len(made.kinds)
    regions = {1: cells({0}), 3: cells({1, 2})}
    for ordering in some_orderings(size)[:5]:
        probabilities = made.log_prob(rows, ordering).sum(1).exp()
        inside = torch.from_numpy(
            np.all([[code in region for code in rows[:, c].tolist()] for c, region in regions.items()], axis=0)
        )
        estimate = progressive_sample(made, ordering, drawn_uniforms(40_000, size), regions).exp()
        assert float(estimate.mean()) == pytest.approx(float(probabilities[inside].sum()), abs=0.01)


@torch.no_grad()
@pytest.mark.parametrize("name", FRAMES)
def test_unknown_cells_are_filled_within_the_rules(name: str) -> None:
    made, codes = ruled(name)
    per_row, rng = PerRowOrderings(made), np.random.default_rng(0)
    known = torch.from_numpy(rng.random(codes.shape) < 0.6)
    order = torch.from_numpy(rng.random(codes.shape)) + (~known).double()
    positions = order.argsort(1).argsort(1)
    filled = sample_unknown(per_row, codes, known, positions, drawn_uniforms(*codes.shape))
    assert torch.equal(filled[known].nan_to_num(-1), codes[known].nan_to_num(-1))
    breaks = broken_strictly(made, filled) & ~broken_strictly(made, codes)
    assert breaks.mean() < 0.2  # a cell that a rule wants empty is filled all the same


@torch.no_grad()
@pytest.mark.parametrize("name", ["labels", "labels, some broken"])
def test_what_a_label_may_be_has_its_probabilities_within_the_rules(name: str) -> None:
    made, codes = ruled(name)
    ordering, rows = some_orderings(len(made.kinds))[0], codes[:40]
    positions = torch.tensor(ordering.positions).expand(len(rows), -1)
    for column, kind in enumerate(made.kinds):
        found = outcomes_present(PerRowOrderings(made), rows, positions, column, 7)
        alone = []
        for code in range(kind.seen):
            changed = rows.clone()
            changed[:, column] = code
            alone.append(made.log_prob(changed, ordering)[:, column])
        allowed = torch.tensor([float(code) in kind.present for code in range(kind.seen)])
        expected = torch.stack(alone, 1).masked_fill(~allowed, -math.inf).softmax(1)
        torch.testing.assert_close(found.probabilities, expected, rtol=0, atol=0.02)


def test_gradients_are_finite_and_flow_through_the_mass_of_what_is_left() -> None:
    for name in FRAMES:
        made, codes = ruled(name)
        single = Made(made.kinds, made.config, torch.Generator().manual_seed(0), made.rules)
        for ordering in some_orderings(len(made.kinds))[:4]:
            single.zero_grad()
            loss = -single.log_prob(codes, ordering).sum()
            torch.autograd.backward(loss)
            assert loss.isfinite()
            assert all(weight.grad is None or bool(weight.grad.isfinite().all()) for weight in single.parameters())


def test_a_rule_that_is_no_rule_changes_nothing() -> None:
    made, codes = ruled("numbers")
    plain = Made(made.kinds, made.config, torch.Generator()).double()
    plain.load_state_dict(made.state_dict())
    none: list[Found] = []
    made_without = Made(made.kinds, made.config, torch.Generator(), Rules(none, made.kinds, "soft")).double()
    made_without.load_state_dict(made.state_dict())
    ordering = some_orderings(7)[0]
    assert torch.equal(plain.log_prob(codes, ordering), made_without.log_prob(codes, ordering))
