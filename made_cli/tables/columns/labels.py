"""A column of labels, inferred: which labels have an outcome of their own, and how each is spelled.

Knows: the spellings that are one label, and that labels of a single row share a bucket. What a codec does with
them is in `made_cli.tables.columns.categorical`.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from made_cli.tables.columns.categorical import Categorical
from made_cli.tables.columns.label_numbers import one_spelling
from made_cli.tables.text.booleans import merged
from made_cli.tables.text.bulk_numbers import parse_all
from made_cli.tables.text.column import Column
from made_cli.tables.text.distinct import in_bulk
from made_cli.tables.text.notation import PLAIN, Notation
from made_cli.tables.text.spacing import spaced

RARE = 2
"""A label in fewer rows than this goes to the bucket of rare labels."""


def categorical(
    column: Column, *, most: int, notation: Notation = PLAIN, marks: tuple[str, ...] | None = None
) -> Categorical:
    """Infers the codec of a column of labels.

    Args:
        column: the distinct texts.
        most: how many labels may have an outcome of their own; the rarest beyond that share the bucket.
        notation: of labels that are numbers.
        marks: the texts that mean an empty cell.

    Returns:
        The codec. Where no label would be left, or there are only two, none is rare.
    """
    counted = merged(_one_spacing(column.counted))
    if not notation.is_plain or _spelled_twice(in_bulk(counted)):
        counted = one_spelling(counted, notation)
    kept = [label for label, count in counted.items() if count >= RARE or len(counted) <= 2] or list(counted)
    kept = sorted(kept, key=lambda label: (-counted[label], label))[:most]
    found = Categorical(
        name=column.name,
        labels=(),
        rare={label: counted[label] for label in sorted(counted.keys() - set(kept))},
        missing=column.missing > 0,
        rows=column.rows,
        dtype=column.dtype,
        marks=marks,
        mark=column.mark,
        notation=notation,
    )
    return replace(found, labels=tuple(sorted(kept, key=found.order)))


def _one_spacing(counts: Mapping[str, int]) -> dict[str, int]:
    """Gathers labels that differ in blanks only under the commonest of them."""
    commonest: dict[str, str] = {}
    for label in sorted(counts, key=lambda label: (-counts[label], len(label), label)):
        commonest.setdefault(spaced(label), label)
    gathered: dict[str, int] = {}
    for label, count in counts.items():
        spelling = commonest[spaced(label)]
        gathered[spelling] = gathered.get(spelling, 0) + count
    return gathered


def _spelled_twice(labels: pa.Array) -> bool:
    """Says whether two labels spell one number, as programs write it; rounded to floats, some that differ do."""
    numbers = parse_all(labels)
    numbers = numbers[~np.isnan(numbers)]
    return len(pd.unique(numbers)) < len(numbers)
