"""Tables in files: the forms of DATA, found and read strictly.

Knows: CSV and TSV (plain or .gz), Parquet, JSON lines, NPY and NPZ, the standard input. Text stays text, exactly as it
was written: what a cell means is for `made_cli.tables.columns.schema` to say. Typed files keep their types.
"""

import gzip
import io
import re
import sys
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from made_cli.errors import Exit, UserError
from made_cli.tables.files.contents import check_bytes
from made_cli.tables.files.delimited import TextOptions, name_columns, number_columns, read_delimited
from made_cli.tables.files.doubts import doubts
from made_cli.tables.files.rejects import Rejects
from made_cli.tables.files.table import Table
from made_cli.tables.text.cell_types import has_no_text

STREAM = "-"
"""Stands for the standard input, and for the standard output."""


GZIP = b"\x1f\x8b"
"""How a packed file begins, whatever its name."""
BROKEN = (OSError, EOFError, zlib.error)
"""What unpacking a damaged file raises."""
_OF_PANDAS = re.compile(r"boolean|str|string|[Ff]loat(32|64)|U?Int(8|16|32|64)|(datetime|timedelta)64\[[a-z]+\]")
_OF_PANDAS_IF_WHOLE = re.compile(r"bool|u?int(8|16|32|64)")
"""The types of pandas that are restored where pandas noted them in a Parquet file; some have no missing values."""


def read_table(source: str, options: TextOptions | None = None, rejects: Rejects | None = None) -> Table:
    """Read a table of any form; the options are for text alone (see `read_delimited`).

    Args:
        source: a path, `file.npz:name` for one array of several, or "-" for text on the standard input.
        options: how a text is read; without a delimiter it is found, a tab in a file named .tsv.
        rejects: takes bad lines of a text; without it there must be none.

    Returns:
        The table under a `RangeIndex` and labels of type str. From text, every column has dtype object and holds
        exact `str`, "" for an empty cell; else the types are those of the file.

    Raises:
        UserError: the file cannot be read, or not without guessing.
    """
    archive = re.fullmatch(r"(.+\.npz)(?::(.+))?", source, re.IGNORECASE | re.DOTALL)
    path, member = (archive[1], archive[2]) if archive else (source, None)
    raw = _read_bytes(path)
    form = form_of(path)
    if form in (".npy", ".npz"):
        return Table(_frame_array(_read_array(raw, path, member), source), source, None)
    if form == ".parquet":
        return Table(_read_arrow(raw, source, "Parquet", lambda file: pq.ParquetFile(file).read()), source, None)
    if form == ".jsonl":
        return Table(_read_arrow(_inflated(raw, source), source, "JSON lines", _of_json_lines), source, None)
    label = "standard input" if source == STREAM else source
    text = read_delimited(_inflate(raw, label), label, options_for(path, options), rejects)
    return Table(text.cells, label, text.lines, tuple(f"{label}: {doubt}" for doubt in doubts(text)))


def form_of(path: str) -> str | None:
    """Returns the ending of a file that is no text, where its name has one; None for a text.

    >>> form_of("a.parquet"), form_of("a.JSONL.gz"), form_of("a.csv.gz"), form_of("a.dat")
    ('.parquet', '.jsonl', None, None)
    """
    found = re.search(r"(\.npy|\.npz|\.parquet)$|(\.jsonl)(\.gz)?$", path.lower())
    return found and (found[1] or found[2])


def options_for(path: str, options: TextOptions | None) -> TextOptions:
    """Returns how a text of this name is read: one named .tsv with tabs, where nobody says otherwise."""
    options = options or TextOptions()
    of_tabs = options.delimiter is None and path.lower().removesuffix(".gz").endswith(".tsv")
    return replace(options, delimiter="\t") if of_tabs else options


def _read_bytes(path: str) -> bytes:
    if path == STREAM:
        return sys.stdin.buffer.read()
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: str, error: OSError) -> UserError:
    """Returns the refusal of a file that the system does not read."""
    return _refusal(path, f"cannot be read: {error.strerror or error}", "Check the path and its permissions.")


def broken_gzip(source: str, error: Exception) -> UserError:
    """Returns the refusal of a file that cannot be unpacked."""
    return _refusal(source, f"broken gzip: {error}", "Get the file again; it may be cut short.")


def _inflate(raw: bytes, source: str) -> bytes:
    """Unpack gzip; refuse what is known to be no text."""
    raw = _inflated(raw, source)
    check_bytes(raw, source)
    return raw


def _inflated(raw: bytes, source: str) -> bytes:
    """Unpack gzip, known by its first bytes and not by the name."""
    if raw.startswith(GZIP):
        try:
            raw = gzip.decompress(raw)
        except BROKEN as error:
            raise broken_gzip(source, error) from error
    return raw


@contextmanager
def decoding(source: str, form: str) -> Iterator[None]:
    """Report a decoder's error with a broken file as a `UserError`.

    The decoders of these containers document no errors: on damaged bytes they raise whatever they hit, from
    `zipfile.BadZipFile` to `tokenize.TokenError`. So every exception is caught, about this one step alone.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise _refusal(source, f"cannot be read as {form}: {reason}", "Check how the file was made.") from error


def _read_array(raw: bytes, path: str, member: str | None) -> npt.NDArray[np.generic]:
    with decoding(path, "NumPy data"):
        loaded = np.load(io.BytesIO(raw), allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        names = ", ".join(loaded.files)
        if member is None and len(loaded.files) > 1:
            raise _refusal(path, f"several arrays: {names}", f"Choose one: {path}:{loaded.files[0]}")
        if not loaded.files or member not in (None, *loaded.files):
            raise _refusal(path, f"no array {member or ''}".strip(), f"It has these: {names or 'none at all'}.")
        array: npt.NDArray[np.generic] = loaded[member or loaded.files[0]]
        return array


def _frame_array(array: npt.NDArray[np.generic], source: str) -> pd.DataFrame:
    """Name the columns c1 .. cD of an array (N, D), or (N) for one column; text becomes exact `str`."""
    if array.dtype.kind not in "biufU":
        raise _refusal(source, f"an array of type {array.dtype}", "Save it as numbers, booleans or text.")
    table = array[:, np.newaxis] if array.ndim == 1 else array
    if table.ndim != 2 or table.shape[1] == 0:
        raise _refusal(source, f"an array of shape {array.shape}", "Reshape it to (rows, columns), at least one each.")
    # pandas works on the machine's own byte order alone.
    table = table.astype(object) if table.dtype.kind == "U" else table.astype(table.dtype.newbyteorder("="))
    return pd.DataFrame(table, columns=pd.Index(number_columns(table.shape[1])), dtype=table.dtype)


def _read_arrow(raw: bytes, source: str, form: str, read: Callable[[pa.NativeFile], pa.Table]) -> pd.DataFrame:
    """Reads what Arrow reads; its types are kept."""
    with decoding(source, form):
        table = read(pa.BufferReader(raw))
        return frame_of_arrow(table, names_of(table.schema, source))


def names_of(schema: pa.Schema, source: str) -> list[str]:
    """Returns the names of the columns of a table of Arrow.

    Raises:
        UserError: there is none, two have one name, or no text stands for the cells of one.
    """
    for field in schema:
        if has_no_text(field.type):
            hint = "Leave the column out, or store plain numbers, text or times."
            raise _refusal(source, f"column {field.name!r} is of type {field.type}", hint)
    if not schema.names:
        raise _refusal(source, "no columns", "Check how the file was made.")
    return name_columns(schema.names, source)


def _of_json_lines(file: pa.NativeFile) -> pa.Table:
    """Reads an object a line; text stays text, also where it looks like a time."""
    from pyarrow import json

    found = json.read_json(file)
    times = [pa.field(each.name, pa.string()) for each in found.schema if pa.types.is_timestamp(each.type)]
    if not times:
        return found
    file.seek(0)
    return json.read_json(file, parse_options=json.ParseOptions(explicit_schema=pa.schema(times))).select(
        found.column_names
    )


def frame_of_arrow(table: pa.Table, names: list[str], full: Collection[str] | None = None) -> pd.DataFrame:
    """Returns a table of Arrow with the types of the file: those of pandas where pandas noted them, else Arrow's own.

    pandas' note as a whole would turn columns into an index, and so lose them; without it, NumPy's types would be
    taken, which have no empty cells among integers and booleans.

    Args:
        table: the cells.
        names: the names of the columns.
        full: the columns of Arrow without an empty cell in all of a table that this is a part of; None if it is all.
    """
    if full is None:
        full = [name for name, column in zip(table.column_names, table.columns, strict=True) if not column.null_count]
    notes = (table.schema.pandas_metadata or {}).get("columns", ())
    noted = {note.get("field_name"): (note.get("pandas_type"), str(note.get("numpy_type"))) for note in notes}
    table = pa.table([usable(column) for column in table.columns], names=table.column_names)
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True, types_mapper=pd.ArrowDtype)
    for place, (name, column) in enumerate(zip(table.column_names, table.columns, strict=True)):
        meaning, dtype = noted.get(name, (None, ""))
        if meaning == "categorical":
            if pa.types.is_dictionary(column.type):
                frame.isetitem(place, column.to_pandas().array)
        elif meaning != "datetimetz" and (
            _OF_PANDAS.fullmatch(dtype) or (_OF_PANDAS_IF_WHOLE.fullmatch(dtype) and name in full)
        ):
            frame.isetitem(place, frame.iloc[:, place].astype(pd.api.types.pandas_dtype(dtype)).array)
    return frame.set_axis(names, axis=1)


def usable(column: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Returns cells of Arrow; text that single cells cannot be taken of, as other text."""
    kind = column.type
    if pa.types.is_dictionary(kind) and pa.types.is_string_view(kind.value_type):  # labels of polars
        return column.cast(pa.dictionary(kind.index_type, pa.large_string(), kind.ordered))
    return column.cast(pa.large_string()) if pa.types.is_string_view(kind) else column


def _refusal(source: str, reason: str, hint: str) -> UserError:
    return UserError(f"{source}: {reason}", hint=hint, code=Exit.BAD_DATA)
