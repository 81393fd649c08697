"""Truth values: however they are written, they are the same outcome of a column that holds nothing else."""

import numpy as np
import pandas as pd
import pytest

from made_cli.tables.columns.kinds import Categorical
from made_cli.tables.columns.labels import categorical
from made_cli.tables.text.booleans import is_boolean, merged, truth
from made_cli.tables.text.column import read_column

TRUE = ["true", "True", "TRUE", "t", "T", "yes", "Yes", "YES", "y", "Y", "on", "On", "1", "1.0", " true "]
FALSE = ["false", "False", "FALSE", "f", "F", "no", "No", "NO", "n", "N", "off", "Off", "0", "0.0", "-0"]


def labels(cells: list[object], dtype: str = "object") -> Categorical:
    return categorical(read_column(pd.Series(cells, dtype=dtype, name="x")), most=1000)


def codes(kind: Categorical, cells: list[object], dtype: str = "object") -> list[float]:
    column = read_column(pd.Series(cells, dtype=dtype, name="x"))
    found: list[float] = kind.encode(column.texts)[column.inverse].tolist()
    return found


@pytest.mark.parametrize(
    "pair", [("False", "True"), ("false", "true"), ("no", "yes"), ("N", "Y"), ("0", "1"), ("0.0", "1.0"), ("off", "on")]
)
def test_any_spelling_of_a_truth_value_has_its_code(pair: tuple[str, str]) -> None:
    kind = labels([*pair] * 5)
    assert kind.encode(FALSE).tolist() == [0] * len(FALSE)
    assert kind.encode(TRUE).tolist() == [1] * len(TRUE)
    assert kind.never_seen([*TRUE, *FALSE, "maybe", "2", "01"]) == ["maybe", "2", "01"]


def test_truth_values_of_every_type_are_the_same_outcomes() -> None:
    kind = labels([True, False], "bool")
    assert codes(kind, [True, False], "bool") == codes(kind, [1, 0], "int64") == codes(kind, [1.0, 0.0], "float64")
    assert codes(labels(["yes", "no"]), [np.True_, False]) == codes(kind, ["T", "f"]) == [1, 0]


def test_what_training_had_comes_before_what_it_means() -> None:
    kind = labels(["yes", "no", "Yes", "maybe"] * 3)
    assert kind.labels == ("Yes", "maybe", "no", "yes")
    assert kind.encode(["YES", "yes", "Yes"]).tolist() == [4, 3, 0]


def test_numbers_beside_words_for_true_and_false_are_the_same_outcomes() -> None:
    kind = labels(["TRUE", "True", "1", "FALSE", "0"] * 3)
    assert (kind.labels, kind.described) == (("FALSE", "TRUE"), "binary")
    assert kind.encode(["1", "0", "true", "no"]).tolist() == [1, 0, 1, 0]
    assert merged({"true": 1, "1": 5, "0": 5}) == {"0": 5, "1": 6}


@pytest.mark.parametrize(
    "cells",
    [
        ["no", "1"],
        ["no", "true"],
        ["F", "M"],
        ["n", "N"],
        ["0", "1", "2"],
        ["true", "false", "yes"],
        ["no", "No"],
        ["f", "t", "x"],
        ["00", "01"],
    ],
)
def test_labels_of_no_boolean_column_are_let_be(cells: list[str]) -> None:
    kind = labels([*cells] * 3)
    assert set(kind.labels) == set(cells)
    assert kind.encode(["on"]).tolist() == [len(cells)]


def test_a_column_of_one_truth_value_mixed_in_case_is_gathered_under_the_commonest_spelling() -> None:
    kind = labels([*["TRUE"] * 3, *["true"] * 2, "False", "f", "f", None])
    assert (kind.labels, kind.rare, kind.described) == (("TRUE", "f"), {}, "binary")
    assert kind.encode(["true", "False", "T", ""]).tolist() == [0, 1, 0, 2]
    assert kind.decode(np.array([0.0, 1.0]), np.random.default_rng(0)) == ["TRUE", "f"]


def test_two_truth_values_beside_other_labels_are_two_labels() -> None:
    kind = categorical(read_column(pd.Series([*["yes", "no"] * 5, *"aab"], dtype=object, name="x")), most=2)
    assert (kind.labels, kind.rare) == (("no", "yes"), {"a": 2, "b": 1})
    assert kind.encode(["yes", "YES", "true"]).tolist() == [1, 2, 2]


def test_nothing_is_gathered_but_spellings_of_both_values_in_one_family() -> None:
    for cells in (["yes", "Yes", "true"], ["n", "N", "NO"], ["0", "1", "1.0"], ["yes", "no", "No", "2"]):
        counts = dict.fromkeys(cells, 1)
        assert merged(counts) == counts


def test_a_constant_column_knows_its_label_and_the_opposite_in_words_of_their_family_alone() -> None:
    kind = labels(["no"] * 9)
    assert kind.encode(["NO", "n", "YES", "false", "0"]).tolist() == [0, 0, 1, 2, 2]
    assert labels([True] * 9, "bool").encode(["1", "no"]).tolist() == [0, 1]


def test_truth_is_told_from_labels() -> None:
    assert [truth(text) for text in ["TrUe", "", "2", "0012", "nan", "true."]] == [None] * 6
    assert not is_boolean(["true"])
    assert not is_boolean([])
