"""The training of a run: its networks one after another, saved as it goes.

Knows: what is saved when, how the time is divided among the networks, and the seed of each. It yields each evaluation,
and neither prints nor catches signals; whoever asks for the next evaluation decides whether there is one.
"""

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from made_cli.core.made import Made
from made_cli.core.size import network_size
from made_cli.errors import Exit, UserError
from made_cli.runs.folder import Folder
from made_cli.runs.metrics import Evaluation, NetworkMetrics, ObjectiveMetrics, RowCounts, RunMetrics
from made_cli.runs.record import RunRecord
from made_cli.runs.run import Run
from made_cli.runs.tensors import from_safetensors
from made_cli.training.beginning import network_seed, untrained
from made_cli.training.network_trainer import NetworkTrainer
from made_cli.training.progress import Cycle, NetworkState, RunCycle, RunState
from made_cli.training.rows import TrainingRows

PREPARING = 3.0
"""Seconds of reading and preparing that are not counted against the time limit."""
SAVE_EVERY = 60.0
"""Seconds between two saves of what a restart needs."""


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


class RunTrainer:
    """The networks of a run in training.

    Args:
        record: what the run is.
        rows: the codes to train on.
        device: where to train.
        folder: where to save; None keeps the run in memory only.
        spent: seconds that reading and preparing took; where they are many, they count against the time limit.
    """

    def __init__(
        self,
        record: RunRecord,
        rows: TrainingRows,
        device: torch.device,
        folder: Folder | None = None,
        *,
        spent: float = 0.0,
    ) -> None:
        self.record, self.folder, self.device = record, folder, device
        self.rows = rows.to(device)
        self.processes = rows.processes  # of which the first saves
        (self.spent,) = self.processes.told(spent)
        limit = record.training.time_limit
        self.cycle = RunCycle(epochs=record.training.epochs, ends=None if limit is None else self._left_of(limit))
        self.networks: list[Made] = []
        self.done: list[NetworkMetrics] = []
        self.evaluations = 0
        self.saved_at = time.monotonic()
        self.network_trainer: NetworkTrainer | None = None

    @property
    def _saved_in(self) -> Folder | None:
        """The folder, if it is this process that saves."""
        return self.folder if self.processes.is_first else None

    @property
    def run(self) -> Run:
        """The run as far as it is trained: its networks that have been done in any cycle."""
        folder = str(self.folder.path) if self.folder else None
        return Run(self.record, self.networks, folder, converged=self.metrics().converged)

    def resume(self, *, time_limit: float | None = None, epochs: int | None = None) -> None:
        """Takes up what the folder holds: goes on where training was interrupted, or with a new cycle where it ended.

        Args:
            time_limit: seconds to train from now, in the place of what an interrupted training was left; None for that.
            epochs: the most more epochs of each network whose training has ended. An interrupted one has its own.

        Raises:
            UserError: training has ended and is given neither; it is interrupted and has other epochs; or the folder is
                damaged.
        """
        assert self.folder is not None
        saved = self.folder.resume_state(RunState, from_safetensors)
        if saved is not None:
            self._take_up(*saved)
        elif self.folder.networks_done() < len(self.record.orderings):
            self._keep_evaluations(0)  # it ended before the first save: from the start, then
        else:
            self._begin_another_cycle(time_limit, epochs)
            return
        if epochs not in (None, self.cycle.epochs):
            begun = "without --epochs" if self.cycle.epochs is None else f"with --epochs {self.cycle.epochs}"
            raise UserError(
                f"--epochs {epochs}: the training that was interrupted was begun {begun}",
                hint="Go on without --epochs; once it has ended, --resume --epochs N adds to it.",
                code=Exit.USAGE,
            )
        if time_limit is not None:
            time_limit = self._left_of(time_limit)
            self.cycle = replace(self.cycle, ends=self.metrics().seconds + time_limit)
            if self.network_trainer:
                self.network_trainer.extend(time_limit / (len(self.record.orderings) - len(self.done)))
            self._save()  # lest a killed process forget it

    def _take_up(self, tensors: dict[str, Tensor], state: RunState) -> None:
        """Goes on where a training was interrupted."""
        assert self.folder is not None
        self.cycle, self.done, self.evaluations = state.cycle, list(state.done), state.evaluations
        self._keep_evaluations(self.evaluations)
        self._load_networks(max(len(self.done), len(self.cycle.before)))
        if state.current is not None:
            self.network_trainer = self.trainer_of(len(self.done), state.current.cycle)
            self.network_trainer.restore(tensors, state.current)

    def _begin_another_cycle(self, time_limit: float | None, epochs: int | None) -> None:
        """Begins to train networks further whose training has ended."""
        assert self.folder is not None
        metrics = self.folder.metrics()
        assert metrics is not None  # saved together with the networks
        check_more(self.folder, time_limit=time_limit, epochs=epochs)
        ends = None if time_limit is None else metrics.seconds + self._left_of(time_limit)
        self.cycle = RunCycle(metrics.cycles, epochs, ends, metrics.networks)
        self.evaluations = self.folder.evaluations()
        self._load_networks(len(metrics.networks))
        self._save()

    def _left_of(self, limit: float) -> float:
        """Returns what preparing has left of a time limit: never less than half, lest nothing be learned."""
        return max(limit / 2, limit - max(0.0, self.spent - PREPARING))

    def _load_networks(self, count: int) -> None:
        assert self.folder is not None
        self.networks = [self.folder.load_network(self.record, i).to(self.device).eval() for i in range(count)]
        self.processes.wait()  # before the first one replaces what the others read

    def _keep_evaluations(self, count: int) -> None:
        if self._saved_in:
            self._saved_in.keep_evaluations(count)

    def train_and_evaluate(self, interrupted: Callable[[], bool]) -> Iterator[tuple[int, Evaluation]]:
        """Trains; yields the network's number and what was found after each evaluation.

        Args:
            interrupted: asked before every step. Once it says True the state is saved and the iterator ends;
                asking `finished` tells which end it was.
        """
        if self._saved_in and not self._saved_in.has_network(0):
            began = time.monotonic()
            self.network_trainer = self.network_trainer or self.trainer_of(0)
            self._save()  # so that a run that is there can be asked
            # It takes its time to make a large network and to save it; to save it at the end takes as much again.
            self.network_trainer.progress.seconds += time.monotonic() - began
        while not self.finished:
            index = len(self.done)
            self.network_trainer = self.network_trainer or self.trainer_of(index)
            evaluation = self.network_trainer.train_until_evaluation(interrupted)
            if evaluation is None:
                self._save(interrupted=True)
                self.processes.wait()  # lest the launcher end the first one as it saves, because another has ended
                return
            self.evaluations += 1
            if self._saved_in:
                self._saved_in.append_evaluation(index, evaluation)
            if self.network_trainer.stopped:
                self._network_is_done(self.network_trainer, self.network_trainer.stopped)
            elif time.monotonic() - self.saved_at > SAVE_EVERY:
                self._save()
            yield index, evaluation

    @property
    def finished(self) -> bool:
        """Whether all networks are trained."""
        return len(self.done) == len(self.record.orderings)

    @property
    def share_done(self) -> float:
        """A guess at how much of the training is done, in [0, 1]; it may end sooner."""
        current = self.network_trainer.share_done if self.network_trainer else 0.0
        return (len(self.done) + current) / len(self.record.orderings)

    @property
    def seconds(self) -> float:
        """Seconds trained, over the networks that this cycle has begun."""
        current = self.network_trainer.progress.seconds if self.network_trainer else 0.0
        return current + sum(metrics.seconds for metrics in self.done)

    @cached_property
    def parameters(self) -> int:
        """How many weights each network has."""
        return network_size(self.record.schema.kinds, self.record.network).weights

    def trainer_of(self, index: int, cycle: Cycle | None = None) -> NetworkTrainer:
        """Returns the trainer of a network, at the beginning of its cycle; None for the next in turn."""
        config = self.record.training
        if self.cycle.before:
            made = copy.deepcopy(self.networks[index])
        else:
            made = untrained(self.record, index).to(self.device)
            made.start_from_base_rates(self.rows.train)
        seed, orderings = network_seed(config.seed, index), self.record.orderings[index]
        cycle = cycle or self.network_cycle(index)
        return NetworkTrainer(made, self.rows, orderings, config, seed=seed, cycle=cycle)

    def network_cycle(self, index: int) -> Cycle:
        """Returns the next cycle of a network: what time there is left is shared with the networks after it."""
        run, config = self.cycle, self.record.training
        networks = len(self.record.orderings) - index
        left = None if run.ends is None else (run.ends - self.metrics().seconds) / networks
        return Cycle(
            seed=network_seed(config.seed, index, run.number),
            number=run.number,
            epochs=run.epochs,
            steps=None if run.number else config.steps,
            seconds=left,
            before=run.before[index] if run.before else None,
        )

    def _network_is_done(self, trainer: NetworkTrainer, stopped: str) -> None:
        index = len(self.done)
        self.done.append(trainer.metrics(stopped))
        self.networks[index : index + 1] = [trainer.finish().eval()]
        self.network_trainer = None
        if self._saved_in and trainer.improved:
            self._saved_in.put_network(index, self.networks[index].state_dict())
        self._save()

    def _save(self, *, interrupted: bool = False) -> None:
        """Saves metrics and what a restart needs, all at once."""
        self.saved_at = time.monotonic()
        folder = self._saved_in
        if folder is None:
            return
        current: NetworkState | None = None
        tensors: dict[str, Tensor] = {}
        if self.network_trainer:
            tensors, current = self.network_trainer.state()
            # What there is of this network can be used meanwhile; of the first, even what training starts from.
            if self.network_trainer.improved or not folder.has_network(0):
                folder.put_network(len(self.done), self.network_trainer.best_weights)
        metrics = self.metrics("interrupted" if interrupted else "in training")
        if self.finished:
            folder.drop_resume()
        else:
            state = RunState(self.cycle, tuple(self.done), self.evaluations, current)
            folder.put_resume(tensors, state, sum(network.steps for network in metrics.networks))
        folder.put_metrics(metrics)
        folder.commit()

    def metrics(self, stopped: str = "in training") -> RunMetrics:
        """Returns how far the training has come.

        Args:
            stopped: why the network in training is not done.
        """
        begun = [*self.done, *([self.network_trainer.metrics(stopped)] if self.network_trainer else [])]
        networks = (*begun, *self.cycle.before[len(begun) :])
        reached = [metrics.valid_nll for metrics in networks if metrics.valid_nll is not None]
        nll = float(np.mean(reached)) if reached else None
        return RunMetrics(
            finished=self.finished,
            converged=self.finished and all(metrics.converged for metrics in networks),
            cycles=self.cycle.number + 1,
            rows=RowCounts(self.rows.count, len(self.rows.valid)),
            columns=len(self.record.schema.kinds),
            parameters=self.parameters,
            valid={self.record.training.objective: ObjectiveMetrics(nll)},
            seconds=sum(metrics.seconds for metrics in networks),
            networks=networks,
        )
