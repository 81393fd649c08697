"""The sets of the benchmarks: where the rows of each stand, and what has been published on them.

Knows: the folders of the data folder. Sets of 0/1 columns, uci/NAME.npz, debd/NAME.npz and binarized_mnist.npz, come in
three parts. Tables of mixed columns and of numbers, tabular/NAME.csv and continuous/NAME.csv (.gz), come whole and are
split here, but for tabular/adult, whose test rows are a file of their own.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tests.benchmarks import program

_MADE = "MADE, Germain et al. 2015"
_BEST = "the best that we know of"
PUBLISHED: dict[str, tuple[float, str]] = {
    "uci/adult": (13.12, _MADE),
    "uci/mushrooms": (9.55, f"{_BEST}; {_MADE}: 9.68"),
    "uci/connect4": (11.90, _MADE),
    "uci/dna": (79.66, f"{_MADE}; 1,400 training and 600 validation rows"),
    "debd/nltcs": (5.99, _BEST),
    "debd/plants": (12.27, _BEST),
    "debd/baudio": (39.04, _BEST),
    "debd/jester": (51.29, _BEST),
    "debd/accidents": (26.55, _BEST),
    "debd/tretail": (10.72, _BEST),
    "debd/pumsb_star": (22.41, _BEST),
    "debd/dna": (79.06, f"{_BEST}; 1,600 training and 400 validation rows"),
    "debd/kosarek": (10.52, _BEST),
    "debd/book": (33.55, _BEST),
    "debd/cwebkb": (147.75, _BEST),
    "debd/bbc": (242.79, _BEST),
    "binarized_mnist": (80.0, f"{_BEST}, about; {_MADE}: 86.64"),
}
"""The least published test NLL of each binary set, nats a row, and whose it is."""


@dataclass(frozen=True)
class Rows:
    """The rows of a set, as `made` reads them; `valid` is None where `made train` holds rows out by itself."""

    train: str
    valid: str | None
    test: str

    @property
    def validation(self) -> list[str]:
        """The option of `made train` that names the validation rows."""
        return [] if self.valid is None else ["--valid", self.valid]


def plain(name: str) -> str:
    """Returns the name of a set as a file's.

    >>> plain("debd/plants")
    'debd-plants'
    """
    return name.replace("/", "-")


def find(name: str, data: Path, into: Path) -> Rows:
    """Returns where the rows of a set stand.

    Args:
        name: such as debd/plants, tabular/adult or continuous/kin40k.
        data: the data folder.
        into: folder for the parts of a table that has to be split.
    """
    if not name.startswith(("tabular/", "continuous/")):
        parts = [f"{data / name}.npz:{part}" for part in ("train", "valid", "test")]
    elif name == "tabular/adult":
        return Rows(f"{data / name}_train.csv", None, f"{data / name}_test.csv")
    else:
        split(data / f"{name}.csv", into, plain(name))
        parts = [str(into / f"{plain(name)}_{part}.csv") for part in ("train", "valid", "test")]
    return Rows(*parts)


def split(table: Path, into: Path, name: str) -> dict[str, pd.DataFrame]:
    """Returns the rows of train, valid and test of a table, and writes them as NAME_train.csv and so on.

    The rows are shuffled by numpy.random.default_rng(0).permutation(N): the first int(0.8 N) train, those up to
    int(0.9 N) validate, the rest test.

    Args:
        table: a CSV; where there is none, .gz is added.
        into: folder to write in.
        name: of the set.
    """
    frame = program.read(table if table.exists() else table.with_suffix(".csv.gz"))
    N = len(frame)
    places = np.split(np.random.default_rng(0).permutation(N), [int(0.8 * N), int(0.9 * N)])
    parts = {part: frame.iloc[mine] for part, mine in zip(("train", "valid", "test"), places, strict=True)}
    into.mkdir(parents=True, exist_ok=True)
    for part, rows in parts.items():
        rows.to_csv(into / f"{name}_{part}.csv", index=False)
    return parts


def some(source: str, rows: int, seed: int) -> pd.DataFrame:
    """Returns at most so many rows, the first after a seeded shuffle, under the names that `made` gives them.

    Args:
        source: "file.npz:part" or a CSV.
        rows: at most.
        seed: of the shuffle.
    """
    file, _, part = source.partition(".npz:")
    if part:
        with np.load(f"{file}.npz") as arrays:
            codes = arrays[part]
        frame = pd.DataFrame(codes, columns=[f"c{column + 1}" for column in range(codes.shape[1])])
    else:
        frame = program.read(source)
    return frame.iloc[np.random.default_rng(seed).permutation(len(frame))[:rows]]
