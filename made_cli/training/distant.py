"""A network that another process trains: what the two processes say to each other.

Knows: how far a training has come as values that travel, and that tensors travel as the bytes of a file of them.
"""

from dataclasses import dataclass

from made_cli.runs.metrics import Evaluation, NetworkMetrics
from made_cli.training.network_trainer import NetworkTrainer
from made_cli.training.progress import Cycle, NetworkState

STATE = "state"
"""Asks a process for the state of its network."""
IN_TRAINING = "in training"


@dataclass(frozen=True)
class Begin:
    """Which network a process is to train.

    Attributes:
        index: its number.
        cycle: of its training.
        best: its weights in the cycle before; None in the first.
        saved: the tensors and the state to go on from; None where the cycle begins.
    """

    index: int
    cycle: Cycle
    best: bytes | None
    saved: tuple[bytes, NetworkState] | None


@dataclass(frozen=True)
class Standing:
    """How far a network is; the attributes are those of its trainer."""

    metrics: NetworkMetrics
    stopped: str | None
    improved: bool
    share_done: float
    seconds: float

    @classmethod
    def of(cls, trainer: NetworkTrainer) -> "Standing":
        """Returns how far a trainer is."""
        metrics = trainer.metrics(IN_TRAINING)
        return cls(metrics, trainer.stopped, trainer.improved, trainer.share_done, trainer.seconds)


@dataclass(frozen=True)
class Evaluated:
    """What an evaluation found; with the best weights where training has come to its end with it."""

    evaluation: Evaluation
    best: bytes | None


@dataclass(frozen=True)
class State:
    """All that it takes to go on: tensors, what JSON holds, and the best weights."""

    tensors: bytes
    state: NetworkState
    best: bytes


@dataclass(frozen=True)
class Failed:
    """The `UserError` that training ended with."""

    message: str
    hint: str
    code: int


Told = Standing | Evaluated | State | Failed | None
"""What a process tells of its network; None before the first, once it can be given one."""
