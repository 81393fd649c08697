"""What docs/formats.md says of files and JSON is what there is."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from made_cli.runs.metrics import Evaluation, NetworkMetrics, RunMetrics
from made_cli.runs.names import MAY_COUNT
from made_cli.runs.record import RunRecord
from tests.cli.program import LEARN_FAST, evaluated, made, strict_json

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
TEXT = PAGE.read_text(encoding="utf-8")
JSON = TEXT.partition("## JSON")[2].partition("## Run folder")[0]


def _documented(command: str) -> set[str]:
    (cells,) = re.findall(rf"^\| `made {command}` \| (.*) \|$", JSON, re.MULTILINE)
    return set(re.findall(r"`([^`]+)`", cells))


def _named(begin: str) -> set[str]:
    """Returns what a paragraph, or a line of a table, that begins so names in code."""
    return set(re.findall(r"`(\w+)`", TEXT.partition(f"\n{begin}")[2].partition("\n\n")[0]))


def _names(record: type) -> set[str]:
    return {field.name for field in fields(record)}


def _said(*arguments: str | Path) -> dict[str, Any]:
    done = made(*arguments, "--json")
    assert done.code == 0, done.err
    return strict_json(done.out)


@pytest.mark.usefixtures("few_rows")
def test_json_has_the_keys_that_the_docs_list(run: Path, tables: Path, tmp_path: Path) -> None:
    table, out = tables / "t.csv", tmp_path / "o.csv"
    found = {
        "schema": _said("schema", table),
        "score": _said("score", run, table, "-o", out),
        "impute": _said("impute", run, table, "-o", out, "--force"),
        "query": _said("query", run, "age > 30", "--samples", "100"),
        "ensemble-eval": evaluated(run, table, "--fit-on", table, *LEARN_FAST),
        "compare": _said("compare", table, table, "--no-classifier"),
        "info": _said("info", run),
        "verify": _said("verify", run),
    }
    assert {command: set(said) for command, said in found.items()} == {
        command: _documented(command) for command in found
    }


def test_a_training_says_what_metrics_json_holds(tables: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    said = _said("train", tables / "t.csv", "--out", folder, "--hidden", "8", "--epochs", "1")
    assert said == json.loads((folder / "metrics.json").read_bytes())
    assert _named("`metrics.json`: ") >= _names(RunMetrics) | _names(NetworkMetrics) == {*said, *said["networks"][0]}
    line = json.loads((folder / "metrics.jsonl").read_text().splitlines()[0])
    assert _named("A line of `metrics.jsonl`: ") == {*line} == {"network"} | _names(Evaluation)


def test_every_file_of_a_run_folder_is_listed() -> None:
    listed = re.findall(r"^\| `([\w./]+)`", TEXT.partition("## Run folder")[2].partition("## Exit")[0], re.MULTILINE)
    assert {name.partition("/")[0] for name in listed} == {name.partition("/")[0] for name in MAY_COUNT} | {
        "manifest.json",
        "metrics.jsonl",
        "rows",
    }
    assert _names(RunRecord) <= _named("| file | what |")
