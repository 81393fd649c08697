"""Numbers in the notations of people: read as numbers, written the same way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_cli.tables.text.notation import PLAIN, Notation, Point
from made_cli.tables.text.number_reading import read_numbers

POINTS: list[tuple[Point, str]] = [(".", ","), (",", "."), (",", " "), (",", "\u00a0"), (".", "'"), (",", "")]
NOTATIONS = [
    Notation(point, between, grouped, positive, negative)
    for point, between in POINTS
    for grouped in (4, 5)
    for positive, negative in (
        ("#", "-#"),
        ("# %", "−# %"),
        ("$#", "($#)"),
        ("EUR #", "EUR -#"),
        ("# kg", "-# kg"),
        ("#\u00a0€", "#-\u00a0€"),
    )
]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["24,8", "998,6", "1.002,0"], [24.8, 998.6, 1002.0]),
        (["44,7 %", "7 %"], [44.7, 7.0]),
        (["7.945,67 €", "-3,00 €", "12,00"], [7945.67, -3.0, 12.0]),
        (["1,234.50", "(1,234.50)", "17.00"], [1234.5, -1234.5, 17.0]),
        (["1,234.50-", "17.00"], [-1234.5, 17.0]),
        (["$1,234", "-$5", "$17"], [1234.0, -5.0, 17.0]),
        (["USD 5", "USD 1.5"], [5.0, 1.5]),
        (["1 234,5", "1\u00a0234,5", "−1,0"], [1234.5, 1234.5, -1.0]),
        (["1'234", "12", "1'234'567"], [1234.0, 12.0, 1234567.0]),
        (["0,456", "1,234"], [0.456, 1.234]),
        (["1,234", "1234", "12"], [1.234, 1234.0, 12.0]),
        (["1,234", "12345,5"], [1.234, 12345.5]),
        (["1.234", "1.234.567"], [1234.0, 1234567.0]),
        (["1,5e3", "2,0"], [1500.0, 2.0]),
        (["12,34,567", "1,00,000.50", "45,678", "900"], [1234567.0, 100000.5, 45678.0, 900.0]),
        (["₹1,23,45,678", "-₹5,000"], [12345678.0, -5000.0]),
        (["5 kg", "1,234.5 kg", "-3 kg"], [5.0, 1234.5, -3.0]),
        (["21,5°C", "−3,0°C"], [21.5, -3.0]),
        (["30 km/h", "5 km/h"], [30.0, 5.0]),
        (['24.5"', '32"'], [24.5, 32.0]),
        (["–5", "7"], [-5.0, 7.0]),
    ],
)
def test_one_notation_reads_a_whole_column(cells: list[str], numbers: list[float]) -> None:
    found = read_numbers(dict.fromkeys(cells, 1))
    assert not found.unread
    assert [found.values[cell] for cell in cells] == numbers


def test_digits_in_pairs_are_written_in_pairs() -> None:
    notation = read_numbers({"12,34,567": 1, "1,00,000": 1}).notation
    assert notation.spell("123456789.5") == "12,34,56,789.5"
    assert read_numbers({"1,234,567": 1, "10,000": 1}).notation.spell("1234567") == "1,234,567"


def test_thousands_are_grouped_as_they_were_where_all_numbers_are_large() -> None:
    assert read_numbers({"12.345.678": 1, "1.234.567": 1}).notation.spell("4321") == "4.321"
    assert read_numbers({"12 345,5": 1, "4321,5": 1}).notation.spell("4321.5") == "4321,5"


@pytest.mark.parametrize(
    ("cells", "unread"),
    [
        (["$5", "$7", "€6"], {"€6"}),
        (["5 %", "7 %", "6"], {"6"}),
        (["12.5", "13.5", "12,5"], {"12,5"}),
        ([*(f"{n} kg" for n in range(20)), "21", "22 g"], {"21", "22 g"}),
        (["64", "65 and over", "10 plus"], {"65 and over", "10 plus"}),
        (["12A", "14B", "15"], {"12A", "14B"}),
        (["٣", "\uff14", "5"], {"٣", "\uff14"}),
        (["007 €", "8 €"], {"007 €"}),
        (["1,23,45", "5"], {"1,23,45"}),
        (["12,34.567", "1,2"], {"12,34.567"}),
        (["1,2345.6", "1.5"], {"1,2345.6"}),
        (
            ["(5", "5)", "--5", "(-5)", "5 kg", "5 € %", "€", "", "5"],
            {"(5", "5)", "--5", "(-5)", "5 kg", "5 € %", "€", ""},
        ),
    ],
)
def test_what_is_of_another_notation_is_not_read(cells: list[str], unread: set[str]) -> None:
    assert read_numbers(dict.fromkeys(cells, 1)).unread == unread


@pytest.mark.parametrize(
    ("cells", "preferred", "number"),
    [
        (["1,234", "12"], None, 1234.0),
        (["1,234", "12"], ".", 1234.0),
        (["1,234", "12"], ",", 1.234),
        (["1.234", "12"], None, 1.234),
        (["1.234", "12"], ",", 1234.0),
    ],
)
def test_a_sign_that_may_be_either_is_told_and_a_person_decides(
    cells: list[str], preferred: Point | None, number: float
) -> None:
    found = read_numbers(dict.fromkeys(cells, 1), preferred)
    assert (found.values[cells[0]], found.ambiguity, found.point) == (number, cells[0], None)


def test_what_only_one_sign_can_mean_is_not_open_to_a_person() -> None:
    found = read_numbers({"1.5": 1, "1.234": 1}, ",")
    assert (found.notation, found.ambiguity, found.point) == (PLAIN, None, ".")


@given(
    st.sampled_from(NOTATIONS),
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20, unique=True),
    st.integers(1, 2),
)
def test_what_a_notation_writes_it_reads(notation: Notation, numbers: list[int], decimals: int) -> None:
    plain = [
        f"{'-' * (number < 0)}{abs(number) // 10**decimals}.{abs(number) % 10**decimals:0{decimals}d}"
        for number in numbers
    ]
    texts = [notation.spell(text) for text in plain]
    assert [notation.plain(text) for text in texts] == plain
    found = read_numbers(dict.fromkeys(texts, 1))
    assert [found.values[text] for text in texts] == [float(text) + 0.0 for text in plain]
    assert [found.notation.spell(text) for text in plain] == texts or min(numbers) >= 0 or max(numbers) < 0
