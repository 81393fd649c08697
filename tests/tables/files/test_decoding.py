"""What encoding `made_cli.tables.files.decoding` finds."""

import pytest

from made_cli.errors import UserError
from made_cli.tables.files.decoding import in_utf8, line_at

TABLE = "città,n\nцифды,1\n東京,2\nÅbo,3\n"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wide_encodings_are_known_without_a_mark(encoding: str) -> None:
    assert in_utf8(TABLE.encode(encoding), "t.csv", "utf-8") == (TABLE.encode(), encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_mark_is_no_text_and_beats_what_was_said(encoding: str) -> None:
    assert in_utf8(("\ufeff" + TABLE).encode(encoding), "t.csv", "latin-1") == (TABLE.encode(), encoding)


def test_a_few_nul_characters_do_not_make_a_text_wide() -> None:
    for raw in (b"a,b\n1,\0\n", b"a,b\n" + b"12,\0003\n" * 9, b"name,n\nx\0\0\0\0,1\n"):
        with pytest.raises(UserError, match="line 2: a NUL character"):
            in_utf8(raw, "t.csv", "utf-8")


def test_a_broken_wide_text_is_refused_by_its_line() -> None:
    raw = "a,b\n1,2\n".encode("utf-16-le") + b"\x00\xd8,\x00"
    with pytest.raises(UserError, match="line 3: byte 0x00 is not valid utf-16-le"):
        in_utf8(raw, "t.csv", "utf-8")


def test_a_line_is_counted_by_either_end() -> None:
    assert [line_at(text) for text in ("", "a\n", "a\r\nb", "a\rb\r")] == [1, 2, 2, 3]
