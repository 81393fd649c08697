"""Codes of a schema become the values that relations speak of."""

import numpy as np
import pandas as pd

from made_cli.config import Missing
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.files.table import table_of_frame
from made_cli.tables.relations.implications import Condition
from made_cli.tables.relations.quantity import Values
from made_cli.tables.relations.values import values_of

FRAME = pd.DataFrame(
    {
        "land": ["DE", "FR", "", "US", "DE", "FR"] * 20,
        "toll": ["yes", "no", "yes", "no", "yes", "no"] * 20,
        "weight": [str(number / 10) for number in range(119)] + [""],
        "city": [*["Ulm", "Bonn"] * 57, "Aa", "Bb", "Cc", "Dd", "Ee", "Ff"],
    }
)


def values_in(frame: pd.DataFrame, missing: Missing = "outcome") -> Values:
    schema = schema_of(infer(table_of_frame(FRAME), missing=missing), "frame")
    return values_of(schema.encode(table_of_frame(frame)), schema.kinds)


def test_an_empty_cell_is_nan_whether_training_had_one_or_not() -> None:
    for missing in ("outcome", "marginal"):
        values = values_in(FRAME.assign(toll=""), missing)
        assert np.array_equal(np.isnan(values[:, :3]), FRAME.assign(toll="")[["land", "toll", "weight"]] == "")


def test_labels_are_their_codes_and_numbers_themselves() -> None:
    values = values_in(FRAME)
    assert values[0, 0] == values[4, 0] != values[1, 0]
    assert values[10, 2] == 1.0


def test_rare_labels_share_a_value_that_is_called_so() -> None:
    values, kinds = values_in(FRAME), schema_of(infer(table_of_frame(FRAME)), "frame").kinds
    assert len({*values[-6:, 3]}) == 1
    said = Condition(3, (float(values[0, 3]), float(values[-1, 3]))).said(kinds)
    assert said == "city is 'Ulm' or a rare label"


def test_a_label_that_training_had_not_is_a_value() -> None:
    assert not np.isnan(values_in(FRAME.assign(land="XX"))[:, 0]).any()
