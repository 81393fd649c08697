"""The training of one network, an evaluation at a time.

Knows: the step, the average of the weights, the best weights, and when training ends. It neither prints nor writes:
the caller asks for one evaluation after another and does with the result what it likes, so that progress bars, files
and Ctrl-C are no business of this module.

Reference: Germain et al. 2015, algorithm 1; what a step minimises is in `made_cli.training.objectives`.
"""

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from made_cli.config import TrainingConfig
from made_cli.core.activations import Dropout
from made_cli.core.gradients import Gradients
from made_cli.core.known_cells import KnownCells
from made_cli.core.made import Made
from made_cli.core.orderings import Ordering
from made_cli.errors import Exit, UserError
from made_cli.runs.metrics import Evaluation, NetworkMetrics, ValidationNll
from made_cli.training.clock import Clock
from made_cli.training.convergence import levelled_off
from made_cli.training.epochs import Epochs
from made_cli.training.few_rows import evaluation_steps
from made_cli.training.objectives import objective_of, read_once
from made_cli.training.optimiser import SLOTS, Optimiser
from made_cli.training.precision import products_of
from made_cli.training.progress import Cycle, NetworkState, Progress, joined, part_of
from made_cli.training.rows import TrainingRows
from made_cli.training.schedule import TIME_LIMIT, Schedule
from made_cli.training.step_orderings import StepOrderings
from made_cli.training.validation import Validation

EVALUATION_STEPS = 100
"""The validation rows are evaluated after whole epochs of together at least this many steps."""
AVERAGED_ONE_BY_ONE, AVERAGED_EVERY = 100, 8
"""Steps after each of which the average is taken; later it is long, and moves little from one to the next."""
TIMED_STEPS, TIMED_SECONDS = 10, 5.0
STOPPED_IMPROVING = "validation stopped improving"


class NetworkTrainer:
    """One network in training.

    Args:
        made: starts from its weights; ends with the best averaged ones.
        rows: codes to train on and to evaluate.
        orderings: the base orderings, trained in turn; None for fresh ones every step.
        config: how to train.
        seed: of what validation draws, the same in every cycle, so that evaluations compare.
        cycle: how much to train, from which seed, and what went before.
    """

    def __init__(
        self,
        made: Made,
        rows: TrainingRows,
        orderings: Sequence[Ordering] | None,
        config: TrainingConfig,
        *,
        seed: int,
        cycle: Cycle,
    ) -> None:
        processes = rows.processes
        self.clock = Clock(time.monotonic(), processes)
        processes.take_from_first(list(made.parameters()))
        self.made, self.rows, self.config, self.cycle = made, rows, config, cycle
        self.row_rng = np.random.default_rng([cycle.seed, 0])
        self.generator = torch.Generator(made.device).manual_seed(cycle.seed)
        self.objective = objective_of(config, self.generator, processes)
        per_step, columns = self.objective.orderings_per_step, len(made.kinds)
        self.orderings = StepOrderings(orderings, columns, config, per_step=per_step, seed=cycle.seed)
        validated, questions = self.orderings.validated(seed), self.orderings.question_share > 0
        self.validation = Validation(
            read_once(made, rows.valid), validated, self.objective, seed, questions=questions, among=processes
        )
        self.optimiser, self.products = Optimiser(made, config, processes), products_of(config)
        self.average = copy.deepcopy(made)
        self.averages, self.weights = list(self.average.parameters()), list(made.parameters())
        self.best_weights = {name: weight.clone() for name, weight in made.state_dict().items()}
        assert config.batch_size is not None  # given its default when the run was prepared
        self.epochs = Epochs(made, rows, config.batch_size, self.row_rng)
        self.schedule = Schedule(cycle.most_steps(rows.count, config.batch_size))
        # Copies of a large network, and what torch imports for an optimiser, take their time, too.
        self.progress = Progress(seconds=self.clock.seconds)

    @property
    def stopped(self) -> str | None:
        """Why training has come to its end, None while it goes on."""
        return self.schedule.reason if self.schedule.finished(self.progress.step) else None

    def train_until_evaluation(self, interrupted: Callable[[], bool] = lambda: False) -> Evaluation | None:
        """Trains up to the next evaluation, then evaluates the validation rows.

        Args:
            interrupted: asked before every step; True ends the call there, and a later one goes on from there.

        Returns:
            What was found; None if it was interrupted.

        Raises:
            UserError: the loss is no longer finite.
        """
        now = self.progress
        self.clock.go_on(now.seconds)
        while not self._evaluation_is_due():
            if self.clock.agree(interrupted()):
                return None
            with self.clock.timed("step"):
                self._step()
            now.seconds = self.clock.seconds
        train_nll = now.loss / now.rows
        with self.clock.timed("evaluation"):
            found = self._validate()
        self.clock.agree()
        if not math.isfinite(train_nll + found.target):
            raise UserError(
                f"training diverged: the loss is {train_nll} after {now.step} steps",
                hint="Train again with a lower --learning-rate; --force replaces this run.",
                code=Exit.DIVERGED,
            )
        # One that was cut short is of other rows: it counts where there is none to compare it with.
        comparable = not self.clock.was_cut or math.isinf(min(now.best.nll, self.cycle.best_before.nll))
        patience, plateau = self.config.patience, self.schedule.decay_start is None
        best = comparable and now.note(found, self.cycle, patience, on_plateau=plateau)
        if best:
            self.best_weights = {name: weight.clone() for name, weight in self.average.state_dict().items()}
        now.evaluations, now.last_evaluation, now.loss, now.rows = now.evaluations + 1, now.step, 0.0, 0
        now.seconds = self.clock.seconds
        self._consider_decay()
        reached, rate = self.metrics("in training"), self._learning_rate()
        done = (reached.steps, reached.epochs, train_nll)
        return Evaluation(*done, found.nll, rate, best, reached.seconds, found.with_questions)

    @property
    def seconds(self) -> float:
        """Seconds trained in this cycle."""
        return self.progress.seconds

    def metrics(self, stopped: str) -> NetworkMetrics:
        """Returns the figures to report.

        Args:
            stopped: why the network is not done, where it is not.
        """
        plateau = self.progress.plateau
        converged = self.stopped == STOPPED_IMPROVING or (self.stopped is not None and levelled_off(plateau))
        return self.progress.metrics(self.cycle, self.stopped or stopped, converged=converged)

    @property
    def improved(self) -> bool:
        """Whether this cycle has found better weights than it began with."""
        return self.progress.best.is_below(self.cycle.best_before)

    def extend(self, seconds: float) -> None:
        """Gives the network so many seconds more from now, in the place of what its time limit left."""
        more = NetworkState(self.cycle, self.progress, self.schedule, {}).extended(seconds)
        self.cycle, self.schedule = more.cycle, more.schedule

    @property
    def share_done(self) -> float:
        """The share of the budget that is used, or of the decay once the end is known."""
        now, schedule = self.progress, self.schedule
        if schedule.decay_end is not None:
            return min(1.0, now.step / schedule.decay_end)
        return min(1.0, max(now.step / schedule.budget, self._time_used))

    def time_a_step(self) -> float:
        """Takes a few steps; returns the median of their seconds. Training has begun then."""
        times: list[float] = []
        while len(times) < TIMED_STEPS and sum(times) < TIMED_SECONDS:
            with self.clock.timed("step"):
                self._step()
            times.append(self.clock.taken["step"])
        return float(np.median(times))

    def finish(self) -> Made:
        """Gives the network the best weights found, and returns it."""
        self.made.load_state_dict(self.best_weights)
        return self.made

    def state(self) -> tuple[dict[str, Tensor], NetworkState]:
        """Returns all that it takes to go on as if nothing had happened: tensors, and what JSON holds."""
        parts = {
            "weights": self.made.state_dict(),
            "average": self.average.state_dict(),
            "best": self.best_weights,
            "objective": self.objective.state(),
            **self.optimiser.state(),
        }
        tensors = {**joined(parts), **self.epochs.state(), "generator": self.generator.get_state()}
        rngs = {"rows": self.row_rng.bit_generator.state, "orderings": self.orderings.rng.bit_generator.state}
        return tensors, NetworkState(self.cycle, replace(self.progress), replace(self.schedule), rngs)

    def restore(self, tensors: Mapping[str, Tensor], state: NetworkState) -> None:
        """Takes up the state that `state` returned, of a training with the same arguments."""
        device = self.made.device
        self.made.load_state_dict(part_of(tensors, "weights"))
        self.average.load_state_dict(part_of(tensors, "average"))
        self.best_weights = {name: value.to(device) for name, value in part_of(tensors, "best").items()}
        self.objective.restore({name: value.to(device) for name, value in part_of(tensors, "objective").items()})
        self.optimiser.restore({slot: part_of(tensors, slot) for slot in SLOTS})
        self.epochs.restore(tensors)
        self.generator.set_state(tensors["generator"])
        self.row_rng.bit_generator.state = state.rngs["rows"]
        self.orderings.rng.bit_generator.state = state.rngs["orderings"]
        self.cycle, self.progress, self.schedule = state.cycle, replace(state.progress), replace(state.schedule)

    def _evaluation_is_due(self) -> bool:
        """Says whether to evaluate: after whole epochs, or at once where training has to come to its end."""
        now = self.progress
        if now.step == now.last_evaluation:
            return False
        if self.schedule.finished(now.step) or self._steps_are_late() or self._time_is_late() or self._time_used >= 1:
            return True
        # An evaluation masks the weights once for each trained ordering, so as many steps lie between two.
        steps = max(evaluation_steps(self.rows.count, EVALUATION_STEPS), len(self.orderings.base or ()))
        since = now.step - now.last_evaluation
        return since >= steps and self.epochs.may_pause(since)

    def _steps_are_late(self) -> bool:
        return self.schedule.is_late(self.progress.step / self.schedule.budget)

    def _time_is_late(self) -> bool:
        return self.schedule.is_late(self._time_used)

    @property
    def _time_used(self) -> float:
        """The share of the time limit that is used."""
        return self.clock.share_used(self.progress.seconds, self.cycle.seconds)

    def _steps_in_time(self) -> float:
        """Returns how many more steps the time limit leaves, at the pace so far."""
        if self.cycle.seconds is None:
            return math.inf
        return max(0.0, self.cycle.seconds / self.progress.seconds - 1) * self.progress.step

    def _step(self) -> None:
        """Takes a step on the next batch of the epoch, and a new epoch where the last one is through."""
        now = self.progress
        rows, count = self.epochs.next()
        dropout = Dropout(self.made.config.dropout, self.generator) if self.made.config.dropout else None
        gradients = Gradients()
        cells = KnownCells(self.made, self.products, gradients)
        loss = self.objective.loss(cells, rows, self.orderings.at(now.step), dropout)
        loss = self.optimiser.take_step(loss, gradients, self._learning_rate())
        now.step, now.epoch = now.step + 1, now.epoch + self.epochs.is_over
        now.loss, now.rows = now.loss + float(loss) * count, now.rows + count
        self._take_average()

    @torch.no_grad()
    def _take_average(self) -> None:
        step = self.progress.step
        every = 1 if step <= AVERAGED_ONE_BY_ONE else AVERAGED_EVERY
        if step % every == 0:
            decay = min(self.config.averaging, (1 + step) / (10 + step)) ** every
            torch._foreach_lerp_([*self.averages], [*self.weights], 1 - decay)

    def _validate(self) -> ValidationNll:
        """Evaluates the validation rows under the averaged weights."""
        return self.validation.nll(self.average, partial(self.clock.has_to_cut, self.cycle.seconds))

    def _learning_rate(self) -> float:
        return self.config.learning_rate * self.schedule.factor(self.progress.step)

    def _consider_decay(self) -> None:
        """Brings the learning rate down once validation stops improving or a budget nears its end."""
        now = self.progress
        if self._time_used >= 1 and not self.schedule.finished(now.step):
            self.schedule.end(now.step, TIME_LIMIT)
        if self.schedule.decay_start is not None:
            return
        if now.since_lowest >= self.config.patience:
            # Rows may have been learned by heart since: the decay begins where validation was best.
            for made in (self.made, self.average):
                made.load_state_dict(self.best_weights)
            self.schedule.start_decay(now.step, STOPPED_IMPROVING, self._steps_in_time())
        elif self._steps_are_late():
            self.schedule.start_decay(now.step, "the last epoch" if self.cycle.epochs else "the last step")
        elif self._time_is_late():
            self.schedule.start_decay(now.step, TIME_LIMIT, self._steps_in_time())
