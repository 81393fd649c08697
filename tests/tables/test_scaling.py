"""The fixed monotone scaling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_cli.tables.scaling import Scaling, fit_scaling

SAMPLES = {
    "normal": np.random.default_rng(0).normal(170, 9, 2000),
    "incomes": np.exp(np.random.default_rng(1).normal(10, 1, 2000)),
    "minus incomes": -np.exp(np.random.default_rng(1).normal(10, 1, 2000)),
    "heavy tails": np.random.default_rng(2).standard_cauchy(2000),
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
def test_scaled_numbers_have_mean_0_and_deviation_1(name: str) -> None:
    z = fit_scaling(SAMPLES[name]).forward(SAMPLES[name])
    assert z.mean() == pytest.approx(0, abs=1e-9)
    assert z.std() == pytest.approx(1)


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
    scaling, at = Scaling(origin, width, mean, deviation), np.array([x])
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
    assert np.isfinite([scaling.origin, scaling.width or 1.0, scaling.mean, scaling.deviation]).all()
    assert scaling.deviation > 0
    assert np.isfinite(scaling.forward(np.array(x))).all()
    assert np.abs(scaling.forward(np.array(x))).max() < 100
    assert np.isfinite(scaling.slope(np.array(x))).all()


@pytest.mark.parametrize("count", [1, 3, 7])
def test_numbers_that_are_all_the_same_are_not_spread_by_rounding(count: int) -> None:
    assert fit_scaling(np.full(count, 0.1)).deviation == 1
