"""What is read of many texts at once is what is read of each by itself."""

import math
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_cli.tables.text.bulk_formats import parse_by
from made_cli.tables.text.bulk_numbers import decimals_of_all, parse_all
from made_cli.tables.text.bulk_timestamps import written_by
from made_cli.tables.text.distinct import are_ascii, in_bulk, marked, matching, stripped
from made_cli.tables.text.intervals import HAS_SIGN_OF_RANGE, MAY_BE_RANGE, is_range
from made_cli.tables.text.marks import MARKS, is_mark
from made_cli.tables.text.notation import MAY_BE_SPELLED, taken_apart
from made_cli.tables.text.numbers import decimals_of, parse
from made_cli.tables.text.patterns import pattern
from made_cli.tables.text.timestamp_reading import read_timestamps
from made_cli.tables.text.timestamps import TimeFormat

BLANKS = [chr(sign) for sign in range(0x3001) if chr(sign).isspace()]
NUMBER_LIKE = st.lists(st.text("0123456789.,eE+-−() €$%kr'\u00a0٣x", max_size=9), max_size=20, unique=True)
PATTERNS = (
    *("YYYY-MM-DD", "D.M.YYYY", "MM/DD/YY{1950}", "YYYYMMDD", "YYYY-MM", "DD-MON-YY{1969}", "Month D, YYYY"),
    *("hh:mm", "h:mm AM", "YYYY-MM-DD hh:mm:ss", "YYYY-MM-DDThh:mm:ss.fffZ", "YYYY-MM-DD hh:mm:ss.ffffff"),
    *("YYYY-MM-DD hh:mm+hh:mm", "DD/MM/YYYY h:mm:ss am+hhmm", "YYYY-MM-DDThh:mm:ss.fffffffff+hh"),
)
WRONG = ("", "2023-02-29", "2024-13-01", "0000-01-01", "24:00", "1:60 PM", "13:00 PM", "2020-01-01 10:00-00:00", "Mai")


@given(NUMBER_LIKE)
def test_numbers(texts: list[str]) -> None:
    alone = [parse(text) for text in texts]
    assert parse_all(in_bulk(texts)).tolist() == pytest.approx(
        [math.nan if number is None else number for number in alone], rel=0, abs=0, nan_ok=True
    )
    spelled = [text for text, number in zip(texts, alone, strict=True) if number is not None]
    assert decimals_of_all(in_bulk(spelled)).tolist() == [decimals_of(text) for text in spelled]


@given(
    st.lists(st.decimals(-9999, 9999, places=2).map(str), max_size=5),
    st.lists(st.text("0123456789.-", min_size=1, max_size=5), max_size=2),
)
def test_numbers_without_letters(numbers: list[str], others: list[str]) -> None:
    texts = in_bulk([*numbers, *others])
    alone = [math.nan if number is None else number for number in map(parse, texts.to_pylist())]
    assert np.array_equal(parse_all(texts), alone, equal_nan=True)
    assert np.array_equal(parse_all(pa.concat_arrays([in_bulk(["x"]), texts])[1:]), alone, equal_nan=True)
    if not np.isnan(alone).any():
        assert decimals_of_all(texts).tolist() == [decimals_of(text) for text in texts.to_pylist()]


@pytest.mark.parametrize("text", ["0", "-0", "00", "-00", "-", ".", "9" * 400, "0.", "5", "-.5"])
def test_the_last_text_ends_where_the_bytes_do(text: str) -> None:
    number = parse(text)
    assert parse_all(in_bulk(["1", text])).tolist() == pytest.approx(
        [1, math.nan if number is None else number], nan_ok=True
    )


@pytest.mark.parametrize(
    "text", ["1e999", "-1e301", "1e-400", "5.", ".5", "00.5", "+7", "-0", "9" * 400, "1_0", " 1\u2009"]
)
def test_odd_numbers(text: str) -> None:
    number = parse(text)
    assert parse_all(in_bulk([text])).tolist() == pytest.approx([math.nan if number is None else number], nan_ok=True)


@given(NUMBER_LIKE)
def test_whatever_may_be_spelled_is_found(texts: list[str]) -> None:
    found = matching(stripped(in_bulk(texts)), MAY_BE_SPELLED)
    assert not [text for text, may_be in zip(texts, found, strict=True) if taken_apart(text) and not may_be]


@pytest.mark.parametrize("text", ["12 E U R", "US $ 1,000", "(7.945,67 €)", "1.5e3 kr", "- 3 %", "Kč12"])
def test_units_with_blanks_may_be_spelled(text: str) -> None:
    assert taken_apart(text)
    assert matching(in_bulk([text]), MAY_BE_SPELLED).all()


@pytest.mark.parametrize(
    "text",
    [
        *("85+", "<5", "10-19", "65 and over", "(25, 40]", "at least 7", "under 3", "5 to 9 years of age", "1..2"),
        *("$10-$20", "<5 EUR", "75 yrs or older", "UP TO 7", "1e3–2e3", "≤3", "LESS than 4"),
    ],
)
def test_ranges_are_found(text: str) -> None:
    assert is_range(text)
    assert matching(in_bulk([text]), MAY_BE_RANGE).all()
    assert matching(in_bulk([text]), HAS_SIGN_OF_RANGE).all()


@given(st.lists(st.text("NA?na-. \u00a0\u2028", max_size=4)))
def test_marks(texts: list[str]) -> None:
    assert marked(in_bulk(texts), MARKS).tolist() == [is_mark(text, MARKS) for text in texts]


def test_all_blanks_are_stripped() -> None:
    assert stripped(in_bulk([f"{blank}a{blank}" for blank in BLANKS])).to_pylist() == ["a"] * len(BLANKS)


@pytest.mark.parametrize("written", PATTERNS)
def test_timestamps(written: str) -> None:
    form, rng = pattern(written), np.random.default_rng(0)
    offsets = (0, 60, -210) if form.zone.startswith("+") else (0,)
    span = 40_000 if form.ticks and form.dated else 300 if form.dated else 1
    counts = rng.integers(-span // 2 * form.dated, span, 60) * (form.ticks or 1) + rng.integers(0, form.ticks or 1, 60)
    texts = [form.spell(float(count), int(rng.choice(offsets))) for count in counts.tolist()]
    texts += [text.replace("0", "", 1) for text in texts] + [text.replace("+00:00", "Z") for text in texts]
    texts = list(dict.fromkeys([*texts, *WRONG, *(f" {text}\t" for text in texts[:5])]))
    alone = {text: found for text in texts if (found := form.read_exactly(text)) is not None}
    assert len(alone) > 20
    assert written_by(written, in_bulk(texts)) == alone
    own = TimeFormat(written, 1.0, offset=60 if form.zone else 0)
    read = [own.parse(text) for text in texts]
    assert parse_by(own, in_bulk(texts)).tolist() == pytest.approx(
        [math.nan if count is None else count for count in read], rel=0, abs=0, nan_ok=True
    )


def test_arrays_of_texts_are_read_as_they_are() -> None:
    first = datetime(1900, 1, 1)
    texts = [(first + timedelta(days=day)).strftime("%d.%m.%Y") for day in range(5000)]
    found = read_timestamps(pa.array(texts))
    assert found is not None
    assert (found.pattern, len(found.timestamps), len(found.unparsed)) == ("DD.MM.YYYY", 5000, 0)


@pytest.mark.parametrize("texts", [[], [""], ["7", "x"], [" 7 ", "x"], ["7\x1f", "\u2003x"], ["é", "7 "], [" 7", "8"]])
def test_blanks_are_stripped_and_signs_beyond_ascii_found_as_python_does(texts: list[str]) -> None:
    for whole in (pa.array(["é ", *texts, " "]), pa.array(["é ", *texts, " "], pa.large_string())):
        part = whole.slice(1, len(texts))
        assert stripped(part).to_pylist() == [text.strip() for text in texts]
        assert are_ascii(part).tolist() == [text.isascii() for text in texts]
