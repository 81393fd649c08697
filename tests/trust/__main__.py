"""`make trust`: what becomes of bad files, damaged folders, failing disks and signals, as one Markdown table.

Knows: the parts, each a module with a function `figures`. Run from the repository's root: `python -m tests.trust`.
"""

import argparse
import importlib
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.program import show

PARTS = ("reading", "folders", "faults", "kills", "signals")


def main() -> None:
    """Runs the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, help="folder with public bad CSV files, under csv/; made ones without")
    parser.add_argument("--seed", type=int, default=0, help="seed of all that is drawn")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="try every Nth fault only")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    show(("tried", "found"), _figures(parser.parse_args()))


def _figures(options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    for part in options.parts:
        yield from importlib.import_module(f"tests.trust.{part}").figures(options)


if __name__ == "__main__":
    main()
