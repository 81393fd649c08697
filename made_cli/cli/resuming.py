"""What may be typed together with `made train --resume`.

Knows: a run goes on with the settings it was begun with, so whatever is typed again has to be what it was; of the
time and the epochs, how much more to train.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from made_cli.cli.groups import Given
from made_cli.config import NetworkConfig, Overrides, TrainingConfig
from made_cli.errors import Exit, UserError

if TYPE_CHECKING:
    from made_cli.runs.metrics import RunMetrics
    from made_cli.runs.record import Place, RunRecord
    from made_cli.tables.columns.counted import Blocks
    from made_cli.tables.files.table import Table
    from made_cli.training.rows import TrainingRows
    from made_cli.training.run_trainer import RunTrainer

LEFT_OPEN = "auto"
"""A value that leaves a setting to what the run was begun with."""
MORE = ("time_limit", "epochs")
"""How much more to train."""


def check_settings(
    record: "RunRecord", configs: Sequence[TrainingConfig | NetworkConfig], valid: str | None, given: Given
) -> None:
    """Refuses settings that are not those of the run.

    Args:
        record: the run.
        configs: the settings as typed.
        valid: the file of validation rows as typed, None if none was.
        given: which options were typed.

    Raises:
        UserError: one differs, or the run is to be replaced.
    """
    if "force" in given:
        raise typer.BadParameter("--resume goes on with the run, --force replaces it: type one of them")
    begun = {**vars(record.network), **vars(record.training)}
    asked = {name: value for config in configs for name, value in vars(config).items()}
    for name in sorted(given & begun.keys() - set(MORE)):
        if asked[name] not in (begun[name], LEFT_OPEN):
            raise _other(f"--{name.replace('_', '-')} {_shown(asked[name])}", _shown(begun[name]))
    if "valid" in given and (valid, asked["validation"]) != (record.data.valid_source, begun["validation"]):
        asked_valid, begun_valid = valid or asked["validation"], record.data.valid_source or begun["validation"]
        raise _other(f"--valid {asked_valid}", str(begun_valid))


def place_of_rows(record: "RunRecord | None", place: "Place | None") -> "Place | None":
    """Returns where the rows of a training are to be: where those of a run are, or as was typed, None for neither.

    Raises:
        UserError: both, and they differ.
    """
    if record is None:
        return place
    if place not in (None, record.data.rows):
        raise _other(f"--rows {place}", f"--rows {record.data.rows}")
    return record.data.rows


def check_columns(record: "RunRecord", table: "Table | Blocks", overrides: Overrides, given: Given) -> None:
    """Refuses kinds, drops and the like that would make other columns of the table than those of the run.

    Raises:
        UserError: they would.
    """
    from made_cli.tables.columns.counted import columns_of
    from made_cli.tables.columns.inference import infer, schema_of

    if given & {"kind", "drop", "na", "decimal", "schema"}:
        schema = schema_of(infer(columns_of(table), overrides, missing=record.training.missing), table.source)
        if schema != record.schema:
            raise _other("--kind, --drop, --na, --decimal, --schema", "other ones")


def check_relations(record: "RunRecord", rows: "TrainingRows", stated: Sequence[str]) -> None:
    """Refuses relations that are none of the run.

    Raises:
        UserError: one is not.
    """
    from made_cli.training.relations import not_used

    if (text := not_used(stated, record, rows.train.numpy())) is not None:
        raise _other(f"--relation {text!r}", "others")


def go_on(job: "RunTrainer", training: TrainingConfig, given: Given) -> None:
    """Has a training take up what its folder holds, with what was typed of how much more to train."""
    from made_cli.training.resuming import resume

    resume(job, **{name: getattr(training, name) for name in MORE if name in given})


def going_on(data: str, out: str, metrics: "RunMetrics") -> str:
    """Returns the command that trains a run for as long again.

    Args:
        data: the table and how it is read, as typed.
        out: the run folder, as typed.
        metrics: of the run.
    """
    return f"made train {data} --out {out} --resume --time-limit {duration(metrics.seconds)}"


def duration(seconds: float) -> str:
    """Returns a duration as --time-limit takes it, rounded up.

    >>> duration(0.2), duration(60), duration(301)
    ('1s', '60s', '6m')
    """
    whole = max(1, -int(-seconds // 1))
    return f"{whole}s" if whole <= 120 else f"{-(-whole // 60)}m"


def _other(typed: str, begun: str) -> UserError:
    return UserError(
        f"{typed}: the run was begun with {begun}",
        hint="Leave it out to go on with --resume, or train anew with --force.",
        code=Exit.USAGE,
    )


def _shown(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
