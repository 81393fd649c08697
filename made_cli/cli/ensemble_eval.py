"""`made ensemble-eval`: every way to combine the orderings, side by side."""

from pathlib import Path
from typing import Annotated

import typer

from made_cli.cli.ensemble_json import as_json
from made_cli.cli.ensemble_report import show
from made_cli.cli.messages import Messages, show_json
from made_cli.cli.options import (
    Delimiter,
    Device,
    Encoding,
    Json,
    NoHeader,
    Quiet,
    Seed,
    Threads,
    counts,
)
from made_cli.config import EnsembleConfig

ENSEMBLE = EnsembleConfig
LEARNING = "Combining"


def ensemble_eval(
    runs_and_data: Annotated[
        list[str], typer.Argument(metavar="RUN… DATA", help="Run folders of one schema, then the rows to evaluate on.")
    ],
    permutations: Annotated[
        str | None,
        typer.Option(
            metavar="K,K,…", help="Numbers of members to compare, of each run.", show_default="1, 2, 4 … all, or 8"
        ),
    ] = None,
    fit_on: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Rows to learn weights and exponents on.", rich_help_panel=LEARNING),
    ] = None,
    sparsity: Annotated[
        float | None,
        typer.Option(
            help="Drop members that explain less than this share of the rows.",
            show_default="by cross-validation",
            rich_help_panel=LEARNING,
        ),
    ] = ENSEMBLE.sparsity,
    free_exponents: Annotated[
        bool,
        typer.Option("--free-exponents", help="Exponents of any sign and sum: no guarantee.", rich_help_panel=LEARNING),
    ] = ENSEMBLE.free_exponents,
    confidence: Annotated[
        float, typer.Option(help="Of the interval for log Z.", rich_help_panel=LEARNING)
    ] = ENSEMBLE.confidence,
    tolerance: Annotated[
        float, typer.Option(help="Width of that interval to reach, nats.", rich_help_panel=LEARNING)
    ] = ENSEMBLE.tolerance,
    samples: Annotated[
        int, typer.Option(metavar="S", help="The most rows drawn to reach it.", rich_help_panel=LEARNING)
    ] = ENSEMBLE.samples,
    matrix: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Keep the log-likelihoods (rows × members) here, or read them back (.npz)."),
    ] = None,
    save: Annotated[
        bool, typer.Option("--save", help="Keep weights, exponents and normalisers in RUN, for score and sample.")
    ] = False,
    no_header: NoHeader = False,
    delimiter: Delimiter = None,
    encoding: Encoding = "utf-8",
    seed: Seed = ENSEMBLE.seed,
    threads: Threads = None,
    device: Device = "auto",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare the ways to combine the orderings, on rows that were not trained on.

    The bound is what training maximises: the mean over the members of the log-likelihood. The equal mixture averages
    probabilities; the product multiplies them, with its true normaliser. --fit-on names other rows, on which the
    weights of a mixture and the exponents of a product (the pool) are learned. Figures are nats a row.

    Example: made ensemble-eval runs/digits sample_data/digits_test.csv --permutations 1,2,4,8,16,32
    """
    if len(runs_and_data) < 2:
        raise typer.BadParameter("name a run folder and the rows to evaluate on: RUN… DATA")
    *names, data = runs_and_data
    if save and len(names) > 1:
        raise typer.BadParameter("--save keeps the result in the run: name one run only")
    numbers = counts(permutations) if permutations is not None else None
    config = EnsembleConfig(
        confidence=confidence,
        tolerance=tolerance,
        samples=samples,
        sparsity=sparsity,
        free_exponents=free_exponents,
        seed=seed,
    )
    from made_cli.cli.torch_setup import set_up
    from made_cli.inference.evaluation import Comparer
    from made_cli.runs.loading import load_run
    from made_cli.runs.saved import save as keep
    from made_cli.tables.files.reading import read_table

    messages, torch_device = Messages(quiet=quiet), set_up(device, threads)
    runs = [load_run(name, torch_device) for name in names]
    table, learning = (
        None if source is None else read_table(source, header=not no_header, delimiter=delimiter, encoding=encoding)
        for source in (data, fit_on)
    )
    assert table is not None
    comparer = Comparer(runs, table, learning, numbers, config, messages.say)
    with messages.progress("scoring", len(comparer.members)) as bar:
        scored = comparer.score(None if matrix is None else Path(matrix), bar.advance)
    comparison = comparer.compare(scored)
    if json:
        show_json(as_json(comparison))
    else:
        show(data, comparison, config.confidence)
    if save:
        keep(runs[0], comparison.members, comparison.evaluation.combinations)
        saved = ", ".join(comparison.evaluation.combinations)
        messages.say(f"saved in {names[0]} for --combine of score and sample: {saved}")
