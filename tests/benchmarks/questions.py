"""Questions about some columns given others: how likely a run makes the true answers.

Knows: the protocol below, and `made`'s own commands.

    python -m tests.benchmarks.questions --data DATA --minutes 5 --settings default= all='--orderings all'

Each setting is trained on each set for --minutes. Then 12 sets of columns S are drawn, the same for all settings: the
size uniform between 1 and D − 1, the columns uniform, named in the table's order. Figures are means over S and the test
rows (the first 1,000 after a seeded shuffle, where there are more), nats a row, less is better, of the equal mixture:

- whole rows: −log p(x), by `made score`;
- rest given S: −log p(x_rest | x_S), by `made score --given S`;
- S: −log p(x_S), by `made score --columns S`;
- one given the rest: −log p(x_c | x_others), mean over 12 columns c, by `made score --columns c --given OTHERS`.

What a setting reaches on a set is kept in --runs as SET-NAME.json.
"""

import argparse
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from tests.benchmarks import program, sets

SETS = ("debd/plants", "uci/mushrooms", "debd/nltcs", "tabular/adult")
SETTINGS = (("fast", "--preset fast"), ("default", ""), ("best", "--preset best"), ("all", "--orderings all"))
QUESTIONS, ROWS = 12, 1000
HEADERS = ("set", "setting", "whole rows", "rest given S", "S", "one given the rest", "seconds", "threads", "seed")
Figures = dict[str, float]


def main() -> None:
    """Trains and asks what is not there yet, and prints a Markdown table."""
    parser = program.parser(__doc__, "runs/questions", "uci/, debd/ and tabular/")
    parser.add_argument("--sets", nargs="*", default=SETS, metavar="SET")
    parser.add_argument("--minutes", type=float, default=5.0, help="of training, for each run")
    parser.add_argument("--settings", type=program.setting, nargs="+", default=SETTINGS, metavar="NAME=OPTIONS")
    program.add_machine(parser)
    program.show(HEADERS, rows(parser.parse_args()))


def rows(options: argparse.Namespace) -> Iterator[list[str]]:
    """Yields a row for each set and setting."""
    for name in options.sets:
        for setting in options.settings:
            file = options.runs / f"{sets.plain(name)}-{setting[0]}.json"
            found = program.kept(file, partial(result, name, setting, options))
            asked = [f"{found[figure]:.3f}" for figure in ("whole", "rest", "evidence", "one")]
            yield [name, setting[0], *asked, f"{found['seconds']:.0f}", str(options.threads), str(options.seed)]


def result(name: str, setting: tuple[str, str], options: argparse.Namespace) -> Figures:
    """Trains one setting on one set, and asks."""
    table, run = sets.find(name, options.data, options.runs), options.runs / f"{sets.plain(name)}-{setting[0]}"
    typed = f"--time-limit {60 * options.minutes:g}s --seed {options.seed} {setting[1]} {options.train}".strip()
    seconds = program.train(run, table.train, typed, *table.validation, threads=options.threads)
    test = sets.some(table.test, ROWS, options.seed, options.runs / f"{sets.plain(name)}-test")
    return answers(run, test, options) | {"seconds": seconds}


def answers(run: Path, test: str, options: argparse.Namespace) -> Figures:
    """Returns the mean figures of one run."""

    def nll(*asked: str) -> float:
        return -float(program.score(run, test, *asked, *program.machine(options)).mean())

    names = [column["name"] for column in json.loads(program.made("info", str(run), "--json"))["columns"]]
    known, ones = questions(len(names), options.seed)
    given = [",".join(names[column] for column in columns) for columns in known]
    others = [",".join(name for name in names if name != names[one]) for one in ones]
    return {
        "whole": nll(),
        "rest": float(np.mean([nll("--given", columns) for columns in given])),
        "evidence": float(np.mean([nll("--columns", columns) for columns in given])),
        "one": float(np.mean([nll("--columns", names[o], "--given", r) for o, r in zip(ones, others, strict=True)])),
    }


def questions(columns: int, seed: int) -> tuple[list[list[int]], list[int]]:
    """Draws what is asked: the sets of known columns, in the table's order, and the single columns.

    Args:
        columns: D.
        seed: of the draws, so that all settings are asked the same.
    """
    rng = np.random.default_rng(seed)
    known = [sorted(rng.permutation(columns)[: rng.integers(1, columns)].tolist()) for _ in range(QUESTIONS)]
    return known, rng.permutation(columns)[:QUESTIONS].tolist()


if __name__ == "__main__":
    main()
