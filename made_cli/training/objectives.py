"""What a step of training minimises, and what an evaluation of the validation rows measures.

Knows: three objectives over J orderings drawn for the step, each the negative log-likelihood of one way to combine
them: their bound (the mean of the log-likelihoods), their equal mixture (the log of the mean, a tighter bound on the
mixture of the whole family), and their product with its normaliser kept.

Reference: Germain et al. 2015, section 4.2, for the bound; Burda, Grosse, Salakhutdinov, *Importance Weighted
Autoencoders*, ICLR 2016, for the log of a mean over draws; the gradient of the product is that of an exponential
family, E_data − E_product.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from made_cli.config import TrainingConfig
from made_cli.core.activations import Dropout
from made_cli.core.known_cells import KnownCells
from made_cli.core.made import Made
from made_cli.core.orderings import Ordering
from made_cli.core.reading import ReadRows
from made_cli.core.sampler import sample
from made_cli.core.share import Share
from made_cli.core.size import network_size
from made_cli.training.processes import ALONE, Processes

GRADIENT_ROWS = 1000
"""Rows drawn from the model that the gradient of log Z is estimated on."""
GRADIENT_STEPS = 20
"""Steps after which they are drawn anew; until then their weights follow the network."""
EVALUATION_ROWS = 2000
"""Rows drawn from the model that log Z is estimated on at an evaluation."""
FEWEST_EVALUATION_ROWS = 100
"""Of these for orderings that only a share of the validation rows is evaluated under: fewer would bias log Z."""


class Batch(NamedTuple):
    """Some rows, as codes (n, D), what was read of them before, if anything was, and the share of a step they are."""

    codes: Tensor
    read: ReadRows | None = None
    share: Share = Share(1)

    @property
    def rows(self) -> int:
        """How many rows all processes have."""
        return len(self.codes) if self.share.processes == 1 else self.share.rows

    def part(self, mean: Tensor) -> Tensor:
        """Returns the part that a mean over these rows has in the mean over those of all processes."""
        return mean if self.share.processes == 1 else mean * self.share.weight

    def take(self, rows: Tensor) -> "Batch":
        """Returns some of these rows, by their indices."""
        return Batch(self.codes.index_select(0, rows), self.read and self.read.take(rows))

    def between(self, start: int, end: int) -> "Batch":
        """Returns the rows from one to another; no copies where they are all."""
        count = len(self.codes)
        if start == 0 and count <= end:
            return self
        return self.take(torch.arange(min(start, count), min(end, count), device=self.codes.device))


def read_once(made: Made, codes: Tensor) -> Batch:
    """Reads rows (n, D) that are taken again and again, where there is room for it and what they lack is told apart."""
    kept = network_size(made.kinds, made.config).read(*codes.shape)
    return Batch(codes, made.read(codes) if kept and not made.has_marginal else None)


class Objective(ABC):
    """A way to combine the J orderings of a step."""

    orderings_per_step: int
    """J, how many orderings a step takes."""
    evaluation_rows: int = 0
    """Rows that an evaluation draws from the model, beside the validation rows."""

    @abstractmethod
    def loss(self, cells: KnownCells, batch: Batch, orderings: Sequence[Ordering], dropout: Dropout | None) -> Tensor:
        """Returns the loss of a batch of n rows, nats a row: a scalar whose gradient is that of the objective.

        Of a process's share of a step it is a part of the loss: those of all processes sum to it.

        Args:
            cells: the network as it is now.
            batch: the rows.
            orderings: (J,) of the step.
            dropout: of the hidden activations.
        """

    def nll(
        self,
        made: Made,
        matrix: Tensor,
        orderings: Sequence[Ordering],
        share: float = 1.0,
        processes: Processes = ALONE,
    ) -> float:
        """Returns the objective on validation rows, nats a row.

        Args:
            made: the model.
            matrix: (N, J) the log-likelihoods of the rows, of this process's alone.
            orderings: (J,) those of the matrix.
            share: of the evaluation that this is, in (0, 1]; what is drawn for it need be no more.
            processes: that have the rows.
        """
        figures = self.averaged(matrix)
        total, count = processes.sums(figures.sum().item(), figures.numel())
        return self.nll_of(total / count, made, orderings, share)

    def averaged(self, matrix: Tensor) -> Tensor:
        """Returns that of the log-likelihoods (N, J) of rows of which the mean counts, nats."""
        return matrix

    def nll_of(self, mean: float, made: Made, orderings: Sequence[Ordering], share: float) -> float:
        """Returns the objective, nats a row, by the mean over rows of what `averaged` returns; see `nll`."""
        return -mean

    def state(self) -> dict[str, Tensor]:
        """Returns what is carried from step to step."""
        return {}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Takes up what `state` returned."""
        assert not state


class BoundObjective(Objective):
    """The mean over the orderings of the log-likelihood: that of the paper, one ordering a step."""

    orderings_per_step = 1

    def loss(self, cells: KnownCells, batch: Batch, orderings: Sequence[Ordering], dropout: Dropout | None) -> Tensor:
        """Returns −E_x E_π log q(x | π)."""
        return -batch.part(ordering_log_likelihoods(cells, batch, orderings, dropout).mean())


class MixtureObjective(Objective):
    """The log of the mean over J orderings of the likelihood.

    Args:
        orderings_per_step: J.
    """

    def __init__(self, orderings_per_step: int) -> None:
        self.orderings_per_step = orderings_per_step

    def loss(self, cells: KnownCells, batch: Batch, orderings: Sequence[Ordering], dropout: Dropout | None) -> Tensor:
        """Returns −E_x log (1/J) Σ_j q(x | π_j)."""
        matrix = ordering_log_likelihoods(cells, batch, orderings, dropout)
        return batch.part(math.log(len(orderings)) - matrix.logsumexp(1).mean())

    def averaged(self, matrix: Tensor) -> Tensor:
        """Returns (N,) the log of the sum of the likelihoods."""
        return matrix.logsumexp(1)

    def nll_of(self, mean: float, made: Made, orderings: Sequence[Ordering], share: float) -> float:
        """Returns the equal mixture's."""
        return math.log(len(orderings)) - mean


class ProductObjective(Objective):
    """The mean over J orderings of the log-likelihood, less log Z: that of their normalised product.

    The gradient of log Z is the product's mean of the gradient of the log-likelihoods. It is taken over rows of the
    model that stay for some steps: each remembers the density that it was drawn from, and is weighted by what the
    product of the present network and orderings is to that.

    Args:
        orderings_per_step: J.
        generator: draws the rows.
        processes: that take the steps; all draw the same rows, and each takes its share of them.
    """

    evaluation_rows = EVALUATION_ROWS

    def __init__(self, orderings_per_step: int, generator: torch.Generator, processes: Processes = ALONE) -> None:
        self.orderings_per_step, self.generator, self.processes = orderings_per_step, generator, processes
        self.rows = torch.empty(0, 0, dtype=torch.float64)
        self.log_proposal = torch.empty(0, dtype=torch.float64)
        self.age = 0

    def loss(self, cells: KnownCells, batch: Batch, orderings: Sequence[Ordering], dropout: Dropout | None) -> Tensor:
        """Returns −E_x (1/J) Σ_j log q(x | π_j), plus a term whose gradient is that of log Z."""
        if not len(self.rows) or self.age == GRADIENT_STEPS:
            self.rows, matrix = self._draw(cells.made, orderings, GRADIENT_ROWS, self.generator)
            self.log_proposal = _log_mixture(matrix)
            self.age = 0
        self.age += 1
        some = torch.randperm(len(self.rows), generator=self.generator, device=self.rows.device)[: batch.rows]
        share = batch.share.among(len(some))
        own = some[share.own]
        data = ordering_log_likelihoods(cells, batch, orderings, dropout).mean(1)
        model = ordering_log_likelihoods(cells, Batch(self.rows[own], share=share), orderings, dropout).mean(1)
        log_weight = model.detach().double() - self.log_proposal[own]
        weight = self.processes.softmax(log_weight, share).to(model.dtype)
        log_z = (weight * model).sum()
        # The value to report is the bound; log Z, of which only the gradient is known here, adds nothing to it.
        return log_z - log_z.detach() - batch.part(data.mean())

    def nll_of(self, mean: float, made: Made, orderings: Sequence[Ordering], share: float) -> float:
        """Returns the product's, with log Z from rows that are the same function of the network at every evaluation."""
        generator = torch.Generator(made.device).manual_seed(0)
        count = max(FEWEST_EVALUATION_ROWS, round(share * self.evaluation_rows))
        _, drawn = self._draw(made, orderings, count, generator)
        log_z = (drawn.mean(1).double() - _log_mixture(drawn)).logsumexp(0).item() - math.log(count)
        return log_z - mean

    def state(self) -> dict[str, Tensor]:
        """Returns the rows of the model, the density that each was drawn from, and their age in steps."""
        return {"rows": self.rows, "log_proposal": self.log_proposal, "age": torch.tensor(self.age)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Takes up what `state` returned."""
        self.rows, self.log_proposal, self.age = state["rows"], state["log_proposal"], int(state["age"])

    @torch.no_grad()
    def _draw(
        self, made: Made, orderings: Sequence[Ordering], count: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """Draws rows (S, D) of the equal mixture of the orderings; returns them and (S, J) their log-likelihoods."""
        shares = torch.arange(count, device=made.device) % len(orderings)
        rows = torch.empty(count, len(made.kinds), dtype=torch.float64, device=made.device)
        uniforms = torch.rand(rows.shape, generator=generator, dtype=torch.float64, device=made.device)
        for index, ordering in enumerate(orderings):
            rows[shares == index] = sample(made, ordering, uniforms[shares == index])
        return rows, ordering_log_likelihoods(KnownCells(made), Batch(rows), orderings, None)


def objective_of(config: TrainingConfig, generator: torch.Generator, processes: Processes = ALONE) -> Objective:
    """Makes the objective that a configuration names; what it draws comes from the generator."""
    if config.objective == "mixture":
        return MixtureObjective(config.orderings_per_step)
    if config.objective == "product":
        return ProductObjective(config.orderings_per_step, generator, processes)
    return BoundObjective()


def _log_mixture(matrix: Tensor) -> Tensor:
    """Returns (S,) log-densities under the equal mixture, nats, from log-likelihoods (S, J)."""
    return matrix.double().logsumexp(1) - math.log(matrix.shape[1])


def ordering_log_likelihoods(
    cells: KnownCells, batch: Batch, orderings: Sequence[Ordering], dropout: Dropout | None
) -> Tensor:
    """Returns (n, J): log q(x | π_j) of n rows, nats, as steps of training take it; differentiable."""
    rules, dropout = cells.made.rules.in_training, dropout and dropout._replace(share=batch.share)
    terms = [cells.log_prob(batch.codes, ordering, dropout, rules, batch.read).sum(1) for ordering in orderings]
    return torch.stack(terms, dim=1)
