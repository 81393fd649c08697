"""The geometry of numeric columns on tensors: cells, atoms (point masses), bounds, and the way to z and back.

Knows: what `Numeric` says of each column, for C columns side by side; no parameter and no probability but the fixed
ones of what training never saw. All of it is computed in float64, in which cells are told apart.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from made_cli.tables.columns.categorical import UNSEEN
from made_cli.tables.columns.numeric import Numeric
from made_cli.tables.columns.row_regions import CellSets, Regions

UNBOUNDED = -1e4
"""The bound, in z, of a column without one: no logistic has mass there."""
FARTHEST = 30.0
"""Draws further out than this, in z, are taken there; but for the widest, no logistic has mass there either."""
MASSES_AT_ONCE = 2**20
"""Masses of logistics within the intervals of a region that are held at a time: of rows, logistics and intervals."""
CALCULABLE = 1e30
"""Numbers further out than this, in z, are scored as if they were there: float32 ends soon after."""


class Intervals(NamedTuple):
    """Regions of numbers of C columns as P intervals each, every one on one side of the bound of its column.

    Attributes:
        low: (N, C, P) the least number of each, in the user's units; −inf for none. N may be 1, for all rows.
        high: (N, C, P) the greatest.
        low_z: (N, C, P) where the first cell begins, in z.
        high_z: (N, C, P) where the last cell ends.
        log_width: (N, C, P) log of what lies between, in z; −inf where there is no such interval.
        inside: (P,) whether it is not below the bound.
    """

    low: Tensor
    high: Tensor
    low_z: Tensor
    high_z: Tensor
    log_width: Tensor
    inside: Tensor

    def few_at_once(self, rows: int, logistics: int) -> Iterator[slice]:
        """Cuts so many rows into parts whose masses of so many logistics within the intervals fit in memory."""
        count = max(1, MASSES_AT_ONCE // (logistics * self.low[0].numel()))
        return (slice(start, start + count) for start in range(0, max(rows, 1), count))

    def take(self, rows: slice) -> "Intervals":
        """Returns those of some rows."""
        if len(self.low) == 1:
            return self
        low, high, low_z, high_z, log_width = (part[rows] for part in self[:-1])
        return Intervals(low, high, low_z, high_z, log_width, self.inside)


class NumericGeometry(nn.Module):
    """C numeric columns as vectors.

    Args:
        kinds: the columns.
    """

    origin: Tensor
    width: Tensor
    is_transformed: Tensor
    pieces_less_1: Tensor
    transformed_knots: Tensor
    z_knots: Tensor
    slopes: Tensor
    resolution: Tensor
    atoms: Tensor
    atom_places: Tensor
    lower: Tensor
    lower_z: Tensor
    missing_code: Tensor
    log_present: Tensor
    log_inside: Tensor
    log_resolution: Tensor
    log_cell: Tensor  # of a number with all its mass in one cell, the log-density

    def __init__(self, kinds: Sequence[Numeric]) -> None:
        super().__init__()

        def vector(name: str, values: list[float]) -> None:
            self.register_buffer(name, torch.tensor(values, dtype=torch.float64), persistent=False)

        vector("origin", [kind.scaling.origin for kind in kinds])
        vector("width", [kind.scaling.width or 1.0 for kind in kinds])
        vector("is_transformed", [kind.scaling.width is not None for kind in kinds])
        vector("pieces_less_1", [len(kind.scaling.z) - 2 for kind in kinds])
        knots = _padded([kind.scaling.transformed for kind in kinds], math.inf)
        self.register_buffer("transformed_knots", knots, persistent=False)
        self.register_buffer("z_knots", _padded([kind.scaling.z for kind in kinds], math.inf), persistent=False)
        slopes = self.z_knots.diff(dim=1) / self.transformed_knots.diff(dim=1)
        self.register_buffer("slopes", slopes.nan_to_num(1.0), persistent=False)
        vector("resolution", [kind.format.resolution for kind in kinds])
        vector(
            "lower", [-math.inf if kind.lower is None else kind.lower - kind.format.resolution / 2 for kind in kinds]
        )
        vector("log_present", [math.log1p(-UNSEEN) if kind.empty == "unseen" else 0.0 for kind in kinds])
        vector("log_inside", [0.0 if kind.lower is None else math.log1p(-UNSEEN) for kind in kinds])
        vector("log_resolution", [math.log(kind.format.resolution) for kind in kinds])
        log_cell = self.log_inside + self.log_present - self.log_resolution
        self.register_buffer("log_cell", log_cell, persistent=False)
        vector("missing_code", [1 + len(kind.atoms) if kind.missing is not None else -1 for kind in kinds])
        self.register_buffer("atoms", _padded([kind.atoms for kind in kinds], math.nan), persistent=False)
        places = [[*kind.atoms, math.inf] for kind in kinds]
        self.register_buffer("atom_places", _padded(places, math.inf), persistent=False)
        bounds = self.scale(self.lower.nan_to_num(neginf=0.0).unsqueeze(0)).squeeze(0)
        self.register_buffer("lower_z", torch.where(self.lower.isinf(), UNBOUNDED, bounds), persistent=False)
        self.bounded = any(kind.lower is not None for kind in kinds)
        self.kinds = tuple(kinds)

    def scale(self, x: Tensor) -> Tensor:
        """Maps numbers (N, C) in the user's units to z."""
        return self._scaled(x.double())[0]

    def round(self, z: Tensor) -> Tensor:
        """Maps z (N, C) back to the user's units, to the nearest multiple of the resolution."""
        z = z.double().clamp(-FARTHEST, FARTHEST)
        piece = self._piece(z, self.z_knots)
        transformed = _take(self.transformed_knots, piece) + (z - _take(self.z_knots, piece)) / _take(
            self.slopes, piece
        )
        x = torch.where(self.is_transformed > 0, self.origin + self.width * torch.sinh(transformed), transformed)
        # The bound is half a cell below the least number there is; rounding must not take a draw to the other side.
        return (torch.round(x / self.resolution) * self.resolution).clamp(min=self.lower + self.resolution / 2)

    def cell_interval(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the centre and the log of half the width, in z, of the cells of x (N, C); anything where x is NaN."""
        x = x.double().nan_to_num(0.0)
        below, above, width = self._interval(x - self.resolution / 2, x + self.resolution / 2, x, self.resolution)
        return ((above + below) / 2).clamp(-CALCULABLE, CALCULABLE), (width / 2).log()

    def _interval(self, low: Tensor, high: Tensor, middle: Tensor, size: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns (N, C) where intervals begin and end in z, and how wide they are.

        Args:
            low: (N, C) where they begin, in the user's units.
            high: (N, C) where they end.
            middle: (N, C) a number between.
            size: (N, C) or (C,) how wide they are there.
        """
        (below, first), (above, last) = self._scaled(low), self._scaled(high)
        # Where one is so fine that its ends cannot be told apart well, its width is the slope times its size; in a
        # piece that is not transformed it always is.
        slope = torch.where(self.is_transformed > 0, 1 / torch.hypot(middle - self.origin, self.width), 1.0) * _take(
            self.slopes, last
        )
        fine = size * slope
        straight = (first == last) & ((fine < 1e-6) | (self.is_transformed == 0))
        return below, above, torch.where(straight, fine, above - below)

    def _scaled(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Returns (N, C) z, and the piece between knots that each number (N, C) is in."""
        transformed = torch.where(self.is_transformed > 0, torch.asinh((x - self.origin) / self.width), x)
        piece = self._piece(transformed, self.transformed_knots)
        z = _take(self.z_knots, piece) + (transformed - _take(self.transformed_knots, piece)) * _take(
            self.slopes, piece
        )
        return z, piece

    def _piece(self, at: Tensor, knots: Tensor) -> Tensor:
        """Returns (N, C) the piece between knots that each number is in; the outermost have no end."""
        piece = torch.searchsorted(knots, at.T.contiguous(), right=True).T - 1
        return torch.minimum(piece.clamp(min=0), self.pieces_less_1.long())

    def outcome(self, x: Tensor) -> Tensor:
        """Returns (N, C) the discrete outcome of each cell: 0 a number, 1.. an atom, then missing; −1 never seen."""
        x = x.double()
        # The last atom that does not lie beyond the cell, if it lies within.
        place = torch.searchsorted(self.atom_places, (x + self.resolution / 2).T.contiguous()).T - 1
        nearest = _take(self.atom_places, place.clamp(min=0))
        outcome = torch.where((nearest - x).abs() < self.resolution / 2, place + 1, 0)
        return torch.where(x.isnan(), self.missing_code.long(), outcome)

    def choose(self, outcome: Tensor, x: Tensor) -> Tensor:
        """Returns (N, C) codes: x for outcome 0, the atom or NaN for the others."""
        padding = self.atoms.new_full((len(self.atoms), 1), math.nan)
        values = torch.cat([padding, self.atoms, padding], dim=1).expand(len(x), -1, -1)
        return torch.where(outcome == 0, x, values.gather(2, outcome.unsqueeze(2)).squeeze(2))

    def inside(self, x: Tensor) -> Tensor:
        """Says (N, C) which numbers are not below the bound of their column."""
        return x >= self.lower

    def intervals(self, regions: Sequence[CellSets]) -> Intervals:
        """Cuts the numbers of regions, (N,) for each column, at its bound."""
        # In steps, in which the width of the finest cell is exact.
        first, last = _ends(regions)
        bound = (self.lower / self.resolution).unsqueeze(1).cpu().numpy()
        # Of each what is above the bound, then what is below.
        low = np.concatenate([np.maximum(first, bound), first], axis=2)
        high = np.concatenate([last, np.minimum(last, bound)], axis=2)
        is_one = np.asarray(low < high)
        kept = np.flatnonzero(is_one.any(axis=(0, 1))) if is_one.any() else np.array([0])
        inside = np.repeat([True, False], first.shape[2])[kept]
        low, high, is_one = low[..., kept], high[..., kept], is_one[..., kept]
        low, high = np.where(is_one, low, 0.0), np.where(is_one, high, 1.0)
        return self._between(*(torch.from_numpy(part).to(self.lower.device) for part in (low, high, is_one, inside)))

    def _between(self, low: Tensor, high: Tensor, is_one: Tensor, inside: Tensor) -> Intervals:
        """Returns intervals from where they begin and end (N, C, P), in steps, if they are any."""
        step, shape = self.resolution, low.mT.shape
        first, last = (end.mT.reshape(-1, len(step)) for end in (low, high))
        found = self._interval(first * step, last * step, (first + last) / 2 * step, (last - first) * step)
        below, above, width = (part.view(shape).mT for part in found)
        # Of what has no end the width is as good as infinite.
        width = torch.where(width.isfinite(), width, CALCULABLE).clamp(max=CALCULABLE)
        return Intervals(
            low=(low + 0.5) * step.unsqueeze(1),
            high=(high - 0.5) * step.unsqueeze(1),
            low_z=below.clamp(-CALCULABLE, CALCULABLE),
            high_z=above.clamp(-CALCULABLE, CALCULABLE),
            log_width=width.log().masked_fill(~is_one, -math.inf),
            inside=inside,
        )

    def log_discrete(self, regions: Sequence[CellSets], width: int) -> Tensor:
        """Returns (N, C, width + 1) what to add to the log-probabilities of the discrete outcomes of each column.

        Of all outcomes but the first, a number, in their order; behind them stands the empty cell that training never
        had. Those that are not in a region are left out.
        """
        rows = max(len(each.present) for each in regions)
        found = np.full((rows, len(self.kinds), width + 1), -math.inf)
        for place, (kind, each) in enumerate(zip(self.kinds, regions, strict=True)):
            assert isinstance(each, Regions)
            atoms = np.rint(np.array(kind.atoms) / kind.format.resolution)
            found[:, place, : len(atoms)] = np.where(each.holding(atoms), float(self.log_present[place]), -math.inf)
            empty = np.where(each.empty, 0.0, -math.inf)
            if kind.missing is not None:
                found[:, place, len(atoms)] = empty
            if kind.empty == "unseen":
                found[:, place, -1] = empty + math.log(UNSEEN)
        return torch.from_numpy(found).to(self.lower.device)

    @property
    def discrete(self) -> Tensor:
        """(A + 2,) of a single column the cells that need no logistic: atoms, the empty cell, the empty cell."""
        atoms = self.atoms[0]
        return torch.cat([atoms, atoms.new_full((1 + (self.kinds[0].missing is not None),), math.nan)])


def _ends(regions: Sequence[CellSets]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Returns where the intervals of regions begin and end, (N, C, most of them) in steps, padded by none."""
    intervals = [each for each in regions if isinstance(each, Regions)]
    # There is always one to gather from.
    rows, most = (max(1, *(each.low.shape[axis] for each in intervals)) for axis in (0, 1))
    low = np.full((rows, len(intervals), most), math.inf)
    high = -low
    for place, each in enumerate(intervals):
        count = each.low.shape[1]
        low[:, place, :count], high[:, place, :count] = each.low - 0.5, each.high + 0.5
    return low, high


def _padded(rows: Sequence[Sequence[float]], padding: float) -> Tensor:
    """Returns (C, most) float64, rows that are shorter padded at the end."""
    most = max(len(row) for row in rows)
    return torch.tensor([[*row, *[padding] * (most - len(row))] for row in rows], dtype=torch.float64)


def _take(table: Tensor, piece: Tensor) -> Tensor:
    """Returns (N, C) the entry of each column's row of a table (C, Q) for its piece (N, C)."""
    return table.T.gather(0, piece)
