"""What looks wrong is told, with its line; what is right is not."""

import numpy as np
import pytest

from made_cli.tables.files.delimited import TextOptions, read_delimited
from made_cli.tables.files.doubts import doubts

RNG = np.random.default_rng(0)
PEOPLE = [
    f"{day:02d}/03/2020,{city},{pay:.2f}"
    for day, city, pay in zip(
        RNG.integers(1, 29, 60), RNG.choice(["Ulm", "Bonn"], 60), RNG.normal(30, 9, 60), strict=True
    )
]
LABELS = ["red,green,blue", *(",".join(row) for row in RNG.choice(["red", "green", "blue"], (60, 3)))]
NAMES = "day,city,pay"


def told(lines: list[str], *, header: bool = True, delimiter: str | None = None) -> list[str]:
    text = "\n".join(lines) + "\n"
    return list(doubts(read_delimited(text.encode(), "t.csv", TextOptions(header, delimiter))))


@pytest.mark.parametrize(
    "lines",
    [
        [NAMES, *PEOPLE],
        ["a,b,c", *LABELS],
        [NAMES],
        [NAMES, PEOPLE[0]],
        [NAMES, "?,?,?", *PEOPLE],
        [NAMES, *PEOPLE[:30], "unknown,Ulm,30.20", *PEOPLE[30:]],
        [NAMES, *PEOPLE[:30], "01/03/2020,Ulm,thirty", *PEOPLE[30:]],
        ["0,1,2,3", *["7,9,8,5"] * 30],
        ["country,1990,1995,2000,2005", *["Chad,1,2,3,4", "Mali,5,6,7,8"] * 9],
        ["x1,x2", *["1.5,2.5"] * 30],
        ["note", *['"so, so"', "well", '"and, again, not"', "good"] * 9],
        ["a comment", *["no good", "very good indeed", "why not"] * 9],
        ["a,b", *["x;y,1", "z,2", "x;y;z,3"] * 9],
    ],
)
def test_tables_as_they_should_be_are_read_without_a_word(lines: list[str]) -> None:
    assert told(lines) == []


@pytest.mark.parametrize(
    "lines",
    [
        PEOPLE,
        LABELS,
        ["5.1,3.5"] * 30,
        ["12 May 2020,7", *["3 Aug 2021,9"] * 9],
        ["NA,3.5", *["5.1,3.7"] * 9],
        ["4,5,6"],
        ["4,5,6", "7,8,8"],
        ["8", *"79"] * 3,
    ],
)
def test_a_first_line_that_is_a_row_is_told(lines: list[str]) -> None:
    assert "--no-header" in told(lines)[0]
    assert not any("names" in line for line in told(lines, header=False))


def test_more_lines_of_names_are_told() -> None:
    assert told([NAMES, "(date),(town),(euros)", *PEOPLE])[0].startswith(
        "line 2 does not look like a row: '(date)' in column 'day', unlike its other cells"
    )
    assert told(["a,b,c", "first,second,third", *LABELS])[0].startswith("line 2 does not look like a row: 'first'")
    assert told(["x1,x2", "(x1),(x2)", *["1.5,2.5"] * 30])[0].startswith("line 2 does not look like a row")


def test_names_written_again_are_told() -> None:
    assert told([NAMES, *PEOPLE[:5], NAMES, *PEOPLE[5:]])[0].startswith("line 7 holds the names again")
    again = told([NAMES, *PEOPLE[:9], *[NAMES] * 5, *PEOPLE])
    assert again[0].startswith("lines 11, 12, 13 and 2 more hold the names again")


def test_notes_above_and_below_are_told() -> None:
    assert told(["Prices,", "day,pay", *["3 May,7"] * 30])[0].startswith("line 2 does not look like a row: 'day'")
    assert told([NAMES, *PEOPLE, "Source: a survey,,"])[0].startswith("line 62 does not look like a row: 'Source")
    assert "line 30 does not look like a row: nearly empty" in told([NAMES, *PEOPLE[:28], ",,", *PEOPLE])[0]


def test_another_table_below_is_told() -> None:
    more = ["shop,street,telephone", "Ulm,Hauptstrasse,none"]
    assert told([NAMES, *PEOPLE, *more])[0].startswith("lines 62, 63 do not look like rows: 'shop'")


def test_a_longer_table_below_is_told_by_its_columns() -> None:
    more = ["shop,street,telephone", *["Ulm,Hauptstrasse,none"] * 20]
    assert told([NAMES, *PEOPLE, *more])[0].startswith("lines 62, 81, 82 do not look like rows: 'shop'")
    assert told([NAMES, *PEOPLE, *["not asked,Ulm,not asked", PEOPLE[0]] * 20]) == []


def test_single_quotes_are_told() -> None:
    assert told(["'a','b'", "'x','1'", "'y','2'"])[0].startswith("line 1: single quotes are part of the cell \"'a'\"")
    assert told(["a,b,c", *["x,y,1"] * 20, "'x','y',1"])[-1].startswith("line 22: single quotes are part of the cell")
    assert told(["title,n", *["Emma,1", "'Tis Pity,2", "Cats' Tales',3"] * 9]) == []


def test_columns_without_names_and_cells_are_told() -> None:
    lines = [line.replace(",", ",,") for line in (NAMES, *PEOPLE)]
    assert told(lines)[0].startswith("columns c2, c4 have neither names nor cells")


@pytest.mark.parametrize("sign", [":", "^", "~", " "])
def test_a_sign_that_would_part_one_column_is_told(sign: str) -> None:
    lines = [sign.join(["a", "b", "c"]), *[sign.join("123")] * 30]
    assert told(lines)[-1].startswith(f"one column only, though {sign!r} parts every line into 3; if so meant")


def test_a_wrong_delimiter_is_told() -> None:
    assert told([NAMES, *PEOPLE], delimiter=";")[-1].startswith("one column only, though ',' parts")
    assert told([NAMES, *[f'"{line}"' for line in PEOPLE]], delimiter="|")[-1].startswith("one column only")
    assert told(["Preis, netto;n", *["1,5;2"] * 20])[-1].startswith("2 columns, though ';' parts every line into 2")
