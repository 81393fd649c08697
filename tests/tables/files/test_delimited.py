"""What `made_cli.tables.files.delimited` reads, and what it refuses by the number of its line."""

import pytest

from made_cli.errors import Exit, UserError
from made_cli.tables.files.delimited import TextOptions, read_delimited


def read(
    text: str | bytes,
    *,
    header: bool = True,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    skip_lines: int = 0,
) -> list[list[str]]:
    """All records, the names first."""
    raw = text.encode() if isinstance(text, str) else text
    table = read_delimited(raw, "t.csv", TextOptions(header, delimiter, encoding, skip_lines))
    assert len(table.lines) == len(table.cells)
    return [table.names, *table.rows().tolist()]


def lines(text: str, *, header: bool = True) -> list[int]:
    found: list[int] = read_delimited(text.encode(), "t.csv", TextOptions(header)).lines.tolist()
    return found


def refused(text: str | bytes, *, header: bool = True, code: Exit = Exit.BAD_DATA, encoding: str = "utf-8") -> str:
    with pytest.raises(UserError) as caught:
        read(text, header=header, encoding=encoding)
    assert caught.value.code == code
    assert caught.value.hint
    assert "\n" not in str(caught.value) + caught.value.hint
    return str(caught.value)


def test_cells_are_the_exact_text() -> None:
    rows = [["a", "b", "c"], [" 0012", "NA", "1e5 "], ["", "null", "ʤ🦆"]]
    assert read("a,b,c\n 0012,NA,1e5 \n,null,ʤ🦆\n") == rows


def test_the_last_line_needs_no_end() -> None:
    assert read("a,b\n1,2") == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end_is_read(end: str) -> None:
    assert read(end.join(["a,b", '1,"x', 'y"', "2,z", ""])) == [["a", "b"], ["1", f"x{end}y"], ["2", "z"]]
    assert lines(end.join(["a,b", '1,"x', 'y"', "2,z", ""])) == [2, 4]


def test_doubled_quotes_are_one_quote() -> None:
    assert read('a,b\n1,"say ""x"", y"\n') == [["a", "b"], ["1", 'say "x", y']]


def test_a_quote_inside_an_unquoted_cell_is_text() -> None:
    assert read('size,b\n5",2\n') == [["size", "b"], ['5"', "2"]]


def test_lines_are_counted_through_a_header_of_several_lines() -> None:
    assert lines('"a\nb",c\n1,2\n"3\n\n",4\n5,6\n') == [3, 4, 7]


def test_without_a_header_the_first_line_is_a_row() -> None:
    assert read("0,1\n1,0\n", header=False) == [["c1", "c2"], ["0", "1"], ["1", "0"]]
    assert lines("0,1\n1,0\n", header=False) == [1, 2]


def test_a_header_alone_is_a_table_of_no_rows() -> None:
    table = read_delimited(b"a,b\n", "t.csv")
    assert table.cells.shape == (0, 2)
    assert table.lines.shape == (0,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3\n", "t.csv, line 3: 1 cell where the header has 2"),
        ("a,b\n1,2,3\n", "t.csv, line 2: 3 cells where the header has 2"),
        ('a,b\n1,"x\ny"\n1,2,\n', "t.csv, line 4: 3 cells where the header has 2"),
        ("a;b,c\n1;2,c\n1;2\n", "t.csv, line 3: 1 cell where the header has 2"),
        ("a,b\n1,2\n,,\n", "t.csv, line 3: 3 cells where the header has 2"),
        ('a,b\n1,2\n""\n', "t.csv, line 3: 1 cell where the header has 2"),
    ],
)
def test_a_record_of_another_width_is_refused(text: str, message: str) -> None:
    assert refused(text) == message


def test_without_a_header_the_first_record_sets_the_width() -> None:
    assert refused("0,1\n0\n", header=False) == "t.csv, line 2: 1 cell where the first record has 2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a,b\n1,2\n3,"x\n4,5\n', "t.csv, line 3: a quote that is never closed"),
        ('a,b\n1,"x"y\n', "t.csv, line 2: text after a closing quote"),
        ('a,b\n1,"x\n2,"y"\n', "t.csv, line 3: text after a closing quote (the record starts in line 2)"),
        ('1;"x"y;z\n', "t.csv, line 1: text after a closing quote"),
        ("a\n1\r2\n", "t.csv, line 2: a lone carriage return"),
    ],
)
def test_bad_quotes_and_line_ends_are_refused(text: str, message: str) -> None:
    assert refused(text) == message


@pytest.mark.parametrize("text", ["", "\n", "\r\n\r\n", "\ufeff"])
def test_an_empty_file_is_refused(text: str) -> None:
    assert "empty" in refused(text)


def test_blank_lines_are_let_be_at_the_end_alone() -> None:
    assert read("a,b\n1,2\n\n\r\n") == [["a", "b"], ["1", "2"]]
    assert refused("a,b\n1,2\n\n\n3,4\n").startswith("t.csv, line 3: a blank line")
    assert refused("\na,b\n1,2\n").startswith("t.csv, line 1: a blank line")


def test_a_blank_line_in_one_column_is_an_empty_cell() -> None:
    assert read('a\n1\n\n""\n2\n\n') == [["a"], ["1"], [""], [""], ["2"], [""]]
    assert lines("a\n1\n\n2\n") == [2, 3, 4]


def test_doubled_names_are_refused_by_their_places() -> None:
    assert refused("a,b,a\n1,2,3\n") == "t.csv: columns 1 and 3 are both named 'a'"


def test_a_nameless_column_is_named_by_its_place() -> None:
    assert read(",a\n1,2\n") == [["c1", "a"], ["1", "2"]]
    assert refused(",c1\n1,2\n") == "t.csv: columns 1 and 2 are both named 'c1'"


def test_a_header_of_no_names_is_refused() -> None:
    assert refused(",,\n1,2,3\n") == "t.csv: no column has a name"


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(sign: str) -> None:
    assert read(f'"a"{sign}",;|\t"{sign}c\n1{sign}2{sign}3\n') == [["a", ",;|\t", "c"], ["1", "2", "3"]]


def test_the_delimiter_is_the_sign_that_makes_most_cells() -> None:
    assert read("a,x;b;c\n1,5;2;3\n") == [["a,x", "b", "c"], ["1,5", "2", "3"]]
    assert read("a;x,b\n1;5,2\n") == [["a;x", "b"], ["1;5", "2"]]


def test_one_column_is_read_where_nothing_parts_the_header() -> None:
    assert read("a\nx;y\n") == [["a"], ["x;y"]]


def test_a_given_delimiter_is_taken() -> None:
    assert read("a,x:b\n1,5:2\n", delimiter=":") == [["a,x", "b"], ["1,5", "2"]]
    assert read("a\tb\n1\t2\n", delimiter="\\t") == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize("delimiter", ["", "::", '"', "\n"])
def test_what_cannot_part_cells_is_no_delimiter(delimiter: str) -> None:
    with pytest.raises(UserError, match="not one plain character") as caught:
        read("a,b\n", delimiter=delimiter)
    assert caught.value.code == Exit.USAGE


def test_blanks_after_every_comma_of_the_first_record_are_a_manner_of_writing() -> None:
    assert read('a, b, c\n1, x,\n2, "y, z", 3\n') == [["a", "b", "c"], ["1", "x", ""], ["2", "y, z", "3"]]
    assert read("39, Private\n40, ?\n", header=False) == [["c1", "c2"], ["39", "Private"], ["40", "?"]]


def test_other_blanks_belong_to_the_cells() -> None:
    assert read("a,b\n1, x\n") == [["a", "b"], ["1", " x"]]
    assert read("a, b,c\n1, x, y\n") == [["a", " b", "c"], ["1", " x", " y"]]
    assert read('a," b"\n1, x\n') == [["a", " b"], ["1", " x"]]


def test_blanks_part_the_cells_of_a_bare_file() -> None:
    assert read(" 0  1 1 \n1 0\t0\n", header=False) == [["c1", "c2", "c3"], ["0", "1", "1"], ["1", "0", "0"]]
    assert refused("0 1\n1\n", header=False) == "t.csv, line 2: 1 cell where the first record has 2"


def test_blanks_part_nothing_under_a_header_or_inside_quotes() -> None:
    assert read("my name\nx y\n") == [["my name"], ["x y"]]
    assert read('0 1\n"x  y"\n', header=False) == [["c1"], ["0 1"], ["x  y"]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str) -> None:
    assert read("ä,b\n1,ʤ\n".encode(encoding)) == [["ä", "b"], ["1", "ʤ"]]
    assert read("ä,b\n1,ʤ\n".encode(encoding), encoding="latin-1") == [["ä", "b"], ["1", "ʤ"]]


def test_a_given_encoding_is_taken() -> None:
    assert read("ä,b\n1,2\n".encode("latin-1"), encoding="latin-1")[0] == ["ä", "b"]
    assert read("ä,b\n1,ʤ\n".encode("utf-16-le"), encoding="utf-16-le")[1] == ["1", "ʤ"]


def test_bytes_of_another_encoding_are_refused_by_their_line() -> None:
    assert refused("a,b\n1,2\n3,é\n".encode("latin-1")) == "t.csv, line 3: byte 0xe9 is not valid utf-8"
    assert refused("a,b\r1,é\r".encode("latin-1")) == "t.csv, line 2: byte 0xe9 is not valid utf-8"


@pytest.mark.parametrize("encoding", ["klingon", "hex", "a\0b"])
def test_what_is_no_encoding_is_wrong_usage(encoding: str) -> None:
    assert "not a text encoding" in refused("a,b\n", encoding=encoding, code=Exit.USAGE)


def test_a_nul_character_is_refused_by_its_line() -> None:
    assert refused("a,b\n1,\0\n") == "t.csv, line 2: a NUL character"


def test_a_cell_may_be_as_long_as_a_book() -> None:
    assert len(read("a,b\n1," + "x" * 300_000 + "\n")[1][1]) == 300_000


def test_most_columns_need_a_name() -> None:
    assert refused("Prices,,\n1,2,3\n") == "t.csv: the first line names 1 of 3 columns"
    assert read("Prices,\n1,2\n")[0] == ["Prices", "c2"]


@pytest.mark.parametrize("sign", [";", ",", "\t", "|", "^"])
def test_a_first_line_names_the_delimiter(sign: str) -> None:
    text = f"sep={sign}\nage{sign}pay, gross\n52{sign}1137.15\n"
    assert read(text, delimiter=None if sign != "," else "^") == (
        [["age", "pay, gross"], ["52", "1137.15"]] if sign != "," else [["age,pay, gross"], ["52,1137.15"]]
    )
    assert read("\ufeff" + text.replace("\n", "\r\n").replace(", gross", ""))[1:] == [["52", "1137.15"]]


def test_lines_are_counted_from_the_line_that_names_the_delimiter() -> None:
    assert lines("sep=;\na;b\n1;2\n") == [3]
    assert refused("sep=;\na;b\n1;2\n3\n") == "t.csv, line 4: 1 cell where the header has 2"


def test_a_column_may_be_named_as_that_line_is() -> None:
    assert read('"sep=;"\n1\n') == [["sep=;"], ["1"]]


def test_lines_above_the_table_are_skipped_and_counted() -> None:
    text = 'made in "Ulm\n\na,b\n1,2\n3\n'
    assert read(text.replace("3\n", ""), skip_lines=2) == [["a", "b"], ["1", "2"]]
    with pytest.raises(UserError, match="line 5: 1 cell"):
        read(text, skip_lines=2)
    with pytest.raises(UserError, match="empty"):
        read("a,b\n", skip_lines=1)


def test_a_quote_within_an_unquoted_cell_is_refused_where_cells_are_quoted() -> None:
    reason = "t.csv, line 3: a quote within an unquoted cell, in a file that quotes cells"
    assert refused('size,b\n1,"x, y"\n5",2\n') == reason
    assert refused('"size",b\n1,x\n5" pipe,2\n') == reason
    assert refused('size,b\n"1",2\n"3"" wide",4" deep\n') == reason
    assert read('size,b\n1,"say ""x"""\n2,"""y"\n') == [["size", "b"], ["1", 'say "x"'], ["2", '"y']]
    assert read('a, b\n1, "x ""y"" z"\n') == [["a", "b"], ["1", 'x "y" z']]
    assert read('a,b\n1,"x"""\n\n\r\n') == [["a", "b"], ["1", 'x"']]
    assert read('a,b\n1,"x""\n,y"\n') == [["a", "b"], ["1", 'x"\n,y']]
