"""The training of a run: its networks one after another, saved as it goes.

Knows: the turn of things and what is written when. It yields a look after each look, and neither prints nor
catches signals; whoever asks for the next look decides whether there is one.
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
from made_cli.training.checkpoint import Folder
from made_cli.training.fitting import Fitting, Look, Split
from made_cli.training.prepare import Rows
from made_cli.training.record import Run, RunRecord, network_seed

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


class Training:
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
        self.looks = 0
        self.saved_at = time.monotonic()
        self.fitting: Fitting | None = None

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
            self.folder.cut_looks(0)  # it ended before the first save: from the start, then
            return
        if saved is None:
            raise UserError(
                f"{self.folder.path}: training has ended; there is nothing to resume",
                hint="Use it as it is, or train anew with --force.",
                code=Exit.RUN_REFUSED,
            )
        tensors, state = saved
        self.results, self.looks = state["results"], state["looks"]
        self.folder.cut_looks(self.looks)
        done = len(self.results)
        self.networks = [self.folder.load_into(self.record.untrained(k), k).to(self.device) for k in range(done)]
        self.fitting = self._fitting(done)
        if "fitting" in state:
            self.fitting.restore(tensors, state["fitting"])

    def looks_until(self, interrupted: Callable[[], bool]) -> Iterator[tuple[int, Look]]:
        """Trains; yields the network's number and what was found after each look.

        Args:
            interrupted: asked before every step. Once it says True the state is saved and the iterator ends;
                asking `finished` tells which end it was.
        """
        while not self.finished:
            index = len(self.networks)
            self.fitting = self.fitting or self._fitting(index)
            look = self.fitting.look(interrupted)
            if look is None:
                self._save(interrupted=True)
                return
            self.looks += 1
            if self.folder:
                self.folder.append_look({"network": index, **asdict(look)})
            if self.fitting.stopped:
                self._network_is_done(self.fitting)
            elif time.monotonic() - self.saved_at > SAVE_EVERY:
                self._save()
            yield index, look

    @property
    def finished(self) -> bool:
        """Whether all networks are trained."""
        return len(self.networks) == self.record.training.networks

    @property
    def share_done(self) -> float:
        """A guess at how much of the training is done, in [0, 1]; it may end sooner."""
        current = self.fitting.share_done if self.fitting else 0.0
        return (len(self.networks) + current) / self.record.training.networks

    @cached_property
    def parameters(self) -> int:
        """How many weights each network has."""
        return sum(weight.numel() for weight in self.record.untrained(0).parameters())

    def costs(self) -> Costs:
        """Times a few steps of the first network, and counts."""
        fitting = self._fitting(0)
        # Weights, their average, the best, gradients and two moments of the optimiser.
        size = (
            6 * self.parameters * fitting.made.network.read.element_size()
            + self.rows.train.nbytes
            + self.rows.valid.nbytes
        )
        return Costs(
            self.parameters, self.record.training.networks, size / 1e6, fitting.time_a_step(), fitting.schedule.budget
        )

    def _fitting(self, index: int) -> Fitting:
        made = self.record.untrained(index).to(self.device)
        made.start_from_base_rates(self.rows.train)
        config = self.record.training
        used = sum(result["seconds"] for result in self.results)
        limit = None if config.time_limit is None else (config.time_limit - used) / (config.networks - index)
        seed = network_seed(config.seed, index)
        orderings = self.record.orderings[index]
        return Fitting(made, self.rows, orderings, config, seed=seed, time_limit=limit)

    def _network_is_done(self, fitting: Fitting) -> None:
        self.results.append(_result(fitting, fitting.stopped))
        self.networks.append(fitting.finish().eval())
        self.fitting = None
        if self.folder:
            self.folder.put_network(len(self.networks) - 1, self.networks[-1].state_dict())
        self._save()

    def _save(self, *, interrupted: bool = False) -> None:
        """Saves metrics and what a restart needs, all at once."""
        self.saved_at = time.monotonic()
        if not self.folder:
            return
        state: dict[str, Any] = {"results": self.results, "looks": self.looks}
        tensors: dict[str, Tensor] = {}
        if self.fitting:
            tensors, state["fitting"] = self.fitting.state()
            if self.fitting.progress.looks:  # what there is of this network can be used meanwhile
                self.folder.put_network(len(self.networks), self.fitting.best_weights)
        if self.finished:
            self.folder.drop_resume()
        else:
            self.folder.put_resume(tensors, state, sum(r["steps"] for r in self.results) + self._step)
        self.folder.put_metrics(self.metrics("interrupted" if interrupted else None))
        self.folder.commit()

    @property
    def _step(self) -> int:
        return self.fitting.progress.step if self.fitting else 0

    def metrics(self, stopped: str | None = None) -> dict[str, Any]:
        """Returns the contents of `metrics.json`: how each network ended, figures in nats a row."""
        results = [*self.results, *([_result(self.fitting, stopped or "in training")] if self.fitting else [])]
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


def _result(fitting: Fitting, stopped: str | None) -> dict[str, Any]:
    now = fitting.progress
    return {
        "stopped": stopped,
        "valid_nll": now.best_nll if now.looks else None,
        "best_step": now.best_step,
        "steps": now.step,
        "epochs": now.epoch,
        "seconds": now.seconds,
    }
