"""How far a training has come, as values: all that a restart needs beside the tensors.

Knows: the contents of `resume/`: what JSON holds, in this version of the format and in those before, and how the
tensors of the parts of a training are named.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pydantic import model_validator
from torch import Tensor

from made_cli.runs.metrics import NetworkMetrics, ValidationNll
from made_cli.training.schedule import TIME_LIMIT, UNLIMITED, Schedule


@dataclass(frozen=True)
class Cycle:
    """A cycle of the training of one network: warm-up, plateau and decay of the learning rate.

    The first begins with untrained weights; each further one goes on from the best weights so far, where the one
    before had ended.

    Attributes:
        seed: of what it draws.
        number: 0 of the first.
        epochs: the most.
        steps: the most where the epochs are not given; None for no limit.
        seconds: the most; None for no limit.
        before: how the cycle before had ended, with the figures of all cycles; None of the first.

    Reference: Loshchilov & Hutter, *SGDR: Stochastic Gradient Descent with Warm Restarts*, ICLR 2017.
    """

    seed: int
    number: int = 0
    epochs: int | None = None
    steps: int | None = None
    seconds: float | None = None
    before: NetworkMetrics | None = None

    @property
    def best_before(self) -> ValidationNll:
        """What the weights that the cycle begins with make of the validation rows; infinite of untrained ones."""
        return ValidationNll() if self.before is None else self.before.best

    def most_steps(self, rows: int, batch_size: int) -> int:
        """Returns the most steps that it takes on N rows."""
        if self.epochs:
            return self.epochs * -(-rows // batch_size)
        return UNLIMITED if self.steps is None else self.steps

    @property
    def steps_before(self) -> int:
        """Steps in all cycles before."""
        return self.before.steps if self.before else 0


@dataclass(frozen=True)
class RunCycle:
    """A cycle of the training of a run: one of each network.

    Attributes:
        number: 0 of the first.
        epochs: the most of each network; None for those of the configuration in the first, and no limit later.
        ends: how many seconds the run has been trained, in all cycles, when its time is over; None for no limit.
        before: how each network had ended in the cycle before; none in the first.
        lines: of `metrics.jsonl` that are of cycles before.
    """

    number: int = 0
    epochs: int | None = None
    ends: float | None = None
    before: tuple[NetworkMetrics, ...] = ()
    lines: int = 0


@dataclass
class Progress:
    """How far a cycle of a network has come; `loss` and `rows` are sums since the last evaluation.

    Attributes:
        step: steps done.
        epoch: epochs done.
        evaluations: of the validation rows.
        last_evaluation: the step of the last.
        best_step: the step of the best.
        best: its result.
        lowest_nll: the least that patience has seen, nats a row.
        since_lowest: evaluations since that.
        plateau: (step in all cycles, nats a row) of the evaluations before the decay.
        loss: nats.
        rows: trained on.
        seconds: training time, over all sittings.
    """

    step: int = 0
    epoch: int = 0
    evaluations: int = 0
    last_evaluation: int = 0
    best_step: int = 0
    best: ValidationNll = field(default_factory=ValidationNll)
    lowest_nll: float = math.inf
    since_lowest: int = 0
    plateau: tuple[tuple[int, float], ...] = ()
    loss: float = 0.0
    rows: int = 0
    seconds: float = 0.0

    def note(self, found: ValidationNll, cycle: Cycle, patience: int, *, on_plateau: bool) -> bool:
        """Takes note of what an evaluation found; returns whether it is the best of all cycles so far.

        Args:
            found: the result.
            cycle: the cycle.
            patience: how many evaluations it lasts.
            on_plateau: whether the learning rate had not begun to come down.
        """
        best = found.is_below(self.best) and found.is_below(cycle.best_before)
        if found.is_below(self.best):
            self.best, self.best_step = found, self.step
        # A later cycle begins with weights from the end of a decay, which are better than those on the plateau that it
        # climbs to: patience begins once it is there.
        if cycle.number and self.evaluations < patience:
            return best
        if on_plateau:
            self.plateau = (*self.plateau, (cycle.steps_before + self.step, found.target))
        if found.target < self.lowest_nll:
            self.lowest_nll, self.since_lowest = found.target, 0
        else:
            self.since_lowest += 1
        return best

    def metrics(self, cycle: Cycle, stopped: str, *, converged: bool = False) -> NetworkMetrics:
        """Returns the figures to report, of this cycle and those before it.

        Args:
            cycle: the cycle.
            stopped: why training ended, or is interrupted.
            converged: whether it ended where more would be of no use.
        """
        before = cycle.before or NetworkMetrics(stopped, None, 0, 0, 0, 0.0, converged=False)
        better = self.best.is_below(cycle.best_before)
        return NetworkMetrics(
            stopped=stopped,
            valid_nll=self.best.nll if better else before.valid_nll,
            target_nll=self.best.with_questions if better else before.target_nll,
            best_step=before.steps + self.best_step if better else before.best_step,
            steps=before.steps + self.step,
            epochs=before.epochs + self.epoch,
            seconds=before.seconds + self.seconds,
            converged=converged,
        )


@dataclass(frozen=True)
class NetworkState:
    """A network in training.

    Attributes:
        cycle: of its training.
        progress: how far that has come.
        schedule: where the learning rate stands.
        rngs: the states of numpy's generators, of the order of the rows and of the orderings.
    """

    cycle: Cycle
    progress: Progress
    schedule: Schedule
    rngs: Mapping[str, Mapping[str, Any]]

    def extended(self, seconds: float) -> "NetworkState":
        """Returns it with so many seconds more from now, in the place of what its time limit left."""
        cycle = replace(self.cycle, seconds=self.progress.seconds + seconds)
        is_over = self.schedule.reason == TIME_LIMIT  # of which there is more now: back to the plateau
        return replace(self, cycle=cycle, schedule=Schedule(self.schedule.budget) if is_over else self.schedule)

    def metrics(self, stopped: str) -> NetworkMetrics:
        """Returns the figures to report; `stopped` says why it is not done."""
        return self.progress.metrics(self.cycle, stopped)


class Saved(NamedTuple):
    """A network that goes on from what was saved of it."""

    tensors: Mapping[str, Tensor]
    state: NetworkState


@dataclass(frozen=True)
class RunState:
    """A run in training.

    Attributes:
        cycle: of its training.
        done: how the networks that are done in this cycle ended, by their numbers.
        training: those that are not, as far as they were begun.
        shared: how many seconds more the networks have been trained than the run, by the clock: some at the same time.
    """

    cycle: RunCycle
    done: Mapping[int, NetworkMetrics]
    training: Mapping[int, NetworkState]
    shared: float = 0.0

    @model_validator(mode="before")
    @classmethod
    def _as_now(cls, written: Any) -> Any:  # noqa: ANN401 (whatever a file holds)
        """Returns what a file of any version holds as this version has it: before 7 networks took turns."""
        match written:
            case {"done": [*done], "evaluations": int(evaluations), "cycle": dict(cycle), "current": current}:
                match current:
                    case {"progress": {"evaluations": int(own)}}:
                        evaluations -= own
                return {
                    "cycle": {**cycle, "lines": evaluations},
                    "done": dict(enumerate(done)),
                    "training": {} if current is None else {len(done): current},
                }
        return written


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
