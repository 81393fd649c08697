"""The pure parts of density.py: which reading is chosen, and what its row says."""

import argparse
import json
from pathlib import Path

import pytest

from tests.benchmarks import density


def _readings(**nll: float | None) -> dict[str, object]:
    return {name: {"nll": value} for name, value in nll.items()}


def _result(**changes: object) -> density.Results:
    product = {"nll": 12.0, "nll_interval": [11.98, 12.02]}
    readings = _readings(bound=12.5, mixture=12.25, weighted=12.125) | {"product": product, "pool": product}
    told = {"set": "debd/plants", "rows": 17412, "columns": 69, "chosen": "product", "seconds": 300.4, "threads": 1}
    return told | readings | {"seed": 7, "train": "--seed 7"} | changes


def test_halves_count_by_their_rows() -> None:
    one, other = _readings(mixture=6.0, weighted=5.0, product=7.0, pool=8.0), _readings(mixture=9.0, weighted=8.0)
    judged = [one | {"rows": 3}, other | _readings(product=1.0, pool=2.0) | {"rows": 1}]
    assert density.cross_fitted(judged) == {"mixture": 6.75, "weighted": 5.75, "product": 5.5, "pool": 6.5}


def test_a_reading_that_claims_no_figure_is_not_chosen() -> None:
    one = _readings(mixture=6.0, weighted=5.0, product=None, pool=4.0) | {"rows": 2}
    other = _readings(mixture=6.0, weighted=5.0, product=1.0, pool=4.0) | {"rows": 2}
    assert density.cross_fitted([one, other]) == {"mixture": 6.0, "weighted": 5.0, "pool": 4.0}


def test_a_row_says_the_difference_at_the_upper_end_of_the_interval() -> None:
    cells = dict(zip(density.HEADERS, density.cells(_result()), strict=True))
    assert (cells["product"], cells["chosen"], cells["its NLL"]) == ("12.000 [11.980, 12.020]", "product", "12.020")
    assert (cells["best published"], cells["difference"]) == ("12.27", "-0.250 (-2.04 %)")
    assert (cells["N"], cells["D"], cells["seconds"], cells["seed"]) == ("17,412", "69", "300", "7")


def test_an_interval_without_an_end_claims_nothing() -> None:
    endless = {"nll": 12.0, "nll_interval": [11.98, None]}
    assert density.figure(endless) == "12.000 [11.980, ∞]"
    assert density.claimed(endless) == float("inf")


def test_results_of_other_options_are_refused(tmp_path: Path) -> None:
    (tmp_path / "debd-plants.json").write_text(json.dumps(_result()))
    asked = {"runs": tmp_path, "sets": ["debd/plants"], "preset": None, "minutes": None, "train": ""}
    assert [one["set"] for one in density.found(argparse.Namespace(**asked, seed=7))] == ["debd/plants"]
    with pytest.raises(SystemExit, match="--seed 7`; name another --runs"):
        list(density.found(argparse.Namespace(**asked, seed=8)))


def test_the_table_holds_the_results_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "debd-plants.json").write_text(json.dumps(_result()))
    asked = argparse.Namespace(runs=tmp_path, sets=["uci/dna", "debd/plants"])
    assert [one["seconds"] for one in density.kept(asked)] == [300.4]
