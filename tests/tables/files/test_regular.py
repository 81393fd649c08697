"""A regular text is read in bulk as line by line; what is not regular is not read in bulk."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_cli.errors import UserError
from made_cli.tables.files.records import Format, Records
from made_cli.tables.files.regular import read_regular

COMMA = Format(",")
CELLS = st.text('ab,;"\n é', max_size=4)


def line_by_line(text: str, form: Format = COMMA) -> tuple[list[list[str]], list[int]]:
    records = Records(text.splitlines(keepends=True), form, "", "")
    records.read()
    return records.cells, records.starts


def in_bulk(text: str, form: Format = COMMA, width: int = 2) -> tuple[list[list[str]], list[int]] | None:
    found = read_regular(text.encode(), form, width)
    return found and ([list(row.values()) for row in found.cells.to_pylist()], found.starts.tolist())


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_csv_writes_is_read_in_bulk(rows: list[tuple[str, str]], end: str, quoted: bool) -> None:
    file = io.StringIO()
    csv.writer(file, lineterminator=end, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerows(rows)
    assert in_bulk(file.getvalue()) in (line_by_line(file.getvalue()), None)
    if not any("\n\n" in cell for row in rows for cell in row):
        assert in_bulk(file.getvalue()) is not None


@given(st.text('a,"\n', max_size=12))
def test_what_is_read_in_bulk_is_what_is_read_line_by_line(text: str) -> None:
    found = in_bulk(f"a,b\n{text}\n")
    if found is not None:
        assert found == line_by_line(f"a,b\n{text}\n")


@pytest.mark.parametrize(
    "text",
    [
        *("a,b\n1,2,3\n", "a,b\n1\n", "a,b\n\n1,2\n", "\na,b\n", 'a,b\n1,5" wide\n', 'a,b\n1,"2\n', 'a,b\n1,"2"x\n'),
        *("a,b\r1,2\n", "\ufeffa,b\n1,2\n", 'a,b\n"1","2""\n'),
    ],
)
def test_what_is_not_regular_is_not_read_in_bulk(text: str) -> None:
    assert in_bulk(text) is None


def test_blanks_behind_delimiters_and_lines_at_the_end_are_no_cells() -> None:
    text = "a, b\n 1,  2 x\n3, \n\n\r\n"
    assert in_bulk(text, Format(",", skip_blanks=True)) == ([["a", "b"], ["1", "2 x"], ["3", ""]], [0, 1, 2])
    assert line_by_line(text, Format(",", skip_blanks=True)) == in_bulk(text, Format(",", skip_blanks=True))


def test_a_quote_that_is_never_closed_is_refused_line_by_line() -> None:
    with pytest.raises(UserError, match="never closed"):
        line_by_line('a,b\n1,"2\n')
