"""Every default and every range, once, and checked wherever a configuration is made.

Knows: what can be set and within which bounds. The command line shows these defaults, a run folder stores them,
and nothing else repeats them. Pydantic, which checks the values, is imported when the first configuration is made:
help on the command line needs the defaults, but makes none.
"""

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, get_type_hints

from annotated_types import Ge, Gt, Le, Lt, MaxLen

from made_cli.errors import SettingError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MAX_SEED = 2**63 - 1
DEFAULT_MEMBERS = 8
"""Members of a network of all orderings, where none are asked for."""
MEMBERS_SHOWN = f"all base orderings, or {DEFAULT_MEMBERS} a network of all orderings"
KINDS = ("categorical", "numeric", "time")
KINDS_SHOWN = f"{', '.join(KINDS[:-1])} or {KINDS[-1]}"
"""Kinds that a person may declare a column to be of."""

Positive = Annotated[int, Gt(0)]
Width = Annotated[int, Gt(0), Le(2**20)]
Size = Annotated[float, Gt(0), Lt(math.inf)]
Share = Annotated[float, Ge(0), Lt(1)]
Seed = Annotated[int, Ge(0), Le(MAX_SEED)]
Direct = Literal["all", "few"]
"""Whether direct weights lead from all features to all outputs, or from few to few of each column of numbers."""
Connectivity = Literal["fixed", "resampled"]
Preset = Literal["fast", "default", "best"]
"""How much is spent on a training: a minute; until it pays no more; or a search for settings and an ensemble."""
Questions = Literal["any", "none"]
"""Whether networks are trained for their orderings with any columns moved to the front, too, or for these alone."""
Precision = Literal["auto", "float32", "bfloat16"]
"""Of the products of weights and activations in training; all else, and all of inference, is float32."""
Missing = Literal["outcome", "marginal"]
"""An empty cell is one more outcome of its column, or unknown: left out of the row's density."""
Relations = Literal["soft", "hard", "off"]
"""Whether what holds between columns may be broken as often as in training, or never; off: it is not looked for."""
_SHOULD = "Input should be "


class Checked:
    """What all configurations do when they are made: coerce each value to its type and check its range.

    Raises:
        SettingError: a value is out of its range; the message names it.
    """

    def __post_init__(self) -> None:
        from pydantic import ValidationError

        config: type = type(self)
        for name, adapter in _adapters(config).items():
            value = getattr(self, name)
            try:
                object.__setattr__(self, name, adapter.validate_python(value))  # frozen for everybody else
            except ValidationError as error:
                errors = error.errors(include_url=False)
                # A setting of several types has an error for each of them, under the name of the type.
                of_types = [each for each in errors if each["loc"] and isinstance(each["loc"][0], str)]
                first, *others = dict.fromkeys(each["msg"] for each in of_types or errors[:1])
                problem = ", or ".join([first[0].lower() + first[1:], *(m.removeprefix(_SHOULD) for m in others)])
                raise SettingError(config.__name__, name, value, problem) from None


@cache
def _adapters(config: type) -> "dict[str, TypeAdapter[Any]]":
    from pydantic import TypeAdapter

    hints = get_type_hints(config, include_extras=True)
    return {each.name: TypeAdapter(hints[each.name]) for each in fields(config)}


@dataclass(frozen=True)
class NetworkConfig(Checked):
    """The shape of a network.

    Attributes:
        hidden: width of each hidden layer; layers of equal width are residual. Empty for the default of
            `with_defaults`, as is None of any other setting.
        dropout: share of the hidden activations set to zero in training.
        conditioning: whether units are told which columns they are given; of use with more than one ordering.
        direct: which direct weights there are. None where a run is prepared for what the table allows; in a network,
            and in the record of a run from before there was a choice, for all.
    """

    hidden: Annotated[tuple[Width, ...], MaxLen(100)] = ()
    dropout: Share | None = None
    conditioning: bool = True
    direct: Direct | None = None


@dataclass(frozen=True)
class TrainingConfig(Checked):
    """How networks are trained.

    Attributes:
        preset: what is spent; it decides what is left open, and "best" searches for it.
        networks: M, how many independent networks.
        orderings: "natural", "all", or K, how many base orderings each network is trained for.
        questions: whether it is also trained for these with any columns moved to the front.
        question_share: in this share of the steps.
        objective: "bound", "mixture" or "product" of the orderings of a step.
        orderings_per_step: J, how many orderings a step takes where the objective is not the bound.
        connectivity: whether each ordering draws the degrees of the hidden units as well: "fixed" or "resampled".
        missing: what an empty cell is.
        relations: what becomes of the relations between columns.
        validation: share of the rows held out where no validation file is given.
        epochs: the most epochs of a network; None for as many as make `steps` steps.
        steps: the most steps of a network where epochs are not given; None for no limit but that of the time.
        batch_size: rows in a step.
        learning_rate: the highest, after warm-up.
        weight_decay: of AdamW, on weight matrices.
        averaging: decay of the moving average of the weights, at most.
        patience: evaluations of the validation rows without an improvement before the learning rate goes down.
        time_limit: seconds for all networks together, in the place of the most steps by default; of some presets only.
        precision: of products in training; "auto" in the record of a run from before there was a choice is float32.
        seed: of all that is drawn.
    """

    preset: Preset = "default"
    networks: Positive | None = None
    orderings: Literal["natural", "all"] | Positive | None = None
    questions: Questions = "any"
    question_share: Annotated[float, Gt(0), Lt(1)] | None = None
    objective: Literal["bound", "mixture", "product"] = "bound"
    orderings_per_step: Annotated[int, Ge(2)] = 2
    connectivity: Connectivity | None = None
    missing: Missing = "outcome"
    relations: Relations = "soft"
    validation: Annotated[float, Gt(0), Lt(1)] = 0.1
    epochs: Positive | None = None
    steps: Positive | None = None
    batch_size: Positive | None = None
    learning_rate: Size = 3e-3
    weight_decay: Annotated[float, Ge(0), Lt(math.inf)] | None = None
    averaging: Share = 0.999
    patience: Positive = 10
    time_limit: Size | None = None
    precision: Precision = "auto"
    seed: Seed = 0

    @property
    def has_one_base_ordering(self) -> bool:
        """Whether each network has one base ordering only."""
        return self.orderings in ("natural", 1)

    @property
    def resample_connectivity(self) -> bool:
        """Whether each ordering draws the degrees of the hidden units as well."""
        return self.connectivity == "resampled"


FEW_ROWS = 10_000
BATCH_SIZES = {True: 100, False: 200}
"""Rows in a step, by whether the rows are few: then smaller steps, and so more of them, pay in the same time."""
BATCH_SIZES_SHOWN = f"{BATCH_SIZES[False]}; {BATCH_SIZES[True]} below {FEW_ROWS:,} rows"


class _Defaults(NamedTuple):
    """What depends on the table and on the orderings.

    Attributes:
        dropout: by whether the rows are few, and whether most columns are numbers.
        weight_decay: for any table.
        steps: for any table.
    """

    dropout: dict[tuple[bool, bool], float]
    weight_decay: float
    steps: int

    @property
    def dropout_range(self) -> str:
        """The least and the most dropout."""
        return f"{min(self.dropout.values()):g} to {max(self.dropout.values()):g}"


_SEVERAL = _Defaults({(True, False): 0.1, (True, True): 0.1, (False, False): 0.1, (False, True): 0.0}, 0.01, 20_000)
_ONE = _Defaults({(True, False): 0.5, (True, True): 0.2, (False, False): 0.2, (False, True): 0.0}, 0.3, 15_000)
"""For networks of several orderings, and of one. A network of one ordering soon overfits few rows, and strong
regularisation pays; less where most columns are numbers, whose dependence is fine and blurred by dropout. One of
several orderings has more to learn than it can: regularisation costs it, and more steps help. Measured in
docs/benchmarks.md."""
DROPOUT_SHOWN = f"{_SEVERAL.dropout_range}; for one ordering {_ONE.dropout_range}; by rows and columns"
STEPS_SHOWN = f"{_SEVERAL.steps:,} steps; for one ordering {_ONE.steps:,}; with --time-limit none"
HIDDEN = {True: (250, 250), False: (500, 500)}
"""Widths of the hidden layers, by whether the table is small, of few rows and few columns: narrow layers take twice the
steps in the same time, and such a table has no use for wide ones."""
FEW_COLUMNS = 64
ORDERINGS = 4
QUESTION_SHARES: dict[Preset, float] = {"fast": 0.7, "default": 0.7, "best": 0.3}
"""Shares of the steps for questions, by preset. They cost the density of whole rows something, and several networks
make up for what each of them has learned less well of questions."""
QUESTION_SHARES_SHOWN = f"{QUESTION_SHARES['default']}; with best {QUESTION_SHARES['best']}"
TIME_LIMITS: dict[Preset, float] = {"fast": 45.0, "best": 600.0}
"""Seconds of training that a preset allows."""
_WIDTHS = {small: ",".join(map(str, widths)) for small, widths in HIDDEN.items()}
HIDDEN_SHOWN = f"{_WIDTHS[False]}; {_WIDTHS[True]} below {FEW_ROWS:,} rows and up to {FEW_COLUMNS} columns"
TIME_LIMITS_SHOWN = "none; " + ", ".join(f"{preset} {limit:g}s" for preset, limit in TIME_LIMITS.items())


def with_defaults(
    network: NetworkConfig, training: TrainingConfig, rows: int, columns: int, *, numbers: bool
) -> tuple[NetworkConfig, TrainingConfig]:
    """Fills in what was left open.

    Args:
        network: the shape of each network.
        training: the settings.
        rows: N, the number of training rows.
        columns: D.
        numbers: whether most columns are numeric.

    >>> one = TrainingConfig(orderings=1, questions="none")
    >>> with_defaults(NetworkConfig(), one, 2_000, 9, numbers=False)[0].dropout
    0.5
    """
    training = replace(
        training,
        orderings=training.orderings or ORDERINGS,
        networks=training.networks or 1,
        connectivity=training.connectivity or "fixed",
    )
    time_limit = training.time_limit or TIME_LIMITS.get(training.preset)
    one_ordering = training.questions == "none" and training.has_one_base_ordering
    defaults = _ONE if one_ordering else _SEVERAL
    return (
        replace(
            network,
            hidden=network.hidden or HIDDEN[rows < FEW_ROWS and columns <= FEW_COLUMNS],
            dropout=defaults.dropout[rows < FEW_ROWS, numbers] if network.dropout is None else network.dropout,
            conditioning=network.conditioning and not one_ordering,
        ),
        replace(
            training,
            weight_decay=defaults.weight_decay if training.weight_decay is None else training.weight_decay,
            steps=training.steps or (defaults.steps if time_limit is None else None),
            batch_size=training.batch_size or BATCH_SIZES[rows < FEW_ROWS],
            question_share=training.question_share or QUESTION_SHARES[training.preset],
            time_limit=time_limit,
        ),
    )


@dataclass(frozen=True)
class EnsembleConfig(Checked):
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
    tolerance: Size = 0.05
    samples: Annotated[int, Ge(2)] = 2**16
    sparsity: Share | None = None
    free_exponents: bool = False
    seed: Seed = 0


@dataclass(frozen=True)
class Overrides(Checked):
    """What a person knows better than the inference of kinds, and of relations.

    Attributes:
        kinds: "categorical", "numeric" or "time", by the name of the column.
        drop: columns to leave out.
        na: the texts that mean an empty cell, as blanks do, in every column; none for the usual ones.
        decimal: the sign before decimals, "." or ",", where numbers could have either; None to find it.
        relation: what holds between columns, "checkin <= checkout" for example, whether or not it would be found.
        schema: what `made schema --json` or `made_cli.schema` says, edited, or its file; kinds and drop go before it.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    drop: Set[str] = frozenset()
    na: Set[str] = frozenset()
    decimal: Literal[".", ","] | None = None
    relation: Sequence[str] = ()
    schema: str | Path | Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, kind in self.kinds.items():
            if kind not in KINDS:
                raise SettingError("Overrides", "kinds", f"{name}={kind}", f"no such kind; write {KINDS_SHOWN}")
