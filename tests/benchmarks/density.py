"""Test NLL on the binary benchmark sets beside the best published: the first table of docs/benchmarks.md.

Knows: the protocol below, and `made`'s own commands.

    python -m tests.benchmarks.density --data DATA --minutes 5 --train '--networks 4'
    python -m tests.benchmarks.density --table

A run is trained on the training rows with --valid the validation rows. `made ensemble-eval --fit-on` the validation
rows gives the test NLL, nats a row: of the bound, the equal mixture, the product and the pool, the last two with the
interval of log Z carried over to the NLL, and of the weighted mixture.

Which of the four readings to report is chosen on the validation rows alone. These are cut into two halves at random;
weights and exponents learned on either half are judged on the other, and the reading with the least mean NLL is chosen.
Its test NLL is what is compared with the best published, at the upper end of its interval where it has one.

A set's row is printed as soon as it is done, and kept in --runs as SET.json: a set that has one is not run again, and a
training that was interrupted goes on. --table prints what there is. Processes may share --runs, each with its --sets.
"""

import argparse
import json
import math
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks import program, sets

READINGS = ("mixture", "weighted", "product", "pool")
HALF_SAMPLES = "4096"
"""Rows drawn for log Z where readings are only chosen."""
HEADERS = (
    *("set", "N", "D", "bound", "mixture", "weighted", "product", "pool", "chosen", "its NLL"),
    *("best published", "difference", "seconds", "threads", "seed"),
)
Results = dict[str, Any]


def main() -> None:
    """Runs what is asked for, and prints a Markdown table."""
    parser = program.parser(__doc__, "runs/density")
    parser.add_argument("--data", type=Path, help="folder with debd/, uci/ and binarized_mnist.npz")
    parser.add_argument("--sets", nargs="*", choices=list(sets.PUBLISHED), default=list(sets.PUBLISHED), metavar="SET")
    parser.add_argument("--minutes", type=float, help="of training, for each set")
    parser.add_argument("--preset", help="of `made train`")
    parser.add_argument("--eval", default="", help="more options for `made ensemble-eval`")
    parser.add_argument("--table", action="store_true", help="run nothing; print the results that there are")
    program.add_machine(parser)
    options = parser.parse_args()
    if options.data is None and not options.table:
        parser.error("--data names the data folder")
    program.show(HEADERS, map(cells, kept(options) if options.table else found(options)))


def kept(options: argparse.Namespace) -> Iterator[Results]:
    """Yields the results that there are."""
    for name in options.sets:
        if file_of(name, options).exists():
            yield json.loads(file_of(name, options).read_text())


def found(options: argparse.Namespace) -> Iterator[Results]:
    """Yields the results of all sets; a set that fails does not stop the others."""
    failed = []
    for name in options.sets:
        try:
            one = program.kept(file_of(name, options), partial(result, name, options))
        except subprocess.CalledProcessError as error:
            sys.stderr.write(f"{name}: {shlex.join(error.cmd)} ended with exit code {error.returncode}\n")
            failed.append(name)
            continue
        if one["train"] != typed(options):
            raise SystemExit(f"{file_of(name, options)} is of `made train {one['train']}`; name another --runs")
        yield one
    if failed:
        raise SystemExit(f"no result for {', '.join(failed)}; the same command goes on")


def file_of(name: str, options: argparse.Namespace) -> Path:
    """Returns the file of a set's result."""
    return Path(options.runs, f"{sets.plain(name)}.json")


def typed(options: argparse.Namespace) -> str:
    """Returns the options of `made train` that make the figures what they are."""
    preset = f"--preset {options.preset}" if options.preset else ""
    limit = f"--time-limit {60 * options.minutes:g}s" if options.minutes else ""
    return " ".join(filter(None, [preset, limit, f"--seed {options.seed}", options.train]))


def result(name: str, options: argparse.Namespace) -> Results:
    """Trains and evaluates one set."""
    rows, run = sets.find(name, options.data, options.runs), options.runs / sets.plain(name)
    seconds = program.train(run, rows.train, typed(options), *rows.validation, threads=options.threads)
    trained = json.loads((run / "metrics.json").read_text())["rows"]["train"]
    tested = evaluated(run, rows.test, str(rows.valid), options)
    valid = validation(run, str(rows.valid), options)
    return {
        **{"set": name, "rows": trained, "columns": tested["columns"], "permutations": tested["permutations"]},
        **{reading: tested[reading] for reading in ("bound", *READINGS)},
        **{"valid": valid, "chosen": min(valid, key=lambda reading: valid[reading])},
        **{"train": typed(options), "seconds": seconds, "threads": options.threads, "seed": options.seed},
    }


def evaluated(run: Path, test: str, learning: str, options: argparse.Namespace, *more: str) -> Results:
    """Returns what `ensemble-eval --json` says of the rows `test`, with weights learned on the rows `learning`."""
    asked = [str(run), test, "--fit-on", learning, "--json", *program.machine(options), *shlex.split(options.eval)]
    return dict(json.loads(program.made("ensemble-eval", *asked, *more)))


def validation(run: Path, valid: str, options: argparse.Namespace) -> dict[str, float]:
    """Returns the NLL of each reading on validation rows that it has not learned from, and writes RUN-halves.npz."""
    file, _, part = valid.rpartition(":")
    with np.load(file) as arrays:
        rows = arrays[part]
    places = np.random.default_rng(options.seed).permutation(len(rows))
    halves = {"one": rows[places[::2]], "other": rows[places[1::2]]}
    file = f"{run}-halves.npz"
    np.savez(file, allow_pickle=False, **halves)
    names = [(f"{file}:one", f"{file}:other"), (f"{file}:other", f"{file}:one")]
    judged = [evaluated(run, *pair, options, "--samples", HALF_SAMPLES) for pair in names]
    return cross_fitted(judged)


def cross_fitted(judged: list[Results]) -> dict[str, float]:
    """Returns the mean NLL over all halves of the readings that have one in each."""
    total = sum(half["rows"] for half in judged)
    means = {}
    for reading in READINGS:
        if all(half[reading]["nll"] is not None for half in judged):
            means[reading] = sum(half[reading]["nll"] * half["rows"] for half in judged) / total
    return means


def claimed(reading: Mapping[str, Any]) -> float:
    """Returns the NLL to claim: the upper end of the interval, of a reading that has one.

    >>> claimed({"nll": 12.05, "nll_interval": [12.04, 12.06]}), claimed({"nll": 6.0}), claimed({"nll": None})
    (12.06, 6.0, inf)
    """
    end = reading["nll_interval"][1] if reading.get("nll_interval") else reading["nll"]
    return math.inf if end is None else float(end)


def cells(result: Results) -> list[str]:
    """Returns the cells of one set."""
    best, _ = sets.PUBLISHED[result["set"]]
    difference = claimed(result[result["chosen"]]) - best
    return [
        *(result["set"], f"{result['rows']:,}", str(result["columns"])),
        *(figure(result[reading]) for reading in ("bound", *READINGS)),
        *(result["chosen"], f"{claimed(result[result['chosen']]):.3f}", f"{best:.2f}"),
        f"{difference:+.3f} ({100 * difference / best:+.2f} %)",
        *(f"{result['seconds']:.0f}", str(result["threads"]), str(result["seed"])),
    ]


def figure(reading: Mapping[str, Any]) -> str:
    """Returns a cell of one reading, with its interval where it has one.

    >>> figure({"nll": 12.0514, "nll_interval": [12.04, 12.06]}), figure({"nll": 6.0})
    ('12.051 [12.040, 12.060]', '6.000')
    """
    if reading["nll"] is None:
        return "none claimed"
    ends = ["∞" if end is None else f"{end:.3f}" for end in reading.get("nll_interval", [])]
    return " ".join([f"{reading['nll']:.3f}", *([f"[{', '.join(ends)}]"] if ends else [])])


if __name__ == "__main__":
    main()
