"""Tables whose relations are known, and what is found in a table."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from made_cli.fidelity.alignment import Alignment, Values, align
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.files.table import table_of_frame
from made_cli.tables.relations.counts import Count
from made_cli.tables.relations.finding import find_relations
from made_cli.tables.relations.found import Found
from made_cli.tables.relations.relation import Relation


def read(frame: pd.DataFrame) -> tuple[Alignment, Values]:
    table = table_of_frame(frame.astype(str).replace("nan", ""))
    alignment = align(schema_of(infer(table), "frame"), "frame")
    return alignment, alignment.read(table)


def search(frame: pd.DataFrame, told: list[str] | None = None) -> list[tuple[str, Found]]:
    alignment, values = read(frame)
    lines: list[str] = [] if told is None else told
    found = find_relations(values, alignment.kinds, np.random.default_rng(0), lines.append)
    return [(each.relation.said(alignment.kinds), each) for each in found]


def relations(frame: pd.DataFrame) -> dict[str, Count]:
    return {said: found.count for said, found in search(frame)}


def relation_of(frame: pd.DataFrame, said: str) -> Relation:
    return dict(search(frame))[said].relation


def days(numbers: Sequence[int] | np.ndarray) -> "pd.Series[str]":
    first = pd.Timestamp("2023-01-01")
    return pd.Series([(first + pd.Timedelta(days=int(number))).strftime("%Y-%m-%d") for number in numbers])


def orders(rows: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Orders of a shop: six relations hold, all else is independent."""
    rng = np.random.default_rng(seed)
    ordered = rng.integers(0, 700, rows)
    price, quantity = rng.lognormal(3, 0.8, rows).round(2), rng.geometric(0.3, rows)
    has_coupon, country = rng.random(rows) < 0.3, rng.choice(["DE", "FR", "US"], rows, p=[0.5, 0.3, 0.2])
    share = rng.choice([0.05, 0.1, 0.2], rows)
    frame = pd.DataFrame(
        {
            "ordered": days(ordered),
            "shipped": days(ordered + rng.poisson(2.5, rows)),
            "price": price,
            "quantity": quantity,
            "total": (price * quantity).round(2),
            "coupon": np.where(has_coupon, rng.choice(["SPRING", "VIP"], rows), ""),
            "discount": np.where(has_coupon, (price * share).round(2), 0.0),
            "country": country,
            "name": pd.Series(country).map({"DE": "Germany", "FR": "France", "US": "United States"}),
            "currency": np.where(country == "US", "USD", "EUR"),
            "weight": rng.gamma(2, 1.3, rows).round(1),
            "channel": rng.choice(["web", "shop", "phone"], rows),
        }
    )
    return frame.assign(paid=(frame["total"] - frame["discount"]).round(2))
