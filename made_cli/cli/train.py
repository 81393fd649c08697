"""`made train`: from a table to a run folder.

Knows: the options of a training, and the order of its steps: refuse what cannot work, prepare, train, save.
"""

import re
import shlex
import time
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from made_cli.cli.ending import leaving
from made_cli.cli.findings import show_findings
from made_cli.cli.groups import Given
from made_cli.cli.launch import Launch, launched, told_record
from made_cli.cli.messages import Messages, show_json
from made_cli.cli.options import SEED_HELP, AllOverrides, Data, Json, Machine, Reading
from made_cli.cli.resuming import MORE, check_columns, check_relations, check_settings, go_on, place_of_rows
from made_cli.cli.train_progress import interruption, show_costs, train_with_progress
from made_cli.cli.training_tables import RowsIn, Tables, files_of_rows, rows_of_first, tables_of
from made_cli.cli.trials import settings_with_progress
from made_cli.config import (
    BATCH_SIZES_SHOWN,
    DROPOUT_SHOWN,
    HIDDEN_SHOWN,
    ORDERINGS,
    QUESTION_SHARES_SHOWN,
    STEPS_SHOWN,
    TIME_LIMITS_SHOWN,
    NetworkConfig,
    Overrides,
    TrainingConfig,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import torch

    from made_cli.runs.folder import Folder
    from made_cli.runs.record import RunRecord
    from made_cli.training.prepare import Prepared
    from made_cli.training.processes import Processes
    from made_cli.training.rows import TrainingRows

_model = partial(typer.Option, rich_help_panel="Model")
_training = partial(typer.Option, rich_help_panel="Training")

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h)?")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


def _seconds(text: str) -> float:
    """Reads a duration.

    >>> _seconds("90s"), _seconds("10m"), _seconds("1.5h"), _seconds("30")
    (90.0, 600.0, 5400.0, 30.0)
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise typer.BadParameter(f"{text!r} is no duration; write 90s, 10m or 1h")
    return float(match[1]) * _SECONDS[match[2]]


Training = Annotated[
    TrainingConfig,
    {
        "seed": typer.Option(help=SEED_HELP),
        "preset": typer.Option(
            help="fast: about a minute. best: searches for settings and trains an ensemble, for all of --time-limit."
        ),
        "orderings": _model(
            metavar="natural|K|all",
            help="Base orderings to learn: the table's own, K drawn for each network, or all there are.",
            show_default=f"{ORDERINGS}",
        ),
        "questions": _model(help="Whether to learn these with any columns moved to the front, as questions need it."),
        "question_share": _training(help="Share of the steps for these.", show_default=QUESTION_SHARES_SHOWN),
        "connectivity": _model(
            help="Whether each ordering also draws the degrees of the hidden units.", show_default="fixed"
        ),
        "networks": _model(metavar="M", help="Independent networks to train.", show_default="1"),
        "objective": _model(help="What to maximise over the orderings of a step."),
        "orderings_per_step": _model(metavar="J", help="Orderings in a step, where the objective is not the bound."),
        "missing": _model(
            help="Whether an empty cell is one more outcome, or unknown: then the density is that of the known cells."
        ),
        "relations": _model(
            help="Whether what holds between columns may be broken as often as in training, or never; off: not used."
        ),
        "epochs": _training(help="Most epochs of each network.", show_default=STEPS_SHOWN),
        "time_limit": _training(
            parser=_seconds,
            metavar="90s|10m|1h",
            help="Most time, for all networks together; with --resume from now.",
            show_default=TIME_LIMITS_SHOWN,
        ),
        "batch_size": _training(help="Rows in a step.", show_default=BATCH_SIZES_SHOWN),
        "learning_rate": _training(help="The highest, after warm-up."),
        "precision": _training(
            help="Of the products in training. auto: bfloat16 where the processor has matrix units (AMX), and they pay."
        ),
        "patience": _training(
            help="Evaluations of the validation rows without improvement before the learning rate decays to zero."
        ),
    },
]
Network = Annotated[
    NetworkConfig,
    {
        "hidden": _model(metavar="H,H,…", help="Widths of the hidden layers.", show_default=HIDDEN_SHOWN),
        "dropout": _model(help="Share of hidden activations dropped in training.", show_default=DROPOUT_SHOWN),
    },
]


def train(
    data: Data,
    *,
    out: Annotated[str, typer.Option("--out", metavar="RUN", help="Run folder to make.")],
    valid: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|SHARE",
            help="Rows to validate on: a file, or a share of DATA.",
            show_default=f"{TrainingConfig.validation:g}",
        ),
    ] = None,
    overrides: AllOverrides,
    training: Training,
    network: Network,
    reading: Reading,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on where training was interrupted; after its end with --time-limit or --epochs: so much more.",
        ),
    ] = False,
    rows: Annotated[
        RowsIn | None,
        typer.Option(
            "--rows",
            help="Where the rows are: in memory, or encoded into files of RUN and read from there.",
            show_default="disk for a table of 512 MB, or of 67 million cells of Parquet",
        ),
    ] = None,
    keep_rows: Annotated[
        bool, typer.Option("--keep-rows", help="Keep these files; else they are removed when training has ended.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the run that RUN holds.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be trained, and how long.")] = False,
    jobs: Annotated[
        int,
        _training(
            min=1, metavar="J", help="Networks trained at the same time, by processes that share the processor threads."
        ),
    ] = 1,
    machine: Machine,
    json: Json = False,
    messages: Messages,
    given: Given,
) -> None:
    """Learn the density of a table.

    The kind of each column is inferred; `made schema DATA` shows it. Training ends when the rows held out for
    validation stop improving, or with --epochs or --time-limit. Ctrl-C saves; --resume goes on as if nothing had
    happened. A training that has ended goes on for five minutes more with --resume --time-limit 5m.

    Example: made train sample_data/penguins.csv --out runs/penguins
    """
    started = time.monotonic()
    leaving(
        f"the run in {out} is as it was" if resume else "no network is trained yet, and no run is made",
        "Type the command again.",
    )
    training, valid = _validation(training, valid)
    launch = launched(alone=dry_run)
    launch.check(data, training.preset, jobs)
    messages = replace(messages, quiet=messages.quiet or not launch.is_first)
    with messages.waiting():
        from made_cli.runs.folder import Folder
        from made_cli.runs.place import check_free
        from made_cli.training.memory import refuse_too_large
        from made_cli.training.run_trainer import RunTrainer

        folder, device, record = Folder(out), machine.set_up(), None
    if resume := launch.goes_on(folder, resume=resume):
        record, valid, given = _begun(folder, launch, (training, network), valid, given)
    with launch.joined(device) as (processes, device):
        if not resume and not dry_run and processes.is_first:
            check_free(folder.path, force=force)
        tables = tables_of(data, valid, reading, place_of_rows(record, rows), messages)
        if record is None:
            configs, place = (network, training, overrides), None if dry_run else folder.path
            find = partial(_prepared, tables, configs, device, place, messages)
            record, encoded, prepared = _begin(find, tables, folder, processes, launch)
        else:
            check_columns(record, tables.first, overrides, given)
            encoded, prepared = tables.rows_again(record, folder.path, processes, messages), None
            check_relations(record, encoded, overrides.relation)
        if dry_run:
            show_costs(messages, RunTrainer(record, encoded, device), jobs)
            return
        spent = time.monotonic() - started
        with files_of_rows(encoded, folder, messages, keep=keep_rows), interruption(messages) as caught:
            refuse_too_large(record, encoded, device, jobs=jobs)
            if prepared:
                record = _made(folder, prepared, device, messages, caught, force=force)
            job = RunTrainer(record, encoded, device, folder, spent=spent, jobs=jobs)
            if resume:
                go_on(job, training, given)
            train_with_progress(job, messages, caught, shlex.join([*data, *reading.typed()]), jobs)
    if json and processes.is_first:
        show_json(asdict(job.metrics()))


def _begun(
    folder: "Folder", launch: Launch, settings: tuple[TrainingConfig, NetworkConfig], valid: str | None, given: Given
) -> "tuple[RunRecord, str | None, Given]":
    """Returns the record of a run that is to go on, its validation file, and which options still say something."""
    from made_cli.training.resuming import check_more

    record = folder.open()
    if launch.has_ended(folder):
        raise typer.Exit
    given = launch.still_typed(folder, given)
    check_settings(record, settings, valid, given)
    check_more(folder, **{name: getattr(settings[0], name) for name in MORE if name in given})
    return record, record.data.valid_source, given


def _begin(
    find: "Callable[[], Prepared]", tables: Tables, folder: "Folder", processes: "Processes", launch: Launch
) -> "tuple[RunRecord, TrainingRows, Prepared | None]":
    """Returns the record of a new run, its rows, and what was found; None in processes that were only told of it."""
    prepared = find() if tables.in_memory or processes.is_first else None
    record = told_record(processes, prepared.record if prepared else None, launch)
    rows = replace(prepared.rows if prepared else rows_of_first(record, folder.path), processes=processes)
    return record, rows, prepared and replace(prepared, record=record, rows=rows, findings=[])


def _made(
    folder: "Folder",
    prepared: "Prepared",
    device: "torch.device",
    messages: Messages,
    caught: "Sequence[int]",
    *,
    force: bool,
) -> "RunRecord":
    """Makes the folder of a new run, once its settings are chosen; returns its record."""
    record, trials = settings_with_progress(prepared, device, messages, caught)
    if prepared.rows.processes.is_first:
        folder.create(record, trials=trials, force=force)
    return record


def _prepared(
    tables: Tables,
    configs: tuple[NetworkConfig, TrainingConfig, Overrides],
    device: "torch.device",
    folder: "Path | None",
    messages: Messages,
) -> "Prepared":
    """Finds the kinds of the columns, their relations, and encodes the rows; says what was found."""
    from made_cli.training.few_rows import too_few

    prepared = tables.prepared(configs, device, folder, messages)
    show_findings(messages, tables.first.source, prepared.findings)
    rows, columns = prepared.rows, len(prepared.record.schema.kinds)
    for line in (
        *prepared.related.doubts,
        *prepared.related.limits,
        *too_few(rows.count, len(rows.valid), columns),
    ):
        messages.say(line)
    return prepared


def _validation(training: TrainingConfig, valid: str | None) -> tuple[TrainingConfig, str | None]:
    """Returns the settings, with the share that --valid names if it names one, and the file if it names that.

    >>> _validation(TrainingConfig(), "0.2")[0].validation, _validation(TrainingConfig(), "valid.csv")[1]
    (0.2, 'valid.csv')
    """
    try:
        share = float(valid or "")
    except ValueError:
        return training, valid
    if not 0 < share < 1:
        raise typer.BadParameter(f"--valid {valid}: write a share between 0 and 1, or the name of a file")
    return replace(training, validation=share), None
