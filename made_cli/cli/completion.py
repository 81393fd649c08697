"""What may be typed next, for completion in a shell: run folders, and the columns of a run or a table typed before.

Knows: names alone, read from the beginnings of files and believed as they are: nothing is checked here, and what
cannot be read has no completion. No library of numbers is imported, but for Parquet.
"""

import csv
import gzip
import json
import os
import re
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperArgument

from made_cli.config import KINDS
from made_cli.runs.names import RECORD
from made_cli.tables.files.records import CANDIDATES

DEEP = 2
"""Folders within the one that is typed in which runs are looked for."""
ENTRIES = 1000
"""How many entries of a folder are looked at."""
LABELS = 50
"""Labels of a column that are shown."""
HEAD = 1 << 20
"""Characters of a table that are looked at."""


def runs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Returns the run folders that what is typed may become; nothing where one is typed already."""
    if _typed(ctx):
        return []
    found = _runs_in(os.path.dirname(incomplete), DEEP)
    return [_word(name) for name in found if name.startswith(incomplete)]


def columns_of_run(ctx: typer.Context, incomplete: str) -> list[str]:
    """Returns A,B,… with the last name completed, which may have commas itself."""
    starts = [0, *(place + 1 for place, sign in enumerate(incomplete) if sign == ",")]
    found = (incomplete[:start] + kind["name"] for start in starts for kind in _kinds(ctx))
    return [_word(text) for text in found if text.startswith(incomplete)]


def cells_of_run(ctx: typer.Context, incomplete: str) -> list[str]:
    """Returns NAME=VALUE with the name completed, and of a column of few labels the value."""
    kinds = _kinds(ctx)
    return [_word(f"{kind['name']}={label}") for kind in kinds for label in [*(kind.get("labels") or [""])][:LABELS]]


def columns_of_table(ctx: typer.Context, incomplete: str) -> list[str]:
    """Returns the names of the columns."""
    return list(map(_word, _header(ctx)))


def kinds_of_columns(ctx: typer.Context, incomplete: str) -> list[str]:
    """Returns NAME=KIND."""
    return [_word(f"{name}={kind}") for name in _header(ctx) for kind in KINDS]


def _runs_in(folder: str, deep: int) -> Iterator[str]:
    """Yields the run folders in a folder, and in those within it."""
    try:
        with os.scandir(folder or ".") as entries:
            found = sorted(entry.name for _, entry in zip(range(ENTRIES), entries, strict=False) if entry.is_dir())
    except OSError:
        return
    for name in found:
        path = os.path.join(folder, name)
        if os.path.exists(os.path.join(path, RECORD)):
            yield path
        elif deep and not name.startswith("."):
            yield from _runs_in(path, deep - 1)


def _typed(ctx: typer.Context) -> list[str]:
    """Returns the arguments before the word to complete; where an option waits for its value, none is parsed yet."""
    if ctx.args:
        return ctx.args
    arguments = (each.name for each in ctx.command.params if isinstance(each, TyperArgument))
    values = (ctx.params.get(name or "") or () for name in arguments)
    return [word for value in values for word in ([value] if isinstance(value, str) else value)]


def _kinds(ctx: typer.Context) -> list[dict[str, Any]]:
    """Returns the kinds of the columns of the run that is typed, as its record has them."""
    try:
        with open(os.path.join(_typed(ctx)[0], RECORD), encoding="utf-8") as file:
            kinds: list[dict[str, Any]] = json.load(file)["schema"]["kinds"]
            return [kind for kind in kinds if isinstance(kind["name"], str)]
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _header(ctx: typer.Context) -> list[str]:
    """Returns the names of the columns of the table that is typed."""
    if ctx.params.get("no_header"):
        return []
    try:
        path = _typed(ctx)[1 if "run" in ctx.params else 0]
        if path.lower().endswith(".parquet"):
            from pyarrow.parquet import read_schema

            return [str(name) for name in read_schema(path).names]
        with (gzip.open if path.lower().endswith(".gz") else open)(path, "rt", encoding="utf-8-sig") as file:
            lines = file.read(HEAD).splitlines()[ctx.params.get("skip_lines") or 0 :]
        delimiter = ctx.params.get("delimiter") or max(CANDIDATES, key=lines[0].count)
        return next(csv.reader(lines, delimiter=delimiter))
    except (OSError, ValueError, LookupError, TypeError, StopIteration, csv.Error):
        return []


def _word(text: str) -> str:
    """Returns a word as the shell takes it: bash as it is typed, while the others quote it themselves."""
    in_bash = os.environ.get("_MADE_COMPLETE") == "complete_bash"
    return re.sub(r"([^\w@%+=:,./~-])", r"\\\1", text) if in_bash else text
