"""The fixed monotone scaling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_cli.tables.columns.scaling import LOGISTIC_DEVIATION, Scaling, fit_scaling, standardising

SAMPLES = {
    "normal": np.random.default_rng(0).normal(170, 9, 2000),
    "incomes": np.exp(np.random.default_rng(1).normal(10, 1, 2000)),
    "minus incomes": -np.exp(np.random.default_rng(1).normal(10, 1, 2000)),
    "heavy tails": np.random.default_rng(2).standard_cauchy(2000),
    "uniform": np.random.default_rng(3).random(2000),
    "two humps": np.random.default_rng(4).normal([[-9.0], [5.0]], 1, (2, 1000)).ravel(),
    "counts": np.random.default_rng(5).poisson(30, 2000).astype(float),
}


@pytest.mark.parametrize("name", ["incomes", "minus incomes", "heavy tails"])
def test_skewed_and_heavy_tailed_numbers_are_bent_to_about_normal(name: str) -> None:
    scaling = fit_scaling(SAMPLES[name])
    assert scaling.width is not None
    z = scaling.forward(SAMPLES[name])
    assert abs(float((z**3).mean())) < 0.5
    assert np.abs(z).max() < 8


def test_normal_numbers_are_hardly_bent() -> None:
    slope = fit_scaling(SAMPLES["normal"]).slope(SAMPLES["normal"])
    assert slope.max() / slope.min() < 1.5


@pytest.mark.parametrize("name", list(SAMPLES))
def test_scaled_numbers_have_about_mean_0_and_deviation_1(name: str) -> None:
    z = fit_scaling(SAMPLES[name]).forward(SAMPLES[name])
    assert z.mean() == pytest.approx(0, abs=0.05)
    assert z.std() == pytest.approx(1, abs=0.05)


def test_few_or_normal_numbers_are_not_told_by_quantiles() -> None:
    assert len(fit_scaling(SAMPLES["normal"]).z) == 2
    assert len(fit_scaling(SAMPLES["uniform"][:30]).z) == 2


@pytest.mark.parametrize("name", ["uniform", "two humps"])
def test_quantiles_give_the_column_the_distribution_of_a_logistic(name: str) -> None:
    x = SAMPLES[name]
    scaling = fit_scaling(x)
    assert len(scaling.z) > 10
    below = 1 / (1 + np.exp(-scaling.forward(x) * LOGISTIC_DEVIATION))
    shares = np.arange(0.1, 1, 0.1)
    np.testing.assert_allclose([(below < share).mean() for share in shares], shares, atol=0.04)


@pytest.mark.parametrize("name", list(SAMPLES))
@pytest.mark.parametrize("unit", [1e-9, 100.0, 1e12])
def test_other_units_give_the_same_image(name: str, unit: float) -> None:
    x = SAMPLES[name]
    np.testing.assert_allclose(fit_scaling(x * unit).forward(x * unit), fit_scaling(x).forward(x), rtol=1e-6, atol=1e-9)


@given(
    st.floats(-1e6, 1e6), st.none() | st.floats(1e-3, 1e6), st.floats(-3, 3), st.floats(0.1, 4), st.floats(-1e9, 1e9)
)
def test_the_map_ascends_its_inverse_undoes_it_and_its_slope_is_the_derivative(
    origin: float, width: float | None, mean: float, deviation: float, x: float
) -> None:
    scaling, at = standardising(origin, width, mean, deviation), np.array([x])
    assert scaling.slope(at)[0] > 0
    assert scaling.inverse(scaling.forward(at))[0] == pytest.approx(x, rel=1e-6, abs=1e-3)
    step = 1e-3 * np.hypot(x - origin, width or 1.0)
    secant = (scaling.forward(at + step) - scaling.forward(at - step)) / (2 * step)
    assert secant[0] == pytest.approx(scaling.slope(at)[0], rel=1e-3)


@pytest.mark.parametrize(
    "x", [[0.1] * 9, [7.0], [0.0, 0.0], [1e300, -1e300, 5.0], [1e-300, 2e-300], [5e-324, 1e-320, 3e-321], [-1.0, 1.0]]
)
def test_awkward_numbers_have_a_finite_image(x: list[float]) -> None:
    scaling = fit_scaling(np.array(x))
    assert np.isfinite([scaling.origin, scaling.width or 1.0, *scaling.transformed, *scaling.z]).all()
    assert scaling.transformed[0] < scaling.transformed[-1]
    assert np.isfinite(scaling.forward(np.array(x))).all()
    assert np.abs(scaling.forward(np.array(x))).max() < 100
    assert np.isfinite(scaling.slope(np.array(x))).all()


@pytest.mark.parametrize("count", [1, 3, 7])
def test_numbers_that_are_all_the_same_are_not_spread_by_rounding(count: int) -> None:
    scaling = fit_scaling(np.full(count, 0.1))
    assert scaling.transformed[1] - scaling.transformed[0] == 2


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=9, unique=True), st.floats(-1e4, 1e4))
def test_knots_are_met_and_the_inverse_undoes_what_lies_between_and_beyond(transformed: list[float], x: float) -> None:
    knots = tuple(sorted(transformed))
    if min(np.diff(knots)) < 1e-3:
        return
    z = tuple(np.linspace(-2, 3, len(knots)) ** 3)
    scaling = Scaling(0.0, None, knots, z)
    np.testing.assert_allclose(scaling.forward(np.array(knots)), z, atol=1e-9)
    assert scaling.inverse(scaling.forward(np.array([x])))[0] == pytest.approx(x, rel=1e-6, abs=1e-3)
