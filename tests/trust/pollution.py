"""What becomes of the files of tables on their way: the ways in which CSV goes wrong.

Knows: for each pollution, what a reader may take the file for. What no reader can know has to be refused, or told.
"""

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from tests.trust.tables import Clean, Rows


@dataclass(frozen=True)
class Polluted:
    """A file that went wrong.

    Attributes:
        data: its bytes.
        meant: what it may be read as; empty where it has to be refused or told.
        options: of the reader, which a person typed.
    """

    data: bytes
    meant: tuple[Rows, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


Pollution = Callable[[Clean, np.random.Generator], Polluted]


def lines_of(clean: Clean) -> list[str]:
    """Returns the lines of a table's file; no cell of these tables holds a line break."""
    return clean.write().splitlines()


def place(clean: Clean, rng: np.random.Generator) -> tuple[int, int]:
    """Draws a line of the file, 0 for the header, and a cell in it."""
    return int(rng.integers(len(clean.rows) + 1)), int(rng.integers(len(clean.names)))


def _joined(lines: list[str], *meant: Rows, **options: Any) -> Polluted:  # noqa: ANN401 (options of any kind)
    return Polluted(("\n".join(lines) + "\n").encode(), meant, options)


def _all(clean: Clean) -> Rows:
    return [clean.names, *clean.rows]


def _quote_within(clean: Clean, rng: np.random.Generator, where: Callable[[str], int]) -> Polluted:
    """Puts a quote into one cell, as it stands in the file; literally meant where the file does not quote."""
    line, cell = place(clean, rng)
    records = [record.copy() for record in _all(clean)]
    text = records[line][cell]
    at = where(text)
    written = [clean.write([[each]]).rstrip("\n") for each in records[line]]
    inner = written[cell].startswith('"')
    whole = written[cell]
    at += inner
    written[cell] = whole[:at] + '"' + whole[at:]
    lines = lines_of(clean)
    quotes = any('"' in each for each in lines)
    lines[line] = clean.delimiter.join(written)
    records[line][cell] = text[:at] + '"' + text[at:]
    return _joined(lines, *(() if quotes or at == 0 else (records,)))


def _moved(change: Callable[[list[str], int, Clean], None], *, header: bool = True) -> Pollution:
    """Makes a pollution of one line, drawn, of the file; it has to be refused or told."""

    def pollute(clean: Clean, rng: np.random.Generator) -> Polluted:
        line = int(rng.integers(0 if header else 1, len(clean.rows)))
        lines = lines_of(clean)
        change(lines, line, clean)
        # In one column, and within quotes, a line is what it is.
        literal = [[line] for line in lines] if len(clean.names) == 1 else None
        quoted = clean.quoting == csv.QUOTE_ALL and "\r" in lines[line]
        meant = list(csv.reader(line + "\n" for line in lines)) if quoted else literal
        return _joined(lines, *([] if meant is None or lines[0] in lines[1:] else [meant]))

    return pollute


def _encoded(encoding: str, mark: bytes = b"") -> Pollution:
    return lambda clean, rng: Polluted(mark + clean.write().encode(encoding), (_all(clean),))


def _with_lines(*texts: str, at: int = 0) -> Pollution:
    """Makes a pollution that puts lines before one of the file's; D stands for its other delimiters."""

    def pollute(clean: Clean, rng: np.random.Generator) -> Polluted:
        more = [text.replace("D", clean.delimiter * (len(clean.names) - 1)) for text in texts]
        lines = lines_of(clean)
        where = at % (len(lines) + 1)
        return _joined([*lines[:where], *more, *lines[where:]])

    return pollute


def _ends(end: str) -> Pollution:
    return lambda clean, rng: Polluted(clean.write().replace("\n", end).encode(), (_all(clean),))


def _packed(form: str) -> Pollution:
    def pollute(clean: Clean, rng: np.random.Generator) -> Polluted:
        frame, file = pd.DataFrame(clean.rows, columns=clean.names), io.BytesIO()
        if form == "Parquet":
            frame.to_parquet(file)
        elif form == "JSON":
            file.write(frame.to_json(orient="records").encode())
        elif form == "JSON lines":
            file.write("".join(json.dumps(row) + "\n" for row in frame.to_dict("records")).encode())
        elif form == "indented JSON":
            file.write(json.dumps(frame.to_dict("list"), indent=2).encode())
        elif form == "HTML":
            file.write(frame.to_html().encode())
        elif form in ("zip", "XLSX"):
            member = {"zip": "table.csv", "XLSX": "xl/workbook.xml"}[form]
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr(member, clean.write())
        return Polluted(file.getvalue())

    return pollute


def _wrong_delimiter(clean: Clean, rng: np.random.Generator) -> Polluted:
    typed = str(rng.choice([sign for sign in ",;\t|:" if sign != clean.delimiter]))
    alone = (_all(clean),) if len(clean.names) == 1 and typed not in clean.write() else ()
    return Polluted(clean.write().encode(), alone, {"delimiter": typed})


def _book(clean: Clean, rng: np.random.Generator) -> Polluted:
    records = [record.copy() for record in _all(clean)]
    records[-1][-1] = "x" * 10_000_000
    return Polluted(clean.write(records).encode(), (records,))


def _repeat_name(clean: Clean, rng: np.random.Generator) -> Polluted:
    names = [clean.names[0]] * len(clean.names)
    return _joined([clean.delimiter.join(names), *lines_of(clean)[1:]], *([_all(clean)] if len(names) == 1 else []))


def _below(clean: Clean, rng: np.random.Generator) -> Polluted:
    more = [rng.choice(list("abcxyz"), len(clean.names)).tolist() for _ in range(12)]
    # In one column, and among labels, these may be rows.
    known = len(clean.names) > 1 and any(cell[:1].isdigit() for cell in clean.rows[0])
    lines = [*lines_of(clean), *map(clean.delimiter.join, more)]
    return _joined(lines, *([] if known else [[*_all(clean), *more]]))


def _single_quotes(clean: Clean, rng: np.random.Generator) -> Polluted:
    text = clean.write()
    return Polluted(text.replace('"', "'").encode(), () if '"' in text else (_all(clean),))


def _two_characters(clean: Clean, rng: np.random.Generator) -> Polluted:
    sign = clean.delimiter * 2
    lines = [sign.join(cell.replace(clean.delimiter, " ") for cell in record) for record in _all(clean)]
    return _joined(lines, *([_all(clean)] if len(clean.names) == 1 else []))


def _trailing(clean: Clean, rng: np.random.Generator) -> Polluted:
    empty = [[*record, "" if index else f"c{len(clean.names) + 1}"] for index, record in enumerate(_all(clean))]
    return _joined([line + clean.delimiter for line in lines_of(clean)], empty)


def _other_delimiter(clean: Clean, rng: np.random.Generator) -> Polluted:
    sign = str(rng.choice(list("\t;|~^:")))
    return Polluted(clean.write(delimiter=sign).encode(), (_all(clean),))


def _sep(clean: Clean, rng: np.random.Generator) -> Polluted:
    return _joined([f"sep={clean.delimiter}", *lines_of(clean)], _all(clean))


def _cut_gzip(clean: Clean, rng: np.random.Generator) -> Polluted:
    packed = gzip.compress(clean.write().encode(), mtime=0)
    return Polluted(packed[: int(rng.integers(20, len(packed)))])


def _nul(clean: Clean, rng: np.random.Generator) -> Polluted:
    raw = clean.write().encode()
    at = int(rng.integers(len(raw)))
    return Polluted(raw[:at] + b"\0" + raw[at:])


def _no_header(clean: Clean, rng: np.random.Generator) -> Polluted:
    return _joined(lines_of(clean)[1:])


def _split_header(clean: Clean, rng: np.random.Generator) -> Polluted:
    units = clean.delimiter.join(f"({name}, text)" if clean.delimiter != "," else f"({name})" for name in clean.names)
    return _joined([lines_of(clean)[0], units, *lines_of(clean)[1:]])


def _twice(clean: Clean, rng: np.random.Generator) -> Polluted:
    lines = lines_of(clean)
    return _joined([*lines, *lines])


def _insert(lines: list[str], line: int, text: str) -> None:
    lines.insert(line, text)


def _edit(edit: Callable[[str, Clean], str]) -> Callable[[list[str], int, Clean], None]:
    def change(lines: list[str], line: int, clean: Clean) -> None:
        lines[line] = edit(lines[line], clean)

    return change


POLLUTIONS: dict[str, Pollution] = {
    "untouched": lambda clean, rng: Polluted(clean.write().encode(), (_all(clean),)),
    "a quote within a cell": lambda clean, rng: _quote_within(clean, rng, lambda text: (len(text) + 1) // 2),
    "a quote before a cell": lambda clean, rng: _quote_within(clean, rng, lambda text: 0),
    "a quote after a cell": lambda clean, rng: _quote_within(clean, rng, len),
    "a cell too many": _moved(_edit(lambda line, clean: line + clean.delimiter + "more")),
    "a cell too few": _moved(_edit(lambda line, clean: line.rpartition(clean.delimiter)[0] or '""' + clean.delimiter)),
    "two lines joined": _moved(lambda lines, line, clean: lines.insert(line, lines.pop(line) + lines.pop(line))),
    "a line cut in two": _moved(
        _edit(lambda line, clean: line.replace(clean.delimiter, "\n", 1) if clean.delimiter in line else line + ",\n")
    ),
    "a blank line": lambda clean, rng: _joined(
        ["", *lines_of(clean)], *([] if len(clean.names) > 1 else [[["c1"], *_all(clean)]])
    ),
    "a lone carriage return": _moved(_edit(lambda line, clean: line[:2] + "\r" + line[2:])),
    "two lines of names": _split_header,
    "names in the middle again": _moved(lambda lines, line, clean: _insert(lines, line, lines[0]), header=False),
    "the file twice": _twice,
    "no names": _no_header,
    "a line of text above": _with_lines("Prices as of March, in euros; not final"),
    "a title above, with delimiters": _with_lines("Prices as of MarchD"),
    "a title and an empty line above, with delimiters": _with_lines("PricesD", "D"),
    "a comment above": _with_lines("# made by hand"),
    "a sep= line": _sep,
    "a line of text below": _with_lines("Source: our own survey", at=-1),
    "a text below, with delimiters": _with_lines("Source: our own surveyD", at=-1),
    "another table below": _below,
    "single quotes for double ones": _single_quotes,
    "a delimiter of two characters": _two_characters,
    "names doubled": _repeat_name,
    "trailing delimiters": _trailing,
    "another delimiter": _other_delimiter,
    "a wrong --delimiter": _wrong_delimiter,
    "UTF-8 with a mark": _encoded("utf-8-sig"),
    "UTF-16 with a mark": _encoded("utf-16"),
    "UTF-16 little-endian, unmarked": _encoded("utf-16-le"),
    "UTF-16 big-endian, unmarked": _encoded("utf-16-be"),
    "Windows line ends": _ends("\r\n"),
    "old Mac line ends": _ends("\r"),
    "a NUL character": _nul,
    "gzip": lambda clean, rng: Polluted(gzip.compress(clean.write().encode()), (_all(clean),)),
    "gzip, cut": _cut_gzip,
    "a cell of 10 MB": _book,
    **{f"{form} inside": _packed(form) for form in ("Parquet", "JSON", "JSON lines", "indented JSON", "HTML")},
    **{f"{form} inside": _packed(form) for form in ("zip", "XLSX")},
}
"""Each way in which a file goes wrong, by what is done to it."""
