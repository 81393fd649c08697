"""Columns of labels in a graph: their features, and the log-probabilities of their outcomes.

Knows: the formulas of `made_cli.core.distributions.bernoulli`, `.softmax` and `.embeddings`, and of what labels share,
as operators of a graph.
"""

import numpy as np

from made_cli.core.distributions.bernoulli import Bernoulli
from made_cli.core.distributions.embeddings import EmbeddingSoftmax
from made_cli.core.distributions.labels import UnseenOutcomes
from made_cli.core.distributions.softmax import Outcomes, Softmax
from made_cli.export.graph import Value


def features(part: Bernoulli | Softmax | EmbeddingSoftmax, codes: Value) -> Value:
    """Returns what the network reads of codes (N, C): (N, F)."""
    match part:
        case Bernoulli():
            return codes.graph.where(codes < 2.0, codes * 2.0 - 1.0, 0.0)
        case Softmax():
            return one_hot(part.outcomes, codes)
        case _:
            seen = seen_codes(part.unseen, codes)
            embedded = codes.graph.value(part.input_embeddings.double()).take(seen.narrow(1), axis=0)
            return embedded * codes.equals(seen.to(np.float64)).to(np.float64)


def terms(part: Bernoulli | Softmax | EmbeddingSoftmax, outputs: Value, codes: Value) -> Value:
    """Returns (N, C) log-probabilities of codes (N, C), nats, under raw outputs (N, O)."""
    match part:
        case Bernoulli():
            found = ((codes * 2.0 - 1.0) * outputs).log_sigmoid()
        case Softmax():
            found = chosen(log_outcomes(part.outcomes, outputs), seen_codes(part.unseen, codes))
        case _:
            logits = outputs.times(part.output_embeddings.double()) + part.bias.double()
            found = chosen(logits.apply("LogSoftmax", axis=1).wide(1), seen_codes(part.unseen, codes))
    return _among_all(part.unseen, found, codes)


def one_hot(outcomes: Outcomes, codes: Value) -> Value:
    """Turns codes (N, C) into (N, logits); codes that are no outcome into zeros."""
    equal = codes.wide(2).equals(np.arange(outcomes.widest, dtype=np.float64))
    return equal.to(np.float64).shaped(0, -1).take(outcomes.flat)


def log_outcomes(outcomes: Outcomes, logits: Value) -> Value:
    """Turns logits (N, all columns') into (N, C, largest S) log-probabilities; −inf in the padding."""
    # Behind the logits stand that of a single outcome, and that of the padding.
    single = logits.graph.node("Pad", logits, np.array([0, 0, 0, 1]))
    padded = logits.graph.node("Pad", single, np.array([0, 0, 0, 1]), -np.inf).take(outcomes.place)
    return padded.shaped(0, -1, outcomes.widest).apply("LogSoftmax", axis=2)


def chosen(log_prob: Value, outcomes: Value) -> Value:
    """Returns (N, C) the entries of (N, C, S) of outcomes (N, C)."""
    return log_prob.graph.node("GatherElements", log_prob, outcomes.wide(2), axis=2).narrow(2)


def seen_codes(unseen: UnseenOutcomes, codes: Value) -> Value:
    """Returns codes (N, C) as integers, with that of an outcome never seen replaced by 0."""
    return codes.graph.where(codes < unseen.seen.double(), codes, 0.0).to(np.int64)


def _among_all(unseen: UnseenOutcomes, log_prob: Value, codes: Value) -> Value:
    """Turns log-probabilities (N, C) among the outcomes seen into those among all outcomes."""
    graph, width = codes.graph, unseen.log_unseen.shape[1]
    place = (codes - unseen.seen.double()).clip(0.0, width - 1.0).to(np.int64)
    start = np.arange(len(unseen.seen)) * width
    of_unseen = graph.value(unseen.log_unseen.flatten()).take(place + start, axis=0)
    return graph.where(codes < unseen.seen.double(), log_prob + unseen.log_seen, of_unseen)
