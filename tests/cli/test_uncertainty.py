"""An estimate with its uncertainty as people read it."""

import math

import pytest

from made_cli.cli.uncertainty import shown
from made_cli.inference.disagreement import Disagreement
from made_cli.inference.queries import Probability


def probability(p: float, std: float, least: float, greatest: float, se: float = 0.0) -> Probability:
    return Probability(p, se, 2000, 8, Disagreement(std, least, greatest))


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (probability(0.412, 0.0812, 0.3149, 0.549, 2e-4), "0.41 ± 0.08 (members 0.31–0.55; sampling error < 0.001)"),
        (probability(0.412, 0.0132, 0.4, 0.43, 0.0026), "0.412 ± 0.013 (members 0.400–0.430; sampling error 0.0026)"),
        (probability(0.41, 0.0, 0.41, 0.41, 0.02), "0.410 ± 0.020 (members all 0.410; sampling error 0.0200)"),
        (probability(0.75, 0.2, 0.5, 0.9), "0.75 ± 0.20 (members 0.50–0.90; no sampling error)"),
        (
            probability(0.99972, 4e-5, 0.9996, 1 - 1e-9),
            "0.99972 ± 0.00004 (members 0.99960–1.00000; no sampling error)",
        ),
        (probability(0.0004, 0.06, 0.0, 0.12), "0.00 ± 0.06 (members 0–0.12; no sampling error)"),
        (
            probability(4.2e-7, 1e-8, 4e-7, 5e-7, 5e-9),
            "4.20e-07 ± 1.1e-08 (members 4.00e-07–5.00e-07; sampling error 5.0e-09)",
        ),
        (probability(2e-5, 5e-5, 0.0, 9e-5), "2e-05 ± 5e-05 (members 0–9e-05; no sampling error)"),
        (probability(4.3e-20, 1e-20, 1e-25, 9e-20), "0 ± < 1e-12 (members all 0; no sampling error)"),
        (probability(1.0, 1e-16, 1.0, 1.0), "1.000000 ± < 1e-06 (members all 1.000000; no sampling error)"),
        (probability(1e-6, 0.0, 1e-6, 1e-6), "1.000000e-06 ± < 1e-12 (members all 1.000000e-06; no sampling error)"),
        (probability(1.0, 0.0, 1.0, 1.0), "1 (certain)"),
        (probability(0.0, 0.0, 0.0, 0.0), "0 (certain)"),
    ],
)
def test_figures_have_the_digits_that_the_uncertainty_supports(found: Probability, line: str) -> None:
    assert shown(found) == line


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (
            Probability(0.4123, 0.0031, 2000, 1, None),
            "0.412 (one member: how sure cannot be told; sampling error 0.0031)",
        ),
        (
            Probability(0.5, 0.0, 0, 8, None),
            "0.500 (8 members that are alike here: how sure cannot be told; no sampling error)",
        ),
        (Probability(0.99972, 0.0, 0, 1, None), "0.9997200 (one member: how sure cannot be told; no sampling error)"),
        (Probability(1.0, 0.0, 0, 1, None), "1.0000000 (one member: how sure cannot be told; no sampling error)"),
        (Probability(4.3e-20, 0.0, 0, 1, None), "0 (one member: how sure cannot be told; no sampling error)"),
    ],
)
def test_one_member_by_itself_never_looks_sure(found: Probability, line: str) -> None:
    assert shown(found) == line


def test_the_margin_covers_members_and_sampling() -> None:
    assert probability(0.5, 0.03, 0.4, 0.6, 0.04).uncertainty == pytest.approx(0.05)
    assert Probability(0.5, 0.04, 2000, 1, None).uncertainty is None


def test_nothing_but_what_is_certain_is_shown_without_a_margin() -> None:
    for exponent in range(-30, 1):
        for std in (0.0, 1e-20, 1e-9, 1e-3, 0.3):
            line = shown(probability(math.exp(exponent), std, 0.0, 0.7, 1e-18))
            assert "± 0 " not in line
            assert "-0" not in line.replace("e-0", "")
            assert "±" in line
