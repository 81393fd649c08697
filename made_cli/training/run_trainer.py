"""The training of a run: its networks one after another, or several at the same time, saved as it goes.

Knows: what is saved when, how the time is divided among the networks, and the seed of each. It yields each evaluation,
and neither prints nor catches signals; whoever asks for the next evaluation decides whether there is one.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch

from made_cli.core.made import Made
from made_cli.runs.folder import Folder
from made_cli.runs.metrics import Evaluation, NetworkMetrics, RunMetrics
from made_cli.runs.record import RunRecord
from made_cli.runs.run import Run
from made_cli.runs.tensors import to_safetensors
from made_cli.training.beginning import begun, network_seed
from made_cli.training.distant import IN_TRAINING, Begin
from made_cli.training.network_trainer import NetworkTrainer
from made_cli.training.progress import Cycle, RunCycle, RunState, Saved, joined
from made_cli.training.rows import TrainingRows
from made_cli.training.run_metrics import run_metrics
from made_cli.training.workers import DistantTrainer, Workers, started

PREPARING = 3.0
"""Seconds of reading and preparing that are not counted against the time limit."""
SAVE_EVERY = 60.0
"""Seconds between two saves of what a restart needs."""


Trainer = NetworkTrainer | DistantTrainer


class RunTrainer:
    """The networks of a run in training.

    Args:
        record: what the run is.
        rows: the codes to train on.
        device: where to train.
        folder: where to save; None keeps the run in memory only.
        spent: seconds that reading and preparing took; where they are many, they count against the time limit.
        jobs: how many networks are trained at the same time, each by a process of its own; one by this process.
    """

    def __init__(
        self,
        record: RunRecord,
        rows: TrainingRows,
        device: torch.device,
        folder: Folder | None = None,
        *,
        spent: float = 0.0,
        jobs: int = 1,
    ) -> None:
        self.record, self.folder, self.device = record, folder, device
        self.jobs = max(1, min(jobs, len(record.orderings)))
        self.rows = rows if self.jobs > 1 else rows.to(device)
        self.processes = rows.processes  # of which the first saves
        (self.spent,) = self.processes.told(spent)
        limit = record.training.time_limit
        self.cycle = RunCycle(epochs=record.training.epochs, ends=None if limit is None else self.left_of(limit))
        self.made: dict[int, Made] = {}
        self.done: dict[int, NetworkMetrics] = {}
        self.waiting: dict[int, Saved] = {}
        self.training: dict[int, Trainer] = {}
        self.workers: Workers | None = None
        self.saved_at = time.monotonic()
        self.shared = 0.0  # seconds that the networks have been trained more than the run, by the clock
        self._began: float | None = None  # when the clock would have started, had it never stopped

    @property
    def networks(self) -> list[Made]:
        """The networks that have been done in any cycle."""
        return [self.made[index] for index in sorted(self.made)]

    @property
    def network_trainer(self) -> NetworkTrainer | None:
        """The trainer of the network that this process trains itself, if any."""
        return next((each for each in self.training.values() if isinstance(each, NetworkTrainer)), None)

    @property
    def _saved_in(self) -> Folder | None:
        """The folder, if it is this process that saves."""
        return self.folder if self.processes.is_first else None

    @property
    def run(self) -> Run:
        """The run as far as it is trained: its networks that have been done in any cycle."""
        folder = str(self.folder.path) if self.folder else None
        return Run(self.record, self.networks, folder, converged=self.metrics().converged)

    def train_and_evaluate(self, interrupted: Callable[[], bool]) -> Iterator[tuple[int, Evaluation]]:
        """Trains; yields the network's number and what was found after each evaluation.

        Args:
            interrupted: asked before every step, or a few times a second where processes train. Once it says True the
                state is saved and the iterator ends; asking `finished` tells which end it was.
        """
        with self._working():
            self._begin_first()
            while not self.finished:
                self.begin_networks()
                found = self._next(interrupted)
                if found is None:
                    self.save(interrupted=True)
                    self.processes.wait()  # lest the launcher end the first one as it saves, because another has ended
                    return
                index, _ = found
                if index in self.training and self.training[index].stopped:
                    self._finish(index)
                    self.save()
                elif time.monotonic() - self.saved_at > SAVE_EVERY:
                    self.save()
                yield found

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Has processes at work within the block, where several networks are trained at the same time."""
        if self.jobs == 1 or self.finished:
            yield
            return
        beside = self.folder.path if self.folder else None
        self._began = time.monotonic() - self.clock
        try:
            with started(
                self.record, self.rows, self.device, jobs=self.jobs, beside=beside, on_evaluation=self._log
            ) as self.workers:
                yield
        finally:
            self.shared, self._began, self.workers = self._shared_now, None, None

    def _begin_first(self) -> None:
        """Saves what training starts from, so that a run that is there can be asked."""
        if self._saved_in is None or self._saved_in.has_network(0):
            return
        began = time.monotonic()
        self.begin_networks()
        self.save()
        if self.network_trainer is not None:
            # It takes its time to make a large network and to save it; to save it at the end takes as much again.
            self.network_trainer.progress.seconds += time.monotonic() - began

    def begin_networks(self) -> None:
        """Begins with the next networks, as many as are trained at the same time."""
        for index in range(len(self.record.orderings)):
            if len(self.training) < self.jobs and index not in {*self.done, *self.training}:
                self.training[index] = self._begun(index)

    def _begun(self, index: int) -> Trainer:
        """Begins with a network, or goes on with it."""
        have_to_wait = len(self.waiting) > self.jobs - len(self.training)
        saved = self.waiting.pop(index, None)
        cycle = saved.state.cycle if saved else self.network_cycle(index)
        if saved and cycle.seconds and have_to_wait:  # which they had not when they were begun
            left = self.network_cycle(index).seconds or 0.0
            cycle = replace(cycle, seconds=min(cycle.seconds, saved.state.progress.seconds + left))
            saved = saved._replace(state=replace(saved.state, cycle=cycle))
        if self.workers:
            best = to_safetensors(self.made[index].state_dict()) if cycle.before else None
            given = (to_safetensors(saved.tensors), saved.state) if saved else None
            return self.workers.begin(Begin(index, cycle, best, given))
        trainer = self.trainer_of(index, cycle)
        if saved:
            trainer.restore(*saved)
        return trainer

    def _next(self, interrupted: Callable[[], bool]) -> tuple[int, Evaluation] | None:
        """Trains up to the next evaluation; returns the network's number and what was found, None if interrupted."""
        if self.workers:
            return self.workers.next_evaluation(interrupted)
        ((index, trainer),) = self.training.items()
        assert isinstance(trainer, NetworkTrainer)
        evaluation = trainer.train_until_evaluation(interrupted)
        if evaluation is None:
            return None
        self._log(index, evaluation)
        return index, evaluation

    def _log(self, index: int, evaluation: Evaluation) -> None:
        if self._saved_in:
            self._saved_in.append_evaluation(index, evaluation)

    def trainer_of(self, index: int, cycle: Cycle | None = None) -> NetworkTrainer:
        """Returns the trainer of a network, at the beginning of its cycle; None for the next in turn."""
        best = self.made[index] if self.cycle.before else None
        return begun(self.record, self.rows, index, cycle or self.network_cycle(index), best)

    @property
    def finished(self) -> bool:
        """Whether all networks are trained."""
        return len(self.done) == len(self.record.orderings)

    @property
    def share_done(self) -> float:
        """A guess at how much of the training is done, in [0, 1]; it may end sooner."""
        current = sum(trainer.share_done for trainer in self.training.values())
        return (len(self.done) + current) / len(self.record.orderings)

    @property
    def seconds(self) -> float:
        """Seconds trained, by the clock, over the networks that this cycle has begun."""
        current = sum(trainer.seconds for trainer in self.training.values())
        return current + sum(metrics.seconds for metrics in self.done.values()) - self._shared_now

    def left_of(self, limit: float) -> float:
        """Returns what preparing has left of a time limit: never less than half, lest nothing be learned."""
        return max(limit / 2, limit - max(0.0, self.spent - PREPARING))

    @property
    def clock(self) -> float:
        """Seconds that the run has been trained, by the clock: `cycle.ends` is one of them."""
        if self._began is None:
            return self.metrics().seconds - self.shared
        return time.monotonic() - self._began

    @property
    def _shared_now(self) -> float:
        """How many seconds more the networks have been trained than the run, by the clock."""
        return self.shared if self._began is None else self.metrics().seconds - self.clock

    def network_cycle(self, index: int) -> Cycle:
        """Returns the next cycle of a network: what time there is left is shared with the networks after it."""
        run, config = self.cycle, self.record.training
        turns = self.turns(len(self.record.orderings) - index)
        return Cycle(
            seed=network_seed(config.seed, index, run.number),
            number=run.number,
            epochs=run.epochs,
            steps=None if run.number else config.steps,
            seconds=None if run.ends is None else (run.ends - self.clock) / turns,
            before=run.before[index] if run.before else None,
        )

    def turns(self, networks: int) -> int:
        """Returns how often so many networks have to be taken, as many at a time as are trained at the same time."""
        return -(-networks // self.jobs)

    def _finish(self, index: int) -> None:
        """Takes the network from a training that has come to its end."""
        trainer = self.training.pop(index)
        self.done[index] = trainer.metrics(IN_TRAINING)
        self.made[index] = trainer.finish().to(self.device).eval()
        if self._saved_in and trainer.improved:
            self._saved_in.put_network(index, self.made[index].state_dict())

    def keep_evaluations(self) -> None:
        """Keeps of the log of evaluations what the networks of this cycle are known to have found."""
        if self._saved_in:
            known: dict[int, int | None] = dict.fromkeys(self.done)
            known |= {index: saved.state.progress.evaluations for index, saved in self.waiting.items()}
            self._saved_in.keep_evaluations(self.cycle.lines, known)

    def save(self, *, interrupted: bool = False) -> None:
        """Saves metrics and what a restart needs, all at once."""
        self.saved_at = time.monotonic()
        folder = self._saved_in
        if folder is None:
            return
        saved = dict(self.waiting)
        for index, trainer in [*self.training.items()]:
            own = Saved(*trainer.state())
            if trainer.stopped:  # of a process that was told to go on until it is asked
                self._finish(index)
                continue
            saved[index] = own
            # What there is of this network can be used meanwhile; of the first, even what training starts from.
            if trainer.improved or not folder.has_network(0):
                folder.put_network(index, trainer.best_weights)
        metrics = self.metrics("interrupted" if interrupted else IN_TRAINING)
        if self.finished:
            folder.drop_resume()
            self.keep_evaluations()  # each network's by themselves
        else:
            states = {index: each.state for index, each in saved.items()}
            tensors = joined({str(index): each.tensors for index, each in saved.items()})
            state = RunState(self.cycle, self.done, states, self._shared_now)
            folder.put_resume(tensors, state, sum(network.steps for network in metrics.networks))
        folder.put_metrics(metrics)
        folder.commit()

    def metrics(self, stopped: str = IN_TRAINING) -> RunMetrics:
        """Returns how far the training has come.

        Args:
            stopped: why the networks in training are not done.
        """
        found = {index: saved.state.metrics(stopped) for index, saved in self.waiting.items()} | self.done
        found |= {index: trainer.metrics(stopped) for index, trainer in self.training.items()}
        begun = [found[index] for index in sorted(found)]
        networks = (*begun, *self.cycle.before[len(begun) :])
        return run_metrics(self.record, self.rows, self.cycle, networks, finished=self.finished)
