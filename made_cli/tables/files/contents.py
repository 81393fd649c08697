"""What a file is by its contents, where its name says that it is a text table.

Knows: how files begin that are no text table and that people nevertheless name .csv, and what to do with each.
"""

import json
import re

from made_cli.errors import Exit, UserError

_SAVE = "Save the sheet as CSV (UTF-8) and give that."
_UNPACK = "Unpack it first, or pack it with gzip: .csv.gz is read as it is."
_RENAME = "Give the file a name that ends in {ending}."
_BINARY = {
    b"PK\x03\x04": ("a zip archive", "Unpack it, and give the table in it."),
    b"\x1f\x8b": ("gzip within gzip", "Unpack it once."),
    b"\x28\xb5\x2f\xfd": ("compressed with zstd", _UNPACK),
    b"\xfd7zXZ\x00": ("compressed with xz", _UNPACK),
    b"BZh91AY&SY": ("compressed with bzip2", _UNPACK),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", _UNPACK),
    b"Rar!\x1a\x07": ("a RAR archive", _UNPACK),
    b"PAR1": ("a Parquet file", _RENAME.format(ending=".parquet")),
    b"\x93NUMPY": ("a NumPy array", _RENAME.format(ending=".npy")),
    b"ARROW1": ("an Arrow or Feather file", "Save it as Parquet or CSV."),
    b"FEA1": ("a Feather file", "Save it as Parquet or CSV."),
    b"\xff\xff\xff\xff": ("an Arrow stream", "Save it as Parquet or CSV."),
    **dict.fromkeys((b"\x80\x03", b"\x80\x04", b"\x80\x05"), ("a Python pickle", "Save its table as Parquet or CSV.")),
    b"ORC": ("an ORC file", "Save it as Parquet or CSV."),
    b"Obj\x01": ("an Avro file", "Save it as Parquet or CSV."),
    b"\x89HDF\r\n\x1a\n": ("an HDF5 file", "Save its table as Parquet or CSV."),
    b"SQLite format 3\x00": ("an SQLite database", "Export its table as CSV."),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("an old spreadsheet or document (.xls, .doc)", _SAVE),
    b"%PDF-": ("a PDF document", "Get the table as CSV."),
    b"RDX": ("R data", "Save it from R with write.csv."),
    b"\x89PNG": ("a PNG picture", "Get the table as CSV."),
    b"\xff\xd8\xff": ("a JPEG picture", "Get the table as CSV."),
}
_SHEETS = {b"xl/": "an Excel workbook (.xlsx)", b"opendocument.spreadsheet": "an OpenDocument spreadsheet (.ods)"}
_LISTED = 1 << 16
"""Bytes of a zip archive, at either end, in which the names of its files stand."""
_TAR = slice(257, 262)
_JSON_BEGUN = re.compile(r"""(?:\[\s*)?\{\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*:""")
"""An object, or an array of objects, also with the quotes of Python."""
_TEXTS = {
    r"\{\\rtf": ("a document (RTF)", "Save the table as CSV."),
    r"(?:%[^\n]*\s+)*@relation\s": ("an ARFF file", "Save it as CSV, from Weka or with scipy.io.arff."),
    r"version https://git-lfs\.github\.com/": (
        "a pointer of Git LFS to a file",
        "Get the file itself with `git lfs pull`.",
    ),
    r"-----BEGIN [A-Z ]+-----": ("a certificate or a key (PEM)", "Give the table."),
}
_PAGE = re.compile(r"<(!doctype html|html|head|body|table|div|p|script|meta)\b", re.IGNORECASE)
_HTML = re.compile(r"<html\b[^<>]*>", re.IGNORECASE)
_XML = re.compile(r"<(\?xml|!doctype)\b", re.IGNORECASE)
_ELEMENT = re.compile(r"<([\w:-]+)[^<>]*>")


def check_bytes(raw: bytes, source: str) -> None:
    """Refuses what is known by its first bytes to be no text.

    Raises:
        UserError: it is something else; says what, and what to do.
    """
    for start, (form, hint) in _BINARY.items():
        if raw.startswith(start) and not (start.isalnum() and _is_text(raw)):
            names = raw[:_LISTED] + raw[-_LISTED:]
            sheet = next((name for part, name in _SHEETS.items() if form == "a zip archive" and part in names), None)
            raise _refusal(source, sheet or form, _SAVE if sheet else hint)
    if raw[_TAR] == b"ustar":
        raise _refusal(source, "a tar archive", "Unpack it, and give the table in it.")


def check_text(text: bytes, source: str) -> None:
    """Refuses text, in UTF-8, that is no table: JSON, web pages, XML.

    Raises:
        UserError: it is something else; says what, and what to do.
    """
    start = text[:_LISTED].decode(errors="ignore").lstrip()
    # Columns may be named <DATE> and <TIME>: that is no element until it ends.
    element = _ELEMENT.match(start)
    if _XML.match(start) or (element and f"</{element[1]}>".encode() in text) or _HTML.match(start):
        hint = "It may be an error or login page saved in the table's place: open it, and get the table as CSV."
        raise _refusal(source, "a web page (HTML)" if _PAGE.match(start) else "an XML document", hint)
    for begun, (form, hint) in _TEXTS.items():
        if re.match(begun, start, re.IGNORECASE):
            raise _refusal(source, form, hint)
    if start[:1] in ("[", "{") and (_JSON_BEGUN.match(start) or _is_json(text.decode().lstrip())):
        hint = "Make a CSV of it: pandas.read_json(FILE).to_csv(…), lines=True where each line is an object."
        raise _refusal(source, "JSON", hint)


def _is_text(raw: bytes) -> bool:
    """Says whether a file that begins with letters alone goes on as text: its first column may be named ORC."""
    return not any(byte < 9 for byte in raw[:_LISTED])


def _is_json(text: str) -> bool:
    """Says whether text begins with a whole JSON array or object that no more of a line follows."""
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return text[end : end + 1] in ("", "\r", "\n")


def _refusal(source: str, form: str, hint: str) -> UserError:
    return UserError(f"{source}: no text table but {form}", hint=hint, code=Exit.BAD_DATA)
