"""`made ensemble-eval`: every way to combine the orderings, side by side.

Knows: how runs, rows and numbers of members are named.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from made_cli.atomic import same_file, write_bytes
from made_cli.cli.completion import runs
from made_cli.cli.ensemble_json import as_json
from made_cli.cli.ensemble_report import show
from made_cli.cli.matrix_files import MatrixFiles, MatrixSharding
from made_cli.cli.messages import Messages, json_text, show_json
from made_cli.cli.options import SEED_HELP, Json, Machine, Reading
from made_cli.cli.output import Force, check_written
from made_cli.config import MEMBERS_SHOWN, EnsembleConfig
from made_cli.ensemble.shard import Shard

if TYPE_CHECKING:
    from made_cli.inference.evaluation import RunEvaluation
    from made_cli.runs.run import Run

_combining = partial(typer.Option, rich_help_panel="Combining")

Combining = Annotated[
    EnsembleConfig,
    {
        "sparsity": _combining(
            help="Drop members that explain less than this share of the rows.", show_default="by cross-validation"
        ),
        "free_exponents": _combining("--free-exponents", help="Exponents of any sign and sum: no guarantee."),
        "confidence": _combining(help="Of the interval for log Z."),
        "tolerance": _combining(help="Width of that interval to reach, nats."),
        "samples": _combining(metavar="S", help="The most rows drawn to reach it."),
        "seed": typer.Option(help=SEED_HELP),
    },
]


def ensemble_eval(
    runs_and_data: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN… DATA", autocompletion=runs, help="Run folders of one schema, then the rows to evaluate on."
        ),
    ],
    *,
    permutations: Annotated[
        str | None,
        typer.Option(
            metavar="K,K,…",
            help="Numbers of members to compare, of each run.",
            show_default=f"1, 2, 4 … {MEMBERS_SHOWN}",
        ),
    ] = None,
    fit_on: Annotated[str | None, _combining(metavar="FILE", help="Rows to learn weights and exponents on.")] = None,
    matrix: MatrixFiles,
    sharding: MatrixSharding,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Also write the figures here, as JSON.")
    ] = None,
    force: Force = False,
    save: Annotated[
        bool, typer.Option("--save", help="Keep weights, exponents and normalisers in RUN, for score and sample.")
    ] = False,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", metavar="RUN", help="Run folder to make of the networks of all runs, and keep them there."
        ),
    ] = None,
    config: Combining,
    reading: Reading,
    machine: Machine,
    json: Json = False,
    messages: Messages,
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
    sharding.check(None, output=output, json=json, save=save or out is not None, fit_on=fit_on)
    inputs = [data, *([] if fit_on is None else [fit_on])]
    if output is not None:
        check_written(output, inputs, force=force)
    numbers = None if permutations is None else _numbers(permutations)
    with messages.waiting():
        from made_cli.inference.evaluation import RunEvaluator

        _check_kept(names, out, save=save, force=force)
        matrix.check(inputs, sharding, force=force)
    runs = [machine.load(name, messages) for name in names]
    table = reading.table(data, messages)
    learning = None if fit_on is None else reading.table(fit_on, messages)
    evaluator = RunEvaluator(runs, table, learning, numbers, config, messages.say)
    with messages.progress("scoring", evaluator.passes) as bar:
        if sharding.shard is not None:
            rows = evaluator.score_part(matrix.kept[0], sharding.part, bar.advance)
            messages.say(_part_is_there(sharding.part, rows, len(evaluator.codes), matrix.kept[0]))
            return
        scored = evaluator.score(matrix.kept, bar.advance)
    matrix.write(scored.evaluated.matrix)
    with messages.waiting("comparing combinations"):
        comparison = evaluator.evaluate(scored)
    if output is not None:
        write_bytes(output, json_text(as_json(comparison)).encode())
    if json:
        show_json(as_json(comparison))
    else:
        show(data, comparison, config.confidence)
    if save or out is not None:
        _keep(runs, comparison, out, messages, force=force)


def _check_kept(names: Sequence[str], out: str | None, *, save: bool, force: bool) -> None:
    """Refuses to keep what is found in several runs, or in a folder that is taken, or is one of the runs."""
    from made_cli.runs.place import check_free

    if save and (len(names) > 1 or out is not None):
        raise typer.BadParameter("--save keeps the result in the run: of several, --out RUN makes one that has it")
    if out is None:
        return
    if any(same_file(name, out) for name in names):
        raise typer.BadParameter(f"--out {out}: it is one of the runs; name another folder")
    check_free(Path(out), force=force)


def _keep(
    runs: "Sequence[Run]", comparison: "RunEvaluation", out: str | None, messages: Messages, *, force: bool
) -> None:
    """Keeps what was found in the one run, or in a new one of all networks."""
    from made_cli.runs.joining import join
    from made_cli.runs.saved import save

    run = runs[0] if out is None else join(runs, out, force=force)
    combinations = comparison.evaluation.combinations
    save(run, comparison.members, combinations)
    messages.say(f"saved in {run.name} for --combine of score and sample: {', '.join(combinations)}")


def _part_is_there(part: Shard, rows: slice, total: int, file: Path) -> str:
    """Says what a part holds, and what comes next.

    >>> _part_is_there(Shard(2, 3), slice(40, 80), 120, Path("part-2.npz"))
    'part-2.npz has part 2/3, 40 of 120 rows; with all parts as --matrix and without --shard, combinations are compared'
    """
    held = f"{rows.stop - rows.start:,} of {total:,} rows"
    return f"{file} has part {part}, {held}; with all parts as --matrix and without --shard, combinations are compared"


def _numbers(text: str) -> list[int]:
    """Reads numbers of members.

    >>> _numbers("1,4,2")
    [1, 2, 4]
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise typer.BadParameter(f"--permutations {text!r} is no list of numbers above 0; write 1,2,4")
    return sorted({int(part) for part in parts})
