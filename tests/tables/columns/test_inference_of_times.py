"""Which columns are found to be times."""

import numpy as np
import pytest

from made_cli.config import Overrides
from made_cli.errors import Exit
from made_cli.tables.columns.inference import FEW, infer
from made_cli.tables.columns.kinds import Categorical, Numeric
from made_cli.tables.text.timestamps import TimeFormat
from tests.tables.small import found, refusal, table

DAYS = [f"2019-{month:02d}-{day:02d}" for month in range(1, 13) for day in range(1, 10)]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (DAYS, "times (YYYY-MM-DD)"),
        ([*DAYS, "", "NA", "?", " "], "times (YYYY-MM-DD)"),
        ([day.replace("-", "") for day in DAYS], "times (YYYYMMDD)"),
        ([int(day.replace("-", "")) for day in DAYS], "times (YYYYMMDD)"),
        ([f"{day[5:7]}/{day[8:]}/2019" for day in DAYS], "times (MM/DD/YYYY, though DD/MM/YYYY fits as well)"),
        (DAYS[:3], "times (YYYY-MM-DD)"),
        ([f"{minute // 60}:{minute % 60:02d}" for minute in range(0, 1440, 7)], "times (h:mm)"),
        ((DAYS[: FEW + 1]) * 20, "times (YYYY-MM-DD)"),
    ],
)
def test_these_are_times(cells: list[object], why: str) -> None:
    finding = found(cells)
    assert isinstance(finding.kind, Numeric)
    assert isinstance(finding.kind.format, TimeFormat)
    assert (finding.kind.described, finding.why) == ("time", why)


@pytest.mark.parametrize("cells", [DAYS[:FEW] * 5, DAYS[:2], ["10:15"], ["2019-03-01 10:15Z", "2019-03-01 10:30Z"] * 3])
def test_few_timestamps_that_recur_are_labels(cells: list[str]) -> None:
    finding = found(cells)
    assert isinstance(finding.kind, Categorical)
    assert finding.why == "few distinct timestamps"


@pytest.mark.parametrize(
    "cells",
    [
        [*(str(20190101 + day) for day in range(31)), "20190132"],  # one is no date
        [*(str(18990101 + day) for day in range(31))],  # too long ago for digits to be meant as dates
        [str(20190101 + day) for day in range(FEW)],  # few numbers
    ],
)
def test_eight_digits_are_numbers_where_not_all_are_many_dates_of_our_time(cells: list[str]) -> None:
    kind = found(cells).kind
    assert kind is None or kind.described != "time"


def test_times_have_no_bound_but_those_of_day_begin_at_midnight() -> None:
    days, hours = found(DAYS).kind, found([f"{n // 60:02d}:{n % 60:02d}" for n in range(300, 1400)]).kind
    assert isinstance(days, Numeric)
    assert isinstance(hours, Numeric)
    assert (days.lower, hours.lower) == (None, 0.0)


def test_a_typo_among_timestamps_is_named() -> None:
    finding = found([*DAYS, "2019-02-30"])
    assert finding.kind is None
    assert finding.why == "times, but for '2019-02-30' (mend it, or use --kind x=time to find all such cells)"


def test_timestamps_whose_offsets_no_clock_has_are_free_text_as_ever() -> None:
    finding = found([f"{day} 10:15{'+02:00' if place % 2 else '+01:00'}" for place, day in enumerate(DAYS)])
    assert finding.kind is None
    assert "free text" in finding.why


def test_a_person_may_declare_times() -> None:
    for cells in (DAYS[:2] * 9, [day.replace("-", "") for day in DAYS[:3]], [*DAYS[:3], "", "?"]):
        finding = found(cells, "time")
        assert finding.kind is not None
        assert (finding.kind.described, finding.why) == ("time", "by --kind")


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([*DAYS, "soon", "late"], "data.csv, line 110, column 'x': 'soon' is not a time written YYYY-MM-DD"),
        (["abc", *DAYS[:9]], "data.csv, line 2, column 'x': 'abc' is not a time written YYYY-MM-DD"),
        (["a", "b"], "data.csv: column 'x' has no date or time"),
        (["1", "2.5"], "data.csv: column 'x' has no date or time"),
        (["", "NA"], "data.csv: column 'x' has no date or time"),
        (
            ["2019-03-01 10:15+02:00", "2019-03-01 09:15+01:00"],
            "data.csv: column 'x' has offsets from UTC that no one clock has",
        ),
    ],
)
def test_a_cell_that_is_no_timestamp_in_a_column_declared_time_is_named(cells: list[str], message: str) -> None:
    error = refusal(cells, Overrides(kinds={"x": "time"}))
    assert str(error) == message
    assert error.code == Exit.BAD_DATA


def test_what_is_found_does_not_depend_on_the_order_of_the_rows() -> None:
    cells = [*DAYS, "12/31/2019", "soon", ""]
    order = np.random.default_rng(0).permutation(len(cells))
    (finding,) = infer(table(x=[cells[place] for place in order]))
    assert finding.kind is None
    assert finding.why.startswith("times, but for")
    assert found([DAYS[place] for place in order if place < len(DAYS)]).kind == found(DAYS).kind
