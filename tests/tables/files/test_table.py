"""A table reads each of its columns once."""

import numpy as np
import pandas as pd
import pytest

from made_cli.config import Missing, NetworkConfig, TrainingConfig
from made_cli.fidelity.alignment import align
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.schema import Schema
from made_cli.tables.events.evidence import evidence_from_table
from made_cli.tables.files.table import Table
from made_cli.tables.text.column import Column, read_column
from made_cli.training.prepare import prepare
from tests.tables.small import table


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the columns that are read, in turn."""
    names: list[str] = []

    def counting(series: "pd.Series[int]") -> Column:
        names.append(str(series.name))
        return read_column(series)

    monkeypatch.setattr("made_cli.tables.files.table.read_column", counting)
    return names


def mixed(rows: int = 60) -> Table:
    rng = np.random.default_rng(0)
    return table(
        label=rng.choice(np.array(["a", "b", ""], dtype=object), rows).tolist(),
        number=[f"{x:.1f}" for x in rng.normal(size=rows)],
        day=[f"2024-{1 + place // 28:02d}-{1 + place % 28:02d}" for place in range(rows)],
        note=[f"note {place}" for place in range(rows)],
    )


def schema() -> Schema:
    return schema_of(infer(mixed()), "data.csv")


@pytest.mark.parametrize("missing", ["outcome", "marginal"])
def test_preparing_a_training_reads_each_column_once(readings: list[str], missing: Missing) -> None:
    data, valid = mixed(), mixed(20)
    training = TrainingConfig(missing=missing)
    prepare(data, None, NetworkConfig(), training)
    assert sorted(readings) == ["day", "label", "note", "number"]
    readings.clear()
    prepare(mixed(), valid, NetworkConfig(), training)
    assert sorted(readings) == ["day", "day", "label", "label", "note", "number", "number"]


def test_questions_about_a_table_read_each_column_once(readings: list[str]) -> None:
    found, data = schema(), mixed(20)
    readings.clear()
    found.encode(data)
    found.empty(data)
    evidence_from_table(found, data)
    align(found, "data.csv").read(data)
    assert sorted(readings) == ["day", "label", "number"]


def test_a_column_is_kept_for_its_table_alone() -> None:
    one, other = mixed(), mixed(20)
    assert one.column("label") is one.column("label")
    assert (one.column("label").rows, other.column("label").rows) == (60, 20)


def test_what_is_kept_of_a_column_of_few_texts_is_a_byte_a_row() -> None:
    data = table(bit=["0", "1"] * 500, many=[str(place) for place in range(1000)])
    assert data.column("bit").inverse.nbytes == 1000
    assert data.column("many").inverse.tolist() == list(range(1000))
