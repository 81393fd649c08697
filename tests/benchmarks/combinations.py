"""Every way to combine orderings, on benchmark sets: the table of docs/combining-orderings.md.

Knows: the protocol below, and `made`'s own commands. It trains a run for each set where there is none yet, and
evaluates it. Weights and exponents are learned on the validation rows and judged on the test rows.

    python -m tests.benchmarks.combinations --data DATA

What ensemble-eval says of a set is kept in --runs as SET.json; delete the file to have it found again.
"""

import argparse
import json
import shlex
import sys
from collections.abc import Iterator
from typing import Any

from tests.benchmarks import program, sets

SETS = ("debd/nltcs", "debd/plants", "uci/mushrooms", "uci/dna", "uci/adult", "debd/jester")
SPARSITIES = ("0", "0.001", "0.002", "0.005")
WAYS = ("set", "bound", "best single", "equal mixture", "EM", "product", "pool", "log Z", "interval")
SPARSE = ("set", "λ chosen", "kept", "test NLL", *(f"λ {sparsity}: kept, NLL" for sparsity in SPARSITIES))


def main() -> None:
    """Runs what is asked for, and prints two Markdown tables."""
    parser = program.parser(__doc__, "runs/combinations", "debd/ and uci/")
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--permutations", default="1,2,4,8,16,32")
    parser.add_argument("--eval", default="", help="more options for `made ensemble-eval`")
    options = parser.parse_args()
    program.show(WAYS, ways(options))
    sys.stdout.write("\n")
    program.show(SPARSE, sparse(options))


def evaluated(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Trains one set if need be and returns what `ensemble-eval --json` says of it."""
    rows = sets.find(name, options.data, options.runs)

    def found() -> dict[str, Any]:
        run = options.runs / sets.plain(name)
        program.train(run, rows.train, options.train, *rows.validation)
        common = [str(run), rows.test, "--fit-on", str(rows.valid), "--permutations", options.permutations, "--json"]
        ways: dict[str, Any] = json.loads(program.made("ensemble-eval", *common, "--save", *shlex.split(options.eval)))
        ways["sparse"] = {}
        for sparsity in SPARSITIES:
            other = program.made("ensemble-eval", *common, "--sparsity", sparsity, "--samples", "2048")
            ways["sparse"][sparsity] = json.loads(other)["weighted"]
        return ways

    return program.kept(options.runs / f"{sets.plain(name)}.json", found)


def ways(options: argparse.Namespace) -> Iterator[list[str]]:
    """Yields a row of the first table for each set."""
    for name in options.sets:
        found = evaluated(name, options)
        low, high = found["product"]["log_z_interval"]
        figures = [
            found["bound"]["nll"],
            min(member["nll"] for member in found["members"]),
            *(found[way]["nll"] for way in ("mixture", "weighted", "product", "pool")),
            found["product"]["log_z"],
        ]
        yield [name, *(f"{figure:.3f}" for figure in figures), f"[{low:.3f}, {high:.3f}]"]


def sparse(options: argparse.Namespace) -> Iterator[list[str]]:
    """Yields a row of the second table for each set."""
    for name in options.sets:
        found = evaluated(name, options)
        chosen, others = found["weighted"], (found["sparse"][sparsity] for sparsity in SPARSITIES)
        cells = [f"{chosen['sparsity']:g}", str(chosen["nonzero"]), f"{chosen['nll']:.3f}"]
        yield [name, *cells, *(f"{other['nonzero']}, {other['nll']:.3f}" for other in others)]


if __name__ == "__main__":
    main()
