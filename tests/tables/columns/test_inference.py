"""What kind a column is found to be."""

import numpy as np
import pytest

from made_cli.config import Overrides
from made_cli.errors import Exit, UserError
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.kinds import Categorical, Numeric
from made_cli.tables.columns.understanding import FEW
from tests.tables.small import found, refusal, table


def measured(rows: int = 100) -> list[str]:
    return [f"{x:.1f}" for x in np.random.default_rng(0).normal(20, 5, rows)]


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        (["yes", "no"] * 5, ("no", "yes")),
        (["0", "1"] * 5, ("0", "1")),
        (["0.5"] * 5, ("0.5",)),
        (["7"], ("7",)),
        ([str(x % FEW) for x in range(FEW * 5)], tuple(map(str, range(FEW)))),
        ([*["0012", "0013", "7"] * 4], ("7", "0012", "0013")),
        (["1", "2", "3", "?"] * 5, ("1", "2", "3")),
        (["NA", "a"] * 3, ("a",)),
        (["NA"] * 6, ()),
        ([True, False] * 4, ("False", "True")),
        (["b"], ("b",)),
    ],
)
def test_these_are_labels(cells: list[object], labels: tuple[str, ...]) -> None:
    kind = found(cells).kind
    assert isinstance(kind, Categorical)
    assert kind.labels == labels


@pytest.mark.parametrize(
    "cells",
    [
        measured(),
        [*measured(), "NA", "?", "", " "],
        [str(x % (FEW + 1)) for x in range(500)],  # one too many to be few
        [str(x % FEW) for x in range(FEW * 5 - 1)],  # too few rows for them to recur
        [x / 7 for x in range(60)],
        [str(x * 1000) for x in range(60)],  # all distinct, but far apart
        ["1", "2", "3.5"],
    ],
)
def test_these_are_numbers(cells: list[object]) -> None:
    assert isinstance(found(cells).kind, Numeric)


def test_truth_values_in_several_spellings_are_two_outcomes() -> None:
    finding = found(["TRUE", "true", "FALSE", "TRUE"] * 3)
    assert (finding.kind and finding.kind.described, finding.why) == ("binary", "spellings of FALSE and TRUE")


@pytest.mark.parametrize("rows", [1, 40])
def test_a_column_of_empty_cells_has_one_outcome(rows: int) -> None:
    finding = found(["", None] * rows)
    assert isinstance(finding.kind, Categorical)
    assert (finding.kind.seen, finding.kind.missing, finding.why) == (1, True, "every cell is empty")


@pytest.mark.parametrize(
    "cells",
    [
        [str(x) for x in range(1, 60)],
        [str(x) for x in reversed(range(60))],
        [*map(str, range(30)), ""],
        [str(x) for x in np.random.default_rng(0).permutation(900)[:800]],  # a part of a table keeps its row numbers
    ],
)
def test_numbers_of_the_rows_are_left_out(cells: list[str]) -> None:
    finding = found(cells)
    assert finding.kind is None
    assert "identifier" in finding.why


def test_integers_that_happen_to_be_distinct_are_numbers() -> None:
    # 60 of 10,000: two would be equal by chance only one time in six.
    assert found([str(x) for x in np.random.default_rng(0).permutation(10_000)[:60]]).kind is not None


@pytest.mark.parametrize("first", [2**60 + 1, 2**70, -(2**64)])
def test_integers_beyond_floats_are_labels_where_they_recur_and_left_out_where_they_do_not(first: int) -> None:
    labels = found([str(first + x) for x in range(30)] * 3)
    assert isinstance(labels.kind, Categorical)
    assert labels.why == "integers that no float holds to the last digit, so labels"
    assert labels.kind.encode([str(first + 3), f"{first + 3}.0", str(first + 99)]).tolist() == [3, 3, labels.kind.seen]
    distinct = found([str(first + x) for x in range(90)])
    assert distinct.kind is None
    assert distinct.why == "an identifier: integers that no float holds to the last digit, and few recur"


def test_one_huge_integer_among_numbers_makes_no_labels_of_them() -> None:
    assert isinstance(found([*(str(7 * x) for x in range(60)), *["9" * 20] * 5] * 3).kind, Numeric)


@pytest.mark.parametrize("cells", [[f"name {x}" for x in range(60)], [f"{x:032x}" for x in range(40)] * 1 + [""] * 100])
def test_names_and_free_text_are_left_out(cells: list[str]) -> None:
    finding = found(cells)
    assert finding.kind is None
    assert "identifier or free text" in finding.why


def test_labels_half_of_which_recur_are_kept() -> None:
    assert found([f"city {x}" for x in range(30)] * 2).kind is not None


@pytest.mark.parametrize("times", [1, 4])
def test_a_typo_in_a_column_of_numbers_is_named_whatever_comes_of_the_column(times: int) -> None:
    finding = found([f"{x}.5" for x in range(60)] * times + ["12,5"])
    assert "'12,5'" in finding.why
    assert "--kind x=numeric" in finding.why
    assert (finding.kind is None) == (times == 1)


def test_a_person_overrules_and_drops() -> None:
    columns = table(a=[str(x) for x in range(50)], b=measured(50), c=["u", "v"] * 25)
    by_name = {
        finding.column.name: finding
        for finding in infer(columns, Overrides(kinds={"a": "numeric", "b": "categorical"}, drop={"c"}))
    }
    assert isinstance(by_name["a"].kind, Numeric)
    assert isinstance(by_name["b"].kind, Categorical)
    assert by_name["c"].kind is None
    assert [part.name for part in schema_of(list(by_name.values()), "data.csv").left_out] == ["c"]


def test_a_cell_that_is_no_number_in_a_column_declared_numeric_is_named_with_its_line() -> None:
    error = refusal(["1", "2", "abc"], Overrides(kinds={"x": "numeric"}))
    assert str(error) == "data.csv, line 4, column 'x': 'abc' is not a number"
    assert error.code == Exit.BAD_DATA


@pytest.mark.parametrize("cells", [["", ""], ["NA", "?"]])
def test_a_column_without_any_number_cannot_be_numeric(cells: list[str]) -> None:
    error = refusal(cells, Overrides(kinds={"x": "numeric"}))
    assert "'x' has no number" in str(error)
    assert error.code == Exit.BAD_DATA


@pytest.mark.parametrize(
    ("overrides", "named"),
    [
        (Overrides(drop={"y"}), "'y'"),
        (Overrides(kinds={"y": "numeric"}), "'y'"),
    ],
)
def test_a_wrong_wish_is_refused_by_name(overrides: Overrides, named: str) -> None:
    error = refusal(["1", "2"], overrides)
    assert named in str(error)
    assert error.code == Exit.USAGE


def test_a_table_without_rows_is_refused() -> None:
    assert refusal([], Overrides()).code == Exit.BAD_DATA


def test_a_table_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(UserError, match="every column is left out") as caught:
        schema_of(infer(table(x=["1"]), Overrides(drop={"x"})), "data.csv")
    assert caught.value.code == Exit.BAD_DATA


@pytest.mark.parametrize("cells", [["5"], ["a"], [""], [2.5], [True]])
def test_one_row_of_one_column_has_a_schema(cells: list[object]) -> None:
    schema = schema_of(infer(table(x=cells)), "data.csv")
    assert (schema.names, schema.rows) == (("x",), 1)
    assert schema.encode(table(x=cells)).shape == (1, 1)


def test_the_schema_does_not_depend_on_the_order_of_the_rows() -> None:
    cells = [*measured(80), "", "3.0", "3.0"]
    names = [*"aaabbc"] * 13 + [*"aaabb"]
    order = np.random.default_rng(0).permutation(83)
    first = schema_of(infer(table(x=cells, y=names)), "data.csv")
    second = schema_of(infer(table(x=[cells[i] for i in order], y=[names[i] for i in order])), "data.csv")
    assert first.names == second.names
    for one, other in zip(first.kinds, second.kinds, strict=True):
        if isinstance(one, Numeric) and isinstance(other, Numeric):
            assert (one.format, one.atoms, one.lower, one.missing) == (
                other.format,
                other.atoms,
                other.lower,
                other.missing,
            )
            assert one.scaling.transformed == pytest.approx(other.scaling.transformed)
        else:
            assert one == other
