"""The shapes of all weights of a network, by their names, in numbers alone.

Knows: what `made_cli.core.network` and the distributions learn; without torch, as files of weights are checked.
"""

from collections.abc import Sequence
from itertools import pairwise

from made_cli.config import NetworkConfig
from made_cli.core.shapes.forms import forms_of
from made_cli.tables.columns.kinds import Kind

Shapes = dict[str, tuple[int, ...]]


def weight_shapes(kinds: Sequence[Kind], config: NetworkConfig) -> Shapes:
    """Returns the shapes of the weights of a network.

    Args:
        kinds: (D,) the kind of each column.
        config: the shape of the network.
    """
    forms, widths = forms_of(kinds, range(len(kinds))), config.hidden
    features, outputs = sum(form.features for form in forms), sum(form.outputs for form in forms)
    few = config.direct == "few"
    read, moved = (sum(form.read for form in forms), sum(form.moved for form in forms)) if few else (features, outputs)
    shapes: Shapes = {
        "network.input_weight": (widths[0], features),
        "network.input_bias": (widths[0],),
        "network.output_weight": (outputs, widths[-1]),
        "network.direct_weight": (moved, read),
        "network.output_bias": (outputs,),
    }
    for place, (below, above) in enumerate(pairwise(widths)):
        shapes |= {f"network.hidden.{place}": (above, below), f"network.hidden_bias.{place}": (above,)}
    if config.conditioning:
        shapes["network.input_conditioning"] = (widths[0], len(kinds))
        shapes["network.output_conditioning"] = (moved, len(kinds))
    for place, form in enumerate(forms):
        shapes |= {f"parts.{place}.{name}": shape for name, shape in form.own}
    return shapes
