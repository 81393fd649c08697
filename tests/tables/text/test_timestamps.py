"""Timestamps as people write them."""

import calendar
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from made_cli.tables.text.patterns import pattern
from made_cli.tables.text.timestamp_reading import read_timestamps
from made_cli.tables.text.timestamps import TimeFormat, time_format

DATES = ["YYYY-MM-DD", "YYYY/M/D", "DD.MM.YYYY", "M/D/YYYY", "D-M-YYYY", "D-MON-YYYY", "DD mon YYYY", "Month D, YYYY"]
CLOCKS = ["", " hh:mm", "Thh:mm:ss", " h:mm AM", " hh:mm:ss.fff", " h:mm:ss.ffam", " hh:mm+hh:mm", "Thh:mm:ssZ"]


def found(*texts: str) -> TimeFormat | None:
    reading = read_timestamps(texts)
    return time_format(reading) if reading and not reading.unparsed else None


@pytest.mark.parametrize(
    ("text", "written", "count"),
    [
        ("1970-01-01", "YYYY-MM-DD", 0),
        ("2019-03-01T10:15:01", "YYYY-MM-DDThh:mm:ss", 1551435301),
        ("2019-03-01 10:15", "YYYY-MM-DD hh:mm", 1551435300 / 60),
        ("2019-03-01 10:15:01.25", "YYYY-MM-DD hh:mm:ss.ff", 155143530125),
        ("2019-03-01T10:15:01Z", "YYYY-MM-DDThh:mm:ssZ", 1551435301),
        ("2019-03-01 10:15+02:00", "YYYY-MM-DD hh:mm+hh:mm", 1551435300 / 60),
        ("2019-03-01 10:15:00 -0330", "YYYY-MM-DD hh:mm:ss +hhmm", 1551435300),
        ("2019-03-01T10:15+02", "YYYY-MM-DDThh:mm+hh", 1551435300 / 60),
        ("2019/03/01", "YYYY/MM/DD", 17956),
        ("2019/3/1 9:05", "YYYY/M/D h:mm", 1551431100 / 60),
        ("01.03.2019", "DD.MM.YYYY", 17956),
        ("1.3.2019 10:15", "D.M.YYYY hh:mm", 1551435300 / 60),
        ("03/01/2019", "MM/DD/YYYY", 17956),
        ("3/1/2019 12:05 AM", "M/D/YYYY hh:mm AM", 1551398700 / 60),
        ("3/1/2019, 1:05 pm", "M/D/YYYY, h:mm am", 1551445500 / 60),
        ("01-03-2019", "DD-MM-YYYY", 17956),
        ("20190301", "YYYYMMDD", 17956),
        ("2019-03", "YYYY-MM", 590),
        ("1969-12", "YYYY-MM", -1),
        ("03-Mar-2019", "DD-Mon-YYYY", 17958),
        ("3 MAR 2019", "D MON YYYY", 17958),
        ("March 3, 2019", "Month D, YYYY", 17958),
        ("Mar 3, 2019", "Mon D, YYYY", 17958),
        ("10:15", "hh:mm", 615),
        ("00:00:07", "hh:mm:ss", 7),
        ("9:05 PM", "h:mm AM", 1265),
        ("0001-01-01", "YYYY-MM-DD", -719162),
        ("9999-12-31", "YYYY-MM-DD", 2932896),
        ("1600-02-29", "YYYY-MM-DD", -135081),
    ],
)
def test_a_timestamp_is_read_and_written_by_its_pattern(text: str, written: str, count: float) -> None:
    form = found(f" {text} ")
    assert form is not None
    assert (form.pattern, form.parse(text), form.write(count)) == (written, count, text)


@pytest.mark.parametrize(
    "text",
    [
        *("2019-02-29", "1900-02-29", "2019-13-01", "2019-00-10", "0000-01-01", "2019-1", "19-13-01", "32.1.2019"),
        *("24:00", "10:60", "10:15:60", "0:05 AM", "13:05 PM", "10", "1:5", "2019-03-01 10", "2019-03-01T", "T10:15"),
        *("2019-03-01 10:15+24:00", "2019-03-01 10:15+02:60", "3 Mrz 2019", "31 Feb 2019", "18991231", "21010101"),
        *("20191301", "2019030", "", "2019-03/01", "2019-03-01 10:15:00.", "abc", "1e5", "2019", "\u0662019-03-01"),
    ],
)
def test_these_are_no_timestamps(text: str) -> None:
    assert found(text) is None


@given(st.sampled_from(DATES), st.sampled_from(CLOCKS), st.datetimes(), st.integers(-14 * 60, 14 * 60))
@example("YYYY-MM-DD", " hh:mm:ss.fff", datetime(1969, 12, 31, 23, 59, 59, 999000), 0)
@example("M/D/YYYY", " h:mm AM", datetime(999, 2, 28, 0, 0), 0)
@example("M/D/YYYY", " h:mm AM", datetime(2000, 2, 29, 12, 0), 0)
def test_every_timestamp_of_the_calendar_comes_back(date: str, clock: str, timestamp: datetime, offset: int) -> None:
    compiled = pattern(date + clock)
    offset = offset if clock.endswith("+hh:mm") else 0
    since = timestamp - datetime(1970, 1, 1)
    count = (since.days * 24 * 60 * 60 + since.seconds) * 10**6 + since.microseconds
    unit = 24 * 60 * 60 * 10**6 // compiled.ticks
    text = compiled.spell(count // unit, offset)
    assert compiled.read(text) == (count // unit, offset)
    assert compiled.read_exactly(text) is not None
    assert compiled.read_unrounded(text) == (Fraction(count // unit), offset)


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))
def test_timestamps_in_iso_are_those_of_the_standard_library(timestamp: datetime) -> None:
    whole = timestamp.replace(microsecond=0, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))
    count, offset = pattern("YYYY-MM-DDThh:mm:ss+hh:mm").read(whole.isoformat()) or (0, 0)
    assert count - 60 * offset == calendar.timegm(whole.astimezone(UTC).timetuple())


@pytest.mark.parametrize(
    ("texts", "written", "ambiguity"),
    [
        (["03/01/2019", "12/11/2019"], "MM/DD/YYYY", "DD/MM/YYYY"),
        (["03/01/2019", "12/31/2019"], "MM/DD/YYYY", None),
        (["03/01/2019", "31/12/2019"], "DD/MM/YYYY", None),
        (["3/1/2019", "31/12/2019"], "D/M/YYYY", None),
        (["03-01-2019", "12-11-2019"], "DD-MM-YYYY", "MM-DD-YYYY"),
        (["03-01-2019", "12-31-2019"], "MM-DD-YYYY", None),
        (["3/1/2019", "12/11/2019"], "M/D/YYYY", "D/M/YYYY"),
        (["10/11/2019", "11/10/2019"], "MM/DD/YYYY", "DD/MM/YYYY"),
        (["2.3.2019", "12.11.2019"], "D.M.YYYY", None),
        (["May 3, 2019", "March 3, 2019"], "Month D, YYYY", None),
        (["May 3, 2019", "Mar 3, 2019"], "Mon D, YYYY", None),
        (["10:15", "09:05"], "hh:mm", None),
        (["10:15", "9:05"], "h:mm", None),
    ],
)
def test_the_pattern_is_that_of_all_texts_and_its_ambiguity_is_told(
    texts: list[str], written: str, ambiguity: str | None
) -> None:
    for ordered in (texts, texts[::-1]):
        reading = read_timestamps(ordered)
        assert reading is not None
        assert (reading.pattern, reading.ambiguity, reading.unparsed) == (written, ambiguity, frozenset())


@pytest.mark.parametrize(
    ("texts", "unparsed"),
    [
        (["2019-03-01", "2019-03-02", "2019-3-03"], "2019-3-03"),
        (["2019-03-01 10:15:00", "2019-03-01 10:15:01", "2019-03-01 10:15"], "2019-03-01 10:15"),
        (["10:15:00.5", "10:15:00.0", "10:15:00.55"], "10:15:00.55"),
        (["3 Mar 2019", "4 Mar 2019", "5 MAR 2019"], "5 MAR 2019"),
        (["2019-03-01 10:15", "2019-03-01 10:16", "2019-03-01T10:17"], "2019-03-01T10:17"),
        ([*(f"2019-03-{day:02d}" for day in range(1, 32)), "soon"], "soon"),
    ],
)
def test_what_is_written_in_another_way_is_unparsed(texts: list[str], unparsed: str) -> None:
    reading = read_timestamps(texts)
    assert reading is not None
    assert reading.unparsed == {unparsed}


@pytest.mark.parametrize(
    ("texts", "resolution", "step"),
    [
        (["2019-03-01", "2019-03-02"], 1, "1 day"),
        (["2019-03-01 10:15", "2019-03-01 10:30"], 15, "15 minutes"),
        (["2019-03-01 00:00:00", "2019-03-02 00:00:00"], 86400, "1 day"),
        (["2019-03-01 01:00:00", "2019-03-02 04:00:00"], 3600, "1 hour"),
        (["2019-03-01 01:00:00.250", "2019-03-02 04:00:00.500"], 50, "0.05 seconds"),
        (["2019-03-01 01:00:00.000", "2019-03-02 04:00:20.000"], 20_000, "20 seconds"),
        (["2019-01", "2019-04", "2020-10"], 3, "3 months"),
        (["10:15", "10:31"], 1, "1 minute"),
        # Local midnights on both sides of the changing of the clocks are whole hours of one clock.
        (["2019-03-30T00:00:00+01:00", "2019-04-01T00:00:00+02:00"], 3600, "1 hour"),
        (["2019-03-30T00:00:00+05:30", "2019-04-01T00:00:00+05:30"], 86400, "1 day"),
    ],
)
def test_the_resolution_is_the_coarsest_step_that_clocks_are_read_by(
    texts: list[str], resolution: float, step: str
) -> None:
    form = found(*texts)
    assert form is not None
    assert (form.resolution, form.step) == (resolution, step)


@pytest.mark.parametrize("zone", ["Europe/Rome", "America/St_Johns", "Australia/Lord_Howe", "Asia/Tokyo"])
@pytest.mark.parametrize("hours", [1, 37])
def test_offsets_that_follow_the_clocks_of_a_place_come_back(zone: str, hours: int) -> None:
    start = datetime(2018, 3, 1, tzinfo=UTC)
    timestamps = [(start + timedelta(hours=hours * n)).astimezone(ZoneInfo(zone)) for n in range(16_000 // hours)]
    texts = [timestamp.isoformat(timespec="minutes") for timestamp in timestamps]
    form = found(*texts)
    assert form is not None
    codes = [form.parse(text) for text in texts]
    assert all(isinstance(code, float) for code in codes)
    assert [form.write(code) for code in codes if code is not None] == texts
    assert np.unique(np.diff(np.array(codes, dtype=np.float64))).tolist() == [60 * hours]


def test_the_same_instant_by_another_clock_has_the_same_code() -> None:
    form = found("2019-03-01 10:15+02:00", "2019-03-02 10:15+02:00")
    assert form is not None
    assert (
        form.parse("2019-03-01 08:15Z") == form.parse("2019-03-01 10:15+02:00") == form.parse("2019-03-01 05:15-03:00")
    )


@pytest.mark.parametrize(
    "texts",
    [
        ["2019-03-01 10:15+02:00", "2019-03-01 09:15+01:00"],
        [f"2019-03-{day:02d} 10:15{'+02:00' if day % 2 else '+01:00'}" for day in range(1, 30)],
    ],
)
def test_times_whose_offsets_no_clock_has_are_instants(texts: list[str]) -> None:
    form = found(*texts)
    assert form is not None
    assert form.changes == ()
    assert form.offset == 120 - 60 * (len(texts) == 2)
    instants = {form.parse(text) for text in texts}
    assert len(instants) == len({datetime.fromisoformat(text).timestamp() for text in texts})
    assert {form.write(instant)[-6:] for instant in instants if instant is not None} == {texts[-1][-6:]}


def test_z_is_an_offset_among_others() -> None:
    form = found(*(f"2024-01-{day:02d}T00:00:00{'Z' if day % 2 else '+01:00'}" for day in range(1, 29)))
    assert form is not None
    assert form.pattern == "YYYY-MM-DDThh:mm:ss+hh:mm"
    assert form.parse("2024-01-01T00:00:00Z") == form.parse("2024-01-01T01:00:00+01:00")


def test_a_single_text_among_thousands_decides_between_patterns() -> None:
    texts = [
        f"{month:02d}/{day:02d}/{year}" for year in range(1990, 2020) for month in range(1, 13) for day in range(1, 13)
    ]
    for decisive, written in (("31/01/2003", "DD/MM/YYYY"), ("01/31/2003", "MM/DD/YYYY")):
        reading = read_timestamps([*texts, decisive])
        assert reading is not None
        assert (reading.pattern, reading.ambiguity, len(reading.timestamps)) == (written, None, len(texts) + 1)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("YYYYMMDD", "2019131"),
        ("YYYY-MM-DD hh:mm+hh:mm", "2019-03-01 10:15+02:60"),
        ("YYYY-MM-DD hh:mm+hh:mm", "2019-03-01 10:15"),
        ("YYYY-MM-DD hh:mm", "2019-03-01 10:15Z"),
        ("YYYY-MM-DD", "2019-03-01 10:15"),
        ("hh:mm", "abc"),
    ],
)
def test_what_is_no_timestamp_of_a_column_is_not_read(written: str, text: str) -> None:
    assert TimeFormat(written, 1.0).parse(text) is None


def test_finer_timestamps_than_the_column_has_are_read() -> None:
    form = found("10:15", "10:30")
    assert form is not None
    assert form.parse("10:15:30") == 615.5
    assert form.parse("10:15:30.75") == pytest.approx(615.5125)
    assert form.steps("10:15:30.75") == Fraction(6155125, 10_000 * 15)


@pytest.mark.parametrize(
    ("written", "value", "text"),
    [
        ("YYYY-MM-DD", 1e18, "9999-12-31"),
        ("YYYY-MM-DD", -1e300, "0001-01-01"),
        ("YYYY-MM", 1e18, "9999-12"),
        ("YYYY-MM", -1e18, "0001-01"),
        ("hh:mm", 1441.0, "00:01"),
        ("hh:mm", -1.0, "23:59"),
        ("hh:mm", 614.6, "10:15"),
    ],
)
def test_a_draw_beyond_the_calendar_or_the_clock_is_still_a_timestamp(written: str, value: float, text: str) -> None:
    form = TimeFormat(written, 1.0)
    assert form.write(value) == text
    assert form.parse(form.write(value)) is not None
