"""The values of a table whose columns were understood are those that any table has which is read by its kinds."""

import numpy as np
import pandas as pd
import pytest

from made_cli.fidelity.alignment import align
from made_cli.tables.columns import quantities
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.values import Values
from made_cli.tables.files.table import Table

ROWS = 200


def messy() -> Table:
    """Marks of empty cells, a slip among times, signed zeros, labels of one row, numbers of a file with types."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2020-01-01", periods=ROWS).strftime("%d.%m.%Y").tolist()
    frame = pd.DataFrame(
        {
            "label": [*rng.choice(["a", "b", " ", "NA"], ROWS - 2), "c", "d"],
            "answer": rng.choice(["Yes", "yes", "no", ""], ROWS),
            "number": [*rng.normal(size=ROWS - 3).round(2).astype(str), "-0.0", "0.0", "n/a"],
            "money": [f"{number:.2f}".replace(".", ",") for number in rng.normal(50, 20, ROWS)],
            "day": [*days[:-2], "soon", ""],
            "typed": np.where(rng.random(ROWS) < 0.2, np.nan, rng.normal(size=ROWS)),
            "name": [f"person {number}" for number in range(ROWS)],
        }
    )
    return Table(frame.astype({"typed": "Float64"}), "t.csv", None)


def test_values_are_those_of_a_table_that_is_read_by_the_kinds() -> None:
    table = messy()
    findings = infer(table)
    alignment, values = align(schema_of(findings, "t.csv"), "t.csv"), Values(findings)
    assert [kind.name for kind in values.kinds] == [kind.name for kind in alignment.kinds]
    rows, every = np.random.default_rng(1).permutation(ROWS)[:50], range(len(values.kinds))
    assert values.of(slice(None), every).tobytes() == alignment.read(table).tobytes()
    assert values.of(rows, every).tobytes() == alignment.read(table)[rows].tobytes()


def test_only_the_columns_that_are_asked_for_are_read() -> None:
    values = Values(infer(messy()))
    whole = values.of(slice(None), range(len(values.kinds)))
    assert values.of(slice(10, 30), [2])[:, 2].tobytes() == whole[10:30, 2].tobytes()


def test_what_is_no_density_is_found_without_a_scaling(monkeypatch: pytest.MonkeyPatch) -> None:
    def fit_scaling(_: object) -> None:
        raise AssertionError

    findings = infer(messy())
    scaled = {kind.name: kind for kind in schema_of(findings, "t.csv").kinds}
    monkeypatch.setattr(quantities, "fit_scaling", fit_scaling)
    for kind in Values(findings).kinds:
        assert kind.described == scaled[kind.name].described
        assert getattr(kind, "atoms", ()) == getattr(scaled[kind.name], "atoms", ())
