"""`made train`: from a table to a run folder."""

import shlex
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from made_cli.cli.messages import Messages, show_json
from made_cli.cli.options import (
    DATA_HELP,
    Delimiter,
    Device,
    Drop,
    Encoding,
    Json,
    Kinds,
    NoHeader,
    Quiet,
    Threads,
    pairs,
    seconds,
    widths,
)
from made_cli.cli.train_progress import estimate_costs, follow, show_findings
from made_cli.config import NetworkConfig, Overrides, TrainingConfig, checked

NETWORK, TRAINING = NetworkConfig(), TrainingConfig()
MODEL, SPEED = "Model", "Training"


def train(
    data: Annotated[str, typer.Argument(metavar="DATA", help=DATA_HELP)],
    out: Annotated[str, typer.Option("--out", metavar="RUN", help="Run folder to make.")],
    valid: Annotated[
        str | None,
        typer.Option(metavar="FILE|SHARE", help="Rows to validate on: a file, or a share of DATA.", show_default="0.1"),
    ] = None,
    orderings: Annotated[
        str,
        typer.Option(
            metavar="natural|K|all",
            help="Orders of the columns to learn: the table's own, K drawn for each network, or any.",
            rich_help_panel=MODEL,
        ),
    ] = str(TRAINING.orderings),
    connectivity: Annotated[
        str,
        typer.Option(
            metavar="fixed|resampled",
            help="Whether each ordering also draws which hidden units see which columns.",
            rich_help_panel=MODEL,
        ),
    ] = TRAINING.connectivity,
    networks: Annotated[
        int, typer.Option(metavar="M", help="Independent networks to train.", rich_help_panel=MODEL)
    ] = TRAINING.networks,
    objective: Annotated[
        Literal["bound", "mixture", "product"],
        typer.Option(help="What to maximise over the orderings of a step.", rich_help_panel=MODEL),
    ] = TRAINING.objective,
    orderings_per_step: Annotated[
        int, typer.Option(metavar="J", help="Orderings of a step, but for the bound.", rich_help_panel=MODEL)
    ] = TRAINING.orderings_per_step,
    hidden: Annotated[
        str, typer.Option(metavar="H,H,…", help="Widths of the hidden layers.", rich_help_panel=MODEL)
    ] = (",".join(map(str, NETWORK.hidden))),
    dropout: Annotated[
        float | None,
        typer.Option(
            help="Share of hidden activations dropped in training.",
            show_default="0.1; for one ordering 0 to 0.5, by rows and columns",
            rich_help_panel=MODEL,
        ),
    ] = NETWORK.dropout,
    epochs: Annotated[
        int | None,
        typer.Option(
            help="Most epochs of each network.",
            show_default="20,000 steps; for one ordering 15,000",
            rich_help_panel=SPEED,
        ),
    ] = TRAINING.epochs,
    time_limit: Annotated[
        str | None,
        typer.Option(
            metavar="90s|10m|1h",
            help="Most time, for all networks together.",
            show_default="none",
            rich_help_panel=SPEED,
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Rows in a step.", rich_help_panel=SPEED)] = TRAINING.batch_size,
    learning_rate: Annotated[
        float, typer.Option(help="The highest, after warm-up.", rich_help_panel=SPEED)
    ] = TRAINING.learning_rate,
    patience: Annotated[
        int,
        typer.Option(
            help="Looks at the validation rows without improvement before the learning rate comes down to its end.",
            rich_help_panel=SPEED,
        ),
    ] = TRAINING.patience,
    missing: Annotated[
        Literal["outcome", "marginal"],
        typer.Option(
            help="Whether an empty cell is one more outcome, or unknown: then the density is that of the known cells.",
            rich_help_panel=MODEL,
        ),
    ] = TRAINING.missing,
    kind: Kinds = None,
    drop: Drop = None,
    no_header: NoHeader = False,
    delimiter: Delimiter = None,
    encoding: Encoding = "utf-8",
    seed: Annotated[int, typer.Option(help="Seed of all that is drawn.")] = TRAINING.seed,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run, with the settings it was begun with.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the run that RUN holds.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be trained, and how long.")] = False,
    threads: Threads = None,
    device: Device = "auto",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Learn the density of a table.

    What each column holds is found out; `made schema DATA` shows it. Training ends when the rows held out for
    validation stop improving, or with --epochs or --time-limit. Ctrl-C saves; --resume goes on as if nothing had
    happened.

    Example: made train sample_data/penguins.csv --out runs/penguins
    """
    share = None if valid is None else _share(valid)
    training = checked(
        TrainingConfig,
        networks=networks,
        orderings=_orderings(orderings),
        connectivity=connectivity,
        objective=objective,
        orderings_per_step=orderings_per_step,
        missing=missing,
        validation=TRAINING.validation if share is None else share,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        patience=patience,
        time_limit=None if time_limit is None else seconds(time_limit),
        seed=seed,
    )
    network = checked(NetworkConfig, hidden=widths(hidden), dropout=dropout)
    overrides, messages = Overrides(pairs(kind, "--kind"), frozenset(drop or [])), Messages(quiet=quiet)
    from made_cli.cli.torch_setup import set_up
    from made_cli.runs.folder import Folder
    from made_cli.tables.files.reading import read_table
    from made_cli.training.prepare import prepare, prepare_again
    from made_cli.training.run_trainer import RunTrainer

    folder, torch_device = Folder(out), set_up(device, threads)
    record = folder.open() if resume else None
    if record is None and not dry_run:
        folder.check_free(force=force)
    valid_file = valid if share is None else None
    if record is not None:
        valid_file = record.data.valid_source
    table, valid_table = (
        None if source is None else read_table(source, header=not no_header, delimiter=delimiter, encoding=encoding)
        for source in (data, valid_file)
    )
    assert table is not None
    if record is None:
        prepared = prepare(table, valid_table, network, training, overrides)
        show_findings(messages, table.source, prepared.findings)
        record, rows = prepared.record, prepared.rows
    else:
        rows = prepare_again(record, table, valid_table)
    if dry_run:
        estimate_costs(messages, RunTrainer(record, rows, torch_device))
        return
    if not resume:
        folder.create(record, force=force)
    job = RunTrainer(record, rows, torch_device, folder)
    if resume:
        job.resume()
    reading = ["--no-header"] * no_header + (["--delimiter", delimiter] if delimiter else [])
    reading += [] if encoding == "utf-8" else ["--encoding", encoding]
    follow(job, messages, shlex.join([data, *reading]))
    if json:
        show_json(asdict(job.metrics()))


def _share(valid: str) -> float | None:
    """Returns the share that --valid names, None if it names a file.

    >>> _share("0.2"), _share("valid.csv")
    (0.2, None)
    """
    try:
        share = float(valid)
    except ValueError:
        return None
    if not 0 < share < 1:
        raise typer.BadParameter(f"--valid {valid}: write a share between 0 and 1, or the name of a file")
    return share


def _orderings(text: str) -> str | int:
    """Reads --orderings.

    >>> _orderings("all"), _orderings("4")
    ('all', 4)
    """
    if text in ("natural", "all"):
        return text
    if not (text.isdecimal() and int(text) > 0):
        raise typer.BadParameter(f"--orderings {text}: write natural, all, or a number above 0")
    return int(text)
