"""What the tests of tables on disk share."""

import io
from pathlib import Path

import pytest

from made_cli.errors import Exit, UserError
from made_cli.tables.files.reading import read_table
from made_cli.tables.files.table import Table


class Piped:
    """Stands for a standard stream: what is read or written is in `buffer`."""

    def __init__(self, data: bytes = b"") -> None:
        self.buffer = io.BytesIO(data)


def refused(source: Path | str) -> str:
    with pytest.raises(UserError) as caught:
        read_table(str(source))
    assert caught.value.code == Exit.BAD_DATA
    assert caught.value.hint
    assert "\n" not in str(caught.value) + caught.value.hint
    return str(caught.value)


def save(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def records(table: Table) -> list[list[object]]:
    return [list(table.frame.columns), *table.frame.to_numpy().tolist()]
