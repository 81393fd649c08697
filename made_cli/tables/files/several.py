"""Several files that are one table.

Knows: which files a folder or a pattern stands for, and that their columns have to agree by name; nothing of what is in
a file.
"""

import glob
import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from made_cli.errors import Exit, UserError
from made_cli.tables.files.delimited import TextOptions
from made_cli.tables.files.reading import read_table
from made_cli.tables.files.rejects import Rejects
from made_cli.tables.files.table import Table


def read_tables(names: Sequence[str], options: TextOptions | None = None, rejects: Rejects | None = None) -> Table:
    """Reads files as one table, in the order in which they are named.

    Args:
        names: files, as `read_table` takes them, folders (their files in alphabetical order), or patterns with `*`.
        options: how texts are read.
        rejects: takes bad lines of all of them, and is written.

    Returns:
        The table; its columns are in the order of the first file.

    Raises:
        UserError: a file cannot be read, its columns are others than those of the first, or a folder has none.
    """
    sources = [source for name in names for source in files_of(name)]
    if rejects is not None:
        rejects.check(sources)
    tables = [read_table(source, options, rejects) for source in sources]
    if rejects is not None:
        rejects.write()
    label = label_of(names, sources)
    return tables[0] if sources == list(names) and len(tables) == 1 else joined(tables, label)


def label_of(names: Sequence[str], sources: Sequence[str]) -> str:
    """Returns what messages call a table of several files, from what was typed for it."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(sources) - 1} more"


def files_of(name: str) -> list[str]:
    """Returns the files that a name stands for: itself, those of a folder, or those that a pattern fits.

    Raises:
        UserError: there is none, or a folder holds files of several forms.
    """
    if os.path.isdir(name):
        return _files_in(name)
    if os.path.exists(name) or not glob.has_magic(name):
        return [name]
    found = sorted(path for path in glob.glob(name) if os.path.isfile(path))
    if not found:
        raise UserError(f"{name}: no file fits this pattern", hint="Check the folder.", code=Exit.BAD_DATA)
    return found


def _files_in(folder: str) -> list[str]:
    try:
        entries = [entry for entry in sorted(os.listdir(folder)) if not entry.startswith((".", "_"))]
    except OSError as error:
        hint = "Check the path and its permissions."
        raise UserError(f"{folder}: cannot be read: {error.strerror}", hint=hint, code=Exit.BAD_DATA) from error
    paths = [str(Path(folder, entry)) for entry in entries]
    forms = sorted({_form(path) for path in paths})
    if len(forms) != 1 or "a folder" in forms:
        what = f"holds {', '.join(forms)}" if forms else "holds no file"
        hint = f"Name the files of the table, as in '{Path(folder, '*.csv')}'."
        raise UserError(f"{folder}: a folder that {what}, not files of one form", hint=hint, code=Exit.BAD_DATA)
    return paths


def _form(path: str) -> str:
    if os.path.isdir(path):
        return "a folder"
    ending = Path(re.sub(r"\.gz$", "", path.lower())).suffix
    return f"{ending} files" if ending else "files without an ending"


def joined(tables: Sequence[Table], label: str) -> Table:
    """Puts tables one below the other.

    Raises:
        UserError: their columns differ.
    """
    first = tables[0]
    for table in tables[1:]:
        check_alike(table, first)
    starts = np.cumsum([0, *(table.rows for table in tables)]).tolist()
    lines = [table.lines for table in tables if table.lines is not None]
    return Table(
        _concatenated([table.of_columns(first.names).cells for table in tables]),
        label,
        np.concatenate(lines) if lines else None,
        tuple(warning for table in tables for warning in table.warnings),
        tuple(
            (start + first, source)
            for start, table in zip(starts, tables, strict=False)
            for first, source in table.parts or ((0, table.source),)
        ),
    )


def _concatenated(cells: Sequence[pd.DataFrame | pa.Table]) -> pd.DataFrame | pa.Table:
    texts = [each for each in cells if isinstance(each, pa.Table)]
    if texts:
        return pa.concat_tables(texts)
    return pd.concat([each for each in cells if isinstance(each, pd.DataFrame)], ignore_index=True)


def check_alike(table: Table, first: Table) -> None:
    """Refuses a table whose columns are not those of the first, in any order, or hold cells of another type."""
    names, wanted = table.names, first.names
    missing, more = [name for name in wanted if name not in names], [name for name in names if name not in wanted]
    problem = None
    if missing:
        problem = f"no column {missing[0]!r}, which {first.source} has"
    elif more:
        problem = f"a column {more[0]!r}, which {first.source} has not"
    elif (table.lines is None) != (first.lines is None):
        problem = f"not a text as {first.source} is" if table.lines is None else f"a text, as {first.source} is not"
    elif isinstance(table.cells, pd.DataFrame):
        types, others = table.cells.dtypes, first.frame.dtypes
        problem = next(
            (
                f"column {name!r} is {types[name]}, in {first.source} {others[name]}"
                for name in wanted
                if types[name] != others[name]
            ),
            None,
        )
    if problem is not None:
        hint = "Files that are one table have the same columns, in any order; mend one, or leave it out."
        raise UserError(f"{table.source}: {problem}", hint=hint, code=Exit.BAD_DATA)
