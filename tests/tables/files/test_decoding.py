"""What encoding `made_cli.tables.files.decoding` finds."""

import pytest

from made_cli.errors import UserError
from made_cli.tables.files.decoding import Decoder, in_utf8

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


@pytest.mark.parametrize("pieces", [1, 2, 3, 7])
def test_a_line_is_counted_by_either_end_however_the_text_is_cut(pieces: int) -> None:
    for text, line in (("", 1), ("a\n", 2), ("a\r\nb", 2), ("a\rb\r", 3), ("äß\n\r\nöü", 3)):
        raw = f"{text}\0".encode()
        with pytest.raises(UserError, match=f"line {line}: a NUL character"):
            in_pieces(raw, "utf-8", pieces)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16", "cp1252", "shift_jis"])
def test_a_text_in_pieces_of_any_size_is_that_of_the_whole(encoding: str) -> None:
    text = TABLE if encoding.startswith("utf") else "città,n\n" if encoding == "cp1252" else "東京,n\n"
    for raw in (text.encode(encoding), text.encode(encoding).removeprefix(b"\xff\xfe")):
        for size in (4, 5, 7, 1000):  # a mark is of one piece
            assert in_pieces(raw, encoding, -(-len(raw) // size)) == text.encode()


def test_bad_bytes_behind_other_pieces_are_refused_by_the_line_of_the_text() -> None:
    raw = ("città,n\n" * 9).encode() + b"citt\xe0,n\n"
    for pieces in (1, 2, 10, len(raw)):
        with pytest.raises(UserError, match="line 10: byte 0xe0 is not valid utf-8"):
            in_pieces(raw, "utf-8", pieces)


def in_pieces(raw: bytes, encoding: str, count: int) -> bytes:
    size = max(1, -(-len(raw) // count))
    cuts = range(0, len(raw), size)
    decoder = Decoder(raw, "t.csv", encoding)
    return b"".join(decoder.in_utf8(raw[cut : cut + size], last=cut == cuts[-1]) for cut in cuts)
