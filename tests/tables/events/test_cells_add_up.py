"""What is less than a value, equal to it, more than it, empty, or no number, is everything: whatever the kind."""

import pytest
import torch

from made_cli.config import Missing
from made_cli.core.distributions import distributions_of
from made_cli.errors import UserError
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.kinds import Categorical, Kind
from made_cli.tables.columns.regions import EVERY_NUMBER, Region, cells
from made_cli.tables.columns.row_regions import Regions
from made_cli.tables.columns.schema import Schema
from made_cli.tables.events.expressions import event_of
from made_cli.tables.text.numbers import parse
from tests.tables.small import table

COLUMNS: dict[str, tuple[list[str], list[str]]] = {
    "binary": (["0", "1", "1"] * 20, ["0", "1", "1.0"]),
    "constant 0": (["0"] * 60, ["0", "1"]),
    "constant 1": (["1.0"] * 60, ["1", "0"]),
    "labels of numbers, one rare": ([*["1", "2", "3", "none"] * 20, "7"], ["1", "2", "3", "7"]),
    "labels of numbers, two rare": ([*["1", "2", "3", "none"] * 20, "8", "9"], ["1", "3"]),
    "labels of numbers, a word rare": ([*["1", "2", "3"] * 20, "none"], ["1", "2", "3"]),
    "numbers in two spellings": (["2", "3", "3.0", "4.50", "4.5"] * 20, ["3", "3.0", "3.00", "2", "4.5", "45e-1"]),
    "numbers in two spellings, one rare": ([*["2", "3", "none"] * 20, "3.0"], ["3", "3.0", "2"]),
    "0 and 1 in two spellings": (["0", "1", "1.0", "0.0"] * 20, ["0", "1", "0.0", "1.00"]),
    "numbers nearer than floats": (["9007199254740992", "9007199254740993", "5"] * 20, ["9007199254740993", "5"]),
    "bounded": ([str(place * place) for place in range(60)], ["0", "16", "17", "17.5", "-3", "9999"]),
    "unbounded": ([f"{place / 20 - 1.3:.2f}" for place in range(60)], ["0", "-0.25", "0.26", "7"]),
    "atoms": ([*(f"{place / 100:.2f}" for place in range(50, 350, 3)), *["0.00"] * 60], ["0", "0.53", "0.531", "2"]),
    "days": (
        [f"2024-{1 + place // 28:02d}-{1 + place % 28:02d}" for place in range(60)],
        ["2024-01-28", "2023-01-01"],
    ),
    "clock": ([f"{place // 60:02d}:{place % 60:02d}" for place in range(0, 1440, 15)], ["10:15", "10:20"]),
}


def schema(cells: list[str], missing: Missing, *, with_empty: bool) -> Schema:
    data = table(x=[*cells, *[""] * (6 * with_empty)])
    return schema_of(infer(data, missing=missing), data.source)


def region(schema: Schema, event: str) -> Region:
    boxes = event_of(schema, event)
    return boxes[0][0] if boxes else Region(())


def without_number(kind: Kind) -> Region:
    """The outcomes with no label that is a number, the empty cell aside: among them what training had none of."""
    if not isinstance(kind, Categorical):
        return Region(())
    texts = [*kind.labels, *kind.rare, kind.opposite or ""]
    others = set(range(kind.seen + len(kind.unseen)))
    others -= {int(code) for code in kind.encode(text for text in texts if parse(text) is not None)}
    return cells(others - ({int(kind.encode([""])[0])} if kind.empty != "unknown" else set()))


def mass(kind: Kind, region: Region) -> float:
    """The probability of a region under a distribution with drawn outputs."""
    part = distributions_of([kind], [0])[0]
    outputs = torch.randn(1, len(part.output_columns), dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return float(part.sample_truncated(outputs, torch.rand(1, dtype=torch.float64), Regions.of(region)).log_mass.exp())


@pytest.mark.parametrize("missing", ["outcome", "marginal"])
@pytest.mark.parametrize("with_empty", [False, True])
@pytest.mark.parametrize("name", COLUMNS)
def test_less_equal_more_empty_and_no_number_are_disjoint_and_their_probabilities_add_up(
    name: str, with_empty: bool, missing: Missing
) -> None:
    texts, values = COLUMNS[name]
    found = schema(texts, missing, with_empty=with_empty)
    (kind,) = found.kinds
    empty = Region(()) if missing == "marginal" else region(found, 'x == ""')
    for value in values:
        parts = [*(region(found, f"x {sign} '{value}'") for sign in ("<", "==", ">")), empty, without_number(kind)]
        assert not any(a & b for place, a in enumerate(parts) for b in parts[:place])
        assert sum(mass(kind, part) for part in parts) == pytest.approx(1, abs=1e-9)
        assert (region(found, f"x <= '{value}'") & ~parts[0]).intervals == parts[1].intervals
        assert (region(found, f"x >= '{value}'") & ~parts[2]).intervals == parts[1].intervals


def test_the_opposite_of_a_constant_is_more_or_less_than_it_and_can_be_asked_for() -> None:
    zeros = schema(["0"] * 100, "outcome", with_empty=False)
    assert mass(zeros.kinds[0], region(zeros, "x > 0")) == pytest.approx(1 / 102)
    assert region(zeros, "x > 0") == region(zeros, "x == 1") == region(zeros, "0.5 <= x < 7")
    assert region(zeros, "x < 0") == Region(())
    ones = schema(["1"] * 100, "outcome", with_empty=False)
    assert mass(ones.kinds[0], region(ones, "x < 1")) == pytest.approx(1 / 102)


def test_every_number_is_less_or_not_less() -> None:
    found = schema(COLUMNS["unbounded"][0], "outcome", with_empty=False)
    less, rest = region(found, "x < 0.26"), region(found, "x >= 0.26")
    assert ~less == Region(rest.intervals, empty=True)
    assert ~Region((), empty=True) == EVERY_NUMBER


def test_a_number_in_several_spellings_is_one_label_and_equal_to_all_of_them() -> None:
    found = schema([*["2", "3", "3.0", "word"] * 20, "3.00"], "outcome", with_empty=False)
    assert isinstance(found.kinds[0], Categorical)
    assert found.kinds[0].labels == ("2", "3", "word")
    for value in ("3", "3.0", "'3'", "3e0", "0.3e1"):
        assert region(found, f"x == {value}") == region(found, f"x in [{value}, 3.0]") == cells({1})
        assert region(found, f"x != {value}") == region(found, f"x not in [{value}]") == ~cells({1})
        assert region(found, f"x <= {value} and x >= {value}") == cells({1})
    assert region(found, "x == 'word'") == cells({2})


def test_rare_numbers_are_asked_about_together_or_not_at_all() -> None:
    found = schema([*["2", "3"] * 20, "4.0", "9"], "outcome", with_empty=False)
    assert region(found, "x > 3") == cells({2})
    with pytest.raises(UserError, match="2 rare labels share one outcome"):
        event_of(found, "x == 4")


RANGES = ["7", "12", "10-19", "20–29", "85+", "< 5", "65 and over", "word", ""]


@pytest.mark.parametrize("missing", ["outcome", "marginal"])
@pytest.mark.parametrize(
    ("value", "more"), [("9", {"12", "10-19", "20–29", "85+", "65 and over"}), ("29", {"85+", "65 and over"})]
)
def test_labels_that_mean_ranges_of_numbers_take_part_in_comparisons_that_they_decide(
    value: str, more: set[str], missing: Missing
) -> None:
    found = schema(RANGES * 20, missing, with_empty=False)
    (kind,) = found.kinds
    greater, rest = region(found, f"x > {value}"), region(found, f"x <= {value}")
    numbers = [label for label in RANGES if any(map(str.isdigit, label))]
    assert {label for label in numbers if kind.encode([label])[0] in greater} == more
    assert {label for label in numbers if kind.encode([label])[0] in rest} == set(numbers) - more
    assert not greater & rest
    assert kind.equal_to("word") & greater == kind.equal_to("word") & rest == Region(())


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ("x > 15", "'10-19'"),
        ("x > 85", "'85\\+'"),
        ("x < 70", "'65 and over'"),
        ("x <= 4", "'< 5'"),
        ("x > 20", "'20–29'"),
    ],
)
def test_a_comparison_that_a_range_does_not_decide_is_refused_by_the_label(event: str, named: str) -> None:
    with pytest.raises(UserError, match=named):
        event_of(schema(RANGES * 20, "outcome", with_empty=False), event)


def test_two_labels_that_a_float_would_round_to_one_number_are_told_apart() -> None:
    found = schema(["9007199254740992", "9007199254740993", "5"] * 20, "outcome", with_empty=False)
    assert region(found, "x == 9007199254740992.0") == cells({1})
    assert region(found, "x > 9007199254740992") == region(found, "x == 9007199254740993") == cells({2})
    with pytest.raises(UserError, match=r"x: training had no label '9007199254740992\.5'"):
        event_of(found, "x == 9007199254740992.5")
