"""Mutual information of pairs: what enumeration gives, nothing where nothing depends, and its bias taken off."""

import math
from collections import Counter

import numpy as np
import pytest

from made_cli.fidelity import contingency
from made_cli.fidelity.dependence import dependence


def plug_in(a: list[int], b: list[int]) -> float:
    """The mutual information of the table of counts itself, nats."""
    n, p, q, joint = len(a), Counter(a), Counter(b), Counter(zip(a, b, strict=True))
    return sum(count / n * math.log(count * n / (p[x] * q[y])) for (x, y), count in joint.items())


def freedom(a: list[int], b: list[int]) -> int:
    return len(set(zip(a, b, strict=True))) - len(set(a)) - len(set(b)) + 1


@pytest.mark.parametrize("panel", [1024, 4])
def test_each_pair_has_the_information_of_its_counts_less_the_bias(panel: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contingency, "PANEL", panel)
    rng = np.random.default_rng(0)
    first = rng.integers(0, 3, 500)
    table = np.stack([first, (first + rng.integers(0, 2, 500)) % 4, rng.integers(0, 2, 500), first * 0], axis=1)
    found = dependence(table)
    for i in range(4):
        for j in range(4):
            if i != j:
                a, b = table[:, i].tolist(), table[:, j].tolist()
                expected = max(0.0, plug_in(a, b) - freedom(a, b) / 1000)
                assert found.information[i, j] == pytest.approx(expected, abs=1e-9)
    assert np.isnan(np.diagonal(found.information)).all()
    assert (found.information[3, :3] == 0).all()
    assert found.strongest(9)[0] == (0, 1)
    assert all(3 not in pair for pair in found.strongest(9))


def test_the_standard_error_is_that_of_many_tables() -> None:
    rng, estimates, errors = np.random.default_rng(1), [], []
    for _ in range(200):
        first = rng.integers(0, 2, 400)
        found = dependence(np.stack([first, np.where(rng.random(400) < 0.8, first, 1 - first)], axis=1))
        estimates.append(found.information[0, 1])
        errors.append(found.se[0, 1])
    truth = math.log(2) + 0.8 * math.log(0.8) + 0.2 * math.log(0.2)
    assert abs(np.mean(estimates) - truth) < 3 * np.std(estimates) / math.sqrt(200)
    assert 0.85 < np.mean(errors) / np.std(estimates) < 1.15
