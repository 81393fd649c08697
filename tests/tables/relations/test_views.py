"""How many rows have values of two columns together."""

from itertools import combinations

import numpy as np
import pytest

from made_cli.tables.columns.categorical import Categorical
from made_cli.tables.relations import views
from made_cli.tables.relations.cells import Columns

ROWS, SIZES = 10_000, (2, 3, 5, 2, 7)


@pytest.mark.parametrize("cheap", [0, 10**6], ids=["pair by pair", "all in one product"])
def test_values_are_counted_together(monkeypatch: pytest.MonkeyPatch, cheap: int) -> None:
    monkeypatch.setattr(views, "CHEAP", cheap)
    rng = np.random.default_rng(0)
    values = np.column_stack([rng.integers(0, size, ROWS) for size in SIZES]).astype(np.float64)
    values[rng.random(values.shape) < 0.02] = np.nan
    kinds = [Categorical(f"c{size}", tuple(map(str, range(size))), {}, missing=True, rows=ROWS) for size in SIZES]
    table = Columns(values)
    seen = {column: views.view(table, kinds, column, with_empty=column != 1) for column in range(len(SIZES))}
    counted = views.counted_together(seen, list(combinations(seen, 2)))
    for first, second in combinations(seen, 2):
        own, other = ([None if np.isnan(cell) else cell for cell in values[:, column]] for column in (first, second))
        expected = [
            [sum(cells == (one, two) for cells in zip(own, other, strict=True)) for _, two in seen[second].values]
            for _, one in seen[first].values
        ]
        assert counted(first, second).tolist() == expected
