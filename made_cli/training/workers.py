"""The processes that train networks of a run at the same time, from the side of the one that keeps the run.

Knows: how they are started, asked and ended, and that one which fails or is killed ends all. They are forked from a
server that has torch imported and has computed nothing yet: a process that has used its threads must not be forked, and
to import torch takes each process seconds.
"""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeVar

import torch
from pydantic import TypeAdapter
from torch import Tensor

from made_cli.core.made import Made
from made_cli.errors import Exit, UserError
from made_cli.runs.metrics import Evaluation, NetworkMetrics
from made_cli.runs.record import RunRecord
from made_cli.runs.tensors import from_safetensors, made_of
from made_cli.training.distant import STATE, Begin, Evaluated, Failed, Standing, State, Told
from made_cli.training.progress import NetworkState
from made_cli.training.rows import TrainingRows
from made_cli.training.shared_rows import SharedRows, shared
from made_cli.training.worker import work

LOOK_UP = 0.1
"""Seconds after which it is asked whether training is interrupted."""
PATIENCE = 5.0
"""Seconds that a process has to end by itself."""
_SERVER = multiprocessing.get_context("forkserver")

Kind = TypeVar("Kind", Standing, Evaluated, State)
OnEvaluation = Callable[[int, Evaluation], object]
"""Told the number of the network, and what was found, before anything else is asked of it."""


class DistantTrainer:
    """A network that another process trains, with what `RunTrainer` asks of a trainer.

    Args:
        record: the run.
        index: which network.
        worker: the process.
    """

    def __init__(self, record: RunRecord, index: int, worker: "Worker") -> None:
        self.record, self.index, self.worker = record, index, worker
        self.best: bytes | None = None

    @property
    def standing(self) -> Standing:
        """How far it is, as it was told last."""
        return self.worker.standing or self.worker.receive(Standing)

    @property
    def stopped(self) -> str | None:
        """Why training has come to its end, None while it goes on."""
        return self.standing.stopped

    @property
    def improved(self) -> bool:
        """Whether this cycle has found better weights than it began with."""
        return self.standing.improved

    @property
    def share_done(self) -> float:
        """The share of its budget that is used."""
        return self.standing.share_done

    @property
    def seconds(self) -> float:
        """Seconds trained in this cycle."""
        return self.standing.seconds

    def metrics(self, stopped: str) -> NetworkMetrics:
        """Returns the figures to report; `stopped` says why the network is not done, where it is not."""
        return replace(self.standing.metrics, stopped=self.stopped or stopped)

    def state(self) -> tuple[dict[str, Tensor], NetworkState]:
        """Returns all that it takes to go on, and takes note of the best weights."""
        found = self.worker.asked()
        self.best = found.best
        return from_safetensors(found.tensors), found.state

    @property
    def best_weights(self) -> dict[str, Tensor]:
        """The best weights, as they were when its state was asked, or at its end."""
        assert self.best is not None
        return from_safetensors(self.best)

    def finish(self) -> Made:
        """Returns the network with its best weights, on the processor; the process has nothing to do then."""
        assert self.best is not None
        self.worker.trainer = None
        return made_of(self.record, self.index, self.best)


class Worker:
    """One process, and the network that it trains, if any.

    Args:
        process: it.
        connection: to it.
        on_evaluation: told of each evaluation of its network.
    """

    def __init__(self, process: BaseProcess, connection: Connection, on_evaluation: OnEvaluation) -> None:
        self.process, self.connection, self.on_evaluation = process, connection, on_evaluation
        self.trainer: DistantTrainer | None = None
        self.standing: Standing | None = None
        self.found: deque[tuple[int, Evaluation]] = deque()

    def begin(self, record: RunRecord, begin: Begin) -> DistantTrainer:
        """Has the process train a network, and returns its trainer."""
        self.trainer, self.standing = DistantTrainer(record, begin.index, self), None
        self._send(begin)
        return self.trainer

    def asked(self) -> State:
        """Asks for the state of the network, and returns it."""
        self._send(STATE)
        return self.receive(State)

    def receive(self, kind: type[Kind]) -> Kind:
        """Takes what the process tells until it is of a kind."""
        while not isinstance(told := self.take(), kind):
            pass
        return told

    def take(self) -> Told:
        """Takes the next that the process tells."""
        try:
            told: Told = self.connection.recv()
        except (EOFError, OSError):
            raise self._ended() from None
        match told:
            case Standing():
                self.standing = told
            case Evaluated(evaluation, best):
                assert self.trainer is not None
                self.trainer.best = best or self.trainer.best
                self.on_evaluation(self.trainer.index, evaluation)
                self.found.append((self.trainer.index, evaluation))
            case Failed(message, hint, code):
                raise UserError(message, hint=hint, code=Exit(code))
        return told

    def _send(self, what: Begin | str) -> None:
        try:
            self.connection.send(what)
        except OSError:  # it has ended; perhaps it has told why
            while self.connection.poll():
                self.take()
            raise self._ended() from None

    def _ended(self) -> UserError:
        """Returns the error that the process has ended too early."""
        self.process.join(PATIENCE)
        code = self.process.exitcode or 0
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        if self.trainer is None:
            return UserError(
                f"a process that was to train a network {how}",
                hint='A script trains with jobs under `if __name__ == "__main__":`, for each process imports it.',
                code=Exit.INTERNAL,
            )
        memory = "Where memory ran out, fewer --jobs take less of it. " if code == -signal.SIGKILL else ""
        return UserError(
            f"the process that trained network {self.trainer.index + 1} {how}",
            hint=f"{memory}What was saved last goes on with --resume.",
            code=Exit.INTERNAL,
        )


class Workers:
    """Processes that each train a network at a time.

    Args:
        record: the run.
        members: they.
    """

    def __init__(self, record: RunRecord, members: list[Worker]) -> None:
        self.record, self.members = record, members

    def begin(self, begin: Begin) -> DistantTrainer:
        """Has a process that has nothing to do train a network."""
        free = next(each for each in self.members if each.trainer is None)
        return free.begin(self.record, begin)

    def next_evaluation(self, interrupted: Callable[[], bool]) -> tuple[int, Evaluation] | None:
        """Waits for the next evaluation; returns the network's number and what was found, None if interrupted."""
        by_connection = {each.connection: each for each in self.members}
        while True:
            for each in self.members:
                if each.found:
                    return each.found.popleft()
            if interrupted():
                return None
            for connection in wait([*by_connection], LOOK_UP):
                by_connection[connection].take()  # type: ignore[index]  # they are those that were given


@contextmanager
def started(
    record: RunRecord,
    rows: TrainingRows,
    device: torch.device,
    *,
    jobs: int,
    beside: Path | None,
    on_evaluation: OnEvaluation,
) -> Iterator[Workers]:
    """Yields processes that have imported all that they need; ends them after the block.

    Args:
        record: the run.
        rows: its rows, on the processor.
        device: where to train.
        jobs: how many processes.
        beside: a folder on a disk that has room for the rows.
        on_evaluation: told of each.
    """
    _SERVER.set_forkserver_preload([work.__module__])
    threads = max(1, torch.get_num_threads() // jobs)
    members: list[Worker] = []
    try:
        with shared(rows, beside) as given:
            for number in range(jobs):
                members.append(_start(record, given, _own(device, number), threads, on_evaluation))
            for each in members:
                each.take()
        yield Workers(record, members)
    finally:
        for each in members:
            each.connection.close()  # which ends it at its next step
        for each in members:
            each.process.join(PATIENCE)
            if each.process.is_alive():
                each.process.kill()


def _start(
    record: RunRecord, rows: SharedRows, device: torch.device, threads: int, on_evaluation: OnEvaluation
) -> Worker:
    connection, other = _SERVER.Pipe()
    as_json = TypeAdapter(RunRecord).dump_json(record)  # kinds remember what cannot travel
    process = _SERVER.Process(target=work, args=(other, as_json, rows, device, threads), daemon=True)
    process.start()
    other.close()
    return Worker(process, connection, on_evaluation)


def _own(device: torch.device, number: int) -> torch.device:
    """Returns the device of a process: of several GPUs that a name stands for, each has one in turn."""
    if device.type != "cuda" or device.index is not None:
        return device
    return torch.device("cuda", number % torch.cuda.device_count())
