"""What looks as if a text were not the table that it was read as.

Knows: how names and rows look beside the other cells of their columns: a header of several lines, none at all, text
above and below the table, a table written below another, a delimiter that parts nothing. None of it is certain, so a
person is told, and nothing is changed.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from made_cli.tables.files.delimited import Delimited
from made_cli.tables.files.records import CANDIDATES
from made_cli.tables.text.distinct import asked, matching

ROWS = 5000
"""Rows looked at from either end of a table."""
CELLS = 500_000
"""Cells looked at from either end, at most."""
FEW = 0.05
"""Share of the cells of a column that may be unlike the others."""
ALIKE = 0.3
"""Share of the cells of a column that have the shape of its name where that is a cell itself."""
COUNTED = 4
"""So many numbers that go up evenly are names: pixels, years."""
SHOWN = 3
"""Lines named in one warning."""
LONG = 60
"""Characters of a cell that are looked at, and shown."""
_DIGITS = re.compile(r"\d+")
_LETTER = re.compile(r"[^\W\d_]")
_WORDS = re.compile(r"[^\W\d_]+")
_QUOTED = re.compile(r"'[^']+'")
_MARKS = "<?n/?a>?|nan|null|none|missing|unknown"
_EMPTY = re.compile(rf"[\W_]*|{_MARKS}", re.IGNORECASE)
_PARTING = (*CANDIDATES, "^", "~", ":", "\x01", " ")
_Cells = npt.NDArray[np.bool_]

_SIGNS = rf"(?i)^(?:[^0-9a-z]*|{_MARKS})$"
"""What `_EMPTY` is for texts in bulk, of ASCII."""


def doubts(table: Delimited) -> Iterator[str]:
    """Yields what looks wrong, in the words of messages: "line 2 does not look like a row: …".

    >>> import pyarrow as pa
    >>> cells = pa.table({"day": ["", *["3 May"] * 9], "n": ["(units)", *["7"] * 9]})
    >>> raw = Delimited(["day", "n"], cells, np.arange(2, 12), 1)
    >>> list(doubts(raw))[0][:35]
    "line 2 does not look like a row: '("
    """
    rows, columns = table.cells.shape
    ends = rows_at_ends(columns)
    sample = np.arange(rows) if rows <= 2 * ends else np.r_[:ends, rows - ends : rows]
    seen = _Seen(table, sample)
    names = list(_names(table, seen))
    yield from names
    # Of a first line that is a row, others may be the like.
    again = [] if names else repeated(table)
    if again:
        advice = f"remove {_it(again)}, or where the first line is a row as well, give --no-header"
        yield f"{_lines(table, again)} the names again; {advice}"
    yield from _rows(table, seen, again)
    yield from _parting(table, seen)
    yield from _single_quotes(table, seen)


def rows_at_ends(columns: int) -> int:
    """Returns how many rows are looked at from either end of a table of so many columns."""
    return min(ROWS, CELLS // columns + COUNTED)


class _Seen:
    """The cells that are looked at, and which of them are what.

    Attributes:
        rows: their rows in the table.
        cells: (n, D) their texts.
        quoted: where they stand in single quotes.
        number_like: where there is a digit in them, and no letter where hardly any cell of the column has one.
        empty: where they are empty, or a mark for that.
        numbers: (D,) columns whose cells are number-like, but for a few.
        near_an_end: (n,) the first two rows of the table and the last two.
    """

    def __init__(self, table: Delimited, rows: npt.NDArray[np.int64]) -> None:
        self.rows = rows
        taken = [column.dictionary_encode().combine_chunks() for column in _ends(table.cells, rows).columns]

        def each(of: Callable[[pa.Array], npt.NDArray[Any]]) -> npt.NDArray[Any]:
            """Asks for each distinct text once."""
            return np.column_stack([of(column.dictionary)[column.indices.to_numpy()] for column in taken])

        def shown(texts: pa.Array) -> pa.Array:
            return pc.utf8_slice_codeunits(texts, 0, LONG)

        self.cells: npt.NDArray[np.object_] = each(lambda texts: texts.to_numpy(zero_copy_only=False))
        digit = each(lambda texts: asked(shown(texts), "[0-9]", _DIGITS.search))
        letter = each(lambda texts: asked(shown(texts), "[A-Za-z]", _LETTER.search))
        empty = each(lambda texts: asked(shown(texts), _SIGNS, _EMPTY.fullmatch))
        short = each(lambda texts: np.asarray(pc.less(pc.utf8_length(texts), LONG)))
        without = digit & ~letter
        plain = (digit & letter).sum(axis=0) <= np.maximum(2, FEW * without.sum(axis=0))
        self.number_like: _Cells = np.where(plain, without, digit)
        self.empty: _Cells = empty & short & ~digit
        self.quoted: _Cells = each(lambda texts: matching(texts, f"^{_QUOTED.pattern}$"))
        self.near_an_end: _Cells = (rows < 2) | (rows >= len(table.lines) - 2)
        digits = self.number_like.sum(axis=0)
        others = (~self.number_like & ~self.empty).sum(axis=0)
        mostly = (digits >= min(3, len(rows))) & (digits > 2 * others)
        self.numbers: _Cells = mostly & (self._ends_otherwise(mostly) | (others <= np.maximum(2, FEW * digits)))

    def _ends_otherwise(self, mostly: _Cells) -> bool:
        """Says whether, from some row to the last, no column that mostly holds numbers does: another table."""
        with_numbers = np.flatnonzero(self.number_like[:, mostly].any(axis=1) | self.empty.all(axis=1))
        below = len(self.rows) - 1 - (with_numbers[-1] if len(with_numbers) else -1)
        return bool(mostly.sum() >= 2 and below >= 2 and below == len(self.rows) - len(with_numbers))

    def odd(self) -> _Cells:
        """Says (n, D) which cells are unlike all others of their columns: no number there, or a label of its own."""
        odd = self.numbers & ~self.number_like & ~self.empty
        for column in np.flatnonzero(~self.numbers) if len(self.rows) >= 20 else ():
            counts = Counter(self.cells[:, column])
            if sum(count == 1 for count in counts.values()) <= max(2, len(self.rows) // 100):
                alone = np.array([counts[text] == 1 for text in self.cells[:, column]])
                odd[:, column] = alone & self.near_an_end & ~self.empty[:, column]
        return odd

    def nearly_empty(self) -> _Cells:
        """Says (n,) which rows are empty in most of the columns, two at least, that are hardly ever empty."""
        blank = np.asarray(self.cells == "", dtype=np.bool_)
        full = (blank.sum(axis=0) <= max(1, len(self.rows) // 200)) & (len(self.rows) >= 5)
        return np.asarray((full.sum() >= 2) & (2 * (blank & full).sum(axis=1) > full.sum()))


def _ends(cells: pa.Table, rows: npt.NDArray[np.int64]) -> pa.Table:
    """Returns rows from either end of a table, those of the second end after those of the first."""
    gap = np.flatnonzero(np.diff(rows) > 1)
    if not len(gap):
        return cells.slice(0, len(rows))
    first = int(gap[0]) + 1
    return pa.concat_tables([cells.slice(0, first), cells.slice(int(rows[first]))])


def _names(table: Delimited, seen: _Seen) -> Iterator[str]:
    """Says where the first line has cells like those below it."""
    if table.header_line is None:
        return
    advice = f"line {table.header_line} does not look like names: {{}}; if it is a row, give --no-header"
    if len(seen.rows) == 0:
        numbers = [name for name in table.names if _DIGITS.search(name) and not _LETTER.search(name)]
        if len(numbers) in (len(table.names), *range(2, COUNTED)) or (numbers and not _go_up_evenly(numbers)):
            yield advice.format(f"{numbers[0]!r}, and there is no line below")
        return
    columns = np.flatnonzero(seen.numbers)
    if len(columns) == 0:
        own = [name for column, name in enumerate(table.names) if name in seen.cells[:, column]]
        if 2 * len(own) >= len(table.names) and not repeated(table):
            yield advice.format(f"{_shown(own[0])} is a cell of its column as well")
        return
    names = [table.names[column] for column in columns]
    if all(_DIGITS.search(name) or _EMPTY.fullmatch(name) for name in names) and not _go_up_evenly(names):
        for column, name in zip(columns, names, strict=True):
            shapes = [_shape(text) for text in seen.cells[:, column]]
            if shapes.count(_shape(name)) >= ALIKE * len(shapes):
                yield advice.format(f"{_shown(name)} stands above such cells")
                return


def _rows(table: Delimited, seen: _Seen, again: list[int]) -> Iterator[str]:
    """Says which rows, but for those that repeat the names, look like names or notes."""
    if len(seen.rows) == 0:
        return
    odd = seen.odd()
    nearly_empty = seen.nearly_empty()
    others = (~odd & ~seen.empty & (seen.numbers | odd.any(axis=0))).any(axis=1)
    alone = odd[:, seen.numbers].any(axis=1) & seen.near_an_end
    found = (~others & ((odd.sum(axis=1) >= 2) | alone)) | nearly_empty
    strange = [index for index in np.flatnonzero(found).tolist() if seen.rows[index] not in again]
    if strange:
        rows = seen.rows[strange].tolist()
        columns = np.flatnonzero(odd[strange[0]])
        why = "nearly empty, as no other is"
        if len(columns):
            text, name = seen.cells[strange[0], columns[0]], table.names[columns[0]]
            why = f"{_shown(text)} in column {_shown(name)}, unlike its other cells"
        what, is_so = ("a row", "it is one") if len(rows) == 1 else ("rows", "they are")
        not_rows = _lines(table, rows, f"does not look like {what}", f"do not look like {what}")
        remedy = f"remove {_it(rows)} unless {is_so}, or skip what is above the names with --skip-lines"
        yield f"{not_rows}: {why}; {remedy}"


def repeated(table: Delimited) -> list[int]:
    """Returns the rows that repeat the names."""
    if table.header_line is None:
        return []
    first = np.flatnonzero(pc.equal(table.cells.column(0), table.names[0]))
    if not len(first):
        return []
    return [row for row, cells in zip(first.tolist(), table.rows(first).tolist(), strict=True) if cells == table.names]


def _parting(table: Delimited, seen: "_Seen") -> Iterator[str]:
    """Says where the cells of every line, the first as well, hold as many of a sign that would part them."""
    hollow = [
        name
        for place, name in enumerate(table.names)
        if name == f"c{place + 1}" and table.header_line is not None and not seen.cells[:, place].any()
    ]
    if len(hollow) >= 2:
        which = ", ".join(hollow[:SHOWN]) + " …" * (len(hollow) > SHOWN)
        yield f"columns {which} have neither names nor cells: remove them; a delimiter of two characters cannot be read"
    alone = len(table.names) == 1
    lines = [*([table.names] if table.header_line is not None else []), *seen.cells.tolist()]
    first = "".join(lines[0]) if len(lines) > 1 else ""
    signs = [sign for sign in (_PARTING if alone else CANDIDATES) if first.count(sign) > (sign == " ")]
    texts = ["".join(cells) for cells in lines] if signs else []
    for sign in signs:
        count = first.count(sign)
        found = [text.count(sign) for text in texts]
        # Quoted cells hold the sign as well, where another one was to part them.
        unlike = sum(number < count if alone and sign != " " else number != count for number in found)
        if unlike <= FEW * len(texts) * alone:
            what = "one column only" if alone else f"{len(table.names)} columns"
            yield f"{what}, though {sign!r} parts every line into {count + 1}; if so meant, give --delimiter {sign!r}"
            return


def _single_quotes(table: Delimited, seen: _Seen) -> Iterator[str]:
    """Says where cells stand in single quotes, which are read as part of them: in the first line, or in some."""
    wrapped = [(table.header_line, name) for name in table.names if _QUOTED.fullmatch(name)]
    if not wrapped:
        places = zip(*(place.tolist() for place in seen.quoted.T.nonzero()), strict=True)
        wrapped = [(int(table.lines[seen.rows[row]]), seen.cells[row, column]) for column, row in places]
    lines = Counter(line for line, _ in wrapped)
    if wrapped and (max(lines.values()) >= 2 or len(wrapped) > len(seen.rows) / 2):
        line = max(lines, key=lambda number: lines[number])
        text = next(text for number, text in wrapped if number == line)
        yield f"line {line}: single quotes are part of the cell {_shown(text)}; write double ones where they are not"


def _go_up_evenly(names: list[str]) -> bool:
    """Says whether several names are numbers that go up by the same step.

    >>> _go_up_evenly(["1990", "1995", "2000", "2005"]), _go_up_evenly(["3", "1", "4", "5"])
    (True, False)
    """
    try:
        steps = np.diff([float(name) for name in names])
    except ValueError:
        return False
    return len(names) >= COUNTED and bool(steps[0] > 0 and np.allclose(steps, steps[0]))


def _shape(text: str) -> str:
    """Returns what a text has in common with others of its kind; dates have names of months as well.

    >>> _shape("12 May 2020"), _shape("x10")
    ('9 a 9', 'x9')
    """
    shape = _DIGITS.sub("9", text[:LONG])
    return _WORDS.sub("a", shape) if shape.count("9") > 1 else shape


def _shown(text: str) -> str:
    return repr(text if len(text) <= LONG else f"{text[:LONG]}…")


def _it(rows: list[int]) -> str:
    return "it" if len(rows) == 1 else "them"


def _lines(table: Delimited, rows: list[int], one: str = "holds", several: str = "hold") -> str:
    """Names the lines of rows: "lines 2, 7, 9 and 4 more hold"."""
    numbers = [str(table.lines[row]) for row in rows]
    if len(numbers) == 1:
        return f"line {numbers[0]} {one}"
    more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
    return f"lines {', '.join(numbers[:SHOWN])}{more} {several}"
