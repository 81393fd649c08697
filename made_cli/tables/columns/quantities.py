"""A column of numbers or timestamps, inferred: its resolution, its atoms, its scaling and its bound.

Knows: what each of them is found from. What a codec does with them is in `made_cli.tables.columns.numeric`.
"""

from collections.abc import Callable, Mapping

import numpy as np

from made_cli.tables.columns.numeric import Numeric
from made_cli.tables.columns.point_masses import find_atoms
from made_cli.tables.columns.scaling import fit_scaling
from made_cli.tables.text.column import Column
from made_cli.tables.text.marks import MARKS
from made_cli.tables.text.notation import PLAIN, Notation
from made_cli.tables.text.numbers import NumberFormat, number_format
from made_cli.tables.text.timestamps import TimeFormat

KNOTS = 16
"""Quantiles between which the network's view of a number is linear."""


def numeric(
    column: Column,
    notation: Notation | TimeFormat = PLAIN,
    marks: tuple[str, ...] = MARKS,
    values: Mapping[str, float] | None = None,
) -> Numeric:
    """Infers the codec of a column whose texts are all numbers, or all timestamps.

    Args:
        column: the distinct texts; marks of empty cells are empty cells.
        notation: of its numbers, or the format of its timestamps.
        marks: the texts that mean an empty cell.
        values: the numbers of the texts, where they have been read already.

    Raises:
        ValueError: with the first text that is none, as its argument.
    """
    parse: Callable[[str], float | None]
    if values is not None:
        parse = values.get
    else:
        parse = notation.parse if isinstance(notation, TimeFormat) else NumberFormat(1.0, 0, notation).parse
    numbers: dict[float, int] = {}
    spelled: dict[str, float] = {}
    for text, count in column.counted.items():
        value = parse(text)
        if value is None:
            raise ValueError(text)
        spelled[text] = value
        numbers[value] = numbers.get(value, 0) + count
    distinct = np.array(list(numbers))
    counts = np.array(list(numbers.values()))
    form = (
        notation
        if isinstance(notation, TimeFormat)
        else number_format(spelled, spelled.values(), column.counted.values(), notation)
    )
    atoms = find_atoms(distinct, counts, form.resolution)
    rest = ~np.isin(distinct, atoms)
    spread = np.repeat(distinct[rest], counts[rest]) if rest.any() else distinct
    scaling = fit_scaling(spread)
    quantiles = np.quantile(scaling.forward(spread), np.linspace(0, 1, KNOTS + 1))
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
