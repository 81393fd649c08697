"""The validation of a network: its objective on the rows held out, under every ordering that it is trained for.

Knows: which rows are evaluated under which orderings, so that the cost stays bounded however many orderings there are:
every ordering has its rows, every row some orderings, the same at every evaluation, so that evaluations compare. A
network that is trained for questions, too, is evaluated on some of these: it may have learned its base orderings and
go on learning what it is asked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from made_cli.core.known_cells import KnownCells
from made_cli.core.made import Made
from made_cli.core.orderings import Ordering, known_first
from made_cli.runs.metrics import ValidationNll
from made_cli.training.objectives import Batch, BoundObjective, Objective
from made_cli.training.processes import ALONE, Processes

LEAST_ORDERINGS = 4
"""Orderings that each validation row is evaluated under, where there are as many."""
LEAST_PAIRS = 20_000
"""Pairs of row and ordering that an evaluation may always take: about as many as a hundred steps of training."""
QUESTIONS = 8
"""Base orderings with known columns moved to the front that validation draws."""
QUESTION_WEIGHT = 0.3
"""Of the questions in what decides; whole rows have the rest. With 0.7, which is their share of the steps, whole rows
of a table of 500 sparse columns lose a per cent; with less, one may be left before its questions are learned."""
LEAST_QUESTION_PAIRS = 5_000
"""Pairs of row and question that an evaluation may always take; of more rows each has one question."""
BATCH_NUMBERS = 8_000_000
"""Numbers in the widest array that a batch of rows makes."""


@dataclass(frozen=True)
class ValidationShare:
    """Some of the validation rows, and the orderings that they are evaluated under.

    Attributes:
        rows: of this process.
        orderings: the same in all processes.
        most_rows: of any process; so many times does each ask whether it is over.
    """

    rows: Batch
    orderings: tuple[Ordering, ...]
    most_rows: int = 0

    def dealt(self, processes: Processes) -> "ValidationShare":
        """Returns this process's part; the first has the most rows."""
        rows, count = self.rows.codes, processes.count
        own = torch.arange(processes.rank, len(rows), count, device=rows.device)
        return replace(self, rows=self.rows if count == 1 else self.rows.take(own), most_rows=-(-len(rows) // count))


class Validation:
    """The validation rows of a network, divided among what it is trained for.

    Args:
        rows: N of them.
        orderings: K base orderings, or some drawn for a network of all orderings.
        objective: what is evaluated under these.
        seed: draws which rows go where, and the questions.
        questions: whether the network is trained for these orderings with known columns moved to the front, too.
        among: the processes that the rows are dealt among.
    """

    def __init__(
        self,
        rows: Batch,
        orderings: Sequence[Ordering],
        objective: Objective,
        seed: int,
        *,
        questions: bool,
        among: Processes = ALONE,
    ) -> None:
        self.objective, self.processes = objective, among
        shares = validation_shares(rows, orderings, seed, drawn=objective.evaluation_rows)
        self.shares = [share.dealt(among) for share in shares]
        self.questions: list[ValidationShare] = []
        if questions:
            rng = np.random.default_rng([seed, 2])
            drawn = [known_first(orderings[index % len(orderings)], rng) for index in range(QUESTIONS)]
            shares = validation_shares(rows, drawn, seed, least=1, pairs=LEAST_QUESTION_PAIRS)
            self.questions = [share.dealt(among) for share in shares]

    def nll(self, made: Made, over: Callable[[], bool] = lambda: False) -> ValidationNll:
        """Evaluates the rows; asks after every batch whether it is over, as `validation_nll` does."""
        nll = validation_nll(made, self.objective, self.shares, over, self.processes)
        if not self.questions:
            return ValidationNll(nll)
        questions_nll = validation_nll(made, BoundObjective(), self.questions, over, self.processes)
        return ValidationNll(nll, nll + QUESTION_WEIGHT * (questions_nll - nll))


def validation_shares(
    rows: Batch,
    orderings: Sequence[Ordering],
    seed: int,
    *,
    drawn: int = 0,
    least: int = LEAST_ORDERINGS,
    pairs: int = LEAST_PAIRS,
) -> list[ValidationShare]:
    """Divides validation rows among orderings.

    All rows are evaluated under all orderings where these are fewer than twice the least, or the pairs about as many as
    an evaluation may always take. Else the orderings are divided into groups of at least the least, and each group has
    its share of the rows.

    Args:
        rows: N of them.
        orderings: K of them.
        seed: draws which rows go where.
        drawn: rows that the objective draws beside them; their pairs count, too.
        least: orderings that each row is evaluated under, where there are as many.
        pairs: of row and ordering that an evaluation may always take.

    Returns:
        The shares: each ordering is in one of them, and each row.

    >>> shares = validation_shares(Batch(torch.zeros(6_000, 2)), [Ordering((0, 1))] * 9, seed=0)
    >>> [(len(share.rows.codes), len(share.orderings)) for share in shares]
    [(3000, 5), (3000, 4)]
    """
    total = len(rows.codes)
    size = max(least, pairs // (total + drawn))
    count = min(len(orderings) // size, total)
    if count <= 1:
        return [ValidationShare(rows, tuple(orderings))]
    order = torch.from_numpy(np.random.default_rng([seed, 3]).permutation(total)).to(rows.codes.device)
    groups = np.array_split(np.arange(len(orderings)), count)
    return [
        ValidationShare(rows.take(part), tuple(orderings[index] for index in group))
        for part, group in zip(torch.tensor_split(order, count), groups, strict=True)
    ]


@torch.no_grad()
def validation_nll(
    made: Made,
    objective: Objective,
    shares: Sequence[ValidationShare],
    over: Callable[[], bool] = lambda: False,
    processes: Processes = ALONE,
) -> float:
    """Returns the objective on the validation rows, nats a row: the mean over the shares, by their orderings.

    Args:
        made: the model.
        objective: what is evaluated.
        shares: which rows under which orderings.
        over: asked after every batch; once it says True the rest is left out, and the result is that of what was done.
        processes: that have the other rows of each share.
    """
    count, done, total = sum(len(share.orderings) for share in shares), 0.0, 0.0
    for share in shares:
        weight = len(share.orderings) / count
        matrix = log_likelihood_matrix(made, share, over)
        total += weight * objective.nll(made, matrix, share.orderings[: matrix.shape[1]], weight, processes)
        done += weight
        if over():
            return total / done
    return total


@torch.no_grad()
def log_likelihood_matrix(made: Made, share: ValidationShare, over: Callable[[], bool] = lambda: False) -> Tensor:
    """Returns (n, J) the log-likelihoods of the rows of a share under each of its orderings, nats; fewer once over.

    Within the rules that steps of training keep to: the others would take time from these, and change next to nothing.
    """
    columns: list[Tensor] = []
    rules = made.rules.in_training
    size, cells = max(1, BATCH_NUMBERS // made.peak_width), KnownCells(made)
    most = max(share.most_rows, len(share.rows.codes))
    for ordering in share.orderings:
        parts, cut = [torch.empty(0, dtype=torch.float64, device=share.rows.codes.device)], False
        for start in range(0, most, size):
            if len((batch := share.rows.between(start, start + size)).codes):
                parts.append(cells.log_prob(batch.codes, ordering, rules=rules, read=batch.read).double().sum(1))
            if cut := over():
                break
        if not columns or start + size >= most:
            columns.append(torch.cat(parts))
        if cut:
            break
    return torch.stack(columns, dim=1)
