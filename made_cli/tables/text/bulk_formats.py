"""The cells of a column at once, by the format that the column writes numbers or timestamps in.

Knows: numbers as programs write them, and timestamps exactly as a pattern writes them, are read in bulk; what is
written otherwise is asked for by itself.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from made_cli.tables.text.bulk_numbers import decimals_of_all, parse_all
from made_cli.tables.text.bulk_timestamps import written_by
from made_cli.tables.text.distinct import among, each
from made_cli.tables.text.notation import Notation
from made_cli.tables.text.numbers import NumberFormat, decimals_of
from made_cli.tables.text.timestamps import TimeFormat


def parse_by(form: NumberFormat | TimeFormat, texts: pa.Array) -> NDArray[np.float64]:
    """Returns (U,) the number of each text, as `form.parse` does; NaN for what is none.

    >>> parse_by(TimeFormat("YYYY-MM-DD", resolution=1.0), pa.array(["1970-01-03", "1970-1-3", "x"])).tolist()
    [2.0, 2.0, nan]
    """
    if isinstance(form, NumberFormat) and form.notation.is_plain:
        return parse_all(texts)
    numbers = np.full(len(texts), np.nan)
    others = np.ones(len(texts), dtype=np.bool_)
    if isinstance(form, TimeFormat):
        exact = written_by(form.pattern, texts)
        others = ~among(texts, exact) if len(exact) < len(texts) else np.zeros(len(texts), dtype=np.bool_)
        numbers[~others] = form.by_its_clock(*exact.numbers)
    read = (form.parse(text) for text in each(texts.filter(pa.array(others))))
    numbers[others] = [np.nan if number is None else number for number in read]
    return numbers


def decimals_written(notation: Notation, texts: pa.Array) -> NDArray[np.int64]:
    """Returns (U,) how many digits after the point each number has that is spelled in a notation."""
    if notation.is_plain:
        return decimals_of_all(texts)
    return np.array([decimals_of(notation.plain(text) or text) for text in each(texts)], dtype=np.int64)
