"""The geometry of numeric columns on tensors: cells, atoms (point masses), bounds, and the way to z and back.

Knows: what `Numeric` says of each column, for C columns side by side; no parameter and no probability but the fixed
ones of what training never saw. All of it is computed in float64, in which cells are told apart.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
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


class Allowed(NamedTuple):
    """Regions of C columns: P intervals of numbers in z, every one on one side of the bound of its column, and others.

    Attributes:
        intervals: (N, C, P, 5) of each where it begins, where it ends, log of what lies between, −inf where there is no
            such interval; 1 if it is not below the bound, else 0; and log of the probability that a number lies on that
            side. N may be 1, for all rows.
        others: (N, C, 1 + A) log-probability of the empty cell that training never had; then what to add to the
            log-probabilities of the discrete outcomes but the first, a number: −inf for those that are left out.
    """

    intervals: Tensor
    others: Tensor

    @classmethod
    def side_by_side(cls, columns: Sequence[Sequence[Tensor | None]]) -> "Allowed":
        """Returns those of columns, of each of which there are (N, P, 5) and (N, 1 + A)."""
        intervals, others = ([each for each in part if each is not None] for part in zip(*columns, strict=True))
        return cls(_stacked(intervals, NO_INTERVAL), _stacked(others, -math.inf))

    def few_at_once(self, rows: int, logistics: int) -> Iterator[slice]:
        """Cuts so many rows into parts whose masses of so many logistics within the intervals fit in memory."""
        count = max(1, MASSES_AT_ONCE // (logistics * self.intervals[0, ..., 0].numel()))
        return (slice(start, start + count) for start in range(0, max(rows, 1), count))

    def take(self, rows: slice) -> "Allowed":
        """Returns those of some rows."""
        return self if len(self.others) == 1 else Allowed(self.intervals[rows], self.others[rows])


NO_INTERVAL = (0.0, 1.0, -math.inf, 1.0, 0.0)


class Ends(NamedTuple):
    """Where the P intervals of regions of a single column begin and end, in steps: half a step beyond their numbers.

    Attributes:
        low: (N, P). N may be 1, for all rows.
        high: (N, P).
        is_one: (N, P) whether there is such an interval.
        inside: (N, P) whether it is not below the bound.
    """

    low: Tensor
    high: Tensor
    is_one: Tensor
    inside: Tensor

    def numbers(self, resolution: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the least and the greatest number of each, in the user's units."""
        return (self.low + 0.5) * resolution, (self.high - 0.5) * resolution


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

    def ends(self, cells: CellSets) -> Ends:
        """Cuts the numbers of regions (N,) of a single column (C = 1) at its bound."""
        assert isinstance(cells, Regions)
        # In steps, in which the width of the finest cell is exact.
        first, last = cells.low - 0.5, cells.high + 0.5
        bound = (self.lower / self.resolution).cpu().numpy()
        # Of each what is above the bound, then what is below.
        low = np.concatenate([np.maximum(first, bound), first], axis=1)
        high = np.concatenate([last, np.minimum(last, bound)], axis=1)
        inside = np.broadcast_to(np.repeat([True, False], first.shape[1]), low.shape)
        is_one = np.asarray(low < high)
        if not is_one.any():  # there is always one to gather from
            low, high, is_one, inside = (np.full((len(low), 1), each) for each in (0.0, 1.0, False, True))
        kept = is_one.any(axis=0) if is_one.any() else np.array([True])
        low, high = np.where(is_one, low, 0.0)[:, kept], np.where(is_one, high, 1.0)[:, kept]
        parts = (low, high, is_one[:, kept], inside[:, kept])
        return Ends(*(torch.from_numpy(part).to(self.lower.device) for part in parts))

    def allowed(self, cells: CellSets, ends: Ends) -> Sequence[Tensor]:
        """Returns what `Allowed` has of regions (N,) of a single column (C = 1), and of where their numbers end."""
        assert isinstance(cells, Regions)
        low, high, is_one, inside = ends
        first, last = (end.reshape(-1, 1) * self.resolution for end in (low, high))
        found = self._interval(first, last, (first + last) / 2, (high - low).reshape(-1, 1) * self.resolution)
        below, above, width = (part.view(low.shape) for part in found)
        # Of what has no end the width is as good as infinite.
        width = torch.where(width.isfinite(), width, CALCULABLE).clamp(max=CALCULABLE)
        low_z, high_z = (end.clamp(-CALCULABLE, CALCULABLE) for end in (below, above))
        log_width = width.log().masked_fill(~is_one, -math.inf)
        log_side = self.log_present + torch.where(inside, self.log_inside, math.log(UNSEEN))
        return torch.stack([low_z, high_z, log_width, inside.to(low_z), log_side], dim=2), self._others(cells)

    def _others(self, cells: Regions) -> Tensor:
        """Returns (N, 1 + A) what `Allowed` has of the empty cell and the discrete outcomes."""
        (kind,) = self.kinds
        atoms = np.rint(np.array(kind.atoms) / kind.format.resolution)
        known = np.where(cells.holding(atoms), float(self.log_present), -math.inf)
        empty = np.where(cells.empty, 0.0, -math.inf)[:, np.newaxis]
        unseen = empty + (math.log(UNSEEN) if kind.empty == "unseen" else -math.inf)
        last = [empty] if kind.missing is not None else []
        return torch.from_numpy(np.hstack([unseen, known, *last])).to(self.lower.device)

    @property
    def discrete(self) -> Tensor:
        """(A + 2,) of a single column the cells that need no logistic: atoms, the empty cell, the empty cell."""
        atoms = self.atoms[0]
        return torch.cat([atoms, atoms.new_full((1 + (self.kinds[0].missing is not None),), math.nan)])


def _stacked(columns: Sequence[Tensor], padding: float | tuple[float, ...]) -> Tensor:
    """Returns (N, C, most, …) of columns (N, P, …), those with fewer padded at the end."""
    most = max(column.shape[1] for column in columns)
    if any(column.shape[1] < most for column in columns):
        last = torch.tensor(padding).to(columns[0])
        missing = (last.expand(len(each), most - each.shape[1], *last.shape) for each in columns)
        columns = [torch.cat(each, dim=1) for each in zip(columns, missing, strict=True)]
    return torch.stack([*columns], dim=1)


def _padded(rows: Sequence[Sequence[float]], padding: float) -> Tensor:
    """Returns (C, most) float64, rows that are shorter padded at the end."""
    most = max(len(row) for row in rows)
    return torch.tensor([[*row, *[padding] * (most - len(row))] for row in rows], dtype=torch.float64)


def _take(table: Tensor, piece: Tensor) -> Tensor:
    """Returns (N, C) the entry of each column's row of a table (C, Q) for its piece (N, C)."""
    return table.T.gather(0, piece)
