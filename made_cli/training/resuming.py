"""A training that goes on: where it was interrupted, or with another cycle where it had ended.

Knows: what a run folder holds for it, and what may be said of how much more to train.
"""

from dataclasses import replace

from torch import Tensor

from made_cli.errors import Exit, UserError
from made_cli.runs.folder import Folder
from made_cli.runs.tensors import from_safetensors
from made_cli.training.progress import RunCycle, RunState, Saved, part_of
from made_cli.training.run_trainer import RunTrainer


def check_more(folder: Folder, *, time_limit: float | None = None, epochs: int | None = None) -> None:
    """Refuses to go on with a training that has ended where nothing says for how long; before its rows are read.

    Raises:
        UserError: it is refused.
    """
    metrics = folder.metrics()
    if metrics is not None and metrics.finished and time_limit is None and epochs is None:
        raise UserError(
            f"{folder.path}: training has ended; say how much more to train",
            hint="Add --time-limit 5m, the time to train from now, or --epochs N.",
            code=Exit.RUN_REFUSED,
        )


def resume(job: RunTrainer, *, time_limit: float | None = None, epochs: int | None = None) -> None:
    """Has a training take up what its folder holds.

    Args:
        job: a training that has not begun.
        time_limit: seconds to train from now, in the place of what an interrupted training was left; None for that.
        epochs: the most more epochs of each network whose training has ended. An interrupted one has its own.

    Raises:
        UserError: training has ended and is given neither; it is interrupted and has other epochs; or the folder is
            damaged.
    """
    folder = job.folder
    assert folder is not None
    if job.record.parts:
        raise UserError(
            f"{folder.path} joins the networks of {len(job.record.parts)} runs, and cannot be trained",
            hint="Train those runs further, and join them again with made ensemble-eval RUN… DATA --out RUN.",
            code=Exit.RUN_REFUSED,
        )
    saved = folder.resume_state(RunState, from_safetensors)
    if saved is not None:
        _take_up(job, folder, *saved)
    elif folder.networks_done() == len(job.record.orderings):
        _begin_another_cycle(job, folder, time_limit, epochs)
        return
    job.keep_evaluations()  # none, where it ended before the first save
    if epochs not in (None, job.cycle.epochs):
        begun = "without --epochs" if job.cycle.epochs is None else f"with --epochs {job.cycle.epochs}"
        raise UserError(
            f"--epochs {epochs}: the training that was interrupted was begun {begun}",
            hint="Go on without --epochs; once it has ended, --resume --epochs N adds to it.",
            code=Exit.USAGE,
        )
    if time_limit is not None:
        time_limit = job.left_of(time_limit)
        job.cycle = replace(job.cycle, ends=job.clock + time_limit)
        own = time_limit / job.turns(len(job.record.orderings) - len(job.done))
        job.waiting = {index: each._replace(state=each.state.extended(own)) for index, each in job.waiting.items()}
        job.save()  # lest a killed process forget it


def _take_up(job: RunTrainer, folder: Folder, tensors: dict[str, Tensor], state: RunState) -> None:
    """Goes on where a training was interrupted."""
    if not {*state.done, *state.training} <= {*range(len(job.record.orderings))}:
        raise folder.manifest.damaged("resume", "it is of networks that the run has not")
    job.cycle, job.done, job.shared = state.cycle, dict(state.done), state.shared
    _load_networks(job, folder, {*job.done, *range(len(job.cycle.before))})
    # Before version 7 of the format there was one at a time, and the names of its tensors were without its number.
    job.waiting = {index: Saved(part_of(tensors, str(index)) or tensors, own) for index, own in state.training.items()}


def _begin_another_cycle(job: RunTrainer, folder: Folder, time_limit: float | None, epochs: int | None) -> None:
    """Begins to train networks further whose training has ended."""
    metrics = folder.metrics()
    assert metrics is not None  # saved together with the networks
    check_more(folder, time_limit=time_limit, epochs=epochs)
    ends = None if time_limit is None else metrics.seconds + job.left_of(time_limit)
    job.cycle = RunCycle(metrics.cycles, epochs, ends, metrics.networks, folder.evaluations())
    _load_networks(job, folder, {*range(len(metrics.networks))})
    job.save()


def _load_networks(job: RunTrainer, folder: Folder, which: set[int]) -> None:
    job.made = {index: folder.load_network(job.record, index).to(job.device).eval() for index in which}
    job.processes.wait()  # before the first one replaces what the others read
