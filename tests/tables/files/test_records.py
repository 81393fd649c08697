"""Which lines are bad, and what is left when they are set aside."""

import pytest

from made_cli.errors import UserError
from made_cli.tables.files import records
from made_cli.tables.files.delimited import TextOptions, read_delimited
from made_cli.tables.files.records import Format, Records
from made_cli.tables.files.rejects import Rejects


def kept(text: str | bytes, most: int = 9, **options: object) -> tuple[list[list[str]], list[int], bytes]:
    """The rows that are left, their lines, and what was set aside."""
    raw, rejects = text.encode() if isinstance(text, str) else text, Rejects(most=most)
    table = read_delimited(raw, "t.csv", TextOptions(**options), rejects)  # type: ignore[arg-type]
    return table.rows().tolist(), table.lines.tolist(), b"".join(rejects.lines)


def line_by_line(text: str) -> list[list[str]]:
    found = Records(text.splitlines(keepends=True), Format(","), "t.csv", "the header")
    found.read()
    return found.cells


def test_a_text_is_held_once_however_often_it_is_written() -> None:
    cells = line_by_line("white,1000\nwhite,2000\nblack,1000\n")
    assert cells[0][0] is cells[1][0]
    assert cells[0][1] is cells[2][1]


def test_texts_are_held_once_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "REMEMBERED", 2)
    assert line_by_line("xx\nyy\nzz\nxx\n") == [["xx"], ["yy"], ["zz"], ["xx"]]


def test_lines_of_another_width_are_set_aside_as_they_stood() -> None:
    assert kept("a,b\r\n1,2\r\n 3\r\n4,5,6\r\n7,8") == ([["1", "2"], ["7", "8"]], [2, 5], b" 3\r\n4,5,6\r\n")
    assert kept('a,b\n1,2\n"x\ny",3,4\n5,6\n') == ([["1", "2"], ["5", "6"]], [2, 5], b'"x\ny",3,4\n')
    assert kept("a,b\n1,2\n\n3,4\n\n") == ([["1", "2"], ["3", "4"]], [2, 4], b"\n")


def test_lines_with_bad_quotes_are_set_aside_one_by_one() -> None:
    assert kept('a,b\n1,"x"y\n2,"z"\n') == ([["2", "z"]], [3], b'1,"x"y\n')
    assert kept('a,b\n1,"x\n2,"z"\n3,w\n') == ([["2", "z"], ["3", "w"]], [3, 4], b'1,"x\n')
    assert kept('a,b\n1,2\n3,"x\n4,5\n') == ([["1", "2"], ["4", "5"]], [2, 4], b'3,"x\n')
    assert kept('a,b\n1,"x"\n5",2\n6,7\n') == ([["1", "x"], ["6", "7"]], [2, 4], b'5",2\n')


def test_bad_lines_are_kept_in_the_order_of_the_file() -> None:
    assert kept('a,b\n5",2\n1,"x"\n3\n6",7\n4,"\n')[2] == b'5",2\n3\n6",7\n4,"\n'


def test_bad_lines_keep_their_encoding_and_blanks() -> None:
    assert kept("ä,b\n1\nö,2\n".encode("latin-1"), encoding="latin-1")[2] == b"1\n"
    assert kept("ä,b\né\nö,2\n".encode("utf-16"))[2] == "é\n".encode("utf-16-le")
    assert kept("0  1\n0   1  1\n1 0\n", header=False) == ([["0", "1"], ["1", "0"]], [1, 3], b"0   1  1\n")
    assert kept("sep=;\na;b\n1\n2;3\n") == ([["2", "3"]], [4], b"1\n")


def test_more_bad_lines_than_allowed_are_refused_at_the_first_too_many() -> None:
    text = "a,b\n1\n2,3\n4\n5\n"
    assert kept(text, 3)[2] == b"1\n4\n5\n"
    with pytest.raises(UserError, match="line 5: 1 cell") as caught:
        kept(text, 2)
    assert "--max-bad-rows" in caught.value.hint
    with pytest.raises(UserError, match="line 2: 1 cell") as caught:
        read_delimited(text.encode(), "t.csv")
    assert "--rejects" in caught.value.hint


@pytest.mark.parametrize("text", ['"a"x,b\n1,2\n', 'a",b\n"1",2\n', "note\na,b\n1,2\n" * 5, "\na,b\n1,2\n"])
def test_the_first_line_is_never_set_aside(text: str) -> None:
    with pytest.raises(UserError):
        kept(text, 4)


def test_a_text_of_unclosed_quotes_ends_soon() -> None:
    with pytest.raises(UserError, match="never closed"):
        kept("a,b\n" + '1,"x\n' * 1 + "2,3\n" * 1000 + '4,"\n' + "5,6\n" * 1000 + '7,"\n', 0)
