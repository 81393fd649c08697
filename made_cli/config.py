"""Every default and every range, once.

Knows: what can be set and within which bounds. The command line shows these defaults, a run folder stores them,
and nothing else repeats them.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, TypeVar

from annotated_types import Ge, Gt, Le, Lt, MinLen

from made_cli.errors import Exit, UserError

Positive = Annotated[int, Gt(0)]
Share = Annotated[float, Ge(0), Lt(1)]
Connectivity = Literal["fixed", "resampled"]
Missing = Literal["outcome", "marginal"]
"""An empty cell is one more outcome of its column, or unknown: left out of the row's density."""


@dataclass(frozen=True)
class NetworkConfig:
    """The shape of a network.

    Attributes:
        hidden: width of each hidden layer; layers of equal width are residual.
        dropout: share of the hidden activations set to zero in training; None for what `with_defaults` finds.
        conditioning: whether units are told which columns they are given; of use with more than one ordering.
    """

    hidden: Annotated[tuple[Positive, ...], MinLen(1)] = (500, 500)
    dropout: Share | None = None
    conditioning: bool = True


@dataclass(frozen=True)
class TrainingConfig:
    """How networks are trained.

    Attributes:
        networks: M, how many independent networks.
        orderings: "natural", "all", or how many orderings each network is trained for.
        objective: "bound", "mixture" or "product" of the orderings of a step.
        orderings_per_step: J, how many orderings a step takes where the objective is not the bound.
        connectivity: whether each ordering draws the degrees of the hidden units as well.
        missing: what an empty cell is.
        validation: share of the rows held out where no validation file is given.
        epochs: the most epochs of a network; None for as many as make `steps` steps.
        steps: the most steps of a network where epochs are not given; None for what `with_defaults` finds.
        batch_size: rows in a step.
        learning_rate: the highest, after warm-up.
        weight_decay: of AdamW, on weight matrices; None for what `with_defaults` finds.
        averaging: decay of the moving average of the weights, at most.
        patience: looks at the validation rows without an improvement before the learning rate goes down.
        time_limit: seconds for all networks together; None for no limit.
        seed: of all that is drawn.
    """

    networks: Positive = 1
    orderings: Literal["natural", "all"] | Positive = "all"
    objective: Literal["bound", "mixture", "product"] = "bound"
    orderings_per_step: Annotated[int, Ge(2)] = 2
    connectivity: Connectivity = "fixed"
    missing: Missing = "outcome"
    validation: Annotated[float, Gt(0), Lt(1)] = 0.1
    epochs: Positive | None = None
    steps: Positive | None = None
    batch_size: Positive = 200
    learning_rate: Annotated[float, Gt(0)] = 1e-3
    weight_decay: Annotated[float, Ge(0)] | None = None
    averaging: Share = 0.999
    patience: Positive = 10
    time_limit: Annotated[float, Gt(0)] | None = None
    seed: Annotated[int, Ge(0), Le(2**63 - 1)] = 0


FEW_ROWS = 10_000


def with_defaults(
    network: NetworkConfig, training: TrainingConfig, rows: int, *, one_ordering: bool, numbers: bool
) -> tuple[NetworkConfig, TrainingConfig]:
    """Settles what was left open, by the rows and columns of the table and by whether each network has one ordering.

    A network of one ordering soon learns few rows by heart, and strong regularisation pays; less where most columns
    are `numbers`, which hang together by fine differences that dropout blurs. One of many orderings has more to learn
    than it can: regularisation costs it, and more steps help. Measured in docs/benchmarks.md.

    >>> with_defaults(NetworkConfig(), TrainingConfig(), 2_000, one_ordering=True, numbers=False)[0].dropout
    0.5
    """
    few = rows < FEW_ROWS
    if one_ordering:
        dropout, weight_decay, steps = ((0.2 if few else 0.0) if numbers else (0.5 if few else 0.2)), 0.3, 15_000
    else:
        dropout, weight_decay, steps = (0.0 if numbers and not few else 0.1), 0.01, 20_000
    return (
        replace(
            network,
            dropout=dropout if network.dropout is None else network.dropout,
            conditioning=network.conditioning and not one_ordering,
        ),
        replace(
            training,
            weight_decay=weight_decay if training.weight_decay is None else training.weight_decay,
            steps=training.steps or steps,
        ),
    )


@dataclass(frozen=True)
class EnsembleConfig:
    """How members are combined.

    Attributes:
        confidence: of the interval for log Z.
        tolerance: its width, nats, at which no more rows are drawn.
        samples: the most rows drawn for one normaliser.
        sparsity: λ of the prior on mixture weights, a share of the rows; None to choose it by cross-validation.
        free_exponents: whether the learned exponents may be negative and have any sum.
        seed: of all that is drawn.
    """

    confidence: Annotated[float, Gt(0), Lt(1)] = 0.95
    tolerance: Annotated[float, Gt(0)] = 0.05
    samples: Annotated[int, Ge(2)] = 2**16
    sparsity: Share | None = None
    free_exponents: bool = False
    seed: Annotated[int, Ge(0), Le(2**63 - 1)] = 0


@dataclass(frozen=True)
class Overrides:
    """What a person knows better than the inference of kinds.

    Attributes:
        kinds: "categorical", "numeric" or "time", by the name of the column.
        drop: columns to leave out.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    drop: Set[str] = frozenset()


Config = TypeVar("Config", NetworkConfig, TrainingConfig, EnsembleConfig)


def checked(kind: type[Config], **values: Any) -> Config:  # noqa: ANN401 (whatever a person typed)
    """Makes a configuration, every value within its range.

    Raises:
        UserError: one is not; the message names it.

    >>> checked(NetworkConfig, dropout=1.5)
    Traceback (most recent call last):
    made_cli.errors.UserError: --dropout 1.5: input should be less than 1
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).replace("_", "-")
        value = values.get(str(first["loc"][0]))
        problem = first["msg"][0].lower() + first["msg"][1:]
        raise UserError(
            f"--{name} {value}: {problem}", hint="`made train --help` shows what it takes.", code=Exit.USAGE
        ) from None
