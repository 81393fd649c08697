"""Every way to combine orderings, on benchmark sets: the table of docs/combining-orderings.md.

Knows: the program's own commands; it trains a run for each set where there is none yet, evaluates it, and prints a
Markdown table. Weights and exponents are learned on the validation rows and judged on the test rows.

    python tests/benchmarks/combinations.py --data DATA --runs runs/combinations
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SETS = ("debd/nltcs", "debd/plants", "uci/mushrooms", "uci/dna", "uci/adult", "debd/jester")
MADE = [sys.executable, "-m", "made_cli"]
SPARSITIES = ("0", "0.001", "0.002", "0.005")


def main() -> None:
    """Runs what is asked for, and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with debd/ and uci/")
    parser.add_argument("--runs", type=Path, default=Path("runs/combinations"), help="folder for the run folders")
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--permutations", default="1,2,4,8,16,32")
    parser.add_argument("--train", default="", help="more options for `made train`")
    parser.add_argument("--eval", default="", help="more options for `made ensemble-eval`")
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    results = {name: evaluate(name, options) for name in options.sets}
    show(results)


def evaluate(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Trains one set if need be and returns what `ensemble-eval --json` says of it, kept in a file beside the run."""
    data, run = options.data / f"{name}.npz", options.runs / name.replace("/", "-")
    kept = run.with_suffix(".json")
    if kept.exists():
        return dict(json.loads(kept.read_text()))
    if not run.exists():
        made("train", f"{data}:train", "--valid", f"{data}:valid", "--out", str(run), *options.train.split())
    common = [str(run), f"{data}:test", "--fit-on", f"{data}:valid", "--permutations", options.permutations, "--json"]
    found: dict[str, Any] = json.loads(made("ensemble-eval", *common, "--save", *options.eval.split()))
    found["sparse"] = {}
    for sparsity in SPARSITIES:
        other = json.loads(made("ensemble-eval", *common, "--sparsity", sparsity, "--samples", "2048"))
        found["sparse"][sparsity] = other["weighted"]
    kept.write_text(json.dumps(found, indent=1))
    return found


def made(*arguments: str) -> str:
    """Runs one command; what it says to people goes to standard error."""
    return subprocess.run([*MADE, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def show(results: dict[str, dict[str, Any]]) -> None:
    """Prints the tables in Markdown."""
    out = sys.stdout.write
    out("| set | bound | best single | equal mixture | EM | product | pool | log Z | interval |\n")
    out("|---|---|---|---|---|---|---|---|---|\n")
    for name, found in results.items():
        low, high = found["product"]["log_z_interval"]
        figures = [
            found["bound"]["nll"],
            min(member["nll"] for member in found["members"]),
            *(found[way]["nll"] for way in ("mixture", "weighted", "product", "pool")),
            found["product"]["log_z"],
        ]
        out(f"| {name} | " + " | ".join(f"{figure:.3f}" for figure in figures) + f" | [{low:.3f}, {high:.3f}] |\n")
    out("\n| set | λ chosen | kept | test NLL | " + " | ".join(f"λ {s}: kept, NLL" for s in SPARSITIES) + " |\n")
    out("|---|---|---|---|" + "---|" * len(SPARSITIES) + "\n")
    for name, found in results.items():
        chosen = found["weighted"]
        cells = [f"{found['sparse'][s]['nonzero']}, {found['sparse'][s]['nll']:.3f}" for s in SPARSITIES]
        cells = [f"{chosen['sparsity']:g}", str(chosen["nonzero"]), f"{chosen['nll']:.3f}", *cells]
        out(f"| {name} | " + " | ".join(cells) + " |\n")


if __name__ == "__main__":
    main()
