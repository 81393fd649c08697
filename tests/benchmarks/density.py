"""Test NLL on benchmark sets, by the program's own commands: the table of docs/benchmarks.md.

python tests/benchmarks/density.py --data DATA --runs runs/density --train '--networks 4 --orderings 1'
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

SETS = ("debd/nltcs", "debd/plants", "uci/mushrooms", "uci/adult")
MADE = [sys.executable, "-m", "made_cli"]


def main() -> None:
    """Trains and evaluates each set, and prints a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with debd/ and uci/")
    parser.add_argument("--runs", type=Path, default=Path("runs/density"), help="folder for the run folders")
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--train", default="", help="more options for `made train`")
    parser.add_argument("--eval", default="", help="more options for `made ensemble-eval`")
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)
    sys.stdout.write(
        "| set | members | bound | equal mixture | product | training, minutes |\n|---|---|---|---|---|---|\n"
    )
    for name in options.sets:
        data, run = options.data / f"{name}.npz", str(options.runs / name.replace("/", "-"))
        trained = ["--valid", f"{data}:valid", "--out", run, *options.train.split()]
        subprocess.run([*MADE, "train", f"{data}:train", *trained], check=True)
        command = [*MADE, "ensemble-eval", run, f"{data}:test", "--json", *options.eval.split()]
        found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        minutes = json.loads(Path(run, "metrics.json").read_text())["seconds"] / 60
        figures = [found["bound"]["nll"], found["mixture"]["nll"], found["product"]["nll"]]
        cells = [name, str(found["permutations"]), *(f"{figure:.3f}" for figure in figures), f"{minutes:.1f}"]
        sys.stdout.write("| " + " | ".join(cells) + " |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
