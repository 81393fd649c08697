"""`made ensemble-eval`: every way to combine the orderings, side by side."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from made_cli.cli.ensemble_report import as_json, show
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
from made_cli.errors import Exit, UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from made_cli.ensemble.evaluation import EnsembleEvaluation
    from made_cli.ensemble.members import Member, Scored
    from made_cli.runs.record import Run
    from made_cli.tables.columns.schema import Schema
    from made_cli.tables.files.table import Table

ENSEMBLE = EnsembleConfig
LEAST_LEARNING = 20
"""Rows to learn weights and exponents on; fewer could not be divided for cross-validation."""
LEARNING = "Combining"


def ensemble_eval(
    runs_and_data: Annotated[
        list[str], typer.Argument(metavar="RUN… DATA", help="Run folders of one schema, then the rows to judge on.")
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
        raise typer.BadParameter("name a run folder and the rows to judge on: RUN… DATA")
    *names, data = runs_and_data
    if save and len(names) > 1:
        raise typer.BadParameter("--save keeps the result in the run: name one run only")
    asked = counts(permutations) if permutations is not None else None
    config = EnsembleConfig(
        confidence=confidence,
        tolerance=tolerance,
        samples=samples,
        sparsity=sparsity,
        free_exponents=free_exponents,
        seed=seed,
    )
    from made_cli.cli.torch_setup import set_up
    from made_cli.ensemble.evaluation import EnsembleEvaluator
    from made_cli.ensemble.members import log_likelihoods
    from made_cli.runs.loading import load_run
    from made_cli.tables.files.reading import read_table

    messages, torch_device = Messages(quiet=quiet), set_up(device, threads)
    runs = [load_run(name, torch_device) for name in names]
    _share_a_schema(runs)
    members = _in_turn([run.members(max(asked) if asked else None, seed=seed) for run in runs], messages)

    codes, learning = (
        None
        if source is None
        else _whole_rows(
            runs[0].record.schema,
            read_table(source, header=not no_header, delimiter=delimiter, encoding=encoding),
        )
        for source in (data, fit_on)
    )
    assert codes is not None
    if learning is not None and len(learning) < LEAST_LEARNING:
        raise UserError(
            f"{fit_on}: {len(learning)} rows are too few to learn weights on; {LEAST_LEARNING} is the least",
            hint="Name more rows with --fit-on, or leave it out.",
            code=Exit.BAD_DATA,
        )
    with messages.progress("scoring", len(members)) as bar:
        scored = _score(members, codes, None if matrix is None else Path(matrix), bar.advance)
    fit_matrix = None if learning is None else log_likelihoods(members, learning)
    evaluator = EnsembleEvaluator(members, scored.matrix, config, say=messages.say)
    points = [count * len(runs) for count in asked or _doubling(len(members) // len(runs))]
    evaluation = evaluator.evaluate(fit_matrix, points)
    if json:
        show_json(as_json(evaluation, members, scored))
    else:
        show(data, evaluation, members, scored, config.confidence)
    if save:
        saved = _save(names[0], members, evaluation)
        messages.say(f"saved in {names[0]} for --combine of score and sample: {', '.join(saved)}")


def _share_a_schema(runs: "list[Run]") -> None:
    for run in runs[1:]:
        if run.record.schema.kinds != runs[0].record.schema.kinds:
            raise UserError(
                f"{run.name} and {runs[0].name} do not share a schema",
                hint="Combine runs that were trained on the same table.",
                code=Exit.SCHEMA_MISMATCH,
            )


def _in_turn(per_run: "list[list[Member]]", messages: Messages) -> "list[Member]":
    """Takes members in turn from each run, as many of each."""
    fewest = min(map(len, per_run))
    if max(map(len, per_run)) > fewest:
        messages.say(f"taking {fewest} members of each run, for one has no more")
    return [member for round_ in zip(*per_run, strict=False) for member in round_]


def _whole_rows(schema: "Schema", table: "Table") -> "NDArray[np.generic]":
    """Returns the codes (N, D) of rows that combinations can be compared on."""
    if table.frame.empty:
        raise UserError(f"{table.source}: no rows", hint="There is nothing to average over.", code=Exit.BAD_DATA)
    if schema.missing == "marginal" and (holes := schema.empty(table).any(axis=1)).any():
        where = table.where(int(holes.argmax()))
        raise UserError(
            f"{where}: a cell is empty, and unknown to the run; combinations are compared on whole rows",
            hint=f"Leave such rows out ({int(holes.sum()):,} here); `made score` scores what is known of them.",
            code=Exit.SCHEMA_MISMATCH,
        )
    return schema.encode(table)


def _score(
    members: "list[Member]", codes: "NDArray[np.generic]", path: Path | None, on_progress: Callable[[], None]
) -> "Scored":
    """Computes the matrix of log-likelihoods, or reads it back; keeps it where a file is named."""
    from made_cli.atomic import check_target
    from made_cli.ensemble.matrix_file import fingerprint, read_scored, write_scored
    from made_cli.ensemble.members import score_rows

    if path is None:
        return score_rows(members, codes, on_progress)
    key = fingerprint(members, codes)
    if path.exists():
        return read_scored(path, key)
    check_target(path)
    scored = score_rows(members, codes, on_progress)
    write_scored(path, scored, key)
    return scored


def _save(run: str, members: "list[Member]", evaluation: "EnsembleEvaluation") -> list[str]:
    """Keeps the combinations in the run folder, and returns their names."""
    from made_cli.ensemble.combination import Combination, SavedEnsemble, SavedMember
    from made_cli.runs.folder import Folder

    combinations: dict[str, Combination] = {"product": evaluation.product.combination}
    if evaluation.learned is not None:
        combinations["weighted"] = evaluation.learned.weighted.combination
        if evaluation.learned.pool.estimate is not None:
            combinations["pool"] = evaluation.learned.pool.combination
    saved = SavedEnsemble(tuple(SavedMember(m.network, m.ordering) for m in members), combinations)
    folder = Folder(run)
    folder.open()
    folder.put_ensemble(saved)
    folder.commit()
    return list(combinations)


def _doubling(most: int) -> list[int]:
    """Returns 1, 2, 4 and so on up to `most`, and `most`.

    >>> _doubling(6)
    [1, 2, 4, 6]
    """
    return sorted({*(2**power for power in range(most.bit_length()) if 2**power <= most), most})
