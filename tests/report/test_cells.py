"""The cells of a column in groups: every cell is in one, and each group says what is in it."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from made_cli.report.cells import EMPTY, OTHERS, equally_full, equally_wide, shortened, written
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.files.table import table_of_frame


def kind_of(cells: Sequence[object]) -> Kind:
    table = table_of_frame(pd.DataFrame({"x": cells}))
    return schema_of(infer(table), "x.csv").kinds[0]


def test_labels_are_named_as_they_are_written_and_the_rarest_together() -> None:
    kind = kind_of(["a"] * 9 + ["b"] * 5 + ["c"] * 3 + ["d"] * 2 + [None])
    values = kind.encode(["a", "a", "a", "b", "b", "c", "d", ""])
    values[values == kind.encode([""])[0]] = math.nan
    groups = equally_wide(kind, values, 3)
    assert groups.names == ("a", "b", OTHERS, EMPTY)
    assert groups.of(values).tolist() == [0, 0, 0, 1, 1, 2, 2, 3]
    assert groups.shares(values).tolist() == [3 / 8, 2 / 8, 2 / 8, 1 / 8]
    assert equally_wide(kind, values, 4).names == ("a", "b", "c", "d", EMPTY)


def test_a_label_never_seen_is_called_so() -> None:
    kind = kind_of(["a", "b"] * 20)
    assert [written(kind, code) for code in kind.encode(["b", "z"])] == ["b", "(never seen in training)"]


def test_bars_of_whole_numbers_hold_equally_many_of_them() -> None:
    cells = np.repeat(np.arange(100), 3)
    kind = kind_of(cells.tolist())
    groups = equally_wide(kind, cells.astype(float), 10)
    inner = groups.shares(cells.astype(float))[1:-1]
    assert np.ptp(inner) == pytest.approx(0, abs=1e-12)
    assert groups.names[0] == "0"


def test_ranges_to_see_dependence_have_equally_many_rows_as_far_as_ties_allow() -> None:
    cells = np.arange(800) / 10
    groups = equally_full(kind_of(cells.tolist()), cells, 8)
    assert groups.shares(cells).tolist() == [1 / 8] * 8
    assert groups.names[:2] == ("0", "10")
    tied = equally_full(kind_of(cells.tolist()), np.where(cells < 60, 0.0, cells), 8)
    assert len(tied.names) == 3
    assert tied.shares(np.array([0.0, 79.0, math.nan])).sum() == 1


@pytest.mark.parametrize("values", [np.array([math.nan] * 3), np.array([5.0])])
def test_a_column_of_nothing_or_of_one_cell_has_a_group(values: np.ndarray) -> None:
    kind = kind_of([*range(1, 100), *range(1, 100), None])
    for groups in (equally_wide(kind, values, 8), equally_full(kind, values, 8)):
        assert groups.shares(values).tolist() == [1.0]


def test_control_characters_are_spelled_out() -> None:
    assert shortened("a\x1b[2J\u202e") == "a\\x1b[2J\\u202e"
