"""Rules: what follows from relations is a rule as well, and open columns leave what they may."""

import math

import numpy as np
import pandas as pd
import pytest

from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.regions import Region
from made_cli.tables.columns.row_regions import Regions
from made_cli.tables.files.table import table_of_frame
from made_cli.tables.relations.finding import find_relations
from made_cli.tables.relations.rules import Rules
from made_cli.tables.relations.values import values_of
from tests.tables.relations.small import days

ROWS = 1500
RNG = np.random.default_rng(0)


def rules_of(frame: pd.DataFrame) -> tuple[tuple[Kind, ...], np.ndarray, Rules]:
    table = table_of_frame(frame.astype(str).replace("nan", ""))
    schema = schema_of(infer(table), "frame")
    codes = schema.encode(table).astype(np.float64)
    found = find_relations(values_of(codes, schema.kinds), schema.kinds, np.random.default_rng(0), lambda told: None)
    return schema.kinds, codes, Rules(found, schema.kinds, "soft")


def left(frame: pd.DataFrame, column: str, known: list[str], row: dict[str, float]) -> Region | None:
    """The set that the rules leave of a column given some values of a row."""
    kinds, codes, rules = rules_of(frame)
    names = [kind.name for kind in kinds]
    values = np.array([[row.get(name, codes[0, place]) for place, name in enumerate(names)]])
    parts = rules.parts(names.index(column), values, np.array([[name in known for name in names]]))
    if parts is None:
        return None
    assert isinstance(parts.kept, Regions)
    return parts.kept[0]


STEPS = RNG.integers(0, 6, (3, ROWS)).cumsum(axis=0) + RNG.integers(0, 900, ROWS)
CHAIN = pd.DataFrame({name: days(row) for name, row in zip(("ordered", "shipped", "paid"), STEPS, strict=True)})
A, B, C = RNG.integers(0, 90, ROWS), RNG.integers(0, 50, ROWS), RNG.integers(0, 30, ROWS)
SUM = pd.DataFrame({"a": A, "b": B, "c": C, "sum": A + B + C})
PRICE, COUNT = RNG.integers(100, 900, ROWS) / 10, RNG.integers(1, 9, ROWS)
PRODUCT = pd.DataFrame({"price": PRICE, "count": COUNT, "total": (PRICE * COUNT).round(1)})


def test_orders_hold_along_a_chain_whose_middle_is_open() -> None:
    kinds, codes, rules = rules_of(CHAIN)
    last = kinds[2]
    region = left(CHAIN, "paid", ["ordered"], {"ordered": codes[0, 0]})
    assert region is not None
    assert codes[0, 0] / (last.resolution or 1) in region
    assert codes[0, 0] / (last.resolution or 1) - 1 not in region
    assert rules.columns == {0, 1, 2}


@pytest.mark.parametrize(
    ("column", "known", "row", "intervals"),
    [
        ("sum", ["a", "b"], {"a": 7, "b": 5}, ((12, math.inf),)),
        ("b", ["a", "sum"], {"a": 7, "sum": 20}, ((0, 13),)),
        ("b", ["a", "c", "sum"], {"a": 7, "c": 3, "sum": 20}, ((10, 10),)),
        ("sum", ["a", "b", "c"], {"a": 7, "b": 5, "c": 0}, ((12, 12),)),
    ],
)
def test_a_sum_is_no_less_than_its_parts_and_no_part_more_than_the_rest(
    column: str, known: list[str], row: dict[str, float], intervals: object
) -> None:
    region = left(SUM, column, known, row)
    assert region is not None
    assert region.intervals == intervals


def test_a_product_is_no_less_than_a_factor_times_the_least_of_the_other() -> None:
    region = left(PRODUCT, "total", ["price"], {"price": 25.0})
    assert region is not None
    assert 250 in region
    assert 249 not in region


def test_labels_that_a_chain_of_functions_excludes_are_excluded_while_its_middle_is_open() -> None:
    town = RNG.choice(["Bonn", "Kiel", "Lyon", "Nice"], ROWS)
    land = pd.Series(town).map({"Bonn": "DE", "Kiel": "DE", "Lyon": "FR", "Nice": "FR"})
    money = land.map({"DE": "mark", "FR": "franc"})
    frame = pd.DataFrame({"money": money, "town": town, "land": land})
    kinds, codes, rules = rules_of(frame)
    parts = rules.parts(1, codes[:50], np.array([[True, False, False]]))
    assert parts is not None
    towns = [np.flatnonzero(row).tolist() for row in parts.kept.codes(kinds[1].seen)]
    assert towns == [[0, 1] if code == 1 else [2, 3] for code in codes[:50, 0]]


HAS = RNG.random(ROWS) < 0.5
OFF = np.where(HAS, RNG.integers(1, 90, ROWS), 0)
SALE = pd.DataFrame({"paid": A, "off": OFF, "total": A + OFF, "code": np.where(HAS, RNG.choice(["x", "y"], ROWS), "")})


def test_what_is_drawn_leaves_room_for_what_other_rules_leave_of_an_open_column() -> None:
    with_code, without = ({"total": 50.0, "code": code} for code in (0.0, math.nan))
    assert left(SALE, "paid", ["total"], with_code) == Region(((0, 50),), empty=True)
    assert left(SALE, "paid", ["total", "code"], with_code) == Region(((0, 49),), empty=True)
    assert left(SALE, "paid", ["total", "code"], without) == Region(((50, 50),), empty=True)
    assert left(SALE, "total", ["paid", "code"], {"paid": 50.0, "code": 0.0}) == Region(((51, math.inf),), empty=True)


def test_a_total_is_a_multiple_of_the_price_while_the_count_is_open() -> None:
    counts = PRODUCT.assign(count=np.minimum(COUNT, 4))
    counts["total"] = (counts["price"] * counts["count"]).round(1)
    region = left(counts, "total", ["price"], {"price": 25.0})
    assert region is not None
    assert [place for place in range(1100) if place in region] == [250, 500, 750, 1000]


def test_a_column_that_may_be_empty_leaves_others_open() -> None:
    holes = SUM.assign(b=SUM["b"].astype(object))
    holes.loc[::5, "b"] = ""
    region = left(holes, "sum", ["a", "c"], {"a": 7, "c": 5})
    assert region is None or 3 in region


def test_a_rule_that_would_leave_nothing_is_none() -> None:
    _, codes, rules = rules_of(SUM)
    row = codes[:1].copy()
    row[0] = [30, 0, 30, 20]
    parts = rules.parts(1, row, np.array([[True, False, True, True]]))
    assert parts is not None
    assert parts.log_chances[0, 0] == 0  # b would be below its least
    assert isinstance(parts.kept, Regions)
    assert parts.kept[0].intervals == ((-math.inf, math.inf),)


def test_a_copy_leaves_everything_while_the_other_column_is_open() -> None:
    copied = pd.DataFrame({"a": A, "b": B, "again": A})
    _, codes, rules = rules_of(copied)
    per_row = np.array([[True, True, False], [False, True, False]])
    parts = rules.parts(2, codes[:2], per_row)
    assert parts is not None
    assert isinstance(parts.kept, Regions)
    assert parts.kept[0].intervals == ((codes[0, 0], codes[0, 0]),)
    assert parts.kept[1].intervals == ((-math.inf, math.inf),)
