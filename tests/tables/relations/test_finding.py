"""Which relations are found in a table, and which are not."""

import warnings
from collections.abc import Collection

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from made_cli.fidelity.alignment import Values
from made_cli.tables.relations import equation_search, finding, function_search, implication_search
from made_cli.tables.relations import orders as order_search
from made_cli.tables.relations.counts import Count
from made_cli.tables.relations.finding import first_broken
from made_cli.tables.relations.orders import Order
from made_cli.tables.relations.quantity import Quantity
from tests.tables.relations.small import days, orders, read, relations, search

ROWS = 1000
ALL = Count(ROWS, 0)


def test_the_relations_of_a_table_of_orders_are_all_found_and_no_other() -> None:
    assert relations(orders(ROWS)) == {
        "total = discount + paid": ALL,
        "total = price * quantity": ALL,
        "ordered <= shipped": ALL,
        "country and name are one and the same": ALL,
        "currency follows from country": ALL,
        "coupon is empty exactly when discount is 0.0": ALL,
    }


@pytest.mark.parametrize("seed", range(3))
def test_columns_independent_of_each_other_have_no_relation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {f"label {i}": rng.choice(list("abcdefgh"), ROWS, p=rng.dirichlet(np.ones(8))) for i in range(6)}
        | {f"rare {i}": np.where(rng.random(ROWS) < 0.03, rng.integers(1, 9, ROWS), 0) for i in range(6)}
        | {f"number {i}": rng.exponential(size=ROWS).round(2) for i in range(4)}
        | {f"empty {i}": np.where(rng.random(ROWS) < 0.5, "", rng.choice(list("xy"), ROWS)) for i in range(3)}
    )
    assert relations(frame) == {}


def test_what_only_goes_together_is_no_order() -> None:
    rng = np.random.default_rng(0)
    size = rng.normal(0, 1, 5 * ROWS)
    grown = {f"grown {i}": (1.5 * i + size + rng.normal(0, 0.3, len(size))).round(2) for i in range(6)}
    assert relations(pd.DataFrame(grown)) == {}


def test_an_order_that_the_end_of_a_tail_breaks_is_none() -> None:
    # 11 of 50,000 amounts are less than the number of pieces: cheap pieces, no mistakes.
    rng = np.random.default_rng(1)
    pieces = rng.geometric(0.3, 50_000)
    amount = (pieces * rng.lognormal(3, 0.8, 50_000) * rng.choice([0.8, 0.9, 1.0], 50_000)).round(2)
    assert relations(pd.DataFrame({"pieces": pieces, "amount": amount})) == {}


def test_an_order_is_strict_where_many_are_one_step_apart_and_none_equal() -> None:
    rng = np.random.default_rng(0)
    start, nights = rng.integers(0, 300, ROWS), rng.integers(1, 8, ROWS)
    strict = relations(pd.DataFrame({"in": days(start), "out": days(start + nights)}))
    assert strict == {"in < out": ALL}
    assert relations(pd.DataFrame({"in": days(start), "out": days(start + nights - 1)})) == {"in <= out": ALL}


def test_mistakes_in_a_few_rows_leave_a_relation_and_are_counted() -> None:
    frame = orders(ROWS)
    frame.loc[:4, "total"] += 7.0
    frame.loc[10:12, "shipped"] = "2021-05-01"
    found = relations(frame)
    assert found["total = price * quantity"] == Count(ROWS - 5, 5)
    assert found["ordered <= shipped"] == Count(ROWS - 3, 3)
    frame.loc[:19, "total"] += 7.0
    assert "total = price * quantity" not in relations(frame)


def test_a_later_time_is_an_earlier_one_and_a_number() -> None:
    rng = np.random.default_rng(0)
    start, nights = rng.integers(0, 300, ROWS), rng.integers(0, 30, ROWS)
    frame = pd.DataFrame({"in": days(start), "out": days(start + nights), "nights": nights})
    # That it is not before follows: nights are never fewer than 0.
    assert relations(frame) == {"out = in + nights": ALL}


def test_times_of_few_values_are_in_order_too() -> None:
    rng = np.random.default_rng(0)
    start = rng.integers(0, 6, ROWS)
    frame = pd.DataFrame({"opened": days(start), "closed": days(start + rng.integers(0, 3, ROWS))})
    assert relations(frame) == {"opened <= closed": ALL}


def test_sums_of_three_ratios_and_copies_are_found_once() -> None:
    rng = np.random.default_rng(0)
    a, b, c = (rng.integers(0, 500, ROWS) for _ in range(3))
    found = relations(pd.DataFrame({"a": a, "b": b, "c": c, "all": a + b + c, "again": a + b + c}))
    assert found == {"again = all": ALL, "all = a + b + c": ALL}
    way, hours = rng.uniform(1, 900, ROWS).round(1), rng.uniform(0.5, 40, ROWS).round(2)
    assert relations(pd.DataFrame({"way": way, "hours": hours, "speed": (way / hours).round(2)})) == {
        "speed = way / hours": ALL
    }


def test_a_column_that_makes_no_difference_to_a_sum_is_no_term_of_it() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 500, 4 * ROWS), rng.integers(0, 500, 4 * ROWS)
    extra = np.where(rng.random(4 * ROWS) < 0.005, 5, 0)
    found = relations(pd.DataFrame({"a": a, "b": b, "sum": a + b, "extra": extra}))
    assert found == {"sum = a + b": Count(4 * ROWS, 0)}


def test_orders_that_follow_from_two_others_are_not_listed() -> None:
    rng = np.random.default_rng(0)
    at = np.cumsum(
        np.column_stack([rng.integers(0, 300, ROWS), *(rng.integers(0, 20, ROWS) for _ in range(3))]), axis=1
    )
    found = relations(pd.DataFrame({name: at[:, place] for place, name in enumerate("abcd")}))
    assert found == {"a <= b": ALL, "b <= c": ALL, "c <= d": ALL}


def test_a_column_follows_from_two_where_neither_alone_determines_it() -> None:
    rng = np.random.default_rng(0)
    size, colour = rng.choice(list("SML"), ROWS), rng.choice(["red", "blue", "green", "black"], ROWS)
    price = {(s, c): 5 + 3 * ((i + j) % 2) for i, s in enumerate("SML") for j, c in enumerate(sorted(set(colour)))}
    frame = pd.DataFrame({"size": size, "colour": colour})
    frame["price"] = [price[key] for key in zip(size, colour, strict=True)]
    assert relations(frame) == {"price follows from size and colour": ALL}


def test_what_a_function_says_is_not_said_again_value_by_value() -> None:
    rng = np.random.default_rng(0)
    town = rng.choice(["Ulm", "Bonn", "Lyon", "Nice"], ROWS)
    land = np.where(np.isin(town, ["Ulm", "Bonn"]), "DE", "FR")
    frame = pd.DataFrame({"town": town, "land": land, "union": np.where(land == "DE", "yes", "no")})
    # The union follows from the town by way of the land.
    assert relations(frame) == {"land and union are one and the same": ALL, "land follows from town": ALL}


def test_implications_and_exclusions_are_found_and_those_that_follow_left_out() -> None:
    rng = np.random.default_rng(0)
    rows = 4 * ROWS
    role = rng.choice(["husband", "wife", "child", "other"], rows)
    sex = np.where(role == "husband", "m", np.where(role == "wife", "f", rng.choice(list("mf"), rows)))
    state = np.where(np.isin(role, ["husband", "wife"]), "married", rng.choice(["single", "widowed"], rows))
    state = np.where((role == "other") & (rng.random(rows) < 0.3), "married", state)
    found = relations(pd.DataFrame({"role": role, "sex": sex, "state": state}))
    assert set(found) == {
        "where role is 'husband', sex is 'm'",
        "where role is 'wife', sex is 'f'",
        "where role is 'husband' or 'wife', state is 'married'",
        "where role is 'child', state is not 'married'",
    }
    assert found["where role is 'husband' or 'wife', state is 'married'"] == Count(
        int(np.isin(role, ["husband", "wife"]).sum()), 0
    )


def test_what_follows_along_a_chain_is_not_listed() -> None:
    rng = np.random.default_rng(0)
    rows = 2 * ROWS
    team = rng.choice(["dev", "ops", "law"], rows)
    site = np.where(team == "dev", "north", rng.choice(["north", "south", "east"], rows))
    heated = np.where(site == "north", "gas", rng.choice(["gas", "oil", "wood"], rows))
    found = relations(pd.DataFrame({"team": team, "site": site, "heated": heated}))
    assert list(found) == ["where team is 'dev', site is 'north'", "where site is 'north', heated is 'gas'"]


def test_columns_that_are_empty_together_are_told_by_the_first() -> None:
    rng = np.random.default_rng(0)
    garage = rng.choice(["none", "one", "two"], ROWS, p=[0.2, 0.5, 0.3])
    frame = pd.DataFrame({"garage": garage})
    for name in ("door", "floor"):
        frame[name] = np.where(garage == "none", "", rng.choice(["good", "fair", "poor"], ROWS))
    assert relations(frame) == {
        "floor is empty exactly when door is empty": ALL,
        "door is empty exactly when garage is 'none'": ALL,
    }


def test_too_few_rows_say_nothing() -> None:
    frame = orders(ROWS)[["country", "currency"]]
    assert list(relations(frame)) == ["currency follows from country"]
    assert relations(frame[:200]) == {}


def test_many_rows_are_searched_by_some_and_counted_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("made_cli.tables.relations.finding.SEARCHED", ROWS)
    found = relations(orders(3 * ROWS))
    assert set(found) == set(relations(orders(ROWS)))
    assert found["ordered <= shipped"] == Count(3 * ROWS, 0)


def test_the_first_rows_that_break_a_relation_are_found_beyond_those_read_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("made_cli.tables.relations.finding.SEARCHED", 100)
    values = np.tile([1.0, 2.0], (1000, 1))
    values[[7, 430, 431, 999]] = [3.0, 2.0]
    order = Order(Quantity(0, 1.0, ""), Quantity(1, 1.0, ""), strict=False)
    assert first_broken(lambda rows, _: values[rows], 1000, order, 3) == [7, 430, 431]
    assert first_broken(lambda rows, _: values[rows], 1000, order, 9) == [7, 430, 431, 999]


def test_what_is_not_looked_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (equation_search, function_search, implication_search, order_search):
        monkeypatch.setattr(module, "MOST_TRIED", 3)
    told: list[str] = []
    search(orders(ROWS), told)
    for start in (
        "equations of the form x = a * b are looked for among the first 3",
        "orders are looked for among the first 3 of",
        "implications are looked for among the first 3 of",
        "functions of two columns are looked for in the first 3 combinations of columns",
    ):
        assert [line for line in told if line.startswith(f"relations: {start}")]


@pytest.mark.parametrize("small", [0, 10**9], ids=["sorted", "counted"])
def test_functions_are_the_same_whether_cells_are_sorted_or_counted(
    monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    found = relations(orders(ROWS))
    monkeypatch.setattr(function_search, "SMALL", small)
    assert relations(orders(ROWS)) == found


def test_functions_are_looked_for_in_so_many_pairs_of_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function_search, "MOST_PAIRS", 3)
    told: list[str] = []
    search(orders(ROWS), told)
    assert "relations: functions are looked for among the first 3 of 13 columns" in told


def test_columns_of_two_values_are_the_left_side_of_no_equation() -> None:
    flags = np.random.default_rng(0).integers(0, 2, (ROWS, 2))
    frame = pd.DataFrame(flags, columns=["a", "b"]).assign(both=flags.prod(axis=1), count=flags.sum(axis=1))
    assert [said for said, each in search(frame) if each.relation.form == "equation"] == ["count = a + b"]


def test_a_table_of_one_column_has_no_relation() -> None:
    assert relations(pd.DataFrame({"a": np.arange(ROWS) % 7})) == {}


def test_products_that_no_float_holds_are_no_matter() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.normal(size=ROWS) * 1e290 for name in "abc"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert relations(frame) == {}


def test_a_table_that_is_read_as_it_is_needed_has_the_relations_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "SEARCHED", 300)
    frame = orders(ROWS)
    frame.loc[10:12, "shipped"] = "2021-05-01"
    alignment, values = read(frame)
    asked: list[int] = []

    def part(rows: NDArray[np.int64] | slice, columns: Collection[int]) -> Values:
        some = np.full((len(values[rows]), values.shape[1]), np.nan)
        some[:, [*columns]] = values[rows][:, [*columns]]
        asked.append(len(some))
        return some

    found = finding.find_in(part, ROWS, alignment.kinds, np.random.default_rng(0), print)
    assert found == finding.find_relations(values, alignment.kinds, np.random.default_rng(0), print)
    assert Count(ROWS - 3, 3) in [each.count for each in found]
    assert asked == [300, 300, 300, 300, 100]
