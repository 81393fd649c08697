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
- peers: steps beside the masked networks of other libraries that are installed (`peers.py`), for columns of two
  outcomes, stepped as dense is; plain is dense without direct weights and residual paths, which peers lack, too. Fresh
  orderings put the masks that they have in order; *built anew* makes another network, with weights that nobody needs.
- score: rows under one member, whose weights are masked once, beside a pass of the dense network over the same rows.
  score holes: the same rows, of which a tenth of the cells is unknown. sample: as many rows drawn as were scored.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import get_args

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
from made_cli.inference.scoring import CodeScorer
from made_cli.training.network_trainer import AVERAGED_ONE_BY_ONE, NetworkTrainer
from made_cli.training.optimiser import BETAS
from made_cli.training.progress import Cycle
from made_cli.training.rows import TrainingRows
from tests.benchmarks import peers, program
from tests.benchmarks.ratio_tables import ROWS, TABLES, Table

SCORED = 1_024
STEPS = 10
HOLES = 0.1
MANY = 500
"""Columns from which on a step with holes takes seconds, and is left out."""


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
            if not (works := WORKS[group](TABLES[name](), options.precisions)):
                continue
            taken = side_by_side(works, options.rounds)
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


def trained(table: Table) -> Made:
    """Makes a network for a table whose weights are none of them zero, as after a training."""
    made = new_made(table)
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(0.05 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)))
    return made


def dense_steps(table: Table) -> Work:
    """Returns a few steps of the dense network."""
    dense = Dense(new_made(table), table.hidden)
    return steps_of(dense, lambda codes: -dense(codes).sum(1).mean(), table)


def steps_of(
    network: nn.Module, loss: Callable[[Tensor], Tensor], table: Table, reorder: peers.Reorder | None = None
) -> Work:
    """Returns a few steps of a network by torch's own optimiser.

    Args:
        network: has the weights.
        loss: of (B, D) codes.
        table: they are drawn from.
        reorder: gives the network another ordering, a fresh one before each step.
    """
    rng, columns = np.random.default_rng(0), len(table.kinds)
    optimiser = torch.optim.AdamW(network.parameters(), betas=BETAS, weight_decay=0.01, fused=True)

    def work() -> int:
        for _ in range(STEPS):
            if reorder is not None:
                reorder(torch.from_numpy(rng.permutation(columns)))
            batch = torch.from_numpy(rng.integers(0, ROWS, table.batch))
            found = loss(table.codes[batch])
            optimiser.zero_grad()
            torch.autograd.backward(found)
            optimiser.step()
            float(found.detach())
        return STEPS

    return work


def logit_steps(network: nn.Module, table: Table, reorder: peers.Reorder | None = None) -> Work:
    """Returns a few steps of a network that gives the logits of columns of two outcomes."""

    def loss(codes: Tensor) -> Tensor:
        outcomes = codes.float()
        nats = functional.binary_cross_entropy_with_logits(network(outcomes), outcomes, reduction="sum")
        return nats / len(outcomes)

    return steps_of(network, loss, table, reorder)


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


def beside_peers(table: Table, precisions: Sequence[Precision]) -> dict[str, Work]:
    """Steps of training beside those of other libraries; none where there are none, or for other columns."""
    columns, (width, _) = len(table.kinds), table.hidden
    if not (names := peers.installed()) or any(len(getattr(kind, "labels", ())) != 2 for kind in table.kinds):
        return {}
    works = {"dense step": dense_steps(table), "plain step": logit_steps(peers.plain(columns, width), table)}
    for each in precisions:
        works[f"fixed, {each}"] = made_steps(table, each, 1)
        works[f"fresh, {each}"] = made_steps(table, each, None)
    for name in names:
        for way in ("fixed", "fresh"):
            peer = peers.PEERS[name](columns, width)
            works[f"{way}, {name}"] = logit_steps(peer.network, table, peer.reorder if way == "fresh" else None)
        peer = peers.PEERS[name](columns, width)
        if peer.rebuild is not None:
            works[f"built anew, {name}"] = logit_steps(peer.network, table, peer.rebuild)
    return works


def inference(table: Table, _: Sequence[Precision]) -> dict[str, Work]:
    """Rows scored and sampled, always in float32."""
    made, rng = trained(table), np.random.default_rng(0)
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
        CodeScorer([member], Mixture((1.0,)), Question()).score(codes.numpy(), known, with_terms=False)
        return 1

    def draws() -> int:
        sample(made, member.ordering, uniforms)
        return 1

    return {"dense pass": dense_pass, "score": score, "score holes": score_holes, "sample": draws}


WORKS: Mapping[str, Callable[[Table, Sequence[Precision]], dict[str, Work]]] = {
    "train": training,
    "peers": beside_peers,
    "infer": inference,
}

if __name__ == "__main__":
    main()
