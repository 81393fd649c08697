"""The training of one network, an evaluation at a time.

Knows: the loss, the optimiser, the average of the weights and when to stop. It neither prints nor writes: the
caller asks for one evaluation after another and does with the result what it likes, so that progress bars, files and
Ctrl-C are no business of this module.

Reference: Germain et al. 2015, algorithm 1; what a step makes small is in `made_cli.training.objectives`.
"""

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from made_cli.config import TrainingConfig
from made_cli.core.known_cells import KnownCells
from made_cli.core.made import Made
from made_cli.core.network import Dropout
from made_cli.core.orderings import Ordering, draws
from made_cli.errors import Exit, UserError
from made_cli.training.objectives import objective_of
from made_cli.training.schedule import Schedule

EVALUATION_STEPS = 100
"""The validation rows are evaluated after whole epochs of together at least this many steps."""
CLIP = 5.0
"""Gradients longer than this are shortened to it."""
VALIDATION_ORDERINGS = 4
"""Orderings that the validation bound averages over."""
EVALUATED = 8_000_000
"""Numbers in the widest array that a batch of validation makes."""
TIMED_STEPS = 10
OPTIMISER_SLOTS = ("step", "exp_avg", "exp_avg_sq")
"""What AdamW keeps of each weight."""


@dataclass(frozen=True)
class Evaluation:
    """What one evaluation of the validation rows found.

    Attributes:
        step: steps done.
        epoch: epochs done.
        train_nll: mean of the training loss since the last evaluation, nats a row, with dropout.
        valid_nll: the objective (by default the bound) on the validation rows under the averaged weights, nats a row.
        learning_rate: at the last step.
        best: whether no evaluation before was better.
        seconds: training time so far, over all sittings.
    """

    step: int
    epoch: int
    train_nll: float
    valid_nll: float
    learning_rate: float
    best: bool
    seconds: float


class Split(NamedTuple):
    """Codes (N, D) to train on and (N', D) to evaluate."""

    train: Tensor
    valid: Tensor


class NetworkTrainer:
    """One network in training.

    Args:
        made: starts from its weights; ends with the best averaged ones.
        rows: codes to train on and to evaluate.
        orderings: those trained in turn; None for a fresh one every step.
        config: how to train.
        seed: of everything drawn in this training.
        time_limit: seconds for this network; None for no limit.
    """

    def __init__(
        self,
        made: Made,
        rows: Split,
        orderings: Sequence[Ordering] | None,
        config: TrainingConfig,
        *,
        seed: int,
        time_limit: float | None = None,
    ) -> None:
        self.made, self.rows, self.orderings = made, rows, orderings
        self.config, self.time_limit = config, time_limit
        self.row_rng, self.ordering_rng = (np.random.default_rng([seed, stream]) for stream in range(2))
        self.generator = torch.Generator(made.device).manual_seed(seed)
        self.validation_orderings = self._some_orderings(seed)
        self.objective = objective_of(config, self.generator)
        self.optimiser = _optimiser(made, config)
        self.average = copy.deepcopy(made)
        self.best_weights = {name: weight.clone() for name, weight in made.state_dict().items()}
        self.batches = -(-len(rows.train) // config.batch_size)
        assert config.steps is not None  # settled when the run was prepared
        self.schedule = Schedule(config.epochs * self.batches if config.epochs else config.steps)
        self.order = torch.empty(0, dtype=torch.long)
        self.progress = Progress()

    @property
    def stopped(self) -> str | None:
        """Why training has come to its end, None while it goes on."""
        return self.schedule.reason if self.schedule.finished(self.progress.step) else None

    def train_until_evaluation(self, interrupted: Callable[[], bool] = lambda: False) -> Evaluation | None:
        """Trains up to the next evaluation, then evaluations at the validation rows.

        Args:
            interrupted: asked before every step; True leaves off there, and a later call goes on from there.

        Returns:
            What was found; None if it was interrupted.

        Raises:
            UserError: the loss is no longer finite.
        """
        now, started = self.progress, time.monotonic()
        before = now.seconds
        while not self._evaluation_is_due():
            if interrupted():
                return None
            self._step()
            now.seconds = before + time.monotonic() - started
        train_nll = now.loss / now.rows
        valid_nll = self._validate()
        if not math.isfinite(train_nll + valid_nll):
            raise UserError(
                f"training diverged: the loss is {train_nll} after {now.step} steps",
                hint="Train again with a lower --learning-rate; --force replaces this run.",
                code=Exit.DIVERGED,
            )
        best = valid_nll < now.best_nll
        if best:
            now.best_nll, now.best_step, now.since_best = valid_nll, now.step, 0
            self.best_weights = {name: weight.clone() for name, weight in self.average.state_dict().items()}
        else:
            now.since_best += 1
        now.evaluations, now.last_evaluation, now.loss, now.rows = now.evaluations + 1, now.step, 0.0, 0
        now.seconds = before + time.monotonic() - started
        self._consider_decay()
        return Evaluation(now.step, now.epoch, train_nll, valid_nll, self._learning_rate(), best, now.seconds)

    @property
    def share_done(self) -> float:
        """The share of the budget that is used, or of the decay once the end is known."""
        now, schedule = self.progress, self.schedule
        if schedule.decay_end is not None:
            return min(1.0, now.step / schedule.decay_end)
        return min(1.0, max(now.step / schedule.budget, self._time_used))

    def time_a_step(self) -> float:
        """Takes a few steps; returns the median of their seconds. Training has begun then."""
        times = []
        for _ in range(TIMED_STEPS):
            started = time.perf_counter()
            self._step()
            times.append(time.perf_counter() - started)
        return float(np.median(times))

    def finish(self) -> Made:
        """Gives the network the best weights found, and returns it."""
        self.made.load_state_dict(self.best_weights)
        return self.made

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Returns all that it takes to go on as if nothing had happened: tensors, and what JSON holds."""
        moments = {
            f"{slot}.{name}": value
            for name, weight in self.made.named_parameters()
            for slot, value in self.optimiser.state[weight].items()
        }
        models = {
            "weights": self.made.state_dict(),
            "average": self.average.state_dict(),
            "best": self.best_weights,
            "objective": self.objective.state(),
        }
        weights = {f"{part}.{name}": value for part, named in models.items() for name, value in named.items()}
        tensors = {**weights, **moments, "order": self.order, "generator": self.generator.get_state()}
        rngs = {"rows": self.row_rng.bit_generator.state, "orderings": self.ordering_rng.bit_generator.state}
        return tensors, {"progress": asdict(self.progress), "schedule": asdict(self.schedule), "rngs": rngs}

    def restore(self, tensors: Mapping[str, Tensor], state: Mapping[str, Any]) -> None:
        """Takes up the state that `state` returned, of a training with the same arguments."""

        def part(name: str) -> dict[str, Tensor]:
            return {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}

        self.made.load_state_dict(part("weights"))
        self.average.load_state_dict(part("average"))
        self.best_weights = {name: value.to(self.made.device) for name, value in part("best").items()}
        self.objective.restore({name: value.to(self.made.device) for name, value in part("objective").items()})
        for name, weight in self.made.named_parameters():
            slots = {slot: tensors[f"{slot}.{name}"] for slot in OPTIMISER_SLOTS if f"{slot}.{name}" in tensors}
            self.optimiser.state[weight].update({slot: value.to(weight.device) for slot, value in slots.items()})
        self.order = tensors["order"]
        self.generator.set_state(tensors["generator"])
        self.row_rng.bit_generator.state = state["rngs"]["rows"]
        self.ordering_rng.bit_generator.state = state["rngs"]["orderings"]
        self.progress, self.schedule = Progress(**state["progress"]), Schedule(**state["schedule"])

    def _evaluation_is_due(self) -> bool:
        """Says whether to evaluate: after whole epochs, or at once where training has to come to its end."""
        now = self.progress
        if now.step == now.last_evaluation:
            return False
        if self.schedule.finished(now.step) or self._steps_are_late() or self._time_is_late() or self._time_used >= 1:
            return True
        return len(self.order) == 0 and now.step >= now.last_evaluation + EVALUATION_STEPS

    def _steps_are_late(self) -> bool:
        return self.schedule.is_late(self.progress.step / self.schedule.budget)

    def _time_is_late(self) -> bool:
        return self.schedule.is_late(self._time_used)

    @property
    def _time_used(self) -> float:
        """The share of the time limit that is used; earlier networks may have left this one no time at all."""
        if self.time_limit is None:
            return 0.0
        return self.progress.seconds / self.time_limit if self.time_limit > 0 else math.inf

    def _steps_in_time(self) -> float:
        """Returns how many more steps the time limit leaves, at the pace so far."""
        if self.time_limit is None:
            return math.inf
        return max(0.0, self.time_limit / self.progress.seconds - 1) * self.progress.step

    def _step(self) -> None:
        """Takes a step on the next batch of the epoch, and a new epoch where the last one is through."""
        now = self.progress
        if len(self.order) == 0:
            self.order = torch.from_numpy(self.row_rng.permutation(len(self.rows.train)))
        batch, self.order = self.order[: self.config.batch_size], self.order[self.config.batch_size :]
        for group in self.optimiser.param_groups:
            group["lr"] = self._learning_rate()
        dropout = Dropout(self.made.config.dropout, self.generator) if self.made.config.dropout else None
        loss = self.objective.loss(self.made, self.rows.train[batch], self._orderings(), dropout)
        self.optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.made.parameters(), CLIP)
        self.optimiser.step()
        now.step, now.epoch = now.step + 1, now.epoch + (len(self.order) == 0)
        now.loss, now.rows = now.loss + float(loss.detach()) * len(batch), now.rows + len(batch)
        self._take_average()

    def _orderings(self) -> list[Ordering]:
        """Returns the orderings of the next step: fresh ones, or the next in turn of those trained."""
        count = self.objective.orderings_per_step
        if self.orderings is not None:
            start = self.progress.step * count
            return [self.orderings[place % len(self.orderings)] for place in range(start, start + count)]
        resampled = self.config.connectivity == "resampled"
        stream = draws(len(self.made.kinds), self.ordering_rng, resample_connectivity=resampled)
        return list(islice(stream, count))

    def _some_orderings(self, seed: int) -> list[Ordering]:
        """Returns the orderings that validation averages over, the same at every evaluation."""
        if self.orderings is not None:
            return list(self.orderings[:VALIDATION_ORDERINGS])
        resampled, rng = self.config.connectivity == "resampled", np.random.default_rng([seed, 2])
        return list(islice(draws(len(self.made.kinds), rng, resample_connectivity=resampled), VALIDATION_ORDERINGS))

    @torch.no_grad()
    def _take_average(self) -> None:
        decay = min(self.config.averaging, (1 + self.progress.step) / (10 + self.progress.step))
        torch._foreach_lerp_(list(self.average.parameters()), list(self.made.parameters()), 1 - decay)

    @torch.no_grad()
    def _validate(self) -> float:
        """Returns the objective on the validation rows under the averaged weights, nats a row."""
        columns, size, rows = [], max(1, EVALUATED // self.average.peak_width), KnownCells(self.average)
        for ordering in self.validation_orderings:
            parts = [rows.log_prob(codes, ordering).double().sum(1) for codes in torch.split(self.rows.valid, size)]
            columns.append(torch.cat(parts))
        return self.objective.nll(self.average, torch.stack(columns, dim=1), self.validation_orderings)

    def _learning_rate(self) -> float:
        return self.config.learning_rate * self.schedule.factor(self.progress.step)

    def _consider_decay(self) -> None:
        """Brings the learning rate down once validation stops improving or a budget nears its end."""
        now = self.progress
        if self._time_used >= 1 and not self.schedule.finished(now.step):
            self.schedule.end(now.step, "the time limit")
        if self.schedule.decay_start is not None:
            return
        if now.since_best >= self.config.patience:
            self.schedule.start_decay(now.step, "validation stopped improving", self._steps_in_time())
        elif self._steps_are_late():
            self.schedule.start_decay(now.step, "the last epoch" if self.config.epochs else "the last step")
        elif self._time_is_late():
            self.schedule.start_decay(now.step, "the time limit", self._steps_in_time())


@dataclass
class Progress:
    """How far a training has come; `loss` and `rows` are sums since the last evaluation, in nats and rows."""

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


def _optimiser(made: Made, config: TrainingConfig) -> torch.optim.Optimizer:
    matrices = [weight for weight in made.parameters() if weight.ndim == 2]
    vectors = [weight for weight in made.parameters() if weight.ndim == 1]
    groups: list[dict[str, Any]] = [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay or 0.0, fused=True)
