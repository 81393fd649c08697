"""The training of a run: its networks one after another, saved as it goes.

Knows: what is saved when, how the time is divided among the networks, and the seed of each. It yields each evaluation,
and neither prints nor catches signals; whoever asks for the next evaluation decides whether there is one.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from made_cli.core.made import Made
from made_cli.errors import Exit, UserError
from made_cli.runs.folder import Folder
from made_cli.runs.metrics import Evaluation, NetworkMetrics, ObjectiveMetrics, RowCounts, RunMetrics
from made_cli.runs.record import RunRecord
from made_cli.runs.run import Run
from made_cli.training.network_trainer import NetworkTrainer
from made_cli.training.progress import NetworkState, RunState
from made_cli.training.rows import TrainingRows

SAVE_EVERY = 60.0
"""Seconds between two saves of what a restart needs."""


@dataclass(frozen=True)
class Costs:
    """What a training costs: memory in megabytes, seconds a step, and the most steps of each network."""

    parameters: int
    networks: int
    megabytes: float
    step_seconds: float
    steps: int


class RunTrainer:
    """The networks of a run in training.

    Args:
        record: what the run is.
        rows: the codes to train on.
        device: where to train.
        folder: where to save; None keeps the run in memory only.
    """

    def __init__(
        self, record: RunRecord, rows: TrainingRows, device: torch.device, folder: Folder | None = None
    ) -> None:
        self.record, self.folder, self.device = record, folder, device
        self.rows = rows.to(device)
        self.networks: list[Made] = []
        self.done: list[NetworkMetrics] = []
        self.evaluations = 0
        self.saved_at = time.monotonic()
        self.network_trainer: NetworkTrainer | None = None

    @property
    def run(self) -> Run:
        """The run as far as it is trained: its networks that are done."""
        return Run(self.record, self.networks, str(self.folder.path) if self.folder else None)

    def resume(self) -> None:
        """Takes up what the folder holds.

        Raises:
            UserError: training has ended, so that there is nothing to resume, or the folder is damaged.
        """
        assert self.folder is not None
        saved = self.folder.resume_state(RunState)
        if saved is None and self.folder.networks_done() < len(self.record.orderings):
            self.folder.keep_evaluations(0)  # it ended before the first save: from the start, then
            return
        if saved is None:
            raise UserError(
                f"{self.folder.path}: training has ended; there is nothing to resume",
                hint="Use it as it is, or train anew with --force.",
                code=Exit.RUN_REFUSED,
            )
        tensors, state = saved
        self.done, self.evaluations = list(state.done), state.evaluations
        self.folder.keep_evaluations(self.evaluations)
        done = len(self.done)
        self.networks = [self.folder.load_network(self.record, index).to(self.device) for index in range(done)]
        self.network_trainer = self._network_trainer(done)
        if state.current is not None:
            self.network_trainer.restore(tensors, state.current)

    def train_and_evaluate(self, interrupted: Callable[[], bool]) -> Iterator[tuple[int, Evaluation]]:
        """Trains; yields the network's number and what was found after each evaluation.

        Args:
            interrupted: asked before every step. Once it says True the state is saved and the iterator ends;
                asking `finished` tells which end it was.
        """
        while not self.finished:
            index = len(self.networks)
            self.network_trainer = self.network_trainer or self._network_trainer(index)
            evaluation = self.network_trainer.train_until_evaluation(interrupted)
            if evaluation is None:
                self._save(interrupted=True)
                return
            self.evaluations += 1
            if self.folder:
                self.folder.append_evaluation(index, evaluation)
            if self.network_trainer.stopped:
                self._network_is_done(self.network_trainer, self.network_trainer.stopped)
            elif time.monotonic() - self.saved_at > SAVE_EVERY:
                self._save()
            yield index, evaluation

    @property
    def finished(self) -> bool:
        """Whether all networks are trained."""
        return len(self.networks) == len(self.record.orderings)

    @property
    def share_done(self) -> float:
        """A guess at how much of the training is done, in [0, 1]; it may end sooner."""
        current = self.network_trainer.share_done if self.network_trainer else 0.0
        return (len(self.networks) + current) / len(self.record.orderings)

    @cached_property
    def parameters(self) -> int:
        """How many weights each network has."""
        return sum(weight.numel() for weight in untrained(self.record, 0).parameters())

    def costs(self) -> Costs:
        """Times a few steps of the first network, and counts."""
        trainer = self._network_trainer(0)
        # Weights, their average, the best, gradients and two moments of the optimiser.
        weights = 6 * self.parameters * torch.finfo(trainer.made.dtype).bits / 8
        size = weights + self.rows.train.nbytes + self.rows.valid.nbytes
        networks = len(self.record.orderings)
        return Costs(self.parameters, networks, size / 1e6, trainer.time_a_step(), trainer.schedule.budget)

    def _network_trainer(self, index: int) -> NetworkTrainer:
        made = untrained(self.record, index).to(self.device)
        made.start_from_base_rates(self.rows.train)
        config = self.record.training
        used = sum(metrics.seconds for metrics in self.done)
        limit = None if config.time_limit is None else (config.time_limit - used) / (len(self.record.orderings) - index)
        seed = network_seed(config.seed, index)
        orderings = self.record.orderings[index]
        return NetworkTrainer(made, self.rows, orderings, config, seed=seed, time_limit=limit)

    def _network_is_done(self, trainer: NetworkTrainer, stopped: str) -> None:
        self.done.append(trainer.progress.metrics(stopped))
        self.networks.append(trainer.finish().eval())
        self.network_trainer = None
        if self.folder:
            self.folder.put_network(len(self.networks) - 1, self.networks[-1].state_dict())
        self._save()

    def _save(self, *, interrupted: bool = False) -> None:
        """Saves metrics and what a restart needs, all at once."""
        self.saved_at = time.monotonic()
        if not self.folder:
            return
        current: NetworkState | None = None
        tensors: dict[str, Tensor] = {}
        if self.network_trainer:
            tensors, current = self.network_trainer.state()
            if self.network_trainer.progress.evaluations:  # what there is of this network can be used meanwhile
                self.folder.put_network(len(self.networks), self.network_trainer.best_weights)
        if self.finished:
            self.folder.drop_resume()
        else:
            state = RunState(tuple(self.done), self.evaluations, current)
            self.folder.put_resume(tensors, state, sum(metrics.steps for metrics in self.done) + self._step)
        self.folder.put_metrics(self.metrics("interrupted" if interrupted else "in training"))
        self.folder.commit()

    @property
    def _step(self) -> int:
        return self.network_trainer.progress.step if self.network_trainer else 0

    def metrics(self, stopped: str = "in training") -> RunMetrics:
        """Returns how far the training has come.

        Args:
            stopped: why the network in training is not done.
        """
        current = [self.network_trainer.progress.metrics(stopped)] if self.network_trainer else []
        networks = (*self.done, *current)
        reached = [metrics.valid_nll for metrics in networks if metrics.valid_nll is not None]
        nll = float(np.mean(reached)) if reached else None
        return RunMetrics(
            finished=self.finished,
            rows=RowCounts(len(self.rows.train), len(self.rows.valid)),
            columns=len(self.record.schema.kinds),
            parameters=self.parameters,
            valid={self.record.training.objective: ObjectiveMetrics(nll)},
            seconds=sum(metrics.seconds for metrics in networks),
            networks=networks,
        )


def untrained(record: RunRecord, index: int) -> Made:
    """Makes network `index` of a run with the weights that training starts from, but for the base rates."""
    generator = torch.Generator().manual_seed(network_seed(record.training.seed, index))
    return Made(record.schema.kinds, record.network, generator)


def network_seed(seed: int, index: int) -> int:
    """Returns the seed of all that is drawn for one network of a run."""
    return int(np.random.SeedSequence([seed, index]).generate_state(1, np.uint64)[0] >> np.uint64(1))
