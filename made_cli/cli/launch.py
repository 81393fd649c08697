"""One of several processes that torch's launcher started, to train together.

Knows: the variables by which `torchrun` tells each process its place, how processes meet, and which of them speaks: the
first, but for an error, of which whoever has one first tells. A job that is started again goes on with the run that it
began. Torch is imported where processes meet.
"""

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from made_cli.cli.groups import Given
from made_cli.cli.resuming import MORE
from made_cli.errors import Exit, UserError

if TYPE_CHECKING:
    import torch
    from torch.distributed.distributed_c10d import Store

    from made_cli.runs.folder import Folder
    from made_cli.runs.record import RunRecord
    from made_cli.training.processes import Processes

PATIENCE = timedelta(days=7)
"""How long processes wait for one that lives: the first may read a table for hours. One that dies is noticed."""
LINGERS = 1.0
"""Seconds that the first process stays at most, after an error, for others to ask whether it has been told."""
TOLD = "errors"
"""Counts, in the store that the processes share, how many of them have told of an error."""
_stores: "list[Store]" = []
"""The store of the processes that have met, if any."""


@dataclass(frozen=True)
class Launch:
    """How this process was started.

    Attributes:
        rank: of it among all processes, from 0.
        count: how many there are.
        local_rank: among those of this machine.
        job: names what started them, None where a person did; the same when they are started again.
        most_restarts: how many times they are, at the most.
        restarts: how many times they have been.
    """

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    job: str | None = None
    most_restarts: int = 0
    restarts: int = 0

    @property
    def is_first(self) -> bool:
        """Whether it is this process that speaks to people."""
        return self.rank == 0

    def check(self, sources: Sequence[str], preset: str, jobs: int) -> None:
        """Refuses what several processes cannot do together."""
        if self.count > 1 and jobs > 1:
            raise typer.BadParameter(
                f"--jobs {jobs}: the processes that torchrun has started train one network together; use one of the two"
            )
        if self.count > 1 and "-" in sources:
            raise typer.BadParameter("standard input is read once, and each process reads the table: name a file")
        if self.count > 1 and preset == "best":
            raise typer.BadParameter(
                "--preset best searches in one process; `made info` of its run shows settings to train with in several"
            )

    def goes_on(self, folder: "Folder", *, resume: bool) -> bool:
        """Says whether to go on with the run in a folder.

        Args:
            folder: to save in.
            resume: whether --resume was typed. Of a job that is started again when it fails it may be typed from the
                start, when there is nothing to go on with yet.
        """
        if resume:
            return not self.most_restarts or os.path.lexists(folder.path)
        return self.began(folder)

    def still_typed(self, folder: "Folder", given: Given) -> Given:
        """Returns which of the options that were typed still say something of a run that goes on.

        A job that is started again has said before whether to replace a run, and how much more to train.
        """
        if not self.restarts:
            return given
        metrics = folder.metrics()
        return given if metrics and metrics.finished else Given(given - {"force", *MORE})

    def has_ended(self, folder: "Folder") -> bool:
        """Says whether the job had trained to the end before it was started again."""
        metrics = folder.metrics() if self.began(folder) else None
        return metrics is not None and metrics.finished

    def began(self, folder: "Folder") -> bool:
        """Says whether a folder holds a run that this job began, before it was started again."""
        if not self.restarts:
            return False
        try:
            return folder.open().job == self.job
        except UserError:
            return False

    @contextmanager
    def joined(self, device: "torch.device") -> "Iterator[tuple[Processes, torch.device]]":
        """Meets the other processes; yields them, and the device of this one.

        Raises:
            UserError: there is no device for it, or the others are not found.
        """
        from made_cli.training.processes import ALONE, Processes

        if self.count == 1:
            yield ALONE, device
            return
        from torch import distributed
        from torch.distributed.distributed_c10d import PrefixStore
        from torch.distributed.rendezvous import rendezvous

        device = self._own(device)
        try:
            found, *_ = next(rendezvous("env://", self.rank, self.count))
            # The launcher's store outlives the processes, with the addresses of those that were there before.
            store = PrefixStore(f"made/{self.restarts}", found)
            backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
            distributed.init_process_group(
                backend, store=store, rank=self.rank, world_size=self.count, timeout=PATIENCE
            )
        except (RuntimeError, ValueError) as error:
            raise UserError(
                f"process {self.rank} of {self.count} does not find the others",
                hint="Start all of them with torchrun.",
                code=Exit.USAGE,
            ) from error
        _stores.append(store)
        yield Processes(self.rank, self.count, device), device
        distributed.destroy_process_group()

    def _own(self, device: "torch.device") -> "torch.device":
        """Returns the device of this process, of those that a name stands for."""
        import torch

        if device.type != "cuda":
            return device
        there = torch.cuda.device_count()
        if device.index is not None or self.local_rank >= there:
            raise UserError(
                f"process {self.local_rank} of this machine has no GPU of its own: it has {there}",
                hint="Start as many processes as there are GPUs, with --device cuda; or type --device cpu.",
                code=Exit.USAGE,
            )
        torch.cuda.set_device(self.local_rank)
        return torch.device("cuda", self.local_rank)


def launched(*, alone: bool = False) -> Launch:
    """Returns how this process was started; with `alone` as if there were no others, but for who speaks."""
    of = os.environ
    count = int(of.get("WORLD_SIZE", "1")) if "MASTER_ADDR" in of else 1
    rank, count = int(of.get("RANK", "0")) if count > 1 else 0, 1 if alone else count
    job = of.get("TORCHELASTIC_RUN_ID")
    if job == "none":  # nobody has named it: it is what this launcher does
        job = f"{socket.gethostname()}, process {os.getppid()}"
    restarts = (int(of.get(f"TORCHELASTIC_{name}", "0")) for name in ("MAX_RESTARTS", "RESTART_COUNT"))
    return Launch(rank, count, int(of.get("LOCAL_RANK", "0")), job, *restarts)


def speaks() -> bool:
    """Says whether this process says what is said to people: of several, the first."""
    return launched().is_first


def tells_of_error() -> bool:
    """Says whether this process tells of its error: of several, the first to have one."""
    if not _stores:
        return speaks()
    try:
        is_first = _stores[0].add(TOLD, 1) == 1
        if speaks():  # and may hold the store, which others ask that have the same error
            end = time.monotonic() + LINGERS
            while _stores[0].add(TOLD, 0) < launched().count and time.monotonic() < end:
                time.sleep(0.05)
    except RuntimeError:  # the store has gone with the process that held it
        return True
    return bool(is_first)


def told_record(processes: "Processes", record: "RunRecord | None", launch: Launch) -> "RunRecord":
    """Returns the record of the run that the processes begin: that of the first, with the job.

    Args:
        processes: all of them.
        record: what this process has found; None where only the first has.
        launch: how they were started.

    Raises:
        UserError: this process has read other rows.
    """
    from pydantic import TypeAdapter

    from made_cli.runs.record import RunRecord

    if processes.is_alone:
        assert record is not None
        return record if launch.job is None else replace(record, job=launch.job)
    form = TypeAdapter(RunRecord)
    own = b"" if record is None else form.dump_json(replace(record, job=launch.job))
    told = form.validate_json(processes.told_text(own.decode()))
    if record is not None and told.data.sha256 != record.data.sha256:
        raise UserError(
            f"process {processes.rank} of {processes.count} has read other rows than the first",
            hint="Every process reads the whole table: let all see the same files.",
            code=Exit.BAD_DATA,
        )
    return told
