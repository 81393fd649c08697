"""The geometry of numeric columns on tensors: cells, atoms (point masses), bounds, and the way to z and back.

Knows: what `Numeric` says of each column, for C columns side by side; no parameter and no probability but the fixed
ones of what training never saw. All of it is computed in float64, in which cells are told apart.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from made_cli.tables.columns.categorical import UNSEEN
from made_cli.tables.columns.numeric import Numeric
from made_cli.tables.columns.regions import Region

UNBOUNDED = -1e4
"""The bound, in z, of a column without one: no logistic has mass there."""
FARTHEST = 30.0
"""Draws further out than this, in z, are taken there; but for the widest, no logistic has mass there either."""
MASSES_AT_ONCE = 2**20
"""Masses of logistics within the intervals of a region that are held at a time: of rows, logistics and intervals."""
CALCULABLE = 1e30
"""Numbers further out than this, in z, are scored as if they were there: float32 ends soon after."""


class Intervals(NamedTuple):
    """A region of numbers as P intervals, each on one side of the bound of the column.

    Attributes:
        low: (P,) the least number of each, in the user's units; −inf for none.
        high: (P,) the greatest.
        low_z: (1, P) where the first cell begins, in z.
        high_z: (1, P) where the last cell ends.
        inside: (P,) whether it is not below the bound.
    """

    low: Tensor
    high: Tensor
    low_z: Tensor
    high_z: Tensor
    inside: Tensor

    def few_at_once(self, rows: Tensor, logistics: int) -> tuple[Tensor, ...]:
        """Cuts rows (N, …) into parts whose masses of so many logistics within the intervals fit in memory."""
        return torch.split(rows, max(1, MASSES_AT_ONCE // (logistics * len(self.low))))


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
        low, high = x - self.resolution / 2, x + self.resolution / 2
        (below, first), (above, last) = self._scaled(low), self._scaled(high)
        # Where a cell is so fine that its bounds cannot be told apart well, its width is the slope times r; in a piece
        # that is not transformed it always is.
        slope = torch.where(self.is_transformed > 0, 1 / torch.hypot(x - self.origin, self.width), 1.0) * _take(
            self.slopes, last
        )
        fine = self.resolution * slope
        straight = (first == last) & ((fine < 1e-6) | (self.is_transformed == 0))
        half = torch.where(straight, fine, above - below) / 2
        return ((above + below) / 2).clamp(-CALCULABLE, CALCULABLE), half.log()

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

    # A single column -------------------------------------------------------------------------------------------

    @property
    def empty_is_unseen(self) -> bool:
        """Whether an empty cell of the single column is an outcome that training had none of."""
        return self.kinds[0].empty == "unseen"

    @property
    def discrete(self) -> Tensor:
        """(A + 2,) the cells of the single column that need no logistic: atoms, the empty cell, the empty cell."""
        atoms = self.atoms[0]
        return torch.cat([atoms, atoms.new_full((1 + (self.kinds[0].missing is not None),), math.nan)])

    def intervals(self, region: Region) -> Intervals:
        """Cuts the numbers of a region at the bound of the single column."""
        step, bound = self.kinds[0].format.resolution, float(self.lower)
        cells = np.array(region.intervals, dtype=np.float64).reshape(-1, 2)
        low, high = (cells[:, 0] - 0.5) * step, (cells[:, 1] + 0.5) * step
        # Of each what is above the bound, then what is below.
        ends = np.stack([np.maximum(low, bound), high, low, np.minimum(high, bound)], axis=1).reshape(-1, 2)
        kept = ends[:, 0] < ends[:, 1]
        sides = np.tile([True, False], len(cells))[kept]
        if not kept.any():  # one without mass: there is always one to gather from
            ends, kept, sides = np.zeros((1, 2)), np.array([True]), np.array([True])
        edges, inside = (torch.from_numpy(part).to(self.lower.device) for part in (ends[kept], sides))
        low_z, high_z = (self.scale(edge.unsqueeze(1)).T for edge in edges.T)
        return Intervals(edges[:, 0] + step / 2, edges[:, 1] - step / 2, low_z, high_z, inside)

    def log_allowed(self, region: Region, intervals: int) -> Tensor:
        """Returns what to add to the log-probabilities of the discrete cells, then of each logistic's intervals."""
        kind, log_present = self.kinds[0], float(self.log_present)
        step = kind.format.resolution
        atoms = [log_present if round(atom / step) in region else -math.inf for atom in kind.atoms]
        empty = [0.0 if region.empty else -math.inf] * (1 + (kind.missing is not None))
        return torch.cat([self.lower.new_tensor([*atoms, *empty]), self.lower.new_full((intervals,), log_present)])


def _padded(rows: Sequence[Sequence[float]], padding: float) -> Tensor:
    """Returns (C, most) float64, rows that are shorter padded at the end."""
    most = max(len(row) for row in rows)
    return torch.tensor([[*row, *[padding] * (most - len(row))] for row in rows], dtype=torch.float64)


def _take(table: Tensor, piece: Tensor) -> Tensor:
    """Returns (N, C) the entry of each column's row of a table (C, Q) for its piece (N, C)."""
    return table.T.gather(0, piece)
