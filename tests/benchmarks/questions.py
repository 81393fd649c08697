"""Questions about some columns given others: how likely a run makes the true answers.

Knows: the protocol below, `made train`, and the Python face, which loads a run once for all that is asked.

    python -m tests.benchmarks.questions --data DATA --minutes 5 --settings default= all='--orderings all'

Each setting is trained on each set for --minutes. Then 12 sets of columns S are drawn, the same for all settings: the
size uniform between 1 and D − 1, the columns uniform, named in the table's order. Figures are means over S and the test
rows (the first 1,000 after a seeded shuffle, where there are more), nats a row, less is better, of the equal mixture:

- whole rows: −log p(x), as `made score` gives it;
- rest given S: −log p(x_rest | x_S), as `made score --given S`;
- S: −log p(x_S), as `made score --columns S`;
- one given the rest: −log p(x_c | x_others), mean over 12 columns c, as `made score --columns c --given OTHERS`.

What a setting reaches on a set is kept in --runs as SET-NAME.json.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from made_cli import load
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
    torch.set_num_threads(options.threads)
    test = sets.some(table.test, ROWS, options.seed)
    score = partial(load(run).score_samples, test, seed=options.seed)
    return {**answers(score, list(test.columns), options.seed), "seconds": seconds}


def answers(score: Callable[..., NDArray[np.float64]], names: Sequence[str], seed: int) -> Figures:
    """Returns the mean figures of one run.

    Args:
        score: returns (N,) log-densities of the test rows; see `made_cli.Density.score_samples`.
        names: of the table's columns.
        seed: of what is asked.
    """

    def nll(**asked: Sequence[str]) -> float:
        return -float(score(**asked).mean())

    known, ones = questions(names, seed)
    return {
        "whole": nll(),
        "rest": float(np.mean([nll(given=columns) for columns in known])),
        "evidence": float(np.mean([nll(columns=columns) for columns in known])),
        "one": float(np.mean([nll(columns=[one], given=[name for name in names if name != one]) for one in ones])),
    }


def questions(names: Sequence[str], seed: int) -> tuple[list[list[str]], list[str]]:
    """Draws what is asked: the sets of known columns, in the table's order, and the single columns.

    Args:
        names: of the table's columns.
        seed: of the draws, so that all settings are asked the same.
    """
    rng, D = np.random.default_rng(seed), len(names)
    known = [sorted(rng.permutation(D)[: rng.integers(1, D)].tolist()) for _ in range(QUESTIONS)]
    ones = rng.permutation(D)[:QUESTIONS].tolist()
    return [[names[column] for column in columns] for columns in known], [names[one] for one in ones]


if __name__ == "__main__":
    main()
