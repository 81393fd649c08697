"""The log-density of what is known of rows, whichever cells are unknown.

Knows: where the unknown columns of a row come after its known ones, the terms of the known ones sum to the exact
log-density of what is known. Rows without unknown cells are under one ordering alike.
"""

from functools import lru_cache, partial

import torch
from torch import Tensor

from made_cli.core.activations import Dropout
from made_cli.core.gradients import Gradients
from made_cli.core.known_first import KnownFirst
from made_cli.core.made import Made, OrderedMade
from made_cli.core.orderings import Ordering
from made_cli.core.reading import ReadRows
from made_cli.tables.relations.rules import Rules


class KnownCells:
    """A network with the weights that it has now, ready for rows with unknown cells under any ordering.

    What one ordering needs is made once for as many batches as follow each other.

    Args:
        made: the family.
        products: the precision of the products; None for that of the weights.
        gradients: see `OrderedMade`; of rows with unknown cells whoever differentiates has all gradients.
    """

    def __init__(self, made: Made, products: torch.dtype | None = None, gradients: Gradients | None = None) -> None:
        self.made = made
        # The last of each only: masked weights are as large as the network, and there may be many orderings.
        self._under = lru_cache(maxsize=1)(partial(OrderedMade, made, products=products, gradients=gradients))
        self._known_first = lru_cache(maxsize=1)(partial(KnownFirst, made, products=products))

    def log_prob(
        self,
        codes: Tensor,
        ordering: Ordering,
        dropout: Dropout | None = None,
        rules: Rules | None = None,
        read: ReadRows | None = None,
    ) -> Tensor:
        """Returns the terms of the chain rule.

        Args:
            codes: (N, D), those of unknown cells NaN.
            ordering: of the columns, but that the unknown ones of a row are moved behind the others.
            dropout: of the hidden activations, in training only.
            rules: that are kept to; None for all.
            read: of these rows, where that is at hand.

        Returns:
            (N, D): in column d, log q(x_d | known columns before it), nats; 0 if it is unknown. A row of it sums to
            the log-density of what is known.
        """
        unknown = self.made.unknown(codes)
        if unknown is None:
            return self._under(ordering).log_prob(codes, dropout, rules, read)
        return self._known_first(ordering).log_prob(codes, ~unknown, dropout, rules)
