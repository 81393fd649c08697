"""What the masks cost: training, scoring and sampling beside the same network without masks, in one process.

    python -m tests.benchmarks.ratios --only train

Knows: the protocol below. Tables are drawn; nothing is learned, and no data folder is needed. Figures are ratios of
processor time on --threads threads, medians over rounds in which all that is compared takes its turn.

- dense: a network of the same widths and residual paths, with direct weights, without masks, mask conditioning and
  dropout, under the same distributions, stepped by torch's fused AdamW. Its step neither clips gradients nor averages
  weights; made's does both.
- fixed: one base ordering, without mask conditioning, as the tool trains it. questions: the default, 4 base orderings,
  70 % of the steps for questions to them. fresh: a new ordering every step. holes: the default where a tenth of the
  cells is unknown (--missing marginal).
- score: rows under one member, whose weights are masked once, beside a pass of the dense network over the same rows.
  score holes: the same rows, of which a tenth of the cells is unknown. sample: as many rows drawn as were scored.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, get_args

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from made_cli.config import NetworkConfig, Precision, TrainingConfig
from made_cli.core.made import Made
from made_cli.core.orderings import draw
from made_cli.core.reading import targets_of
from made_cli.core.sampler import sample
from made_cli.ensemble.combination import Mixture
from made_cli.ensemble.members import Member, log_likelihoods
from made_cli.inference.conditionals import Question
from made_cli.inference.scoring import Scorer
from made_cli.tables.columns.kinds import Categorical, Kind
from made_cli.training.network_trainer import AVERAGED_ONE_BY_ONE, NetworkTrainer
from made_cli.training.optimiser import BETAS
from made_cli.training.progress import Cycle
from made_cli.training.rows import TrainingRows
from tests.benchmarks import program
from tests.core.small import numbers

ROWS = 5_000
SCORED = 1_024
STEPS = 10
LABELS = (2, 5, 6, 7, 9, 15, 16, 41, 42)
HOLES = 0.1
MANY = 500
"""Columns from which on a step with holes takes seconds, and is left out."""


class Table(NamedTuple):
    """A table and the network for it."""

    kinds: Sequence[Kind]
    codes: Tensor
    hidden: tuple[int, int]
    batch: int


Work = Callable[[], int]
"""Something to be timed; returns how many times it was done."""


def main() -> None:
    """Runs what is asked for, and prints a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=WORKS, default=list(WORKS))
    parser.add_argument("--tables", nargs="*", choices=TABLES, default=list(TABLES))
    parser.add_argument("--precisions", nargs="*", choices=get_args(Precision)[1:], default=["float32", "bfloat16"])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    program.show(("table", "work", "ms", "beside", "ratio"), rows(options))


def rows(options: argparse.Namespace) -> Iterator[list[str]]:
    """Yields a row of the table for each piece of work."""
    for name in options.tables:
        for group in options.only:
            taken = side_by_side(WORKS[group](TABLES[name](), options.precisions), options.rounds)
            beside = next(iter(taken))
            for work, ms in taken.items():
                yield [name, work, f"{ms:.2f}", beside, f"{ms / taken[beside]:.2f}"]


def side_by_side(works: Mapping[str, Work], rounds: int) -> dict[str, float]:
    """Returns the median milliseconds of processor time of each work, done in turn; a first round is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds + 1):
        for name, work in works.items():
            start = time.process_time()
            times = work()
            taken[name].append((time.process_time() - start) / times)
    return {name: 1000 * float(np.median(seconds[1:])) for name, seconds in taken.items()}


def binary(columns: int, width: int, batch: int) -> Table:
    """Draws a table of columns of two outcomes."""
    kinds = [Categorical(f"c{c}", ("0", "1"), {}, missing=False, rows=ROWS) for c in range(columns)]
    codes = torch.randint(0, 2, (ROWS, columns), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return Table(kinds, codes, (width, width), batch)


def mixed() -> Table:
    """Draws a table like Adult: six columns of numbers, two of them nearly always 0, and nine of labels."""
    rng = np.random.default_rng(0)
    columns = [
        rng.integers(17, 91, ROWS),
        rng.lognormal(12, 0.5, ROWS).round(),
        rng.integers(1, 17, ROWS),
        np.where(rng.random(ROWS) < 0.92, 0, rng.integers(100, 99_999, ROWS)),
        np.where(rng.random(ROWS) < 0.95, 0, rng.integers(155, 4_357, ROWS)),
        np.where(rng.random(ROWS) < 0.5, 40, rng.integers(1, 100, ROWS)),
    ]
    kinds: list[Kind] = [numbers([f"{x:.0f}" for x in column], f"n{c}") for c, column in enumerate(columns)]
    for size in LABELS:
        labels = tuple(str(label) for label in range(size))
        kinds.append(Categorical(f"l{size}", labels, {}, missing=False, rows=ROWS))
        columns.append(rng.integers(0, size, ROWS))
    return Table(kinds, torch.from_numpy(np.stack(columns, axis=1).astype(np.float64)), (500, 500), 200)


TABLES: Mapping[str, Callable[[], Table]] = {
    "112 binary, 2 × 500, 100 rows": lambda: binary(112, 500, 100),
    "784 binary, 2 × 1000, 256 rows": lambda: binary(784, 1000, 256),
    "6 numbers + 9 labels, 2 × 500, 200 rows": mixed,
}


class Dense(nn.Module):
    """The network without masks; see the docstring of this module."""

    def __init__(self, made: Made, hidden: tuple[int, int]) -> None:
        super().__init__()
        features, outputs = len(made.network.input_columns), len(made.network.output_columns)
        self.made = [made]  # not registered: its weights are not stepped
        self.first, self.second = nn.Linear(features, hidden[0]), nn.Linear(*hidden)
        self.last, self.direct = nn.Linear(hidden[1], outputs), nn.Linear(features, outputs, bias=False)

    def forward(self, codes: Tensor) -> Tensor:
        """Returns (N, D) log-densities."""
        (made,) = self.made
        codes = made.to_floats(codes)
        features = made.features(codes)
        hidden = self.first(features)
        hidden = hidden + self.second(functional.relu(hidden))
        return made.log_prob_of(
            self.last(functional.relu(hidden)) + self.direct(features), targets_of(made.distributions, codes)
        )


def new_made(table: Table, *, conditioning: bool = True) -> Made:
    """Makes a network for a table."""
    config = NetworkConfig(table.hidden, dropout=0.1, conditioning=conditioning)
    return Made(table.kinds, config, torch.Generator().manual_seed(0))


def dense_steps(table: Table) -> Work:
    """Returns a few steps of the dense network."""
    dense, rng = Dense(new_made(table), table.hidden), np.random.default_rng(0)
    optimiser = torch.optim.AdamW(dense.parameters(), betas=BETAS, weight_decay=0.01, fused=True)

    def work() -> int:
        for _ in range(STEPS):
            batch = torch.from_numpy(rng.integers(0, ROWS, table.batch))
            loss = -dense(table.codes[batch]).sum(1).mean()
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            float(loss.detach())
        return STEPS

    return work


def made_steps(
    table: Table, precision: Precision, orderings: int | None, *, questions: bool = False, holes: bool = False
) -> Work:
    """Returns a few steps of made.

    Args:
        table: to learn.
        precision: of the products.
        orderings: how many base orderings; None for a fresh one every step.
        questions: whether questions to them are trained.
        holes: whether some cells are unknown.
    """
    codes, rng = table.codes, np.random.default_rng(0)
    if holes:
        codes = torch.where(torch.from_numpy(rng.random(codes.shape) < HOLES), torch.nan, codes.double())
        table = table._replace(kinds=[replace(kind, marginal=True) for kind in table.kinds])
    config = TrainingConfig(
        batch_size=table.batch,
        questions="any" if questions else "none",
        question_share=0.7,
        weight_decay=0.01,
        connectivity="fixed",
        precision=precision,
    )
    base = None if orderings is None else [draw(len(table.kinds), rng) for _ in range(orderings)]
    made = new_made(table, conditioning=questions or orderings != 1)
    cycle = Cycle(seed=0, steps=10**6)
    trainer = NetworkTrainer(made, TrainingRows(codes, codes[:200]), base, config, seed=0, cycle=cycle)
    trainer.progress.step = AVERAGED_ONE_BY_ONE

    def work() -> int:
        before = trainer.progress.step
        trainer.time_a_step()
        return trainer.progress.step - before

    return work


def training(table: Table, precisions: Sequence[Precision]) -> dict[str, Work]:
    """Steps of training."""
    works = {"dense step": dense_steps(table)}
    for each in precisions:
        works[f"fixed, {each}"] = made_steps(table, each, 1)
        works[f"questions, {each}"] = made_steps(table, each, 4, questions=True)
        works[f"fresh, {each}"] = made_steps(table, each, None)
        if len(table.kinds) < MANY:
            works[f"holes, {each}"] = made_steps(table, each, 4, questions=True, holes=True)
    return works


def inference(table: Table, _: Sequence[Precision]) -> dict[str, Work]:
    """Rows scored and sampled, always in float32."""
    made, rng = new_made(table), np.random.default_rng(0)
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(0.05 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)))
    dense, member = Dense(made, table.hidden), Member("", 0, made, draw(len(table.kinds), rng), any_question=True)
    codes = table.codes[:SCORED]
    uniforms = torch.rand(SCORED, len(table.kinds), dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    @torch.no_grad()
    def dense_pass() -> int:
        dense(codes).double().sum(1)
        return 1

    def score() -> int:
        log_likelihoods([member], codes.numpy())
        return 1

    known = np.random.default_rng(1).random(codes.shape) >= HOLES

    def score_holes() -> int:
        Scorer([member], Mixture((1.0,)), Question()).score(codes.numpy(), known, with_terms=False)
        return 1

    def draws() -> int:
        sample(made, member.ordering, uniforms)
        return 1

    return {"dense pass": dense_pass, "score": score, "score holes": score_holes, "sample": draws}


WORKS: Mapping[str, Callable[[Table, Sequence[Precision]], dict[str, Work]]] = {"train": training, "infer": inference}

if __name__ == "__main__":
    main()
