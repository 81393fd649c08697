"""Tables that are right, of several kinds of columns, and how their files are written.

Knows: names, rows, delimiter and quotes of each; nothing of what becomes of it.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

Rows = list[list[str]]


@dataclass(frozen=True)
class Clean:
    """A table as it is meant: names and rows of text, and how its file is written."""

    what: str
    names: list[str]
    rows: Rows
    delimiter: str = ","
    quoting: Any = csv.QUOTE_MINIMAL

    def write(self, records: Rows | None = None, delimiter: str | None = None) -> str:
        """Returns the file of the table, or of other records in its manner."""
        file = io.StringIO()
        writer = csv.writer(file, delimiter=delimiter or self.delimiter, quoting=self.quoting, lineterminator="\n")
        writer.writerows([self.names, *self.rows] if records is None else records)
        return file.getvalue()


def clean_tables(seed: int, rows: int = 40) -> Iterator[Clean]:
    """Yields tables of several kinds of columns, quoted and not."""
    rng = np.random.default_rng(seed)
    cities = rng.choice(["Ulm", "Bonn", "Köln"], rows).tolist()
    kinds = rng.choice(["chair", "table, round", 'shelf, 24" wide', "lamp"], rows).tolist()
    days = pd.date_range("2019-03-01", periods=rows, freq="D")
    counts, prices = rng.integers(0, 30, rows).astype(str).tolist(), [f"{x:.2f}" for x in rng.gamma(2, 20, rows)]
    stock = {"day": days.strftime("%d/%m/%Y").tolist(), "city": cities, "count": counts, "price": prices}
    goods = stock | {"kind": kinds, "code": [f"{x[:2].upper()}-{i:04d}" for i, x in enumerate(cities)]}
    columns = {
        "stock, unquoted": stock,
        "goods, quoted where it must be": goods,
        "numbers": {f"x{d}": [f"{x:.3f}" for x in rng.normal(size=rows)] for d in range(4)},
        "labels": {
            name: rng.choice(labels, rows).tolist()
            for name, labels in {"colour": ["red", "green"], "size": ["small", "large"], "sort": ["a", "b"]}.items()
        },
        "one column": {"price": prices},
    }
    for what, table in columns.items():
        yield Clean(what, list(table), [list(row) for row in zip(*table.values(), strict=True)])
    yield Clean("goods, all quoted", list(goods), _rows(goods), quoting=csv.QUOTE_ALL)
    money = {"Ort": cities, "Preis": [price.replace(".", ",") for price in prices], "Zahl": counts}
    yield Clean("semicolons, decimal commas", list(money), _rows(money), delimiter=";")


def _rows(table: dict[str, list[str]]) -> Rows:
    return [list(row) for row in zip(*table.values(), strict=True)]
