"""Columns of numbers in a graph: the geometry of their cells, their features, and the log-densities of cells.

Knows: the formulas of `made_cli.core.distributions.geometry`, `.logistics` and `.log_mass` as operators of a graph.
"""

import math

import numpy as np
from torch import Tensor

from made_cli.core.distributions.geometry import CALCULABLE, NumericGeometry
from made_cli.core.distributions.log_mass import LOG_SCALES
from made_cli.core.distributions.logistics import CLIPPED, MixtureOfLogistics
from made_cli.core.distributions.mixture import FINEST
from made_cli.core.shapes.forms import COMPONENTS
from made_cli.export.graph import Value
from made_cli.export.labels import chosen, log_outcomes, one_hot
from made_cli.tables.columns.categorical import UNSEEN


def features(part: MixtureOfLogistics, codes: Value) -> Value:
    """Returns what the network reads of codes (N, C): for each column z and its encoding; the discrete outcomes."""
    graph, encoding = codes.graph, part.encoding
    z = _scaled(part.geometry, codes)[0].wide(2)
    ramps = ((z - encoding.start) / encoding.width).clip(0.0, 1.0)
    linear = graph.concat([z.clip(-CLIPPED, CLIPPED), ramps], 2)
    linear = graph.where(z.apply("IsNaN"), 0.0, linear).shaped(0, -1).take(part.kept)
    outcome = _outcome(part.geometry, codes).to(np.float64)
    return graph.concat([linear, one_hot(part.outcomes, outcome)], 1)


def terms(part: MixtureOfLogistics, outputs: Value, codes: Value) -> Value:
    """Returns (N, C) log-densities of codes (N, C), nats in the user's units, under raw outputs (N, O)."""
    graph, geometry = codes.graph, part.geometry
    empty, outcome = codes.apply("IsNaN"), _outcome(geometry, codes)
    discrete = graph.value(np.int64(0)) < outcome
    x = graph.where(empty, 0.0, codes)
    logistics = outputs.take(np.arange(part.discrete, len(part.output_columns)))
    density = _log_share(part, logistics.shaped(0, -1, COMPONENTS, 3), x) + geometry.log_cell
    log_outcome = log_outcomes(part.outcomes, outputs.take(np.arange(part.discrete)))
    density = density + log_outcome.take(np.int64(0), axis=2)
    of_outcome = chosen(log_outcome, graph.node("Max", outcome, np.int64(0)))
    # The logistics give the cell of an atom some mass as well.
    mass = _log_add(density, of_outcome + (geometry.log_present - geometry.log_resolution))
    of_empty = graph.where(discrete, of_outcome, math.log(UNSEEN))
    return graph.where(empty, of_empty, graph.where(discrete, mass, density))


def _log_share(part: MixtureOfLogistics, logistics: Value, x: Value) -> Value:
    """Returns (N, C) the log of the share that the cells of x have of what is due on their side of the bound."""
    graph, geometry = x.graph, part.geometry
    logit, location, log_scale = (logistics.take(np.int64(place), axis=3) for place in range(3))
    log_scale = log_scale.clip(*LOG_SCALES)
    inverse = (-log_scale).apply("Exp")
    centre, log_half = _cell_interval(geometry, x)
    u, log_delta = (centre.wide(2) - location) * inverse, log_half.wide(2) - log_scale
    floored = log_delta.clip(FINEST, math.inf)
    delta = floored.apply("Exp")
    # 1 − exp(−2δ) = tanh δ (1 + exp(−2δ)), which loses nothing where δ is small.
    log_width = (delta.apply("Tanh") * ((delta * -2.0).apply("Exp") + 1.0)).apply("Log") + log_delta - floored
    in_cell = ((delta + u).log_sigmoid() + (delta - u).log_sigmoid() + log_width + logit).log_sum_exp(2)
    if not geometry.bounded:
        return in_cell - logit.log_sum_exp(2)
    beyond = (location - geometry.lower_z.unsqueeze(1)) * inverse
    above, below = ((side.log_sigmoid() + logit).log_sum_exp(2) for side in (beyond, -beyond))
    due_below = below + (geometry.log_inside - math.log(UNSEEN))
    return in_cell - graph.where(x >= geometry.lower, above, due_below)


def _scaled(geometry: NumericGeometry, x: Value) -> tuple[Value, Value]:
    """Returns (N, C) z, and the piece between knots that each number (N, C) is in."""
    graph, transformed = x.graph, geometry.is_transformed > 0
    t = graph.where(graph.value(transformed), _asinh((x - geometry.origin) / geometry.width), x)
    count = (graph.value(geometry.transformed_knots) <= t.wide(2)).to(np.int64).sum(2)
    piece = graph.node("Min", graph.node("Max", count - np.int64(1), np.int64(0)), geometry.pieces_less_1.long())
    start, low, slope = (
        _of_piece(table, piece) for table in (geometry.z_knots, geometry.transformed_knots, geometry.slopes)
    )
    return start + (t - low) * slope, piece


def _cell_interval(geometry: NumericGeometry, x: Value) -> tuple[Value, Value]:
    """Returns the centre and the log of half the width, in z, of the cells of x (N, C)."""
    graph, transformed = x.graph, geometry.is_transformed > 0
    half = geometry.resolution / 2
    (below, first), (above, last) = _scaled(geometry, x - half), _scaled(geometry, x + half)
    away = x - geometry.origin
    root = (away * away + geometry.width**2).apply("Sqrt")
    slope = graph.where(graph.value(transformed), graph.value(1.0) / root, 1.0)
    fine = slope * _of_piece(geometry.slopes, last) * geometry.resolution
    straight = first.equals(last) & ((fine < 1e-6) | graph.value(~transformed))
    width = graph.where(straight, fine, above - below)
    return ((above + below) / 2.0).clip(-CALCULABLE, CALCULABLE), (width / 2.0).apply("Log")


def _outcome(geometry: NumericGeometry, x: Value) -> Value:
    """Returns (N, C) the discrete outcome of each cell: 0 a number, 1.. an atom, then missing; −1 never seen."""
    graph, half = x.graph, geometry.resolution / 2
    place = (graph.value(geometry.atom_places) < (x + half).wide(2)).to(np.int64).sum(2) - np.int64(1)
    nearest = _of_piece(geometry.atom_places, graph.node("Max", place, np.int64(0)))
    within = (nearest - x).apply("Abs") < half
    outcome = graph.where(within, place + np.int64(1), np.int64(0))
    return graph.where(x.apply("IsNaN"), geometry.missing_code.long(), outcome)


def _of_piece(table: Tensor, piece: Value) -> Value:
    """Returns (N, C) the entry of each column's row of a table (C, Q) for its piece (N, C)."""
    start = np.arange(len(table)) * table.shape[1]
    return piece.graph.value(table.flatten()).take(piece + start, axis=0)


def _asinh(x: Value) -> Value:
    """Returns sign(x) log(|x| + √(x² + 1))."""
    size = x.apply("Abs")
    return x.apply("Sign") * (size + (size * size + 1.0).apply("Sqrt")).apply("Log")


def _log_add(a: Value, b: Value) -> Value:
    """Returns log(exp a + exp b)."""
    return a.graph.node("Max", a, b) - (a - b).apply("Abs").log_sigmoid()
