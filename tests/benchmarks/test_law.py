"""The law of the newcomer's table: the answers that are read off it are those of rows drawn from it."""

import numpy as np
import pandas as pd
import pytest

from tests.benchmarks import law


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    return law.draw(100_000, np.random.default_rng(11))


def test_orders_are_of_14_columns_with_no_empty_cell_but_dates(orders: pd.DataFrame) -> None:
    assert orders.shape == (100_000, 14)
    assert set(orders.columns[orders.isna().any()]) == {"shipped", "delivered"}


COUNTED = [each for each in law.QUESTIONS if each.exact is not None and "shipped" not in each.event]
"""Those asked about enough rows; the lags have a test of their own."""


@pytest.mark.parametrize("question", COUNTED, ids=lambda question: question.event)
def test_answers_read_off_the_law_are_those_of_rows_drawn_from_it(orders: pd.DataFrame, question: law.Question) -> None:
    assert question.exact is not None
    yes, asked = law.occurrences(orders, question)
    error = (question.exact * (1 - question.exact) / asked) ** 0.5
    assert yes / asked == pytest.approx(question.exact, abs=4 * error)


def test_dispatch_lags_behind_the_order_unless_sold_in_a_shop(orders: pd.DataFrame) -> None:
    sold = orders["channel"] == "shop"
    assert (orders["shipped"].isna() == sold).all()
    slow = orders[(orders["express"] == "no") & ~sold]
    days = (slow["shipped"] - slow["ordered"]).dt.days
    assert (days <= 2).mean() == pytest.approx(0.7, abs=0.01)


def test_an_answer_is_right_within_a_twentieth_or_its_own_uncertainty() -> None:
    question = law.Question("total > 100", ("product=tech",), exact=0.997)
    verdicts = [
        law.cells(question, 0.997, {"probability": probability, "uncertainty": sure})[-1]
        for probability, sure in ((0.95, 0.0), (0.94, 0.01), (0.286, None), (0.286, 0.8), (0.96, None))
    ]
    assert verdicts == ["yes", "NO", "NO", "yes", "yes"]
