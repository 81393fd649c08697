"""How a training went, as values: each evaluation, and how each network ended.

Knows: the contents of `metrics.jsonl`, a line an evaluation, and of `metrics.json`, key by key. Losses are in nats a
row.
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

LARGEST = 1e12
"""Figures beyond this are none."""


@dataclass(frozen=True)
class ValidationNll:
    """What a network makes of the validation rows, nats a row.

    Attributes:
        nll: the objective (by default the bound) under the base orderings: the figure to report.
        with_questions: the weighted mean of that and of the bound under base orderings with known columns moved to the
            front; None where the network is not trained for questions.
    """

    nll: float = math.inf
    with_questions: float | None = None

    @property
    def target(self) -> float:
        """What training is stopped by."""
        return self.nll if self.with_questions is None else self.with_questions

    def is_below(self, other: "ValidationNll") -> bool:
        """Says whether it is better than another, by what both have.

        >>> (
        ...     ValidationNll(2.0, 2.5).is_below(ValidationNll(1.9, 3.0)),
        ...     ValidationNll(2.0, 2.5).is_below(ValidationNll(1.9)),
        ... )
        (True, False)
        """
        if self.with_questions is None or other.with_questions is None:
            return self.nll < other.nll
        return self.target < other.target


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
        target_nll: the weighted mean of that and of the bound with known columns moved to the front; None where the
            network is not trained for these.
    """

    step: int
    epoch: int
    train_nll: float
    valid_nll: float
    learning_rate: float
    best: bool
    seconds: float
    target_nll: float | None = None

    @property
    def has_size(self) -> bool:
        """Whether its figures are of a size that can be shown: a log may hold anything."""
        return all(abs(figure) < LARGEST for figure in (self.step, self.train_nll, self.valid_nll))


@dataclass(frozen=True)
class NetworkMetrics:
    """How the training of one network ended, or how far it has come.

    Attributes:
        stopped: why it ended.
        valid_nll: the objective at the best evaluation, nats a row; None before the first.
        best_step: the step of that evaluation.
        steps: steps done.
        epochs: epochs done.
        seconds: training time.
        converged: whether training ended where validation had levelled off, so that more would be of no use.
        target_nll: the weighted mean of that and of the bound with known columns moved to the front; None as there.
    """

    stopped: str
    valid_nll: float | None
    best_step: int
    steps: int
    epochs: int
    seconds: float
    converged: bool
    target_nll: float | None = None

    @property
    def best(self) -> ValidationNll:
        """The best evaluation; infinite before the first."""
        return ValidationNll() if self.valid_nll is None else ValidationNll(self.valid_nll, self.target_nll)


@dataclass(frozen=True)
class RowCounts:
    """How many rows there are to train on and to validate on."""

    train: int
    valid: int


@dataclass(frozen=True)
class ObjectiveMetrics:
    """An objective on the validation rows: the mean over the networks, nats a row; None before the first evaluation."""

    nll: float | None


@dataclass(frozen=True, kw_only=True)
class RunMetrics:
    """The contents of `metrics.json`.

    Attributes:
        finished: whether all networks are trained.
        converged: whether all have converged.
        cycles: how often training was begun: once, and each time that it went on after its end.
        rows: how many there are.
        columns: D.
        parameters: weights of each network.
        valid: the figure on the validation rows, by the name of the objective that was trained.
        seconds: training time of all networks.
        networks: each of those that were begun.
    """

    schema_version: Literal[1] = 1
    unit: Literal["nats"] = "nats"
    finished: bool
    converged: bool
    cycles: int
    rows: RowCounts
    columns: int
    parameters: int
    valid: dict[str, ObjectiveMetrics]
    seconds: float
    networks: tuple[NetworkMetrics, ...]


@dataclass(frozen=True)
class OfNetwork:
    """Which network a line of `metrics.jsonl` is about."""

    network: int


def known_lines(lines: Sequence[bytes], before: int, of: Mapping[int, int | None]) -> list[bytes]:
    """Returns the lines of `metrics.jsonl` that are known, network by network.

    Args:
        lines: all of them.
        before: how many, at the beginning, stay as they are.
        of: how many of the others, from the first on, are known of each network; None for all.
    """
    from pydantic import TypeAdapter, ValidationError

    number, later = TypeAdapter(OfNetwork), dict[int, list[bytes]]()
    for line in lines[before:]:
        with suppress(ValidationError):
            later.setdefault(number.validate_json(line).network, []).append(line)
    return [*lines[:before], *(line for network in sorted(of) for line in later.get(network, [])[: of[network]])]
