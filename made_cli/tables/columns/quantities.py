"""A column of numbers or timestamps, inferred: its resolution, its atoms, its scaling and its bound.

Knows: what each of them is found from. What a codec does with them is in `made_cli.tables.columns.numeric`.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.tables.columns.numeric import Numeric
from made_cli.tables.columns.point_masses import find_atoms
from made_cli.tables.columns.scaling import AS_IT_IS, fit_scaling
from made_cli.tables.text.bulk_formats import decimals_written, parse_by
from made_cli.tables.text.column import Column
from made_cli.tables.text.marks import MARKS
from made_cli.tables.text.notation import PLAIN, Notation
from made_cli.tables.text.numbers import NumberFormat, number_format
from made_cli.tables.text.timestamps import TimeFormat

KNOTS = 16
"""Quantiles between which the network's view of a number is linear."""


def format_of(column: Column, notation: Notation, values: NDArray[np.float64]) -> NumberFormat:
    """Finds how finely a column of numbers was recorded.

    Args:
        column: its distinct texts.
        notation: of the texts.
        values: (U,) their numbers, empty cells left out.
    """
    texts, counts = column.counted.texts, column.counted.numbers[0]
    return number_format(decimals_written(notation, texts), values, counts, notation)


def distinct_numbers(
    numbers: NDArray[np.float64], rows: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Gathers numbers (U,) that are spelled in several ways.

    Args:
        numbers: of distinct texts.
        rows: (U,) how many rows have each text.

    Returns:
        The distinct numbers in order of appearance, and how many rows have each.

    >>> distinct_numbers(np.array([2.0, 1.0, 2.0]), np.array([1, 1, 3]))
    (array([2., 1.]), array([4, 1]))
    """
    ascending = np.sort(numbers)
    if (np.diff(ascending) != 0).all():
        return numbers, rows
    places, distinct = pd.factorize(numbers)
    return distinct, np.bincount(places, rows).astype(np.int64)


def numeric(
    column: Column,
    notation: Notation | NumberFormat | TimeFormat = PLAIN,
    marks: tuple[str, ...] = MARKS,
    values: NDArray[np.float64] | None = None,
    scaled: bool = True,
) -> Numeric:
    """Infers the codec of a column whose texts are all numbers, or all timestamps.

    Args:
        column: the distinct texts; marks of empty cells are empty cells.
        notation: of its numbers, or the format of its numbers or timestamps where that has been found already.
        marks: the texts that mean an empty cell.
        values: (U,) the numbers of the texts that are no empty cells, where they have been read already.
        scaled: whether its scaling and knots are found, which only a density needs; else z is the number itself.

    Raises:
        ValueError: with the first text that is none, as its argument.
    """
    reads = NumberFormat(1.0, 0, notation) if isinstance(notation, Notation) else notation
    texts, rows = column.counted.texts, column.counted.numbers[0]
    numbers = parse_by(reads, texts) if values is None else values
    if np.isnan(numbers).any():
        raise ValueError(texts[int(np.isnan(numbers).argmax())].as_py())
    distinct, counts = distinct_numbers(numbers, rows)
    form = format_of(column, notation, numbers) if isinstance(notation, Notation) else notation
    atoms = find_atoms(distinct, counts, form.resolution)
    if scaled:
        rest = ~np.isin(distinct, atoms)
        spread = np.repeat(distinct[rest], counts[rest]) if rest.any() else distinct
        scaling = fit_scaling(spread)
        quantiles = np.quantile(scaling.forward(spread), np.linspace(0, 1, KNOTS + 1))
    else:
        scaling, quantiles = AS_IT_IS, np.array([distinct.min(), distinct.max()])
    return Numeric(
        name=column.name,
        format=form,
        scaling=scaling,
        atoms=atoms,
        lower=0.0 if form.from_zero and distinct.min() >= 0 else None,
        knots=tuple(float(knot) for knot in np.unique(quantiles)),
        missing=column.mark if column.missing else None,
        dtype=column.dtype,
        marks=marks,
    )
