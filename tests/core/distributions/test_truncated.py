"""Cells drawn from within a region of a column, and the region's probability."""

import math

import pytest
import torch
from torch import Tensor

from made_cli.core.distributions import Distribution, distributions_of, geometry, logistics
from made_cli.core.distributions.log_within import Within, log_within
from made_cli.core.distributions.logistics import MixtureOfLogistics
from made_cli.core.shapes.forms import COMPONENTS, MOST_ONE_HOT
from made_cli.tables.columns.kinds import Categorical, Kind
from made_cli.tables.columns.regions import EVERY_NUMBER, Region, cells
from made_cli.tables.columns.row_regions import Regions
from tests.core.small import BINARY, COLOURS, CONSTANT, LETTERS, OFTEN_EMPTY, bell, few_steps, skewed_counts

ANYTHING = ~cells(set())
LABELS: list[Kind] = [BINARY, COLOURS, CONSTANT, LETTERS]
NUMBERS: list[Kind] = [skewed_counts(), bell(), few_steps()]


def column(kind: Kind) -> Distribution:
    return distributions_of([kind], [0])[0]


def drawn_outputs(part: Distribution, rows: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    one = torch.randn(1, len(part.output_columns), generator=generator, dtype=torch.float64)
    if isinstance(part, MixtureOfLogistics):  # narrow enough for all that counts to be enumerated
        one[:, part.discrete :].view(-1, COMPONENTS, 3)[..., 2].mul_(0.3).sub_(2)
    return one.expand(rows, -1)


def numbers_of(kind: Kind, rows: Tensor) -> Tensor:
    return rows if isinstance(kind, Categorical) else (rows / kind.format.resolution).round()


def regions(kind: Kind) -> list[Region]:
    if isinstance(kind, Categorical):
        return [cells({0}), cells({0, 1, 2}), ~cells({0}), cells({kind.seen}), ANYTHING]
    some = Region(((-3, 4), (7, 7), (20, math.inf)))
    return [some, ~some, Region(((0, 0),)), Region(((-math.inf, -1),)), Region((), empty=True), EVERY_NUMBER, ANYTHING]


@torch.no_grad()
def enumerated(part: Distribution, outputs: Tensor, kind: Kind, region: Region) -> float:
    """The probability of a region: the sum of those of its cells."""
    if isinstance(kind, Categorical):
        codes = torch.arange(kind.seen + len(kind.unseen), dtype=torch.float64)
        inside = torch.tensor([float(code) in region for code in codes])
        return float(
            part.log_prob(outputs[:1].expand(len(codes), -1), codes.unsqueeze(1)).squeeze(1).exp()[inside].sum()
        )
    step = kind.format.resolution
    places = torch.arange(-20_000, 20_001, dtype=torch.float64)
    inside = torch.tensor([float(place) in region for place in places])
    density = part.log_prob(outputs[:1].expand(len(places), -1), (places * step).unsqueeze(1)).squeeze(1).exp()
    nothing = part.log_prob(outputs[:1], torch.full((1, 1), math.nan, dtype=torch.float64)).exp()
    return float(density[inside].sum() * step) + region.empty * float(nothing)


@pytest.mark.parametrize("kind", LABELS + NUMBERS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("which", range(7))
@pytest.mark.parametrize("seed", [0, 1])
def test_the_mass_of_a_region_is_the_sum_of_its_cells(kind: Kind, which: int, seed: int) -> None:
    part, found = column(kind), regions(kind)
    region, outputs = found[which % len(found)], drawn_outputs(column(kind), 1, seed)
    log_mass = part.sample_truncated(outputs, torch.rand(1, dtype=torch.float64), Regions.of(region)).log_mass
    assert part.log_mass(outputs, Regions.of(region)).equal(log_mass)
    assert float(log_mass.exp()) == pytest.approx(enumerated(part, outputs, kind, region), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("kind", LABELS + NUMBERS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("which", range(7))
def test_what_is_drawn_lies_in_the_region(kind: Kind, which: int) -> None:
    part, found = column(kind), regions(kind)
    region = found[which % len(found)]
    outputs, uniforms = drawn_outputs(part, 1000), torch.linspace(0, 1 - 1e-9, 1000, dtype=torch.float64)
    codes, log_mass = part.sample_truncated(outputs, uniforms, Regions.of(region))
    if bool(log_mass[0].isfinite()):
        for number in numbers_of(kind, codes).tolist():
            assert region.empty if math.isnan(number) else number in region


@pytest.mark.parametrize("kind", LABELS + NUMBERS, ids=lambda kind: kind.name)
def test_cells_are_drawn_as_often_as_they_are_probable_in_the_region(kind: Kind) -> None:
    part, region = column(kind), regions(kind)[0 if not isinstance(kind, Categorical) else 1]
    rows = 40_000
    outputs = drawn_outputs(part, rows)
    uniforms = (torch.arange(rows, dtype=torch.float64) + 0.5) / rows  # as even as can be: no chance in it
    codes, log_mass = part.sample_truncated(outputs, uniforms, Regions.of(region))
    values, counts = torch.unique(numbers_of(kind, codes), return_counts=True)
    step = 1.0 if isinstance(kind, Categorical) else kind.format.resolution
    with torch.no_grad():
        log_prob = part.log_prob(outputs[: len(values)], (values * step).unsqueeze(1)).squeeze(1)
    expected = (log_prob + math.log(step) - log_mass[0]).exp()
    # A cell is reached by several logistics from several pieces, each with its own rounding of an even share.
    torch.testing.assert_close(counts.double() / rows, expected, rtol=0, atol=40 / rows)


def towns() -> Categorical:
    return Categorical("towns", tuple(f"t{n:03}" for n in range(MOST_ONE_HOT + 1)), {"x": 1}, missing=True, rows=900)


@pytest.mark.parametrize("kind", [BINARY, COLOURS, LETTERS, OFTEN_EMPTY, towns()], ids=lambda kind: kind.name)
def test_labels_within_a_region_are_the_outcomes_seen_with_their_probabilities_given_it(kind: Categorical) -> None:
    part = column(kind)
    part.draw_weights(torch.Generator().manual_seed(0))
    outputs = torch.randn(5, len(part.output_columns), generator=torch.Generator().manual_seed(1))
    every = torch.arange(kind.seen, dtype=torch.float64)
    with torch.no_grad():
        log_prob = torch.stack(
            [part.log_prob(outputs.double(), every[s].expand(5, 1))[:, 0] for s in range(kind.seen)], 1
        )
        for region in (cells({0}), cells({0, 2, kind.seen}), ~cells({1}), ANYTHING, kind.present):
            codes, probabilities = part.outcomes_within(outputs, Regions.of(region), 7)
            inside = torch.tensor([float(code) in region for code in every])
            expected = log_prob.masked_fill(~inside, -math.inf).softmax(1)
            assert torch.equal(codes, every.expand(5, -1))
            torch.testing.assert_close(probabilities, expected, rtol=1e-9, atol=0)
            torch.testing.assert_close(probabilities.sum(1), torch.ones(5, dtype=torch.float64), rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", NUMBERS, ids=lambda kind: kind.name)
def test_numbers_within_a_region_are_its_even_quantiles(kind: Kind) -> None:
    part, count = column(kind), 9
    outputs = torch.cat([drawn_outputs(part, 1, seed) for seed in range(3)])
    for region in [*regions(kind)[:2], kind.present]:
        codes, probabilities = part.outcomes_within(outputs, Regions.of(region), count)
        assert codes.shape == (3, count)
        assert torch.equal(probabilities, torch.full((3, count), 1 / count, dtype=torch.float64))
        for share, quantiles in zip((torch.arange(count) + 0.5) / count, codes.T, strict=True):
            drawn = part.sample_truncated(outputs, share.double().expand(3), Regions.of(region)).codes
            torch.testing.assert_close(quantiles, drawn, rtol=0, atol=0, equal_nan=True)


def test_a_region_in_the_far_tail_is_drawn_from_without_loss() -> None:
    kind, region = bell(), Region(((400, 410),))  # 40 to 41, where −6 to 6 was recorded
    part = column(kind)
    outputs = torch.zeros(500, len(part.output_columns), dtype=torch.float64)
    codes, log_mass = part.sample_truncated(outputs, torch.linspace(0, 1, 500, dtype=torch.float64), Regions.of(region))
    assert -40 < float(log_mass[0]) < -10
    assert len(set(codes.tolist())) == 11


@torch.no_grad()
def test_a_few_rows_at_a_time_are_drawn_as_all_are(monkeypatch: pytest.MonkeyPatch) -> None:
    part, uniforms = column(bell()), torch.rand(50, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    outputs, many = drawn_outputs(part, 50), Regions.of(cells({2 * place for place in range(-300, 300)}))
    whole = part.sample_truncated(outputs, uniforms, many)
    monkeypatch.setattr(geometry, "MASSES_AT_ONCE", 7 * COMPONENTS * 600)
    parts = part.sample_truncated(outputs, uniforms, many)
    assert parts.codes.equal(whole.codes)
    assert part.log_mass(outputs, many).equal(parts.log_mass)
    assert torch.allclose(parts.log_mass, whole.log_mass, rtol=0, atol=1e-12)
    held: list[int] = []

    def counted(found: Tensor, intervals: Tensor, bound: Tensor | None) -> Within:
        within = log_within(found, intervals, bound)
        held.append(within.of_logistics.numel())
        return within

    monkeypatch.setattr(logistics, "log_within", counted)
    part.sample_truncated(outputs, uniforms, many)
    assert max(held) <= 7 * COMPONENTS * 600
