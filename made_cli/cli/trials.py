"""The search for the settings of a run: its progress, and what it tried as a table.

Knows: names and rounding of what is shown of a trial.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from made_cli.cli.messages import Messages
from made_cli.cli.train_progress import interrupted_by

if TYPE_CHECKING:
    import torch

    from made_cli.runs.record import RunRecord
    from made_cli.runs.trials import Trial
    from made_cli.training.prepare import Prepared

TITLE = "Settings tried, by the equal mixture of their members on the validation rows, nats a row"
HEADERS = ("round", "hidden", "dropout", "weight decay", "orderings", "steps", "NLL", "")


def settings_with_progress(
    prepared: "Prepared", device: "torch.device", messages: Messages, caught: Sequence[int]
) -> "tuple[RunRecord, Sequence[Trial]]":
    """Searches for the settings of a run where its preset asks for that.

    Args:
        prepared: the run.
        device: where to train.
        messages: show the progress.
        caught: the signals so far.

    Returns:
        The run with the settings that it is to be trained with, and what was tried.

    Raises:
        UserError: interrupted.
    """
    if prepared.record.training.preset != "best":
        return prepared.record, ()
    from made_cli.training.search import Search

    search = Search(prepared, device)
    with messages.progress("choosing settings", total=1.0) as bar:
        record = search.choose(
            lambda: bool(caught), lambda share, text: bar.update(share, f"choosing settings, {text}")
        )
    if record is None:
        raise interrupted_by(caught[0], " while settings were being chosen; nothing is saved yet", "Type it again.")
    messages.table(TITLE, HEADERS, table_of(search.trials), left=0)
    networks = len(record.orderings)
    messages.say(f"training {networks} network{'s' if networks > 1 else ''} with the settings kept last")
    return record, search.trials


def table_of(trials: "Sequence[Trial]") -> list[list[str]]:
    """Returns a row for each trial, as `HEADERS` names its cells."""
    return [
        [
            str(trial.round),
            ",".join(map(str, trial.hidden)),
            f"{trial.dropout:g}",
            f"{trial.weight_decay:g}",
            str(trial.orderings) + ", resampled" * (trial.connectivity == "resampled"),
            f"{trial.steps:,}",
            f"{trial.valid_nll:.3f}",
            "kept" if trial.kept else "",
        ]
        for trial in trials
    ]
