"""What a cell of another table means is decided by the real one."""

import numpy as np
import pandas as pd
import pytest

from made_cli.config import Overrides
from made_cli.errors import Exit, UserError
from made_cli.fidelity.alignment import NUMBERS, Alignment, align
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.files.table import Table


def table(source: str = "t.csv", **columns: list[str]) -> Table:
    frame = pd.DataFrame(columns, dtype=object)
    return Table(frame, source, np.arange(len(frame)) + 2)


def aligned(real: Table, **kinds: str) -> Alignment:
    return align(schema_of(infer(real, Overrides(kinds)), real.source), real.source)


def test_rare_labels_are_told_apart() -> None:
    real = table(x=["a"] * 5 + ["b"] * 5 + ["c", "d"])
    assert len(np.unique(aligned(real).read(real))) == 4


def test_labels_that_the_real_table_lacks_are_one_that_it_does_not_have() -> None:
    real, other = table(x=["a", "b", "c"] * 3), table(x=["new", "newer", "a"])
    alignment = aligned(real)
    new, newer, known = alignment.read(other)[:, 0]
    assert new == newer
    assert new not in alignment.read(real)
    assert known in alignment.read(real)
    assert max(new, known) < alignment.sizes[0]


def test_a_number_is_the_same_label_however_it_is_written() -> None:
    real, other = table(x=["0", "1"] * 5), table(x=["1.0", "0.0"])
    assert aligned(real).read(other)[:, 0].tolist() == aligned(real).read(table(x=["1", "0"]))[:, 0].tolist()


def test_empty_cells_are_nan_in_columns_of_every_kind() -> None:
    real = table(x=["a", "b", ""], n=["1", "", "3"], never=["", "", ""])
    cells = aligned(real, n="numeric").read(real)
    assert np.isnan(cells).tolist() == [[False, False, True], [False, True, True], [True, False, True]]
    assert aligned(real, n="numeric").sizes[1] == NUMBERS


def test_columns_are_found_by_name() -> None:
    real = table(x=["a", "b"], n=["1", "2"])
    other = table(more=["?", "?"], n=["1", "2"], x=["a", "b"])
    assert aligned(real).read(other).tolist() == aligned(real).read(real).tolist()


def test_a_missing_column_is_named() -> None:
    real, other = table(x=["a", "b"], n=["1", "2"]), table("s.csv", n=["1", "2"])
    with pytest.raises(UserError, match=r"s\.csv: no column 'x' \(1 of the 2") as caught:
        aligned(real).read(other)
    assert caught.value.code == Exit.SCHEMA_MISMATCH


def test_a_cell_that_is_no_number_is_named() -> None:
    real, other = table(n=["1", "2"]), table("s.csv", n=["1", "2", "two"])
    with pytest.raises(UserError, match=r"s\.csv, line 4, column 'n': 'two'") as caught:
        aligned(real, n="numeric").read(other)
    assert caught.value.code == Exit.SCHEMA_MISMATCH


def test_no_rows_are_bad_data() -> None:
    with pytest.raises(UserError, match="no rows") as caught:
        aligned(table(x=["a", "b"])).read(table(x=[]))
    assert caught.value.code == Exit.BAD_DATA
