"""Numeric columns: mass, density, draws."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from made_cli.config import NetworkConfig
from made_cli.core.distributions.geometry import NumericGeometry
from made_cli.core.distributions.log_mass import LOG_SCALES
from made_cli.core.distributions.logistics import MixtureOfLogistics
from made_cli.core.made import Made
from made_cli.core.orderings import draw, natural
from made_cli.core.shapes.forms import COMPONENTS
from made_cli.tables.columns.categorical import UNSEEN
from made_cli.tables.columns.kinds import Numeric
from made_cli.tables.columns.scaling import Scaling, standardising
from made_cli.tables.text.numbers import NumberFormat
from tests.core.small import LETTERS, bell, chi_square, few_steps, numbers, skewed_counts

AFFINE = standardising(0.0, None, mean=8.0, deviation=6.0)
TRANSFORMED = standardising(3.0, 2.0, mean=1.0, deviation=0.8)
# Under these a third of the logistics' mass is below 0.
LOW_AFFINE = standardising(0.0, None, mean=2.0, deviation=6.0)
LOW_TRANSFORMED = standardising(3.0, 2.0, mean=-1.0, deviation=0.8)
KNOTS = Scaling(0.0, None, (-9.3, -4.0, -3.7, 2.0, 14.5, 15.0), (-2.0, -1.9, 0.1, 0.5, 1.0, 2.0))
TRANSFORMED_KNOTS = Scaling(3.0, 2.0, (-2.0, 0.1, 0.4, 1.9), (-1.5, -0.2, 0.9, 3.9))


def kind(scaling: Scaling, *, atoms: tuple[float, ...] = (), lower: float | None, missing: str | None) -> Numeric:
    return Numeric("x", NumberFormat(1.0, 0), scaling, atoms, lower, (-1.0, 0.0, 0.5, 1.0), missing)


KINDS = {
    "affine": kind(AFFINE, lower=None, missing=None),
    "affine, bounded, atoms, missing": kind(LOW_AFFINE, atoms=(0.0, 7.0), lower=0.0, missing="NA"),
    "transformed": kind(TRANSFORMED, lower=None, missing=""),
    "knots": kind(KNOTS, lower=None, missing=""),
    "transformed, knots, bounded, atoms": kind(TRANSFORMED_KNOTS, atoms=(0.0, 2.0), lower=0.0, missing=None),
    "transformed, bounded, atoms": kind(LOW_TRANSFORMED, atoms=(0.0, 5.0, 6.0), lower=0.0, missing=None),
}


@pytest.fixture(params=list(KINDS))
def column(request: pytest.FixtureRequest) -> Numeric:
    return KINDS[request.param]


def outputs_of(part: MixtureOfLogistics, rows: int, *, log_scale: float = -1.5, seed: int = 0) -> Tensor:
    """Draws one row of raw outputs, with logistics of about this scale, and repeats it."""
    generator = torch.Generator().manual_seed(seed)
    row = torch.randn(len(part.output_columns), generator=generator, dtype=torch.float64)
    row[part.discrete :].view(-1, COMPONENTS, 3)[..., 2] *= 0.3
    row[part.discrete :].view(-1, COMPONENTS, 3)[..., 2] += log_scale
    return row.expand(rows, -1)


def mass_of(column: Numeric, cells: Tensor, *, seed: int = 0) -> Tensor:
    """Returns the probability of each cell (N,), NaN for the empty one."""
    part = MixtureOfLogistics({0: column})
    log_density = part.log_prob(outputs_of(part, len(cells), seed=seed), cells.unsqueeze(1)).squeeze(1)
    return torch.where(cells.isnan(), log_density, log_density + math.log(column.format.resolution)).exp()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_probabilities_of_all_cells_sum_to_1(column: Numeric, seed: int) -> None:
    grid = torch.cat([torch.arange(-60_000, 60_000, dtype=torch.float64), torch.tensor([math.nan])])
    assert float(mass_of(column, grid, seed=seed).sum()) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("resolution", [50.0, 0.5])
def test_cells_of_any_width_sum_to_1(column: Numeric, resolution: float) -> None:
    column = replace(column, format=NumberFormat(resolution, 0), atoms=column.atoms[:1])
    grid = torch.cat([torch.arange(-60_000, 60_000) * resolution, torch.tensor([math.nan])]).double()
    assert float(mass_of(column, grid).sum()) == pytest.approx(1, abs=1e-9)


def test_a_density_of_fine_resolution_integrates_to_1_in_the_users_units(column: Numeric) -> None:
    column = replace(column, format=NumberFormat(1e-7, 0))
    step = 0.01
    x = (torch.arange(-100_000, 100_000, dtype=torch.float64) + 0.5) * step  # no atom is on this grid
    smooth = float(mass_of(column, x).sum()) / column.format.resolution * step
    discrete = float(mass_of(column, torch.tensor([*column.atoms, math.nan], dtype=torch.float64)).sum())
    assert smooth + discrete == pytest.approx(1, abs=1e-5)


def test_below_the_bound_there_is_next_to_nothing_and_not_nothing() -> None:
    column = KINDS["affine, bounded, atoms, missing"]
    below = mass_of(column, torch.arange(-300, 0, dtype=torch.float64))
    assert (below > 0).all()
    assert float(below.sum()) < UNSEEN


def test_an_empty_cell_where_training_had_none_has_a_small_fixed_probability() -> None:
    assert float(mass_of(KINDS["affine"], torch.tensor([math.nan]))) == pytest.approx(UNSEEN)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("resolution", [1.0, 1e-4, 1e-9])
def test_the_density_never_exceeds_one_over_the_resolution(
    column: Numeric, resolution: float, dtype: torch.dtype
) -> None:
    column = replace(column, format=NumberFormat(resolution, 0))
    part = MixtureOfLogistics({0: column})
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(2000, len(part.output_columns), generator=generator, dtype=dtype) * 20
    tied = part.sample(outputs, torch.full((2000, 1), 0.5, dtype=torch.float64))  # numbers where the density is high
    log_density = part.log_prob(outputs, tied)
    assert (torch.where(tied.isnan(), 0, log_density) <= -math.log(resolution) + 1e-6).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("far", [1e12, 1e15, 1e40, 1e300])
@pytest.mark.parametrize("resolution", [1.0, 1e-9])
@pytest.mark.parametrize("log_scale", [-20.0, -1.5, 5.0])
def test_far_off_numbers_have_finite_scores_and_gradients(
    column: Numeric, far: float, resolution: float, log_scale: float, dtype: torch.dtype
) -> None:
    column = replace(column, format=NumberFormat(resolution, 0))
    part = MixtureOfLogistics({0: column})
    codes = torch.tensor([[far], [-far], [0.0], [math.nan]], dtype=torch.float64)
    outputs = outputs_of(part, 4, log_scale=log_scale).to(dtype).clone().requires_grad_()
    log_density = part.log_prob(outputs, codes)
    (gradient,) = torch.autograd.grad(log_density.sum(), outputs)
    assert log_density.isfinite().all()
    assert gradient.isfinite().all()
    assert part.features(codes).isfinite().all()
    assert (part.features(codes).abs() <= 8).all()


def test_float32_scores_as_float64_does(column: Numeric) -> None:
    part = MixtureOfLogistics({0: column})
    outputs = outputs_of(part, 400)
    codes = torch.arange(-100, 300, dtype=torch.float64).unsqueeze(1)
    expected = part.log_prob(outputs, codes)
    torch.testing.assert_close(part.log_prob(outputs.float(), codes).double(), expected, rtol=1e-5, atol=1e-5)


def test_log_prob_is_the_difference_of_two_cumulative_values() -> None:
    part = MixtureOfLogistics({0: KINDS["affine"]})
    outputs = outputs_of(part, 41)
    x = torch.arange(-10, 31, dtype=torch.float64)
    log_weight, location, log_scale = outputs[0, part.discrete :].view(COMPONENTS, 3).T
    above, below = (
        (torch.sigmoid((((x + half - 8) / 6)[:, None] - location) / log_scale.exp()) * log_weight.softmax(0)).sum(1)
        for half in (0.5, -0.5)
    )
    expected = (above - below) * (1 - UNSEEN)
    torch.testing.assert_close(part.log_prob(outputs, x[:, None])[:, 0].exp(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", [0, 1])
def test_draws_have_the_probabilities_of_their_cells(column: Numeric, seed: int) -> None:
    part = MixtureOfLogistics({0: column})
    rows, reach = 20_000, 3000
    uniforms = torch.rand(rows, 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    drawn = part.sample(outputs_of(part, rows, seed=seed), uniforms).squeeze(1)
    grid = torch.cat([torch.arange(-reach, reach + 1, dtype=torch.float64), torch.tensor([math.nan])])
    probabilities = mass_of(column, grid, seed=seed) * (grid.isnan() | (grid >= part.geometry.lower))
    probabilities *= 1.0 if column.missing is not None else (~grid.isnan()).double()
    place = torch.where(drawn.isnan(), 2 * reach + 1, drawn.clamp(-reach, reach) + reach).long()
    counts = torch.bincount(place, minlength=len(grid)).double()
    assert chi_square(counts, probabilities / probabilities.sum()) < 4


def test_draws_of_fine_resolution_follow_the_distribution_function() -> None:
    column = replace(KINDS["transformed"], format=NumberFormat(1e-9, 0), missing=None)
    part = MixtureOfLogistics({0: column})
    rows = 5000
    uniforms = torch.rand(rows, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    drawn = part.sample(outputs_of(part, rows), uniforms).squeeze(1).sort().values
    step = 0.01
    grid = (torch.arange(-50_000, 50_000, dtype=torch.float64) + 0.5) * step
    below = (mass_of(column, grid) / column.format.resolution * step).cumsum(0)
    expected = np.interp(drawn.numpy(), grid.numpy() + step / 2, below.numpy())
    distance = np.abs(expected - (np.arange(rows) + 0.5) / rows).max()
    assert distance < 1.63 / rows**0.5  # Kolmogorov's 1 in 100


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_draws_are_on_the_grid_and_never_below_the_bound(dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    for column in (KINDS["transformed, bounded, atoms"], KINDS["affine, bounded, atoms, missing"]):
        for resolution in (1.0, 0.1, 0.05):
            part = MixtureOfLogistics({0: replace(column, format=NumberFormat(resolution, 0))})
            outputs = torch.randn(8000, len(part.output_columns), generator=generator, dtype=dtype) * 10
            uniforms = torch.rand(8000, 1, generator=generator, dtype=torch.float64)
            uniforms[:2000] = 1 - 2**-53
            uniforms[2000:4000] = 0
            drawn = part.sample(outputs, uniforms)
            drawn = drawn[~drawn.isnan()]
            assert (drawn >= 0).all()
            near = drawn[drawn < 1e6] / resolution
            assert ((near - near.round()).abs() < 1e-6).all()


def test_a_draw_that_rounding_takes_below_the_bound_is_at_the_bound() -> None:
    geometry = NumericGeometry([KINDS["transformed, bounded, atoms"]])
    assert geometry.round(geometry.lower_z - 1e-9 * torch.ones(1, 1)).item() == 0


def test_no_logistic_is_finer_or_wider_than_the_limits() -> None:
    part = MixtureOfLogistics({0: KINDS["affine"]})
    codes = torch.arange(-5, 30, dtype=torch.float64).unsqueeze(1)
    scores = {}
    for log_scale in (*LOG_SCALES, LOG_SCALES[0] - 9, LOG_SCALES[1] + 9):
        outputs = outputs_of(part, len(codes)).clone()
        outputs[:, part.discrete + 2 :: 3] = log_scale
        scores[log_scale] = part.log_prob(outputs, codes)
    torch.testing.assert_close(scores[LOG_SCALES[0] - 9], scores[LOG_SCALES[0]])
    torch.testing.assert_close(scores[LOG_SCALES[1] + 9], scores[LOG_SCALES[1]])


@pytest.mark.parametrize("trained", [False, True])
def test_other_units_change_the_log_density_by_the_log_of_their_ratio_and_nothing_else(*, trained: bool) -> None:
    rng = np.random.default_rng(4)
    money = [f"{x:.2f}" for x in np.where(rng.random(500) < 0.3, 0, np.exp(rng.normal(3, 1, 500)))] + [""] * 9
    cents = [text and str(round(float(text) * 100)) for text in money]
    scores = []
    for texts in (money, cents):
        column = numbers(texts)
        codes = torch.from_numpy(np.stack([column.encode(texts), np.arange(len(texts)) % 5.0], 1))
        made = Made((column, LETTERS), NetworkConfig(hidden=(8, 8)), torch.Generator().manual_seed(0)).double()
        made.start_from_base_rates(codes)
        if trained:
            generator = torch.Generator().manual_seed(1)
            with torch.no_grad():
                for weight in made.parameters():
                    weight.add_(torch.randn(weight.shape, generator=generator, dtype=torch.float64), alpha=0.3)
        with torch.no_grad():
            scores.append(made.log_prob(codes, draw(2, np.random.default_rng(0))))
    empty = torch.tensor([text == "" for text in money])
    difference = scores[0] - scores[1]
    expected = torch.where(empty, 0.0, math.log(100))
    torch.testing.assert_close(difference[:, 0], expected.double(), rtol=0, atol=1e-7)
    torch.testing.assert_close(difference[:, 1], torch.zeros(len(money)).double(), rtol=0, atol=1e-7)


@pytest.mark.parametrize("scaling", [AFFINE, TRANSFORMED])
def test_torch_scales_as_numpy_does_and_back(scaling: Scaling) -> None:
    x = np.array([-1e12, -300.0, -1.0, 0.0, 2.5, 3.0, 17.0, 1e6, 1e12])
    geometry = NumericGeometry([kind(scaling, lower=None, missing=None)])
    np.testing.assert_allclose(
        geometry.scale(torch.from_numpy(x)[:, None])[:, 0].numpy(), scaling.forward(x), rtol=1e-12
    )
    near = np.array([-100.0, -3.0, 0.0, 5.0, 120.0])
    np.testing.assert_allclose(geometry.round(torch.from_numpy(scaling.forward(near))[:, None])[:, 0].numpy(), near)


@pytest.mark.parametrize("scaling", [AFFINE, TRANSFORMED])
def test_the_width_of_a_cell_is_the_slope_times_the_resolution(scaling: Scaling) -> None:
    x = np.array([-1e6, 0.0, 2.9, 3.0, 40.0])
    geometry = NumericGeometry([replace(kind(scaling, lower=None, missing=None), format=NumberFormat(1e-3, 3))])
    _, log_half = geometry.cell_interval(torch.from_numpy(x)[:, None])
    np.testing.assert_allclose(log_half.exp()[:, 0].numpy() * 2, scaling.slope(x) * 1e-3, rtol=1e-6)


def test_a_column_has_the_same_terms_and_features_whichever_columns_stand_beside_it() -> None:
    columns = {0: skewed_counts(), 1: bell(), 2: few_steps()}
    together = MixtureOfLogistics(columns)
    outputs = torch.randn(30, len(together.output_columns), dtype=torch.float64)
    codes = torch.randn(30, 3, dtype=torch.float64).mul(5).round()
    features, terms = together.features(codes), together.log_prob(outputs, codes)
    for index, column in columns.items():
        alone = MixtureOfLogistics({index: column})
        cell = codes[:, [index]]
        assert torch.equal(alone.features(cell), features[:, together.input_columns == index])
        part = alone.log_prob(outputs[:, together.output_columns == index], cell)
        torch.testing.assert_close(part, terms[:, [index]], rtol=0, atol=1e-12)


def test_the_untrained_model_gives_atoms_and_empty_cells_their_rates() -> None:
    column = skewed_counts()
    texts = ["0"] * 40 + [str(x) for x in range(1, 55)] + [""] * 6
    codes = torch.from_numpy(column.encode(texts)).unsqueeze(1)
    made = Made((column,), NetworkConfig(hidden=(4,)), torch.Generator().manual_seed(0)).double()
    made.start_from_base_rates(codes)
    cells = torch.tensor([[math.nan], [0.0]], dtype=torch.float64)
    empty, zero = made.log_prob(cells, natural(1)).exp().flatten().tolist()
    outcomes = 2 + len(column.atoms)
    assert 0.0 in column.atoms
    assert empty == pytest.approx(6.5 / (100 + outcomes / 2))
    assert zero == pytest.approx(40.5 / (100 + outcomes / 2), rel=0.1)  # and a little that the logistics add
