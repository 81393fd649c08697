"""A drawn table like that of a shop: numbers, times, labels, free text and empty cells, and relations between them.

Knows: nothing but how it is drawn. 300,000 rows of its 30 columns are a CSV of some 45 MB.
"""

from pathlib import Path

import numpy as np
import pandas as pd

_COUNTRIES = np.array(["AT", "BE", "CH", "DE", "DK", "ES", "FR", "GB", "IT", "NL", "PL", "SE", "US"])
_CURRENCIES = np.array(["EUR", "EUR", "CHF", "EUR", "DKK", "EUR", "EUR", "GBP", "EUR", "EUR", "PLN", "SEK", "USD"])
_WORDS = np.array(["the", "box", "was", "late", "blue", "large", "thanks", "please", "ring", "twice", "leave", "door"])
_START = np.datetime64("2019-01-01")


def write(path: Path, rows: int) -> None:
    """Writes so many rows as CSV."""
    drawn(rows).to_csv(path, index=False)


def drawn(rows: int) -> pd.DataFrame:
    """Draws so many rows, the same ones every time."""
    rng = np.random.default_rng(0)
    country, quantity = rng.integers(0, len(_COUNTRIES), rows), rng.integers(1, 40, rows)
    price, has_discount = rng.integers(99, 50_000, rows) / 100, rng.random(rows) < 0.2
    discount = np.where(has_discount, rng.integers(1, 900, rows), 0)
    ordered, wait = _START + rng.integers(0, 1500, rows), rng.integers(0, 20, rows)
    total = (price * quantity).round(2)
    columns = {
        "order": [f"K{number:07d}" for number in rng.permutation(rows)],
        "ordered": ordered,
        "shipped": _some(rng, ordered + wait, 0.1),
        "paid_at": (ordered.astype("datetime64[m]") + rng.integers(0, 30_000, rows)).astype("datetime64[s]"),
        "country": _COUNTRIES[country],
        "currency": _CURRENCIES[country],
        "channel": rng.choice(["web", "shop", "phone", "partner"], rows, p=[0.6, 0.2, 0.15, 0.05]),
        "newsletter": rng.choice(["yes", "no"], rows),
        "gift": rng.choice(["true", "false"], rows, p=[0.1, 0.9]),
        "category": rng.choice([f"category {number}" for number in range(60)], rows),
        "rating": _some(rng, rng.integers(1, 6, rows), 0.3),
        "postcode": [f"{number:05d}" for number in rng.integers(1000, 3000, rows)],
        "quantity": quantity,
        "price": price,
        "total": total,
        "discount": discount,
        "due": (total - discount).round(2),
        "age": _some(rng, rng.normal(45, 15, rows).clip(18, 99).astype(int), 0.05),
        "height": rng.normal(170, 10, rows).round(1),
        "weight": _some(rng, rng.lognormal(4.2, 0.2, rows).round(1), 0.2),
        "income": _some(rng, rng.lognormal(10.5, 0.6, rows).astype(int), 0.15),
        "visits": rng.poisson(30, rows),
        "pages": rng.geometric(0.01, rows),
        "seconds": rng.exponential(300, rows).round(2),
        "latitude": rng.uniform(40, 60, rows).round(4),
        "longitude": rng.uniform(-5, 20, rows).round(4),
        "score": rng.normal(size=rows).round(5),
        "warehouse": rng.choice([f"W{number}" for number in range(12)], rows),
        "coupon": np.where(has_discount, rng.choice(["SPRING", "SUMMER", "FRIEND"], rows), ""),
        "note": [" ".join(words) for words in rng.choice(_WORDS, (rows, 6))],
    }
    return pd.DataFrame(columns)


def _some(rng: np.random.Generator, cells: np.ndarray, empty: float) -> "pd.Series":
    """Returns cells, a share of them empty."""
    whole = pd.Series(cells, dtype="Int64" if cells.dtype.kind == "i" else None)
    return whole.mask(rng.random(len(cells)) < empty)
