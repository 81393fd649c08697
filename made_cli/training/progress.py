"""How far a training has come, as values: all that a restart needs beside the tensors.

Knows: the contents of `resume/`: what JSON holds, and how the tensors of the parts of a training are named.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from made_cli.runs.metrics import NetworkMetrics
from made_cli.training.schedule import Schedule


@dataclass
class Progress:
    """How far the training of a network has come; `loss` and `rows` are sums since the last evaluation.

    Attributes:
        step: steps done.
        epoch: epochs done.
        evaluations: of the validation rows.
        last_evaluation: the step of the last.
        best_step: the step of the best.
        best_nll: its result, nats a row.
        since_best: evaluations since the best.
        loss: nats.
        rows: trained on.
        seconds: training time, over all sittings.
    """

    step: int = 0
    epoch: int = 0
    evaluations: int = 0
    last_evaluation: int = 0
    best_step: int = 0
    best_nll: float = math.inf
    since_best: int = 0
    loss: float = 0.0
    rows: int = 0
    seconds: float = 0.0

    def metrics(self, stopped: str) -> NetworkMetrics:
        """Returns the figures to report.

        Args:
            stopped: why training ended, or is interrupted.
        """
        best = self.best_nll if self.evaluations else None
        return NetworkMetrics(stopped, best, self.best_step, self.step, self.epoch, self.seconds)


@dataclass(frozen=True)
class NetworkState:
    """A network in training.

    Attributes:
        progress: how far it has come.
        schedule: where the learning rate stands.
        rngs: the states of numpy's generators, of the order of the rows and of the orderings.
    """

    progress: Progress
    schedule: Schedule
    rngs: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class RunState:
    """A run in training.

    Attributes:
        done: how the networks that are done ended.
        evaluations: lines of `metrics.jsonl`.
        current: the network in training, None between two.
    """

    done: tuple[NetworkMetrics, ...]
    evaluations: int
    current: NetworkState | None


def joined(parts: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Returns the tensors of all parts, each by the name of its part and its own.

    >>> list(joined({"best": {"bias": Tensor()}, "average": {"bias": Tensor()}}))
    ['best.bias', 'average.bias']
    """
    return {f"{part}.{name}": tensor for part, named in parts.items() for name, tensor in named.items()}


def part_of(tensors: Mapping[str, Tensor], part: str) -> dict[str, Tensor]:
    """Returns the tensors of one part of those that `joined` returned.

    >>> list(part_of({"best.bias": Tensor(), "average.bias": Tensor()}, "best"))
    ['bias']
    """
    start = f"{part}."
    return {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}
