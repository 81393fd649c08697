"""How a training went comes back from the folder as it was, in the keys that other programs read."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from made_cli.errors import Exit, UserError
from made_cli.runs.folder import Folder
from made_cli.runs.metrics import Evaluation, NetworkMetrics, ObjectiveMetrics, RowCounts, RunMetrics
from tests.runs.damage import rewrite

METRICS = RunMetrics(
    finished=False,
    converged=False,
    cycles=2,
    rows=RowCounts(90, 10),
    columns=4,
    parameters=1_234,
    valid={"mixture": ObjectiveMetrics(3.25)},
    seconds=1.5,
    networks=(
        NetworkMetrics("the last epoch", 3.25, 10, 20, 2, 1.25, converged=True),
        NetworkMetrics("interrupted", None, 0, 3, 0, 0.25, converged=False),
    ),
)


def opened(path: Path) -> Folder:
    folder = Folder(path)
    folder.open()
    return folder


def test_metrics_come_back_as_they_were(run: Path) -> None:
    folder = opened(run)
    folder.put_metrics(METRICS)
    folder.commit()
    assert opened(run).metrics() == METRICS


def test_metrics_have_the_keys_that_other_programs_read(run: Path) -> None:
    found = json.loads((run / "metrics.json").read_bytes())
    assert found.keys() == asdict(METRICS).keys()
    head = ["schema_version", "unit", "finished", "converged", "cycles"]
    assert list(found) == [*head, "rows", "columns", "parameters", "valid", "seconds", "networks"]
    assert found["rows"].keys() == {"train", "valid"}
    assert found["valid"].keys() == {"bound"}
    assert list(found["valid"]["bound"]) == ["nll"]
    network = ["stopped", "valid_nll", "best_step", "steps", "epochs", "seconds", "converged", "target_nll"]
    assert list(found["networks"][0]) == network


def test_a_line_of_an_evaluation_names_its_network(run: Path) -> None:
    evaluation = Evaluation(100, 2, 4.0, 4.5, 0.001, best=True, seconds=0.5)
    opened(run).append_evaluation(1, evaluation)
    line = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()[-1]
    assert json.loads(line) == {"network": 1, **asdict(evaluation)}


@pytest.mark.parametrize("data", [b"", b"{}", b'{"finished": "perhaps"}'])
def test_metrics_that_are_none_are_refused(run: Path, data: bytes) -> None:
    rewrite(run, "metrics.json", data)
    with pytest.raises(UserError, match=r"metrics\.json is damaged") as caught:
        opened(run).metrics()
    assert caught.value.code == Exit.RUN_REFUSED
