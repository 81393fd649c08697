"""Settings of `made train` beside each other, at equal seconds of training: what the defaults were chosen by.

Knows: the protocol below, and `made`'s own commands.

    python -m tests.benchmarks.defaults --data DATA --settings now= faster='--learning-rate 0.003'

Each setting is trained on each set for each number of seconds. A cell is the test NLL, nats a row, of the bound and of
the equal mixture, as `made score` gives them; in bold the least mixture of its line. Of columns of numbers the NLL is
that of a density in the table's units, so it may be negative. --train adds options to all settings. See sets.py for the
sets; any of the data folder can be named. What a setting reaches is kept in --runs as SET-SECONDS-NAME.json.
"""

import argparse
from collections.abc import Iterator
from functools import partial

from tests.benchmarks import program, sets

SETS = (
    *("uci/adult", "uci/mushrooms", "uci/dna", "debd/nltcs", "debd/plants", "debd/jester", "debd/accidents"),
    *("debd/tretail", "debd/book", "tabular/adult", "tabular/bank-full", "tabular/titanic"),
    *("continuous/wine_white", "continuous/kin40k"),
)


def main() -> None:
    """Trains and scores what is not there yet, and prints a Markdown table."""
    parser = program.parser(__doc__, "runs/defaults", "uci/, debd/, tabular/ and continuous/")
    parser.add_argument("--sets", nargs="*", default=SETS, metavar="SET")
    parser.add_argument("--seconds", type=float, nargs="*", default=[30, 120, 600], help="of training, for each run")
    parser.add_argument("--settings", type=program.setting, nargs="+", required=True, metavar="NAME=OPTIONS")
    program.add_machine(parser)
    options = parser.parse_args()
    names = [name for name, _ in options.settings]
    program.show(["set", "seconds", "threads", "seed", *names], rows(options))


def rows(options: argparse.Namespace) -> Iterator[list[str]]:
    """Yields a row for each set and number of seconds."""
    for name in options.sets:
        for seconds in options.seconds:
            reached = []
            for setting in options.settings:
                file = options.runs / f"{sets.plain(name)}-{seconds:g}-{setting[0]}.json"
                reached.append(program.kept(file, partial(result, name, seconds, setting, options)))
            yield [name, f"{seconds:g}", str(options.threads), str(options.seed), *cells(reached)]


def result(name: str, seconds: float, setting: tuple[str, str], options: argparse.Namespace) -> dict[str, float]:
    """Trains one setting on one set, and scores the test rows."""
    table = sets.find(name, options.data, options.runs)
    run = options.runs / f"{sets.plain(name)}-{seconds:g}-{setting[0]}"
    typed = f"--time-limit {seconds:g}s --seed {options.seed} {setting[1]} {options.train}".strip()
    took = program.train(run, table.train, typed, *table.validation, threads=options.threads)
    bound, mixture = (
        -program.score(run, table.test, "--combine", reading, *program.machine(options)).mean()
        for reading in ("bound", "mixture")
    )
    return {"bound": float(bound), "mixture": float(mixture), "seconds": took}


def cells(reached: list[dict[str, float]]) -> list[str]:
    """Returns the cells of one set at one number of seconds.

    >>> cells([{"bound": 12.5, "mixture": 12.25}, {"bound": 12.375, "mixture": 12.125}])
    ['12.500 / 12.250', '12.375 / **12.125**']
    """
    least = min(one["mixture"] for one in reached)
    marks = ["**" if one["mixture"] == least else "" for one in reached]
    return [f"{one['bound']:.3f} / {mark}{one['mixture']:.3f}{mark}" for one, mark in zip(reached, marks, strict=True)]


if __name__ == "__main__":
    main()
