"""The bytes of a text table, as those of UTF-8.

Knows: the marks of encodings, and what UTF-16 without one looks like; nothing of cells. What may be no text, or text of
another encoding, is refused by its line. What is UTF-8 already is not copied.
"""

import codecs
import sys

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
_IN_NATIVE_ORDER = {name: f"{name}-{sys.byteorder[0]}e" for name in ("utf-16", "utf-32")}
"""What encodings are without the mark that tells the order of their bytes."""
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
    decoder = Decoder(raw, source, encoding)
    return decoder.in_utf8(raw, last=True), decoder.encoding


class Decoder:
    """Turns the bytes of a text into those of UTF-8, a piece at a time.

    Args:
        start: the first piece, which tells the encoding; a byte order mark beats `encoding`.
        source: the text's name in messages.
        encoding: any text encoding that Python knows.

    Attributes:
        encoding: that the text turned out to have.

    Raises:
        UserError: there is no such encoding.
    """

    def __init__(self, start: bytes, source: str, encoding: str) -> None:
        self._mark, encoding = next(
            ((mark, known) for mark, known in _MARKS if start.startswith(mark)), (b"", encoding)
        )
        if encoding == "utf-8" and not self._mark and b"\0" in start[:_SAMPLE]:
            encoding = next((wide for wide in _WIDE if _looks_like(start[:_SAMPLE], wide)), encoding)
        self.source, self.encoding, self._before = source, encoding, (0, 0)
        try:
            " ".encode(encoding)
            self._decoder = codecs.getincrementaldecoder(_IN_NATIVE_ORDER.get(codecs.lookup(encoding).name, encoding))()
        except (LookupError, ValueError) as error:
            raise self._unknown() from error

    def in_utf8(self, raw: bytes, *, last: bool) -> bytes:
        """Returns the next piece of the text in UTF-8, as far as its bytes make whole characters.

        Raises:
            UserError: the bytes are not of the encoding, or they are no text.
        """
        raw, self._mark = raw.removeprefix(self._mark), b""
        try:
            text = self._recoded(raw, last=last)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(self.encoding, errors="replace")
            reason = f"byte 0x{error.object[error.start]:02x} is not valid {self.encoding}"
            hint = "Give its encoding, such as --encoding latin-1 or cp1252."
            raise self._refusal(before, reason, hint) from error
        except (LookupError, ValueError) as error:
            raise self._unknown() from error
        if b"\0" in text:
            hint = "It may be no text at all, or be cut or mixed from several files: check how it was made."
            raise self._refusal(text[: text.index(b"\0")].decode(), "a NUL character", hint)
        if not last:
            self._before = (self._before[0] + text.count(b"\n"), self._before[1] + text.count(b"\r"))
        return text

    def _recoded(self, raw: bytes, *, last: bool) -> bytes:
        as_it_stands = self.encoding == "utf-8" and not self._decoder.getstate()[0]
        if as_it_stands and raw.isascii():
            return raw
        text = self._decoder.decode(raw, final=last)
        return raw if as_it_stands and not self._decoder.getstate()[0] else text.encode()

    def _unknown(self) -> UserError:
        hint = "Use utf-8, latin-1, cp1252, utf-16 or another that Python knows."
        return UserError(f"--encoding {self.encoding!r}: not a text encoding", hint=hint, code=Exit.USAGE)

    def _refusal(self, before: str, reason: str, hint: str) -> UserError:
        """Refuses what comes behind a part of a piece."""
        ends, returns = self._before
        line = (ends + before.count("\n") or returns + before.count("\r")) + 1
        return UserError(f"{self.source}, line {line}: {reason}", hint=hint, code=Exit.BAD_DATA)


def _looks_like(start: bytes, encoding: str) -> bool:
    """Says whether bytes that hold NULs are text of a wide encoding: without NULs then, in lines, and partly ASCII."""
    whole = len(start) - len(start) % 4
    try:
        text = start[:whole].decode(encoding, errors="strict" if encoding.startswith("utf-32") else "ignore")
    except UnicodeDecodeError:
        return False
    in_lines = "\0" not in text and ("\n" in text or "\r" in text)
    return in_lines and sum(map(str.isascii, text)) >= max(_FEW, _PLAIN * len(text))
