"""The progress of a training, and its interruption.

Knows: what is said of both; nothing of how a network is trained.
"""

import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from made_cli.cli.ending import leaving, noting_signals
from made_cli.cli.messages import Messages
from made_cli.cli.relations import show_used
from made_cli.cli.resuming import going_on
from made_cli.errors import Exit, UserError
from made_cli.runs.names import EVALUATIONS, METRICS

if TYPE_CHECKING:
    from made_cli.training.run_trainer import RunTrainer


def train_with_progress(
    training: "RunTrainer", messages: Messages, caught: Sequence[int], data: str, jobs: int
) -> None:
    """Trains to the end, or until a signal interrupts.

    Args:
        training: what is to be trained; has a folder.
        messages: show the progress.
        caught: the signals so far.
        data: the table and how it is read, as it would be typed again.
        jobs: how many networks were to be trained at the same time.

    Raises:
        UserError: interrupted; all is saved.
    """
    assert training.folder is not None
    path, out = training.folder.path, shlex.quote(str(training.folder.path))
    if jobs > training.jobs == 1:
        messages.say(f"--jobs {jobs}: there is one network only; torchrun has several processes train it")
    data += f" --jobs {training.jobs}" * (training.jobs > 1)
    networks, objective = len(training.record.orderings), training.record.training.objective
    go_on = f"made train {data} --out {out} --resume"
    # A second signal waits for nothing.
    leaving(f"what was saved last is in {path}", f"Go on with: {go_on}")
    with messages.progress("training", total=1.0) as bar:
        reached: dict[int, str] = {}

        def show() -> None:
            networks = "; ".join(reached[index] for index in sorted(reached)) or "training"
            bar.update(training.share_done, f"{networks}, {training.seconds:.0f} s")

        def stopped() -> bool:
            show()
            return bool(caught)

        for index, evaluation in training.train_and_evaluate(stopped):
            name = f"network {index + 1} of {networks}, " if networks > 1 else ""
            best = f"validation {objective} {training.metrics().networks[index].valid_nll:.3f} nats"
            epoch = f"epoch {evaluation.epoch}" if evaluation.epoch else "first epoch"  # which files may not be through
            in_training = {other: text for other, text in reached.items() if other in training.training}
            reached = in_training | {index: f"{name}{epoch}: {best}"}
            show()
    if not training.finished:
        done = f"{len(training.done)} of {networks} networks are trained, and " if networks > 1 else ""
        number = next(iter(caught), signal.SIGTERM)  # of several processes it may be another that was told
        error = interrupted_by(number, f"; {done}all is saved in {path}", f"Go on with: {go_on}")
        if not training.processes.is_first:  # all stop together, and the first tells
            raise typer.Exit(error.code)
        raise error
    metrics = training.metrics()
    for index, network in enumerate(metrics.networks):
        name = f"network {index + 1}: " if networks > 1 else ""
        messages.say(
            f"{name}{network.steps:,} steps in {network.seconds:.0f} s, ended: {network.stopped}; "
            f"validation {objective} {network.valid_nll:.3f} nats a row"
        )
    messages.say(f"saved in {path}; {METRICS} there has these figures, {EVALUATIONS} each evaluation")
    if not metrics.converged:
        more = going_on(data, out, metrics)
        messages.say(f"not converged: validation had not levelled off; go on with: {more}")


def interrupted_by(number: int, what: str, hint: str) -> UserError:
    """Returns the error that a signal of a number interrupted a training."""
    code = Exit.TERMINATED if number == signal.SIGTERM else Exit.INTERRUPTED
    return UserError(f"interrupted{what}", hint=hint, code=code)


def show_costs(messages: Messages, training: "RunTrainer", jobs: int) -> None:
    """Shows what a training would use and cost: relations, parameters, memory, a timed step, the time at most."""
    from made_cli.core.memory import in_words
    from made_cli.training.costs import costs_of

    show_used(messages, training.record)
    with messages.waiting("timing a step"):
        costs = costs_of(training, jobs)
    messages.say(
        f"{costs.parameters:,} parameters{f' in each of {costs.networks} networks' * (costs.networks > 1)},"
        f" about {in_words(costs.memory)} of memory in training, products in {training.record.training.precision}"
    )
    if costs.step_seconds is None:
        messages.say(f"it would be refused: {costs.refusal}")
        return
    messages.say(
        f"a step takes {costs.step_seconds * 1000:.1f} ms; at most {costs.steps:,} steps a network, "
        f"{costs.turns * costs.steps * costs.step_seconds / 60:.1f} minutes in all; mostly fewer"
    )


@contextmanager
def interruption(messages: Messages) -> Iterator[list[int]]:
    """Collects the first SIGINT or SIGTERM instead of ending at once; a second one ends at once."""
    caught: list[int] = []

    def note(number: int) -> None:
        caught.append(number)
        messages.say("stopping after this step …")

    with noting_signals(note):
        yield caught
