"""Reading of polluted files: each is right, or refused, or told; never silently different.

Knows: how a read table is held against what was meant; of the files of other projects only whether reading ends well.
"""

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from made_cli.errors import Exit, UserError
from made_cli.tables.files.delimited import TextOptions
from made_cli.tables.files.reading import read_table
from tests.trust.pollution import POLLUTIONS, Polluted
from tests.trust.tables import Clean, Rows, clean_tables

REPEATS = 8
"""How often each table is polluted in each way, in other places."""
ONCE = ("a cell of 10 MB", "UTF-8 with a mark", "UTF-16 with a mark", "Windows line ends", "old Mac line ends")
"""Pollutions that no place is drawn for, or that take long."""
SILENT = "silently different"
OUTCOMES = ("right", "told", "refused", SILENT, "crashed")


def figures(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    """Yields what came of each pollution, of all of them, and of the files of other projects."""
    totals = Counter[str]()
    for what in POLLUTIONS:
        counts = Counter(outcome for _, outcome in outcomes(what, options.seed))
        totals += counts
        yield f"reading: {what}", shown(counts)
    yield "reading: all pollutions", f"{shown(totals)} ({totals[SILENT] / totals.total():.2%} silently different)"
    if options.corpora is not None:
        for folder in sorted(path for path in options.corpora.rglob("csv-spectrum/csvs") if path.is_dir()):
            yield "reading: csv-spectrum", shown(Counter(map(expected, sorted(folder.glob("*.csv")))))
        for folder in sorted(path for path in options.corpora.iterdir() if path.is_dir()):
            files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".json"]
            yield f"reading: files of {folder.name}", shown(Counter(map(ending, files)))


def shown(counts: Counter[str]) -> str:
    """Returns counts of outcomes in a line.

    >>> shown(Counter(right=2, refused=1))
    '2 right, 1 refused'
    """
    return ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in (*OUTCOMES, "read") if counts[outcome])


def outcomes(what: str, seed: int) -> Iterator[tuple[Clean, str]]:
    """Yields what comes of a pollution in each of the tables, several times."""
    for clean in clean_tables(seed):
        for repeat in range(1 if what in ONCE else REPEATS):
            polluted = POLLUTIONS[what](clean, np.random.default_rng([seed, repeat]))
            yield clean, outcome(polluted)


def outcome(polluted: Polluted) -> str:
    """Reads a polluted file and says what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.csv")
        path.write_bytes(polluted.data)
        try:
            table = read_table(str(path), TextOptions(**polluted.options))
        except UserError as error:
            told = str(path) in str(error) and error.code == Exit.BAD_DATA and error.hint
            return "refused" if told else "crashed"
        except Exception:
            return "crashed"
    read: Rows = [list(table.frame.columns), *table.frame.to_numpy().tolist()]
    if read in polluted.meant:
        return "right"
    return "told" if table.warnings else SILENT


def ending(path: Path) -> str:
    """Says whether a file is read or refused; anything else is a fault."""
    try:
        table = read_table(str(path))
    except UserError:
        return "refused"
    except Exception:
        return "crashed"
    return "told" if table.warnings else "read"


def expected(path: Path) -> str:
    """Says whether a file of csv-spectrum, also with Windows line ends, is read as the JSON beside it says."""
    meant = json.loads((path.parent.parent / "json" / path.with_suffix(".json").name).read_text())
    raw = path.read_bytes().replace(b"\r\n", b"\n")
    if path.stem.endswith("_crlf"):
        raw = raw.replace(b"\n", b"\r\n")
        meant = [
            {name: cell.replace("\r\n", "\n").replace("\n", "\r\n") for name, cell in row.items()} for row in meant
        ]
    names = list(meant[0])
    rows = [names, *([row[name] for name in names] for row in meant)]
    return outcome(Polluted(raw, (rows,)))
