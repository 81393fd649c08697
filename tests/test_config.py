"""Defaults that depend on the data, and ranges."""

import pytest

from made_cli.config import EnsembleConfig, NetworkConfig, TrainingConfig, checked, with_defaults
from made_cli.errors import Exit, UserError


def test_what_is_left_open_is_settled() -> None:
    for rows in (10, 100_000):
        for one_ordering in (True, False):
            network, training = with_defaults(
                NetworkConfig(), TrainingConfig(), rows, one_ordering=one_ordering, numbers=False
            )
            assert None not in (network.dropout, training.weight_decay, training.steps)


def test_what_was_given_is_kept() -> None:
    network, training = with_defaults(
        NetworkConfig(dropout=0.0), TrainingConfig(weight_decay=0.0, steps=7), 10, one_ordering=True, numbers=False
    )
    assert (network.dropout, training.weight_decay, training.steps) == (0.0, 0.0, 7)


def test_few_rows_under_one_ordering_get_the_most_dropout() -> None:
    def dropout(rows: int, *, one_ordering: bool) -> float | None:
        return with_defaults(NetworkConfig(), TrainingConfig(), rows, one_ordering=one_ordering, numbers=False)[
            0
        ].dropout

    few, many, all_orderings = (
        dropout(2_000, one_ordering=True),
        dropout(50_000, one_ordering=True),
        dropout(2_000, one_ordering=False),
    )
    assert few is not None
    assert many is not None
    assert all_orderings is not None
    assert few > many > all_orderings


@pytest.mark.parametrize("rows", [2_000, 50_000])
def test_numbers_get_less_dropout_than_labels(rows: int) -> None:
    labels, numbers = (
        with_defaults(NetworkConfig(), TrainingConfig(), rows, one_ordering=True, numbers=numbers)[0].dropout or 0.0
        for numbers in (False, True)
    )
    assert numbers < labels


def test_a_single_ordering_needs_no_mask_conditioning() -> None:
    assert not with_defaults(NetworkConfig(), TrainingConfig(), 10, one_ordering=True, numbers=False)[0].conditioning
    assert with_defaults(NetworkConfig(), TrainingConfig(), 10, one_ordering=False, numbers=False)[0].conditioning


@pytest.mark.parametrize(
    ("values", "name"),
    [({"networks": 0}, "--networks"), ({"learning_rate": -1.0}, "--learning-rate"), ({"orderings": 0}, "--orderings")],
)
def test_a_value_out_of_range_is_named_as_its_option(values: dict[str, object], name: str) -> None:
    with pytest.raises(UserError, match=name) as caught:
        checked(TrainingConfig, **values)
    assert caught.value.code == Exit.USAGE


def test_confidence_is_less_than_one() -> None:
    with pytest.raises(UserError, match="--confidence"):
        checked(EnsembleConfig, confidence=1.0)
