"""Which columns are found to be times."""

import numpy as np
import pytest

from made_cli.config import Overrides
from made_cli.errors import Exit
from made_cli.tables.columns.inference import infer
from made_cli.tables.columns.kinds import Categorical, Numeric
from made_cli.tables.columns.understanding import FEW
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
        [*(str(20190101 + day) for day in range(31)), *(str(20190132 + no_day) for no_day in range(4))],
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


def test_many_typos_among_timestamps_are_named() -> None:
    finding = found([*DAYS, "2019-02-30", "2019-02-31", "2019-04-31"])
    assert finding.kind is None
    assert finding.why == "times, but for '2019-02-30' (mend it, or use --kind x=time to find all such cells)"


def test_a_few_slips_among_timestamps_are_empty_cells_of_a_column_of_times() -> None:
    finding = found([*DAYS, "2019-02-30", "soon", ""])
    assert isinstance(finding.kind, Numeric)
    assert finding.why == (
        "times (YYYY-MM-DD), but for '2019-02-30', 'soon': 2 cells that are no such times, taken for empty"
    )
    assert finding.column.missing == 3
    assert np.isnan(finding.kind.encode(["2019-02-30", " soon"])).all()
    with pytest.raises(ValueError, match="later"):
        finding.kind.encode(["later"])


def test_dates_of_another_age_among_eight_digits_are_dates_that_are_named() -> None:
    finding = found([*(day.replace("-", "") for day in DAYS), "15550217", "20191301"])
    assert isinstance(finding.kind, Numeric)
    assert "'15550217' far from the others" in finding.why
    assert "'20191301'" in finding.why
    assert finding.kind.format.write(finding.kind.encode(["15550217"])[0]) == "15550217"


def test_timestamps_whose_offsets_no_clock_has_are_instants_written_with_the_commonest() -> None:
    cells = [f"{day} 10:15{'+02:00' if place % 3 else '-01:00'}" for place, day in enumerate(DAYS)]
    finding = found(cells)
    assert isinstance(finding.kind, Numeric)
    assert finding.why == (
        "times (YYYY-MM-DD hh:mm+hh:mm, 2 offsets from UTC: counted as instants, written with one offset,"
        " as in 1970-01-01 00:00+02:00)"
    )
    assert finding.kind.decode(finding.kind.encode([cells[0]]), np.random.default_rng(0)) == ["2019-01-01 13:15+02:00"]


def test_years_of_two_digits_are_of_the_hundred_years_that_their_longest_gap_leaves() -> None:
    days = [f"{year % 100:02d}-{1 + year % 12:02d}-17" for year in range(1970, 2030)]
    cells = {"de": [f"{d[6:]}.{d[3:5]}.{d[:2]}" for d in days], "us": [f"{d[3:5]}/{d[6:]}/{d[:2]}" for d in days]}
    for finding in infer(table(**cells)):
        assert isinstance(finding.kind, Numeric)
        assert finding.why.endswith(", years from 1950 to 2049)")
        codes = finding.kind.encode(cells[finding.column.name])
        assert (np.diff(codes) > 0).all()
        assert finding.kind.decode(codes, np.random.default_rng(0)) == cells[finding.column.name]
        assert finding.kind.noun in ("time written DD.MM.YY", "time written MM/DD/YY")
        far = finding.kind.decode(np.array([-1e6, 1e6]), np.random.default_rng(0))
        assert finding.kind.decode(finding.kind.encode(far), np.random.default_rng(0)) == far


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
    ],
)
def test_a_cell_that_is_no_timestamp_in_a_column_declared_time_is_named(cells: list[str], message: str) -> None:
    error = refusal(cells, Overrides(kinds={"x": "time"}))
    assert str(error) == message
    assert error.code == Exit.BAD_DATA


def test_what_is_found_does_not_depend_on_the_order_of_the_rows() -> None:
    cells = [*DAYS, "12/31/2019", "soon", "late", ""]
    order = np.random.default_rng(0).permutation(len(cells))
    (finding,) = infer(table(x=[cells[place] for place in order]))
    assert finding.kind is None
    assert finding.why.startswith("times, but for")
    assert found([DAYS[place] for place in order if place < len(DAYS)]).kind == found(DAYS).kind
