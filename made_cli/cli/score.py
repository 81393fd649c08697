"""`made score`: a log-likelihood for each row."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from made_cli.cli.console import People
from made_cli.cli.options import (
    Data,
    Delimiter,
    Device,
    Encoding,
    NoHeader,
    Output,
    Permutations,
    Quiet,
    RunFolder,
    Seed,
    Threads,
)

if TYPE_CHECKING:
    import torch

    from made_cli.ensemble.members import Member


def score(
    run: RunFolder,
    data: Data,
    output: Output = None,
    permutations: Permutations = None,
    combine: Annotated[
        Literal["mixture", "bound", "weighted", "product", "pool"],
        typer.Option(help="The equal mixture, the bound, or what `made ensemble-eval --save` found."),
    ] = "mixture",
    per_column: Annotated[
        bool, typer.Option("--per-column", help="Also the term of each column, averaged over the members.")
    ] = False,
    no_header: NoHeader = False,
    delimiter: Delimiter = None,
    encoding: Encoding = "utf-8",
    seed: Seed = 0,
    threads: Threads = None,
    device: Device = "auto",
    quiet: Quiet = False,
) -> None:
    """Write the log-likelihood of each row, in nats.

    One line a row, in the order of DATA, under the header log_prob. Columns are found by name; columns that the run
    does not know are ignored. With --per-column a column's term is log q(its cell | the columns before it), averaged
    over the members; the terms of a row add up to its bound.

    Example: made score runs/digits new.csv > scores.csv
    """
    from made_cli.errors import Exit, UserError
    from made_cli.tables.files import check_output, read_table, write_table

    check_output(output)
    import numpy as np
    import pandas as pd

    from made_cli.cli.torch_setup import set_up
    from made_cli.ensemble.members import log_likelihoods
    from made_cli.training.checkpoint import load_run
    from made_cli.training.saved import combined

    people = People(quiet=quiet)
    loaded = load_run(run, set_up(device, threads))
    table = read_table(data, header=not no_header, delimiter=delimiter, encoding=encoding)
    schema = loaded.record.schema
    if per_column and "log_prob" in schema.names:
        raise UserError(
            f"{run}: a column is named log_prob, as is the total of a row",
            hint="Score without --per-column, or train on the table with that column renamed.",
            code=Exit.USAGE,
        )
    codes = schema.encode(table)
    found = combined(loaded, combine, permutations, seed)
    terms = np.zeros(codes.shape if per_column else (0, 0))

    def add_terms(member: "Member", start: int, log_prob: "torch.Tensor") -> None:
        terms[start : start + len(log_prob)] += log_prob.numpy() / len(found.members)

    with people.progress("scoring", len(found.members)) as bar:
        matrix = log_likelihoods(found.members, codes, terms=add_terms if per_column else None, done=bar.advance)
    frame = pd.DataFrame({"log_prob": found.combination.log_density(matrix)})
    if per_column:
        frame = pd.concat([frame, pd.DataFrame(terms, columns=list(schema.names))], axis=1)
    write_table(frame, output)
