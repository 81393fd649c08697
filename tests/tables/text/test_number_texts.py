"""Numbers of typed columns as texts: in bulk what they are one by one."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from made_cli.tables.text.column import read_column
from made_cli.tables.text.number_texts import float_text, float_texts

TYPES = (np.float64, np.float32, np.float16)


def many() -> NDArray[np.float64]:
    """Returns numbers of all sizes, with few digits and with many, and those beside powers of ten."""
    rng, powers = np.random.default_rng(0), 10.0 ** np.arange(-8, 18)
    beside = [powers, np.nextafter(powers, np.inf), np.nextafter(powers, 0)]
    beside += [np.nextafter(powers.astype(np.float32), np.float32(side)).astype(float) for side in (0, np.inf)]
    sizes = 10.0 ** rng.uniform(-320, 308, 5000)
    near = 10.0 ** rng.uniform(-6, 17, 20_000)
    rounded = [rng.integers(-(10**7), 10**7, 3000) / 10**digits for digits in range(9)]
    edges = np.array([0.0, -0.0, 5e-324, 2.2e-308, 1e15, 1e16, 123456789012345.6, 2.0**53, np.inf, -np.inf, np.nan])
    found = np.concatenate([*beside, sizes, near, np.floor(near), rng.normal(size=20_000), *rounded, edges])
    return np.concatenate([found, -found])


@pytest.mark.parametrize("dtype", TYPES)
def test_texts_in_bulk_are_those_of_single_numbers(dtype: type[np.floating]) -> None:
    with np.errstate(over="ignore"):
        numbers = many().astype(dtype)
    expected = ["" if np.isnan(number) else float_text(number) for number in numbers]
    assert float_texts(numbers).to_pylist() == expected
    for numbers_of_one_size in (numbers[:1], numbers[-1:], numbers[:0]):
        assert len(float_texts(numbers_of_one_size)) == len(numbers_of_one_size)


@pytest.mark.parametrize("dtype", TYPES)
def test_a_text_is_read_back_as_its_number(dtype: type[np.floating]) -> None:
    with np.errstate(over="ignore"):
        numbers = many().astype(dtype)
    found = np.array([float(text or "nan") for text in float_texts(numbers).to_pylist()]).astype(dtype)
    np.testing.assert_array_equal(found, numbers)


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        (pd.Series([1, None, 1, 2**60 + 1], dtype="Int64"), ["1", "", "1152921504606846977"]),
        (pd.Series([2**64 - 1, 0], dtype="uint64"), ["18446744073709551615", "0"]),
        (pd.Series([-3, None], dtype=pd.ArrowDtype(pa.int8())), ["-3", ""]),
        (pd.Series([0.1, None, 3.0], dtype=pd.ArrowDtype(pa.float32())), ["0.1", "", "3"]),
        (pd.Series([0.1, None, 1e-9], dtype="Float64"), ["0.1", "", "1e-09"]),
        (pd.Series([-0.0, 0.0, 1.0]), ["0", "1"]),
        (pd.Series([0.1, 0.2, 0.1], dtype="float32").astype("category"), ["0.1", "0.2"]),
    ],
)
def test_columns_of_numbers_are_read_in_bulk(column: "pd.Series[float]", texts: list[str]) -> None:
    assert list(read_column(column).texts) == texts
