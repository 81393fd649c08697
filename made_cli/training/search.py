"""The choice of settings by validation likelihood, and of how many networks the time that is left will train.

Knows: how the time is divided: successive halving. All settings that are tried begin; after each round about the better
half goes on from where it is, each with twice the time: the half that promises more of as many steps again. What is
compared is the equal mixture of the members, which is what a run is used as, not the bound that is trained: settings
whose members err differently may be worse each by itself and better together. For the same reason networks of one base
ordering, which have one member each, are tried in pairs.

Reference: Jamieson & Talwalkar, *Non-stochastic Best Arm Identification and Hyperparameter Optimization*, AISTATS 2016.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import monotonic

import torch

from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.core.made import Made
from made_cli.runs.record import RunRecord
from made_cli.runs.run import Run
from made_cli.runs.trials import Trial
from made_cli.training.convergence import expected_gain
from made_cli.training.memory import refuse_too_large
from made_cli.training.network_trainer import NetworkTrainer
from made_cli.training.objectives import Batch, MixtureObjective
from made_cli.training.prepare import Prepared, with_settings
from made_cli.training.run_trainer import RunTrainer
from made_cli.training.tried_settings import settings_to_try
from made_cli.training.validation import ValidationShare, log_likelihood_matrix

SEARCH_SHARE = 0.4
"""Of the time limit, for the search; networks have the rest."""
ROUNDS = 3
MOST_NETWORKS = 16
MOST_TIMES = 8.0
"""The steps of the search, times this, are as far as its evaluations let see: most plateaus have ended by then."""
LEAST_NETWORKS, MORE_TIME = 4, 1.25
"""Where the gain of several networks is not known: at least so many, each with so much more time than in the search."""
OF_SLOW_STEPS = 2
"""Networks where a search saw too few evaluations to tell: each has far to go."""


@dataclass(frozen=True, order=True)
class _Reached:
    """What networks make of the validation rows.

    Attributes:
        mixture_nll: of the equal mixture of all members, nats a row.
        spread: what a mixture of any number of such networks gains over one, nats a row; NaN where it is not known.
    """

    mixture_nll: float = math.inf
    spread: float = math.nan


@dataclass(eq=False)
class _Candidate:
    """Settings in the search, and the networks that are trained with them."""

    record: RunRecord
    trainers: list[NetworkTrainer]
    seconds: float = 0.0
    reached: _Reached = field(default_factory=_Reached)

    @property
    def valid_nll(self) -> float:
        """The NLL of the equal mixture of all members on the validation rows, nats a row."""
        return self.reached.mixture_nll


class Search:
    """A search for the settings of a run.

    Args:
        prepared: the run as it would be without a search; its time limit is that of search and training.
        device: where to train.

    Raises:
        UserError: all the networks that are tried need more memory than there is.
    """

    def __init__(self, prepared: Prepared, device: torch.device) -> None:
        self.prepared, self.device = prepared, device
        self.rows = prepared.rows.to(device)
        limit = prepared.record.training.time_limit
        assert limit is not None
        self.seconds = SEARCH_SHARE * limit
        self.started = monotonic()
        settings = settings_to_try(prepared)
        refuse_too_large(prepared.record, self.rows, device, at_once=len(settings))
        self.alive = [self._candidate(*each) for each in settings]
        self.trials: list[Trial] = []

    def choose(
        self, interrupted: Callable[[], bool], on_progress: Callable[[float, str], None] = lambda share, text: None
    ) -> RunRecord | None:
        """Tries settings, round after round.

        Args:
            interrupted: asked before every step. Once it says True the search ends without a choice.
            on_progress: told after each trial the share of the time that is used, and how the trial went.

        Returns:
            The record of the run with the best settings, and as many networks as the time left will train; None if it
            was interrupted.
        """
        for number in range(1, ROUNDS + 1):
            share = self.seconds / ROUNDS / len(self.alive)
            for candidate in self.alive:
                self._train(candidate, share, interrupted, last=number == ROUNDS)
                if interrupted():
                    return None
                used = (monotonic() - self.started) / self.seconds
                on_progress(min(used, 1.0), f"round {number} of {ROUNDS}: {candidate.valid_nll:.3f} nats")
            self.alive.sort(key=lambda candidate: candidate.valid_nll)
            kept = self.alive[:1] if number == ROUNDS else _better_half(sorted(self.alive, key=_promise))
            self.trials += [_trial(each, number, kept=each in kept) for each in self.alive]
            self.alive = kept
        return self._chosen()

    def _chosen(self) -> RunRecord:
        (best,) = self.alive
        training, limit = best.record.training, self.prepared.record.training.time_limit
        assert limit is not None
        left = max(1.0, limit - (monotonic() - self.started))
        networks = self.prepared.asked[1].networks or _most_useful_count(best, left)
        return with_settings(
            best.record, best.record.network, replace(training, networks=networks, time_limit=left), self.device
        )

    def _candidate(self, network: NetworkConfig, training: TrainingConfig) -> _Candidate:
        # Without a limit of its own the learning rate stays up, so that a later round can go on.
        training = replace(training, networks=2 if training.has_one_base_ordering else 1, time_limit=None)
        record = with_settings(self.prepared.record, network, training, self.device)
        job = RunTrainer(record, self.rows, self.device)
        return _Candidate(record, [job.trainer_of(index) for index in range(len(record.orderings))])

    def _train(self, candidate: _Candidate, seconds: float, interrupted: Callable[[], bool], *, last: bool) -> None:
        """Trains for some more seconds, and evaluates; in the last round with the decay, as networks are used."""
        started, share = monotonic(), seconds / len(candidate.trainers)
        for trainer in candidate.trainers:
            _train_for(trainer, share, interrupted, last=last)
        best = [copy.deepcopy(trainer.average) for trainer in candidate.trainers]
        for made, trainer in zip(best, candidate.trainers, strict=True):
            made.load_state_dict(trainer.best_weights)
        # The best weights by the bound, or those of now, which no evaluation has seen yet.
        now = [trainer.average for trainer in candidate.trainers]
        candidate.reached = min(self._reached(candidate.record, networks) for networks in (best, now))
        candidate.seconds += monotonic() - started

    def _reached(self, record: RunRecord, networks: list[Made]) -> _Reached:
        """Evaluates the validation rows."""
        shares = []
        for made, base in zip(networks, record.orderings, strict=True):
            members = Run(replace(record, orderings=(base,)), [made], None).members()
            shares.append(ValidationShare(Batch(self.rows.valid), tuple(member.ordering for member in members)))
        matrix = torch.cat([log_likelihood_matrix(*pair) for pair in zip(networks, shares, strict=True)], dim=1)
        orderings = [ordering for share in shares for ordering in share.orderings]
        mixture_nll = MixtureObjective(len(orderings)).nll(networks[0], matrix, orderings)
        if len(networks) == 1:
            return _Reached(mixture_nll)
        # The gain of M networks that err independently grows as 1 − 1/M: two have half of it.
        return _Reached(mixture_nll, 2 * (-matrix.mean().item() - mixture_nll))


def _most_useful_count(candidate: _Candidate, seconds: float) -> int:
    """Returns how many networks make the best mixture in so many seconds together: more of them, or longer trained."""
    progress = [trainer.progress for trainer in candidate.trainers]
    # What has stopped improving needs no more than it took to get there, and the decay.
    shares = [now.best_step / now.step if now.since_lowest and now.step else 1.0 for now in progress]
    had = max(candidate.seconds * max(shares) / len(shares), 1.0)
    falling = [now.plateau for now in progress if not now.since_lowest]

    def gain(count: int) -> float:
        longer = [expected_gain(evaluations, min(seconds / count / had, MOST_TIMES)) for evaluations in falling]
        return (sum(longer) / len(longer) if longer else 0.0) + candidate.reached.spread * (1 - 1 / count)

    if not falling or math.isnan(candidate.reached.spread):
        return min(MOST_NETWORKS, max(LEAST_NETWORKS, int(seconds / (MORE_TIME * had))))
    return OF_SLOW_STEPS if math.isnan(gain(1)) else max(range(1, MOST_NETWORKS + 1), key=gain)


def _train_for(trainer: NetworkTrainer, seconds: float, interrupted: Callable[[], bool], *, last: bool) -> None:
    """Trains a network for some more seconds."""
    started = monotonic()

    def over() -> bool:
        return interrupted() or monotonic() - started >= seconds

    if last:
        trainer.extend(seconds)
    while trainer.stopped is None and trainer.train_until_evaluation(over) is not None:
        pass


def _promise(candidate: _Candidate) -> float:
    """Returns the NLL that is expected of a candidate after twice its steps, nats a row.

    Strong regularisation is behind in the first rounds, and ahead in the end: what is still falling fast goes on.
    """
    gains = [expected_gain(trainer.progress.plateau, 2.0) for trainer in candidate.trainers]
    gain = sum(gains) / len(gains)
    return candidate.valid_nll - (0.0 if math.isnan(gain) else gain)


def _better_half(ranked: list[_Candidate]) -> list[_Candidate]:
    """Returns the better half, the most promising first, and beside it the best of other orderings where it has none.

    Networks of many orderings learn more slowly, and gain more from their mixture in the end: on a few rows of many
    columns they win, and are behind in the first rounds.
    """
    half = math.ceil(len(ranked) / 2)
    better, first = ranked[:half], ranked[0].record.training.orderings
    others = [candidate for candidate in ranked if candidate.record.training.orderings != first]
    return better if not others or any(candidate in better for candidate in others) else [*better, others[0]]


def _trial(candidate: _Candidate, number: int, *, kept: bool) -> Trial:
    network, training = candidate.record.network, candidate.record.training
    assert network.dropout is not None  # given their defaults
    assert training.weight_decay is not None
    assert training.orderings is not None
    assert training.connectivity is not None
    return Trial(
        round=number,
        hidden=network.hidden,
        dropout=network.dropout,
        weight_decay=training.weight_decay,
        orderings=training.orderings,
        connectivity=training.connectivity,
        steps=sum(trainer.progress.step for trainer in candidate.trainers),
        seconds=candidate.seconds,
        valid_nll=candidate.valid_nll,
        kept=kept,
    )
