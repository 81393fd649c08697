"""What the search for settings tried, as values.

Knows: the contents of `trials.json`.
"""

from dataclasses import dataclass
from typing import Literal

from made_cli.config import Connectivity


@dataclass(frozen=True)
class Trial:
    """Settings in one round of the search.

    Attributes:
        round: counted from 1; each goes on with what the round before has kept.
        hidden: widths of the hidden layers.
        dropout: as in the configuration of a network.
        weight_decay: as in the configuration of a training, and so are `orderings` and `connectivity`.
        orderings: how many base orderings, or which.
        steps: done so far, over all rounds; of all networks where several are tried together.
        seconds: spent so far.
        valid_nll: of the equal mixture of the members on the validation rows, nats a row.
        kept: whether the next round goes on with them; of the last round, whether they were chosen.
        connectivity: of the hidden units.
    """

    round: int
    hidden: tuple[int, ...]
    dropout: float
    weight_decay: float
    orderings: Literal["natural", "all"] | int
    steps: int
    seconds: float
    valid_nll: float
    kept: bool
    connectivity: Connectivity = "fixed"
