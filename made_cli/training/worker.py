"""A process that trains networks of a run, one after another, and tells how far it is.

Knows: that it ends when whoever started it does, and by no signal from the keyboard: that is told to the other.
"""

import signal
import time
from multiprocessing.connection import Connection

import torch
from pydantic import TypeAdapter

from made_cli.errors import UserError
from made_cli.runs.record import RunRecord
from made_cli.runs.tensors import from_safetensors, made_of, to_safetensors
from made_cli.training.beginning import begun
from made_cli.training.distant import STATE, Begin, Evaluated, Failed, Standing, State, Told
from made_cli.training.network_trainer import NetworkTrainer
from made_cli.training.rows import TrainingRows
from made_cli.training.shared_rows import SharedRows

TOLD_EVERY = 0.5
"""Seconds between two words of how far a network is."""


def work(connection: Connection, record: bytes, rows: SharedRows, device: torch.device, threads: int) -> None:
    """Trains what it is told to until there is nobody to tell it.

    Args:
        connection: to the process that started this one; it is told None once the rows are there.
        record: the run, as JSON.
        rows: its rows.
        device: where to train.
        threads: of this process.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    torch.set_num_threads(threads)
    try:
        of, found = TypeAdapter(RunRecord).validate_json(record), rows.opened().to(device)
        connection.send(None)
        training: _Training | None = None
        while True:
            if (asked := connection.recv()) != STATE:
                training = _Training(connection, of, found, asked)
                training.train()
            elif training is not None:
                training.tell_state()
    except UserError as error:
        connection.send(Failed(str(error), error.hint, int(error.code)))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # whoever started it has ended


class _Training:
    """The training of one network, which answers questions before each step."""

    def __init__(self, connection: Connection, record: RunRecord, rows: TrainingRows, begin: Begin) -> None:
        self.connection = connection
        best = None if begin.best is None else made_of(record, begin.index, begin.best).to(rows.train.device)
        self.trainer: NetworkTrainer = begun(record, rows, begin.index, begin.cycle, best)
        if begin.saved is not None:
            tensors, state = begin.saved
            self.trainer.restore(from_safetensors(tensors), state)
        self.told_at = time.monotonic()

    def train(self) -> None:
        """Trains to the end."""
        self._tell(Standing.of(self.trainer))
        while self.trainer.stopped is None:
            evaluation = self.trainer.train_until_evaluation(self._attend)
            assert evaluation is not None  # it is never interrupted
            self._tell(Standing.of(self.trainer))
            best = None if self.trainer.stopped is None else to_safetensors(self.trainer.best_weights)
            self._tell(Evaluated(evaluation, best))

    def _attend(self) -> bool:
        """Answers what was asked, and tells now and then how far it is."""
        while self.connection.poll():
            assert self.connection.recv() == STATE
            self.tell_state()
        if time.monotonic() - self.told_at > TOLD_EVERY:
            self._tell(Standing.of(self.trainer))
        return False

    def tell_state(self) -> None:
        """Tells all that it takes to go on."""
        self._tell(Standing.of(self.trainer))
        tensors, state = self.trainer.state()
        self._tell(State(to_safetensors(tensors), state, to_safetensors(self.trainer.best_weights)))

    def _tell(self, what: Told) -> None:
        self.told_at = time.monotonic()
        self.connection.send(what)
