"""Events as people type them, against the same question asked of each row by Python."""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_cli.config import Overrides
from made_cli.errors import Exit, UserError
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.kinds import Categorical
from made_cli.tables.columns.regions import Region
from made_cli.tables.columns.schema import Schema
from made_cli.tables.events import expressions
from made_cli.tables.events.expressions import Box, event_of, given_in, regions_of
from made_cli.tables.text.numbers import parse
from tests.tables.small import table

ROWS = 120
RNG = np.random.default_rng(0)


def drawn(cells: Sequence[str]) -> list[str]:
    return [str(cell) for cell in RNG.choice(np.array(cells, dtype=object), ROWS)]


TABLE = table(
    city=drawn(["Ulm", "Bonn", "Köln", "it's", ""]),
    floor=drawn(["1", "2", "3", "none"]),
    flag=drawn(["0", "1"]),
    age=drawn([*map(str, range(18, 60)), ""]),
    price=drawn([f"{cents / 100:.2f}" for cents in range(-200, 300, 5)]),
    **{"pay grade": drawn(["A", "B"]), "day": drawn([f"2024-0{m}-{d:02d}" for m in range(1, 8) for d in range(1, 29)])},
    m=drawn([str(metres) for metres in range(100)]),
)
SCHEMA = schema_of(infer(TABLE, Overrides(kinds={"floor": "categorical"})), TABLE.source)
CODES = SCHEMA.encode(TABLE)
LINES = [{str(name): str(cell) for name, cell in row.items()} for row in TABLE.frame.to_dict("records")]
NUMBERS = {"age", "price"}


def number_of(column: int, code: float) -> float:
    return SCHEMA.kinds[column].cell(code)


def holding(boxes: Sequence[Box]) -> list[int]:
    """In how many of the boxes each row of the table is."""

    def inside(row: Sequence[float], column: int, region: Region) -> bool:
        number = number_of(column, row[column])
        return region.empty if math.isnan(number) else number in region

    return [sum(all(inside(row, *item) for item in regions_of(box).items()) for box in boxes) for row in CODES]


def agrees(text: str, truth: Callable[[Mapping[str, str]], bool]) -> None:
    """Checks an event row by row, and that its boxes are disjoint."""
    assert holding(event_of(SCHEMA, text)) == [int(truth(row)) for row in LINES]


# Every comparison and every way to join them ---------------------------------------------------------------------

ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
Predicate = Callable[[Mapping[str, str]], bool]
Event = tuple[str, Predicate]
VALUES = {
    "city": st.sampled_from(["Ulm", "Bonn", "Köln", "it's", ""]),
    "floor": st.sampled_from(["1", "2", "3", "none"]),
    "age": st.integers(15, 62).map(str),
    "price": st.integers(-50, 70).map(lambda step: f"{step * 0.05:.2f}"),
}


def compared(column: str, order: str, value: str) -> Predicate:
    def truth(row: Mapping[str, str]) -> bool:
        cell = row[column]
        if order in ("==", "!=") and column not in NUMBERS:
            return ORDERS[order](cell, value)
        number = parse(cell)
        return order == "!=" if number is None else ORDERS[order](number, parse(value))

    return truth


@st.composite
def comparisons(draw: st.DrawFn) -> Event:
    column = draw(st.sampled_from(sorted(VALUES)))
    value = draw(VALUES[column])
    if draw(st.booleans()):
        values, negated = draw(st.lists(VALUES[column], max_size=4)), draw(st.booleans())
        truths = [compared(column, "==", each) for each in values]
        word = "not in" if negated else "in"
        return f"{column} {word} {values!r}", lambda row: negated != any(truth(row) for truth in truths)
    order = draw(st.sampled_from(["==", "!="] if column in ("city", "floor") else sorted(ORDERS)))
    text, flipped = value if column in NUMBERS else repr(value), {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
    truth = compared(column, order, value)
    if draw(st.booleans()):
        return f"{text} {flipped.get(order, order)} `{column}`", truth
    return f"{column} {order} {text}", truth


def joined(parts: st.SearchStrategy[Event]) -> st.SearchStrategy[Event]:
    both = st.tuples(parts, parts)
    return st.one_of(
        parts.map(lambda a: (f"not ({a[0]})", lambda row: not a[1](row))),
        both.map(lambda ab: (f"({ab[0][0]}) and ({ab[1][0]})", lambda row: ab[0][1](row) and ab[1][1](row))),
        both.map(lambda ab: (f"({ab[0][0]}) or ({ab[1][0]})", lambda row: ab[0][1](row) or ab[1][1](row))),
    )


@given(st.recursive(comparisons(), joined, max_leaves=5))
def test_an_event_is_true_of_the_rows_of_which_python_says_so_and_its_boxes_are_disjoint(event: Event) -> None:
    agrees(*event)


# What a value may be ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [17.5, 30.5, 41.25, 59.9])
def test_a_number_between_two_cells_is_none_of_them(value: float) -> None:
    age = SCHEMA.names.index("age")
    for order, holds in ORDERS.items():
        (box,) = event_of(SCHEMA, f"age {order} {value}") or [{age: Region(())}]
        assert [cell in box[age] for cell in range(70)] == [holds(cell, value) for cell in range(70)]
        assert box[age].empty == (order == "!=")


def test_comparisons_chain() -> None:
    agrees("20 <= age < 40", lambda row: row["age"] != "" and 20 <= int(row["age"]) < 40)


def test_an_empty_cell_equals_the_empty_text_alone_and_is_neither_more_nor_less_than_anything() -> None:
    agrees('age == ""', lambda row: row["age"] == "")
    agrees('age != ""', lambda row: row["age"] != "")
    agrees("age != 30", lambda row: row["age"] != "30")
    agrees("not age < 30", lambda row: not (row["age"] != "" and int(row["age"]) < 30))
    agrees('age > 30 or age in ["", 20]', lambda row: row["age"] in ("", "20") or int(row["age"]) > 30)


def test_a_label_is_the_number_that_it_spells_and_labels_of_numbers_compare() -> None:
    agrees("floor == 2.0", lambda row: row["floor"] == "2")
    agrees("floor >= 2", lambda row: row["floor"] in ("2", "3"))
    agrees("not floor >= 2", lambda row: row["floor"] in ("1", "none"))
    agrees("flag == True", lambda row: row["flag"] == "1")


def test_dates_compare_as_they_are_written() -> None:
    agrees('day >= "2024-03-15"', lambda row: row["day"] >= "2024-03-15")
    agrees('day == "2024-05-01" or day < "2024-02-01"', lambda row: not "2024-02-01" <= row["day"] != "2024-05-01")
    assert sum(holding(event_of(SCHEMA, 'day > "2024-07-31"'))) == 0


def test_names_that_are_no_words_stand_in_backticks_and_quotes_protect_them() -> None:
    agrees(
        '`pay grade` == "A" and `age` > 30', lambda r: r["pay grade"] == "A" and r["age"] != "" and int(r["age"]) > 30
    )
    agrees("city in ['Ulm', \"it's\"]", lambda row: row["city"] in ("Ulm", "it's"))
    with pytest.raises(UserError, match=r"no label '`x` and'"):
        event_of(SCHEMA, 'city == "`x` and"')


def test_what_contradicts_itself_has_no_box_and_what_is_always_so_one_for_every_row() -> None:
    assert event_of(SCHEMA, "age < 20 and age > 30") == []
    assert event_of(SCHEMA, "city in []") == []
    assert holding(event_of(SCHEMA, "age < 20 or not age < 20")) == [1] * ROWS


def test_once_cells_are_given_the_event_is_what_is_left_of_it() -> None:
    event = event_of(SCHEMA, 'city == "Ulm" and age > 30 or city == "Bonn"')
    city = SCHEMA.names.index("city")
    kind = SCHEMA.kinds[city]
    assert isinstance(kind, Categorical)
    age = SCHEMA.names.index("age")
    assert given_in(SCHEMA, event, {city: kind.labels.index("Ulm")}) == [{age: Region(((31, math.inf),))}]
    assert given_in(SCHEMA, event, {city: kind.labels.index("Bonn")}) == [{}]
    assert given_in(SCHEMA, event, {city: kind.labels.index("Köln"), age: 40.0}) == []
    assert given_in(SCHEMA, event_of(SCHEMA, 'age == "" or age > 30'), {age: math.nan}) == [{}]
    assert given_in(SCHEMA, event_of(SCHEMA, "age > 30"), {age: math.nan}) == []
    assert given_in(SCHEMA, event_of(SCHEMA, "price == 0.35"), {SCHEMA.names.index("price"): 0.35}) == [{}]


# What cannot be asked --------------------------------------------------------------------------------------------


def test_a_label_without_quotes_is_told_that_it_takes_them() -> None:
    with pytest.raises(UserError, match="the run has no column 'Ulm'") as caught:
        event_of(SCHEMA, "city == Ulm")
    assert '"Ulm"' in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot read ''"),
        ("age >", "cannot read 'age >'"),
        ("age = 3", "cannot read 'age = 3'"),
        ("age > 3; city", "cannot read"),
        ("age", "cannot read the question: age is no comparison"),
        ("30", "cannot read the question: 30 is no comparison"),
        ("age + 1 > 3", "age + 1 is no column"),
        ("3 > 2", "3 is no column"),
        ("age in city", "age is to be in a list of values, not in a column"),
        ("`pay grade` not in city", "`pay grade` is to be in a list of values, not in a column"),
        ("`pay grade` is 3", "`pay grade` may be compared by =="),
        ('city in "Ulm"', "'Ulm' is no list; write [a, b]"),
        ("age == [3]", "[3] is no value; write a number, or text in quotes"),
        ("age == f(3)", "f(3) is no value"),
        ("age > None", "None is no value"),
        ("size > 3", "the run has no column 'size'"),
        ("`pay  grade` > 3", "the run has no column 'pay  grade'"),
        ('city == "Paris"', "city: training had no label 'Paris'"),
        ('city in ["Ulm", "Paris"]', "city: training had no label 'Paris'"),
        ('city > "Ulm"', "city holds labels, which are not more or less than 'Ulm'"),
        ("city > 3", "city holds labels, which are not more or less than '3'"),
        ('age > "old"', "age: 'old' is not a number"),
        ('age > ""', "age: nothing is more or less than an empty cell"),
        ('day > "yesterday"', "day: 'yesterday' is not a time written YYYY-MM-DD"),
        ("age > 1e999", "age: '1e999' is not a number"),
        ("not " * 5000 + "age > 3", "cannot read"),
        ("age > " + "-" * 9000 + "3", "cannot read"),
        ("age = 3", "= is no comparison, == is"),
        ("city == 0012", "a number with a leading zero is a label"),
        (" ", "it is empty"),
        (" or ".join(f"m == {x} and price == {y / 20}" for x in range(100) for y in range(11)), "1,000"),
        ("m == " + "1" * 5_000_000, "5,000,000 are the most"),
        ("(" * 10_000 + "age > 3" + ")" * 10_000, "too many nested parentheses"),
        ("age > 3" + " and (age > 3" * 10_000 + ")" * 10_000, "cannot read"),
        ("`age > 3", "a backtick is never closed"),
        ("not == 3", "cannot read"),
        ("x" * 1000 + " > ", "xxx … xxx"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_a_line_and_the_next_step(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        event_of(SCHEMA, text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    assert caught.value.code == Exit.USAGE


@pytest.mark.parametrize("text", ['day == ""', 'day == "NA"'])
def test_an_empty_cell_among_timestamps_is_no_timestamp(text: str) -> None:
    days = [f"2024-03-{day:02d}" for day in range(1, 29)] * 2 + [""] * 5
    schema = schema_of(infer(table(day=days)), "t.csv")
    assert event_of(schema, text) == [{0: Region((), empty=True)}]
    assert math.isnan(schema.kinds[0].code(""))


def test_a_day_alone_is_its_midnight() -> None:
    times = [f"2024-03-{day:02d} 0{hour}:30" for day in range(1, 29) for hour in range(3)]
    schema = schema_of(infer(table(at=times)), "t.csv")
    assert event_of(schema, 'at >= "2024-03-05"') == event_of(schema, 'at >= "2024-03-05 00:00"')


# Names ----------------------------------------------------------------------------------------------------------

ODD_NAMES = [
    *("ﬁn", "fin", "\u212a", "K", "\u00e9", "e\u0301", "m²", "µ", "class", "from", "and", "in", "None", "True"),
    *(
        "a b",
        "a'b",
        'a"b',
        "a`b",
        "``",
        "a\nb",
        "a\tb",
        " a",
        "a=b",
        "a>b",
        "1st",
        "1e5",
        "_column_0_",
        "_column_1_",
        "ª",
        "#",
    ),
]


def quoted(name: str) -> str:
    return "`{}`".format(name.replace("`", "``"))


def named(*names: str) -> Schema:
    data = table(**{name: [str(place % 7 + n) for place in range(70)] for n, name in enumerate(names)})
    return schema_of(infer(data), "t.csv")


@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_name_can_be_written_and_is_found_exactly(name: str) -> None:
    schema = named(*ODD_NAMES)
    index = schema.names.index(name)
    cells = event_of(schema, f"{quoted(name)} == {index + 3}")
    assert [list(box) for box in cells] == [[index]]
    assert event_of(schema, f"not ({index + 3} != {quoted(name)}) and 0 <= {quoted(ODD_NAMES[5])} < 999") != []


@pytest.mark.parametrize("name", ["ﬁn", "\u212a", "e\u0301", "m²", "µ", "class", "from", "_column_1_", "ª"])
def test_a_word_is_the_name_that_it_spells_and_no_other_that_looks_like_it(name: str) -> None:
    schema = named(*ODD_NAMES)
    index = schema.names.index(name)
    assert [list(box) for box in event_of(schema, f"{name} == {index + 3}")] == [[index]]
    with pytest.raises(UserError, match=f"the run has no column '{name}'"):
        event_of(named("fin", "K", "\u00e9", "m2", "\u03bc", "a"), f"{name} == 3")


@given(st.text(min_size=1, max_size=6))
def test_whatever_a_name_is_it_can_be_asked_for(name: str) -> None:
    schema = named("other", f"{name}.")
    assert event_of(schema, f'{quoted(f"{name}.")} in [3, "4"]') == event_of(named("other", "x"), "x in [3, 4]")


def test_a_label_may_hold_a_line_break() -> None:
    schema = schema_of(infer(table(x=["a\nb", "c"] * 10)), "t.csv")
    assert event_of(schema, 'x == "a\nb"') == event_of(schema, r'x == "a\nb"') != []


# Long questions -------------------------------------------------------------------------------------------------

MANY = 5_000
LONG = schema_of(
    infer(
        table(
            n=[str(place * 7 % 5_003) for place in range(2 * MANY)],
            label=[f"L{place % MANY}" for place in range(2 * MANY)],
            code=[str(place % MANY * 2) for place in range(2 * MANY)],
        ),
        Overrides(kinds={"code": "categorical"}),
    ),
    "t.csv",
)


@pytest.mark.parametrize(
    "text",
    [
        " or ".join(f"n == {place * 2}" for place in range(MANY)),
        " and ".join(f"n != {place * 2}" for place in range(MANY)),
        " or ".join(f"{place * 2} <= n < {place * 2}.5" for place in range(MANY)),
        f"n in {[place * 2 for place in range(MANY)]}",
        f"not (n not in {[place * 2 for place in range(MANY)]} or n == 7)",
        " or ".join(f"label == 'L{place}'" for place in range(0, MANY, 2)),
        f"label not in {[f'L{place}' for place in range(1, MANY, 2)]}",
        " or ".join(f"code == {place * 2}" for place in range(0, MANY, 2)),
        " or ".join("n == 2 and code == 4" for _ in range(MANY)),
    ],
)
def test_thousands_of_alternatives_are_joined_in_a_few_steps_each(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    met, both = [], expressions._both

    def counted(some: Sequence[Box], others: Sequence[Box]) -> list[Box]:
        met.append(len(some) * len(others))
        return both(some, others)

    monkeypatch.setattr(expressions, "_both", counted)
    (box,) = event_of(LONG, text)
    assert box
    assert sum(met) <= 4 * MANY  # if in squares, of two pieces each, 12 million
