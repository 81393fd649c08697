"""A newcomer's first minutes: a table drawn from a known law, a minute of training, and questions with known answers.

Knows: the law below, what a newcomer asks, and `made`'s own commands.

    python -m tests.benchmarks.law --seconds 60

The table has 3,400 orders of 14 columns: dates with lags, labels that depend on labels, two flags that exclude each
other (q20 and q21), amounts, empty cells with a reason. `made train` learns it with its defaults and --time-limit, and
`made query` is asked. An answer is right if it is within 0.05 of the truth, or within what the program itself reports
as ±. The truths follow from the law: exactly where the table says so, else from 8,000,000 rows drawn from the law, by
pandas' own reading of the event (standard error at most 0.001).

The table, the run and the answers stand in --runs; they are made anew each time.
"""

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from made_cli.tables.text.numbers import parse
from tests.benchmarks import program

ROWS = 3400
BLOCKS, BLOCK = 16, 500_000
NEAR = 0.05
HEADERS = ("asked", "given", "true", "exactly", "answer", "±", "within 0.05 or ±")

FIRST, DAYS = np.datetime64("2023-01-01"), 730
Law = Mapping[str, Mapping[Any, float]]
"""The distribution of a column given the label of another."""
COUNTRY = {"DE": 0.35, "FR": 0.25, "US": 0.25, "CH": 0.15}
CURRENCY: Law = {"DE": {"EUR": 1.0}, "FR": {"EUR": 1.0}, "US": {"USD": 1.0}, "CH": {"CHF": 0.8, "EUR": 0.2}}
CHANNEL: Law = {
    "DE": {"web": 0.6, "app": 0.2, "shop": 0.2},
    "FR": {"web": 0.4, "app": 0.3, "shop": 0.3},
    "US": {"web": 0.5, "app": 0.5},
    "CH": {"web": 0.7, "app": 0.1, "shop": 0.2},
}
PRODUCT: Law = {
    "web": {"tech": 0.4, "books": 0.3, "garden": 0.1, "toys": 0.2},
    "app": {"tech": 0.3, "books": 0.2, "garden": 0.1, "toys": 0.4},
    "shop": {"tech": 0.1, "books": 0.3, "garden": 0.5, "toys": 0.1},
}
QUANTITY: Law = {
    "tech": {1: 0.9, 2: 0.1},
    "books": {1: 0.4, 2: 0.3, 3: 0.2, 4: 0.1},
    "garden": {1: 0.5, 2: 0.25, 4: 0.25},
    "toys": {1: 0.7, 2: 0.2, 3: 0.1},
}
PRICE = {"books": (2.6, 0.5), "garden": (3.6, 0.7), "toys": (3.0, 0.6)}
"""Mean and standard deviation of the logarithm of a unit's price. That of tech is above 100 but for 3 in 1,000."""
CHEAP = 0.003
DISCOUNT: Law = {"web": {0: 0.7, 5: 0.2, 10: 0.1}, "app": {0: 0.4, 10: 0.4, 20: 0.2}, "shop": {0: 0.95, 5: 0.05}}
EXPRESS: Law = {"web": {"yes": 0.2, "no": 0.8}, "app": {"yes": 0.5, "no": 0.5}, "shop": {"no": 1.0}}
LAG: Law = {"yes": {0: 0.6, 1: 0.4}, "no": {1: 0.3, 2: 0.4, 3: 0.2, 5: 0.1}}
"""Days from order to dispatch, by express; what is bought in a shop is not dispatched."""
TRAVEL: Law = {"DE": {1: 0.7, 2: 0.3}, "FR": {2: 0.6, 3: 0.4}, "US": {5: 0.4, 7: 0.4, 10: 0.2}, "CH": {2: 0.5, 4: 0.5}}
FLAG = {"q20": 0.4, "q21": 0.4, "neither": 0.2}
RETURNED: Law = {"q20": {"yes": 0.05, "no": 0.95}, "q21": {"yes": 0.5, "no": 0.5}, "neither": {"yes": 0.1, "no": 0.9}}


@dataclass(frozen=True)
class Question:
    """What is asked, and the truth where it is read off the law."""

    event: str
    given: tuple[str, ...] = ()
    exact: float | None = None


QUESTIONS = (
    Question("total > 100", ("product=tech",), exact=1 - CHEAP),
    Question("q20 == 1 and q21 == 1", exact=0.0),
    Question('country == "DE"', exact=0.35),
    Question('currency == "EUR"', ("country=CH",), exact=0.2),
    Question('currency == "EUR" and country == "US"', exact=0.0),
    Question("q21 == 1", ("q20=0",), exact=0.4 / 0.6),
    Question('returned == "yes"', ("q20=0", "q21=0"), exact=0.1),
    Question('returned == "yes"', ("q21=1", "product=books"), exact=0.5),
    Question("total <= 50"),
    Question("100 < total <= 500"),
    Question("20 <= total < 60", ("product=garden", "quantity=1")),
    Question('product == "tech" and total > 300'),
    Question("quantity >= 3", ("product=books",), exact=0.3),
    Question('discount > 0 and channel == "app"'),
    Question('ordered < "2024-01-01"', exact=0.5),
    Question('delivered > "2024-06-30"'),
    Question('shipped <= "2024-03-03"', ("ordered=2024-03-01", "express=no", "channel=web"), exact=0.7),
    Question('shipped == ""', ("channel=shop",), exact=1.0),
)


def main() -> None:
    """Draws the table, trains, asks, and prints a Markdown table."""
    parser = program.parser(__doc__, "runs/law")
    parser.add_argument("--seconds", type=float, default=60.0, help="of training")
    program.add_machine(parser)
    options = parser.parse_args()
    table, run = options.runs / "orders.csv", options.runs / "orders"
    options.runs.mkdir(parents=True, exist_ok=True)
    write(draw(ROWS, np.random.default_rng(options.seed)), table)
    typed = ["--time-limit", f"{options.seconds:g}s", *shlex.split(options.train)]
    program.made("train", str(table), "--out", str(run), "--force", *program.machine(options), *typed)

    def rows() -> Iterator[list[str]]:
        for question, true in zip(QUESTIONS, truths(options.seed + 1), strict=True):
            given = [part for cell in question.given for part in ("--given", cell)]
            asked = ["query", str(run), question.event, *given, "--json", *program.machine(options)]
            answer = json.loads(program.made(*asked))
            yield cells(question, true, answer)

    program.show(HEADERS, rows())


def draw(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draws orders from the law: labels as categories, dates as dates, an empty cell as no date."""
    ordered = FIRST + rng.integers(0, DAYS, rows).astype("timedelta64[D]")
    country = pick(COUNTRY, rows, rng)
    channel = follow(CHANNEL, country, rng)
    product = follow(PRODUCT, channel, rng)
    quantity = follow(QUANTITY, product, rng)
    express = follow(EXPRESS, channel, rng)
    lags = follow(LAG, express, rng), follow(TRAVEL, country, rng)
    shipped = ordered + lags[0].astype("timedelta64[D]")
    shipped[channel == "shop"] = np.datetime64("NaT")
    flag = pick(FLAG, rows, rng)
    columns = {
        "ordered": ordered,
        "country": country,
        "currency": follow(CURRENCY, country, rng),
        "channel": channel,
        "product": product,
        "quantity": quantity,
        "total": (quantity * price(product, rng)).round(2),
        "discount": follow(DISCOUNT, channel, rng),
        "express": express,
        "shipped": shipped,
        "delivered": shipped + lags[1].astype("timedelta64[D]"),
        "q20": (flag == "q20").astype(np.int64),
        "q21": (flag == "q21").astype(np.int64),
        "returned": follow(RETURNED, flag, rng),
    }
    return pd.DataFrame(columns)


def pick(chances: Mapping[Any, float], rows: int, rng: np.random.Generator) -> NDArray[Any]:
    """Draws (N,) labels or numbers."""
    return rng.choice(np.array(list(chances)), size=rows, p=list(chances.values()))


def follow(law: Law, parents: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Draws (N,) labels or numbers, each given that of another column."""
    values = np.array(sorted({value for chances in law.values() for value in chances}))
    found = np.empty(len(parents), values.dtype)
    for parent, chances in law.items():
        here = parents == parent
        found[here] = pick(chances, int(here.sum()), rng)
    return found


def price(product: NDArray[Any], rng: np.random.Generator) -> NDArray[np.float64]:
    """Draws (N,) prices of a unit."""
    dear, cheap = 110 + rng.exponential(250, len(product)), rng.uniform(20, 45, len(product))
    found = np.where(rng.random(len(product)) < CHEAP, cheap, dear)  # two cheap ones are still below 100
    for name, (mean, deviation) in PRICE.items():
        here = product == name
        found[here] = rng.lognormal(mean, deviation, int(here.sum()))
    return found.round(2)


def write(orders: pd.DataFrame, file: Path) -> None:
    """Writes orders as a CSV."""
    orders.assign(total=orders["total"].map("{:.2f}".format)).to_csv(file, index=False, date_format="%Y-%m-%d")


def truths(seed: int, blocks: int = BLOCKS) -> list[float]:
    """Returns the true answers: what the law says, or else the share among blocks of rows drawn from it."""
    rng, counts = np.random.default_rng(seed), np.zeros((len(QUESTIONS), 2))
    counted = [place for place, question in enumerate(QUESTIONS) if question.exact is None]
    for _ in range(blocks):
        orders = draw(BLOCK, rng)
        for place in counted:
            counts[place] += occurrences(orders, QUESTIONS[place])
    for place in counted:
        yes, asked = counts[place]
        counts[place, 0] = yes / asked
    return [counts[place, 0] if question.exact is None else question.exact for place, question in enumerate(QUESTIONS)]


def occurrences(orders: pd.DataFrame, question: Question) -> tuple[int, int]:
    """Returns the number of orders for which the answer is yes, and of those that are asked about."""
    given = np.ones(len(orders), bool)
    for cell in question.given:
        name, _, value = cell.partition("=")
        number = parse(value)
        given &= (orders[name] == (value if number is None else number)).to_numpy()
    return int((given & np.asarray(orders.eval(question.event), bool)).sum()), int(given.sum())


def cells(question: Question, true: float, answer: Mapping[str, Any]) -> list[str]:
    """Returns the cells of one question."""
    estimate, sure = answer["probability"], answer["uncertainty"]  # null where nothing is known of it
    right = abs(estimate - true) <= max(NEAR, sure or 0.0)
    exactly = "yes" if question.exact is not None else "drawn"
    figures = [f"{true:.3f}", exactly, f"{estimate:.3f}", "none" if sure is None else f"{sure:.3f}"]
    return [f"`{question.event}`", ", ".join(question.given), *figures, "yes" if right else "NO"]


if __name__ == "__main__":
    main()
