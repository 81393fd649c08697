"""Small tables for the tests of tables."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from made_cli.config import Overrides
from made_cli.errors import UserError
from made_cli.tables.columns.inference import infer
from made_cli.tables.columns.recognition import Finding
from made_cli.tables.files.table import Table


def table(**columns: Sequence[object]) -> Table:
    frame = pd.DataFrame({name: pd.Series(list(cells), dtype=object) for name, cells in columns.items()})
    return Table(frame, "data.csv", np.arange(2, 2 + len(frame)))


def found(cells: Sequence[object], kind: str | None = None) -> Finding:
    (finding,) = infer(table(x=cells), Overrides(kinds={"x": kind} if kind else {}))
    return finding


def refusal(cells: Sequence[object], overrides: Overrides) -> UserError:
    with pytest.raises(UserError) as caught:
        infer(table(x=cells), overrides)
    assert caught.value.hint
    return caught.value
