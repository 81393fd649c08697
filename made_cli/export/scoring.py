"""The scoring function of one member as a model of ONNX: codes in, log-densities out.

Knows: how features, the masked network and the distributions of the columns make a log-density, as a graph; the masks
of one ordering are constants, so weights are masked before they are written. What a code means stands in the model.
"""

import json
import math
from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
import torch
from onnx import ModelProto

from made_cli.core.distributions.base import Distribution
from made_cli.core.distributions.bernoulli import Bernoulli
from made_cli.core.distributions.embeddings import EmbeddingSoftmax
from made_cli.core.distributions.logistics import MixtureOfLogistics
from made_cli.core.distributions.softmax import Softmax
from made_cli.core.products import MaskedMatrix
from made_cli.ensemble.members import Member
from made_cli.errors import Exit, UserError
from made_cli.export import labels, numbers
from made_cli.export.graph import Graph, Value
from made_cli.runs.run import Run
from made_cli.runs.saved import member_alone
from made_cli.tables.columns.kinds import Categorical, Kind

MOST_BYTES = 2**31 - 1
"""Of a model: what the format of its files holds."""


def scoring_model(run: Run, number: int, seed: int = 0) -> ModelProto:
    """Returns the model of one member.

    Args:
        run: the run.
        number: of the member, counted from 1.
        seed: draws its ordering, if it is no base ordering.

    Raises:
        UserError: the run has no such member or keeps to relations between columns, or the model is too large.
    """
    (member,) = member_alone(run, number, seed).members
    made = member.made
    if made.rules.relations:
        raise UserError(
            f"{run.name} keeps to relations between its columns, which a model of ONNX cannot",
            hint="Train a run for export with --relations off.",
            code=Exit.USAGE,
        )
    graph = Graph()
    with torch.inference_mode():
        given = Value(graph, "codes")
        fits = _fits(made.kinds, given)
        codes = graph.where(fits, given, 0.0)
        cells = [codes.take(part.columns) for part in made.distributions]
        pairs = list(zip(made.distributions, cells, strict=True))
        outputs = _outputs(member, graph.concat([_features(part, own) for part, own in pairs], 1))
        terms, start = [], 0
        for part, own in pairs:
            end = start + len(part.output_columns)
            terms.append(_terms(part, outputs.take(np.arange(start, end)), own))
            start = end
        whole = fits.to(np.float64).sum(1) >= float(len(made.kinds))
        log_prob = graph.where(whole, graph.concat(terms, 1).sum(1), math.nan)
    if sum(constant.ByteSize() for constant in graph.constants) > MOST_BYTES:
        raise UserError(
            f"{run.name}: a network of more than 2 GiB, which a model of ONNX cannot hold",
            hint="Train narrower layers: --hidden 500,500.",
            code=Exit.USAGE,
        )
    documented = {
        "run": run.name,
        "made": version("made-cli"),
        "unit": "nats",
        "ordering": json.dumps([made.kinds[column].name for column in member.ordering.columns]),
        "columns": json.dumps([described(kind) for kind in made.kinds]),
    }
    return graph.model(len(made.kinds), {"log_prob": log_prob}, documented)


def described(kind: Kind) -> dict[str, object]:
    """Returns what a code of a column means, as JSON holds it.

    Of labels: the code of each (`codes`), of an empty cell (`empty`) and of every other text (`other`). The code of a
    number is the number, that of a time a count of `unit` from 1970 on; that of an empty cell is NaN.
    """
    if not isinstance(kind, Categorical):
        return {"name": kind.name, "kind": kind.described, "unit": kind.unit, "resolution": kind.resolution}
    texts = [text for text in (*kind.labels, *kind.rare, kind.opposite) if text is not None]
    codes = [None if code != code else int(code) for code in kind.encode([*texts, "", "\0"]).tolist()]
    named = dict(zip(texts, codes[:-2], strict=True))
    return {"name": kind.name, "kind": "categorical", "codes": named, "empty": codes[-2], "other": codes[-1]}


def _fits(kinds: Sequence[Kind], codes: Value) -> Value:
    """Says which of codes (N, D) mean something to their columns, and are not those of unknown cells."""
    graph = codes.graph
    counts = np.array([math.inf if kind.outcomes is None else kind.outcomes for kind in kinds], dtype=np.float64)
    is_outcome = codes.apply("Floor").equals(codes) & (codes >= 0.0) & (codes < counts)
    is_number = codes.equals(codes) & graph.value(np.array([kind.is_numeric for kind in kinds]))
    may_be_empty = graph.value(np.array([kind.is_numeric and not kind.marginal for kind in kinds]))
    return is_outcome | is_number | may_be_empty


def _features(part: Distribution, codes: Value) -> Value:
    """Returns what the network reads of codes (N, C) of the columns of one distribution."""
    if isinstance(part, MixtureOfLogistics):
        return numbers.features(part, codes)
    assert isinstance(part, Bernoulli | Softmax | EmbeddingSoftmax)
    return labels.features(part, codes)


def _terms(part: Distribution, outputs: Value, codes: Value) -> Value:
    """Returns (N, C) log-densities of codes (N, C) under the raw outputs of one distribution."""
    if isinstance(part, MixtureOfLogistics):
        return numbers.terms(part, outputs, codes)
    assert isinstance(part, Bernoulli | Softmax | EmbeddingSoftmax)
    return labels.terms(part, outputs, codes)


def _outputs(member: Member, features: Value) -> Value:
    """Returns the raw outputs (N, O), float64, of the masked network, which is of the precision of its weights."""
    weights, graph = member.made.under(member.ordering).weights, features.graph
    features = features.to(weights.input_bias.detach().cpu().numpy().dtype.type)
    hidden = _product(weights.input_weight, features) + weights.input_bias
    for layer in weights.hidden:
        below, hidden = hidden, _product(layer.weight, hidden.apply("Relu")) + layer.bias
        hidden = hidden + below if layer.residual else hidden
    direct = weights.direct
    moves = _product(weights.direct_weight, features if direct.complete else features.take(direct.inputs))
    if not direct.complete:  # behind them stands what moves nothing
        moves = graph.node("Pad", moves, np.array([0, 0, 0, 1])).take(direct.rows)
    outputs = _product(weights.output_weight, hidden.apply("Relu")) + weights.output_bias + moves
    return outputs.to(np.float64)


def _product(matrix: MaskedMatrix, values: Value) -> Value:
    """Returns (N, R) of values (N, C) and what the mask leaves of weights (R, C)."""
    return values.times(matrix.weight * matrix.stairs.mask.dense(matrix.weight.dtype))
