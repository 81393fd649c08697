"""The distribution of each kind of column: features in, outputs out, log-probabilities and draws.

Knows: which distribution has which form; `made_cli.core.shapes.forms` says which columns share one.
"""

from collections.abc import Sequence
from typing import assert_never

from made_cli.core.distributions.base import Distribution, WeightedCodes
from made_cli.core.distributions.bernoulli import Bernoulli
from made_cli.core.distributions.embeddings import EmbeddingSoftmax
from made_cli.core.distributions.logistics import MixtureOfLogistics
from made_cli.core.distributions.softmax import Softmax
from made_cli.core.shapes.forms import Form, forms_of
from made_cli.tables.columns.categorical import Categorical
from made_cli.tables.columns.kinds import Kind
from made_cli.tables.columns.numeric import Numeric

__all__ = ["Distribution", "WeightedCodes", "distributions_of"]


def distributions_of(kinds: Sequence[Kind], columns: Sequence[int]) -> list[Distribution]:
    """Makes the distributions of some columns, those of one form together; see `forms_of` for the arguments."""
    return [_distribution(form, kinds) for form in forms_of(kinds, columns)]


def _distribution(form: Form, kinds: Sequence[Kind]) -> Distribution:
    labels = {index: kind for index in form.columns if isinstance(kind := kinds[index], Categorical)}
    numbers = {index: kind for index in form.columns if isinstance(kind := kinds[index], Numeric)}
    match form.name:
        case "bernoulli":
            return Bernoulli(labels)
        case "softmax":
            return Softmax(labels)
        case "embeddings":
            return EmbeddingSoftmax(*labels.popitem())
        case "logistics":
            return MixtureOfLogistics(numbers)
        case _:
            assert_never(form.name)
