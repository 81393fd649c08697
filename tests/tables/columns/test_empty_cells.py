"""Empty cells, and cells that training had none of: outcomes, unknown, or errors."""

from collections.abc import Sequence

import numpy as np
import pytest
from pydantic import TypeAdapter

from made_cli.config import Missing, Overrides
from made_cli.errors import Exit, UserError
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.columns.kinds import Categorical, unseen_mass
from made_cli.tables.columns.schema import Schema
from made_cli.tables.files.table import Table
from made_cli.tables.text.typed_columns import frame_of
from tests.tables.small import table

ROWS = 60
TENTHS = [f"{x / 10}" for x in range(ROWS)]


def schema(data: Table, missing: Missing, overrides: Overrides | None = None) -> Schema:
    return schema_of(infer(data, overrides, missing=missing), data.source)


def gaps(cells: Sequence[str], mark: str = "") -> list[str]:
    """The cells, every third of them empty."""
    return [mark if place % 3 == 0 else cell for place, cell in enumerate(cells)]


def mixed() -> Table:
    return table(
        label=gaps(["a", "b", "c", "d"] * 14 + ["b", "c", "rare", "d"]),
        binary=gaps(["0", "1", "1", "0"] * 15),
        constant=gaps(["no"] * ROWS),
        number=gaps(TENTHS, "NA"),
        whole=TENTHS,
        nothing=[""] * ROWS,
    )


def test_by_default_an_empty_cell_is_an_outcome() -> None:
    found = schema(mixed(), "outcome")
    assert found.missing == "outcome"
    assert [kind.empty for kind in found.kinds] == ["seen", "seen", "seen", "seen", "unseen", "seen"]


def test_an_unknown_cell_is_no_outcome_seen_or_unseen() -> None:
    found = schema(mixed(), "marginal")
    assert found.missing == "marginal"
    assert not found.compact
    for kind in found.kinds:
        assert kind.empty == "unknown"
        assert not kind.missing
    label, binary, constant, number, whole = found.kinds
    assert isinstance(label, Categorical)
    assert isinstance(binary, Categorical)
    assert isinstance(constant, Categorical)
    assert (label.seen, len(label.unseen)) == (5, 0)
    assert (binary.seen, len(binary.unseen)) == (2, 1)
    assert constant.unseen[0] == pytest.approx(1 / (ROWS * 2 / 3 + 2))
    assert unseen_mass([number, whole]) == unseen_mass([number]) + unseen_mass([whole]) < 3e-6


def test_the_codes_of_unknown_cells_are_nan_and_they_come_back_empty() -> None:
    data = mixed()
    found = schema(data, "marginal")
    codes = found.encode(data)
    assert codes.dtype == np.float64
    np.testing.assert_array_equal(np.isnan(codes), found.empty(data))
    back = frame_of(found.decode(codes, np.random.default_rng(0)))
    np.testing.assert_array_equal(back.isna().to_numpy(), found.empty(data))


def test_labels_alone_are_no_bytes_where_cells_may_be_unknown() -> None:
    data = table(x=["a", "b"] * 9)
    assert schema(data, "outcome").compact
    found = schema(data, "marginal")
    assert found.encode(data).dtype == np.float64
    assert np.isnan(found.encode(table(x=[""]))).all()


@pytest.mark.parametrize("declared", [None, "categorical"])
def test_a_column_of_unknown_cells_alone_is_left_out(declared: str | None) -> None:
    overrides = Overrides(kinds={"x": declared} if declared else {})
    finding, _ = infer(table(x=["", None] * 9, y=["a", "b"] * 9), overrides, missing="marginal")
    assert (finding.kind, finding.why) == (None, "every cell is empty")


def test_a_column_dropped_by_a_person_keeps_its_reason_where_cells_are_unknown() -> None:
    (finding,) = infer(table(x=["", ""]), Overrides(drop={"x"}), missing="marginal")
    assert finding.why == "left out by --drop"


@pytest.mark.parametrize("missing", ["outcome", "marginal"])
def test_what_empty_cells_are_survives_json(missing: Missing) -> None:
    found = schema(mixed(), missing)
    adapter = TypeAdapter(Schema)
    assert adapter.validate_json(adapter.dump_json(found)) == found


@pytest.mark.parametrize("missing", ["outcome", "marginal"])
def test_the_schema_says_which_cells_are_empty(missing: Missing) -> None:
    found = schema(table(label=["a", "b"] * 30, number=TENTHS), missing)
    new = table(number=["", "NA", " ? ", "0", "5"], label=["NA", "", " ", "b", "new"])
    assert found.empty(new).tolist() == [[True, True], [True, True], [True, True], [False, False], [False, False]]
    with pytest.raises(UserError, match="no column 'label'"):
        found.empty(table(number=["1"]))


@pytest.mark.parametrize(
    ("column", "cell", "named"),
    [
        ("label", "new", "'new'"),
        ("constant", "yes", "'yes'"),
        ("full", "", "an empty cell"),
        ("whole", "NA", "an empty cell"),
        ("whole", "", "an empty cell"),
    ],
)
def test_a_cell_that_training_had_none_of_is_named_where_it_is_an_error(column: str, cell: str, named: str) -> None:
    training = Table(mixed().frame.assign(full=["a", "b"] * 30), "data.csv", mixed().lines)
    found = schema(training, "outcome")
    new = Table(training.frame.copy(), "new.csv", training.lines)
    new.frame.loc[[3, 4], column] = cell
    assert found.encode(new).shape == (ROWS, 7)
    with pytest.raises(UserError) as caught:
        found.encode(new, unseen="error")
    assert str(caught.value) == f"new.csv, line 5, column {column!r}: {named}, of which training had none"
    assert "--unseen other" in caught.value.hint
    assert caught.value.code == Exit.SCHEMA_MISMATCH


@pytest.mark.parametrize("missing", ["outcome", "marginal"])
def test_what_training_had_is_never_an_error(missing: Missing) -> None:
    data = mixed()
    found = schema(data, missing)
    assert any(isinstance(kind, Categorical) and kind.rare for kind in found.kinds)
    np.testing.assert_array_equal(found.encode(data, unseen="error"), found.encode(data))


def test_an_unknown_cell_is_no_error_where_training_had_none() -> None:
    found = schema(table(x=["a", "b"] * 9, n=TENTHS[:18]), "marginal")
    assert np.isnan(found.encode(table(x=[""], n=["NA"]), unseen="error")).all()
