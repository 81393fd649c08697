"""The training of a run: its networks one after another, saved as it goes.

Knows: the order of things and what is written when. It yields each evaluation, and neither prints nor catches signals;
whoever asks for the next evaluation decides whether there is one.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from made_cli.core.made import Made
from made_cli.errors import Exit, UserError
from made_cli.runs.folder import Folder
from made_cli.runs.record import Run, RunRecord, network_seed
from made_cli.training.network_trainer import Evaluation, NetworkTrainer, Split
from made_cli.training.prepare import Rows

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

    def __init__(self, record: RunRecord, rows: Rows, device: torch.device, folder: Folder | None = None) -> None:
        self.record, self.folder, self.device = record, folder, device
        self.rows = Split(torch.from_numpy(rows.train).to(device), torch.from_numpy(rows.valid).to(device))
        self.networks: list[Made] = []
        self.results: list[dict[str, Any]] = []
        self.evaluations = 0
        self.saved_at = time.monotonic()
        self.network_trainer: NetworkTrainer | None = None

    @property
    def run(self) -> Run:
        """The run as far as it is trained: the network in training counts once it was looked at."""
        return Run(self.record, self.networks, str(self.folder.path) if self.folder else "the run")

    def resume(self) -> None:
        """Takes up what the folder holds.

        Raises:
            UserError: the rows are not those that the run was trained on, or there is nothing to go on with.
        """
        assert self.folder is not None
        saved = self.folder.resume_state()
        if saved is None and self.folder.networks_done() < self.record.training.networks:
            self.folder.keep_evaluations(0)  # it ended before the first save: from the start, then
            return
        if saved is None:
            raise UserError(
                f"{self.folder.path}: training has ended; there is nothing to resume",
                hint="Use it as it is, or train anew with --force.",
                code=Exit.RUN_REFUSED,
            )
        tensors, state = saved
        self.results, self.evaluations = state["results"], state["evaluations"]
        self.folder.keep_evaluations(self.evaluations)
        done = len(self.results)
        self.networks = [self.folder.load_into(self.record.untrained(k), k).to(self.device) for k in range(done)]
        self.network_trainer = self._network_trainer(done)
        if "network_trainer" in state:
            self.network_trainer.restore(tensors, state["network_trainer"])

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
                self.folder.append_evaluation({"network": index, **asdict(evaluation)})
            if self.network_trainer.stopped:
                self._network_is_done(self.network_trainer)
            elif time.monotonic() - self.saved_at > SAVE_EVERY:
                self._save()
            yield index, evaluation

    @property
    def finished(self) -> bool:
        """Whether all networks are trained."""
        return len(self.networks) == self.record.training.networks

    @property
    def share_done(self) -> float:
        """A guess at how much of the training is done, in [0, 1]; it may end sooner."""
        current = self.network_trainer.share_done if self.network_trainer else 0.0
        return (len(self.networks) + current) / self.record.training.networks

    @cached_property
    def parameters(self) -> int:
        """How many weights each network has."""
        return sum(weight.numel() for weight in self.record.untrained(0).parameters())

    def costs(self) -> Costs:
        """Times a few steps of the first network, and counts."""
        network_trainer = self._network_trainer(0)
        # Weights, their average, the best, gradients and two moments of the optimiser.
        size = (
            6 * self.parameters * network_trainer.made.network.input_weight.element_size()
            + self.rows.train.nbytes
            + self.rows.valid.nbytes
        )
        return Costs(
            self.parameters,
            self.record.training.networks,
            size / 1e6,
            network_trainer.time_a_step(),
            network_trainer.schedule.budget,
        )

    def _network_trainer(self, index: int) -> NetworkTrainer:
        made = self.record.untrained(index).to(self.device)
        made.start_from_base_rates(self.rows.train)
        config = self.record.training
        used = sum(result["seconds"] for result in self.results)
        limit = None if config.time_limit is None else (config.time_limit - used) / (config.networks - index)
        seed = network_seed(config.seed, index)
        orderings = self.record.orderings[index]
        return NetworkTrainer(made, self.rows, orderings, config, seed=seed, time_limit=limit)

    def _network_is_done(self, network_trainer: NetworkTrainer) -> None:
        self.results.append(_result(network_trainer, network_trainer.stopped))
        self.networks.append(network_trainer.finish().eval())
        self.network_trainer = None
        if self.folder:
            self.folder.put_network(len(self.networks) - 1, self.networks[-1].state_dict())
        self._save()

    def _save(self, *, interrupted: bool = False) -> None:
        """Saves metrics and what a restart needs, all at once."""
        self.saved_at = time.monotonic()
        if not self.folder:
            return
        state: dict[str, Any] = {"results": self.results, "evaluations": self.evaluations}
        tensors: dict[str, Tensor] = {}
        if self.network_trainer:
            tensors, state["network_trainer"] = self.network_trainer.state()
            if self.network_trainer.progress.evaluations:  # what there is of this network can be used meanwhile
                self.folder.put_network(len(self.networks), self.network_trainer.best_weights)
        if self.finished:
            self.folder.drop_resume()
        else:
            self.folder.put_resume(tensors, state, sum(r["steps"] for r in self.results) + self._step)
        self.folder.put_metrics(self.metrics("interrupted" if interrupted else None))
        self.folder.commit()

    @property
    def _step(self) -> int:
        return self.network_trainer.progress.step if self.network_trainer else 0

    def metrics(self, stopped: str | None = None) -> dict[str, Any]:
        """Returns the contents of `metrics.json`: how each network ended, figures in nats a row."""
        results = [
            *self.results,
            *([_result(self.network_trainer, stopped or "in training")] if self.network_trainer else []),
        ]
        reached = [result["valid_nll"] for result in results if result["valid_nll"] is not None]
        return {
            "schema_version": 1,
            "unit": "nats",
            "finished": self.finished,
            "rows": {"train": len(self.rows.train), "valid": len(self.rows.valid)},
            "columns": len(self.record.schema.kinds),
            "parameters": self.parameters,
            "valid": {self.record.training.objective: {"nll": float(np.mean(reached)) if reached else None}},
            "seconds": sum(result["seconds"] for result in results),
            "networks": results,
        }


def _result(network_trainer: NetworkTrainer, stopped: str | None) -> dict[str, Any]:
    now = network_trainer.progress
    return {
        "stopped": stopped,
        "valid_nll": now.best_nll if now.evaluations else None,
        "best_step": now.best_step,
        "steps": now.step,
        "epochs": now.epoch,
        "seconds": now.seconds,
    }
