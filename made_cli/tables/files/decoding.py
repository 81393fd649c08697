"""The bytes of a text table, as those of UTF-8.

Knows: the marks of encodings, and what UTF-16 without one looks like; nothing of cells. What may be no text, or text of
another encoding, is refused by its line. What is UTF-8 already is not copied.
"""

import codecs

from made_cli.errors import Exit, UserError

# UTF-32 comes first: its little-endian mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_SAMPLE = 4096
"""Bytes by which an encoding without a mark is recognised."""
_PLAIN = 0.05
"""Least share of ASCII in a table: line ends, delimiters and digits, whatever the script."""
_FEW = 3
"""ASCII characters that a few NULs in another encoding might feign."""


def in_utf8(raw: bytes, source: str, encoding: str) -> tuple[bytes, str]:
    r"""Turns bytes of text into those of UTF-8.

    Args:
        raw: the whole text; a byte order mark beats `encoding`.
        source: its name in messages.
        encoding: any text encoding that Python knows.

    Returns:
        The text without its mark, and the encoding that it turned out to have.

    Raises:
        UserError: there is no such encoding, the bytes are not of it, or they are no text.

    >>> in_utf8("ä,b\n".encode("utf-16-le"), "t.csv", "utf-8")
    (b'\xc3\xa4,b\n', 'utf-16-le')
    """
    mark, encoding = next(((mark, marked) for mark, marked in _MARKS if raw.startswith(mark)), (b"", encoding))
    raw = raw.removeprefix(mark)
    if encoding == "utf-8" and not mark and b"\0" in raw[:_SAMPLE]:
        encoding = next((wide for wide in _WIDE if _looks_like(raw[:_SAMPLE], wide)), encoding)
    try:
        text = raw if encoding == "utf-8" and raw.isascii() else _recoded(raw, encoding)
    except UnicodeDecodeError as error:
        line = line_at(raw[: error.start].decode(encoding, errors="replace"))
        reason = f"byte 0x{raw[error.start]:02x} is not valid {encoding}"
        hint = "Give its encoding, such as --encoding latin-1 or cp1252."
        raise UserError(f"{source}, line {line}: {reason}", hint=hint, code=Exit.BAD_DATA) from error
    except (LookupError, ValueError) as error:
        hint = "Use utf-8, latin-1, cp1252, utf-16 or another that Python knows."
        raise UserError(f"--encoding {encoding!r}: not a text encoding", hint=hint, code=Exit.USAGE) from error
    if b"\0" in text:
        line = line_at(text[: text.index(b"\0")].decode())
        hint = "It may be no text at all, or be cut or mixed from several files: check how it was made."
        raise UserError(f"{source}, line {line}: a NUL character", hint=hint, code=Exit.BAD_DATA)
    return text, encoding


def _recoded(raw: bytes, encoding: str) -> bytes:
    text = raw.decode(encoding)
    return raw if encoding == "utf-8" else text.encode()


def line_at(text: str) -> int:
    """The number of the line that `text` breaks off in."""
    return (text.count("\n") or text.count("\r")) + 1


def _looks_like(start: bytes, encoding: str) -> bool:
    """Says whether bytes that hold NULs are text of a wide encoding: without NULs then, in lines, and partly ASCII."""
    whole = len(start) - len(start) % 4
    try:
        text = start[:whole].decode(encoding, errors="strict" if encoding.startswith("utf-32") else "ignore")
    except UnicodeDecodeError:
        return False
    in_lines = "\0" not in text and ("\n" in text or "\r" in text)
    return in_lines and sum(map(str.isascii, text)) >= max(_FEW, _PLAIN * len(text))
