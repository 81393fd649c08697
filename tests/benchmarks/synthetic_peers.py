"""Rows of other generators for synthetic.py: TabularARGN, CTGAN and TVAE, run under interpreters of their own.

Knows: the generators' own interfaces (mostlyai-engine 2.7, ctgan 0.12), nothing of `made`.

    python -m venv argn && argn/bin/pip install mostlyai-engine
    python -m venv gan && gan/bin/pip install ctgan
    argn/bin/python tests/benchmarks/synthetic_peers.py argn DATA/tabular/adult_train.csv argn.csv
    gan/bin/python tests/benchmarks/synthetic_peers.py ctgan DATA/tabular/adult_train.csv ctgan.csv
    gan/bin/python tests/benchmarks/synthetic_peers.py tvae DATA/tabular/adult_train.csv tvae.csv

Protocol: trained on all rows of the file, as many rows drawn; the generators' defaults (CTGAN and TVAE: 300 epochs;
TabularARGN: until its own validation stops it, at most --minutes), seed 0. TabularARGN's protection of rare values is
turned off: made has none. Columns of numbers are given as numbers, all others as labels, "?" one of them; whole
numbers are written whole. What is made is a CSV of the same columns, in the same order.
"""

import argparse
import sys
import time
from pathlib import Path

import pandas as pd


def main() -> None:
    """Trains one generator and writes its rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("generator", choices=["argn", "ctgan", "tvae"])
    parser.add_argument("train", type=Path, help="CSV to learn from")
    parser.add_argument("out", type=Path, help="CSV to write")
    parser.add_argument("-n", type=int, help="rows to draw; as many as there are in TRAIN by default")
    parser.add_argument("--minutes", type=float, default=60.0, help="at most, for argn")
    parser.add_argument("--epochs", type=int, default=300, help="for ctgan and tvae")
    options = parser.parse_args()
    train = pd.read_csv(options.train, keep_default_na=False)
    rows, start = options.n or len(train), time.monotonic()
    if options.generator == "argn":
        drawn = argn(train, rows, options.minutes)
    else:
        drawn = gan(options.generator, train, rows, options.epochs)
    for name in train.select_dtypes("integer"):
        drawn[name] = pd.to_numeric(drawn[name]).round().astype("Int64")
    drawn[train.columns].to_csv(options.out, index=False)
    sys.stderr.write(f"{options.generator}: {rows} rows after {time.monotonic() - start:.0f} s\n")


def argn(train: pd.DataFrame, rows: int, minutes: float) -> pd.DataFrame:
    """Draws from mostlyai-engine's TabularARGN."""
    from mostlyai.engine import TabularARGN  # type: ignore[import-not-found]

    model = TabularARGN(max_training_time=minutes, value_protection=False, random_state=0, verbose=1)
    return pd.DataFrame(model.fit(train).sample(n_samples=rows))


def gan(name: str, train: pd.DataFrame, rows: int, epochs: int) -> pd.DataFrame:
    """Draws from CTGAN or TVAE; the two share an interface."""
    import ctgan  # type: ignore[import-not-found]

    labels = [column for column in train.columns if not pd.api.types.is_numeric_dtype(train[column])]
    model = {"ctgan": ctgan.CTGAN, "tvae": ctgan.TVAE}[name](epochs=epochs, verbose=True)
    model.set_random_state(0)
    model.fit(train, labels)
    return pd.DataFrame(model.sample(rows))


if __name__ == "__main__":
    main()
