"""Direct paths: which features lead to which outputs past the hidden layers.

Knows: all of them, or, where many columns of numbers would make that too many weights, a few of each column: its
distribution says which of its features are read, and which of its outputs one weight moves together. The weights then
grow with pairs of columns, not with pairs of all that the network reads and says of them.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from made_cli.config import Direct
from made_cli.core.distributions import Distribution
from made_cli.core.shapes.forms import forms_of
from made_cli.tables.columns.kinds import Kind

MOST_WEIGHTS = 2**23
"""Direct weights between all features and all outputs, at most; of more there are few. Some 130 columns of numbers."""


class DirectPaths(nn.Module):
    """The paths that direct weights (R, I) take.

    Args:
        parts: the distributions of the columns.
        direct: whether there are paths from all features to all outputs, or few.

    Attributes:
        inputs: (I,) the features that they read, ascending.
        rows: (O,) which of the rows moves each output; R for none.
        columns: (R,) the column that each row is for.
        complete: whether every feature is read, and every output has a row of its own.
    """

    inputs: Tensor
    rows: Tensor
    columns: Tensor

    def __init__(self, parts: Sequence[Distribution], direct: Direct) -> None:
        super().__init__()
        self.complete = direct == "all"
        output_columns = torch.cat([part.output_columns for part in parts])
        if self.complete:
            read = torch.ones(sum(len(part.input_columns) for part in parts), dtype=torch.bool)
            groups = torch.arange(len(output_columns))
        else:
            read = torch.cat([part.direct_features for part in parts])
            groups = _numbered([part.direct_groups for part in parts])
        moved = groups >= 0
        count = int(groups.max()) + 1 if len(groups) else 0
        columns = torch.zeros(count, dtype=torch.long)
        columns[groups[moved]] = output_columns[moved]
        self.register_buffer("inputs", read.nonzero().squeeze(1), persistent=False)
        self.register_buffer("rows", torch.where(moved, groups, count), persistent=False)
        self.register_buffer("columns", columns, persistent=False)

    def read(self, features: Tensor) -> Tensor:
        """Returns those of features (N, F) that are read, (N, I)."""
        return features if self.complete else features.index_select(1, self.inputs)

    def spread(self, moves: Tensor) -> Tensor:
        """Returns what to add to each output (N, O), from the products (N, R) with the rows."""
        return moves if self.complete else spread(moves, self.rows)


def spread(moves: Tensor, rows: Tensor) -> Tensor:
    """Gives each output the product of its row.

    Args:
        moves: (N, R), or more of them.
        rows: (O,) the row of each output; R for none.

    >>> spread(torch.tensor([[1.0, 2.0]]), torch.tensor([1, 2, 0, 0])).tolist()
    [[2.0, 0.0, 1.0, 1.0]]
    """
    return functional.pad(moves, (0, 1)).index_select(-1, rows)


def default_direct(kinds: Sequence[Kind]) -> Direct:
    """Says whether all direct paths between columns are few enough weights."""
    forms = forms_of(kinds, range(len(kinds)))
    features, outputs = sum(form.features for form in forms), sum(form.outputs for form in forms)
    return "all" if features * outputs <= MOST_WEIGHTS else "few"


def _numbered(groups: Sequence[Tensor]) -> Tensor:
    """Joins the groups of several distributions, numbered from 0 in each, under numbers of their own."""
    joined, start = [], 0
    for part in groups:
        joined.append(torch.where(part >= 0, part + start, -1))
        start += int(part.max()) + 1 if len(part) else 0
    return torch.cat(joined)
