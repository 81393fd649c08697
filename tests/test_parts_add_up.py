"""Parts of rows and their conditionals fit together, on a table as it is: from the command line and in Python."""

import io
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import made_cli
from tests.cli.program import made

PENGUINS = Path(__file__).resolve().parent.parent / "sample_data" / "penguins.csv"
SIX: tuple[tuple[str, ...], ...] = (
    *(("sex", "body_mass_g"), ("body_mass_g", "sex"), ("year", "species"), ("bill_length_mm", "island")),
    *(("sex", "year", "island"), ("flipper_length_mm", "species", "body_mass_g")),
)


@pytest.fixture(scope="module", params=["natural", "3", "all"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has hardly learned anything: its factorisations do not agree with each other by themselves."""
    folder = tmp_path_factory.mktemp("penguins") / "run"
    options = ("--orderings", request.param, "--hidden", "16", "--epochs", "3", "-q")
    done = made("train", PENGUINS, "--out", folder, *options)
    assert (done.code, done.err) == (0, "")
    return folder


def scored(run: Path, columns: tuple[str, ...], given: tuple[str, ...] = ()) -> NDArray[np.float64]:
    options = ["--columns", ",".join(columns), *(["--given", ",".join(given)] if given else [])]
    done = made("score", run, PENGUINS, *options, "-q")
    assert (done.code, done.err) == (0, "")
    return pd.read_csv(io.StringIO(done.out))["log_prob"].to_numpy(dtype=np.float64)


@pytest.mark.parametrize("columns", SIX, ids=", ".join)
def test_the_command_line_scores_parts_that_add_up_in_any_order(run: Path, columns: tuple[str, ...]) -> None:
    whole = scored(run, columns)
    for split in range(1, len(columns)):
        first, rest = columns[:split], columns[split:]
        np.testing.assert_allclose(scored(run, first) + scored(run, rest, first), whole, rtol=0, atol=1e-5)


def test_python_scores_parts_of_pairs_and_triples_in_any_order_that_add_up(run: Path) -> None:
    density, frame = made_cli.load(run), pd.read_csv(PENGUINS, dtype=str, keep_default_na=False)[::5]
    orders = [*permutations(frame.columns[:4], 2), *permutations(frame.columns[3:7], 3)]
    for columns in orders:
        a, b = [columns[0]], list(columns[1:])
        parts = density.score_samples(frame, columns=a) + density.score_samples(frame, columns=b, given=a)
        np.testing.assert_allclose(parts, density.score_samples(frame, columns=list(columns)), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("column", "given"),
    [("species", ()), ("species", ("island", "year")), ("sex", ("body_mass_g",)), ("island", ("sex", "species"))],
)
def test_the_probabilities_of_all_labels_given_other_columns_sum_to_1(
    run: Path, column: str, given: tuple[str, ...]
) -> None:
    density, frame = made_cli.load(run), pd.read_csv(PENGUINS, dtype=str, keep_default_na=False)
    labels = frame[column].unique()  # an empty cell is one of them, where the table has any
    scores = [density.score_samples(frame.assign(**{column: x}), columns=[column], given=given) for x in labels]
    np.testing.assert_allclose(np.exp(scores).sum(axis=0), 1, rtol=0, atol=1e-5)
    others = [str(name) for name in frame if name != column]
    scores = [density.score_samples(frame.assign(**{column: x}), columns=[column], given=others) for x in labels]
    np.testing.assert_allclose(np.exp(scores).sum(axis=0), 1, rtol=0, atol=1e-5)
