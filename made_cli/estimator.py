"""A density as an estimator of scikit-learn: `fit`, `score_samples`, `score`, `sample`, in pipelines and searches.

Knows: what scikit-learn asks of an estimator, and the forms in which its users hold tables. Its parameters are the
settings of the configurations, by their names and with their defaults; all else `made_cli.density` does. This is the
only module of the Python face that needs scikit-learn.
"""

from dataclasses import dataclass, fields
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, DensityMixin
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from made_cli.config import Connectivity, Direct, Missing, NetworkConfig, Overrides, Precision, Preset, TrainingConfig
from made_cli.config import Questions as QuestionsAsked
from made_cli.config import Relations as RelationsUsed
from made_cli.density import Density
from made_cli.tables.files.frames import frame_of
from made_cli.training.fitting import train_run

_MOST = 2**31
"""Seeds that are drawn are below it."""


@dataclass(eq=False, repr=False, kw_only=True)
class MadeDensity(DensityMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """The density of a table as an estimator of scikit-learn.

    A table X is a DataFrame of pandas, polars or any other library that speaks Arrow, an array of numbers or of objects
    (N, D), or a list of mappings from names to cells. Cells may be empty. As everywhere in scikit-learn the columns of
    new tables are those of `fit`, in its order; `density_` finds them by name and answers all other questions.

    The parameters are the settings of `NetworkConfig` and `TrainingConfig`, and what `made_cli.fit` takes beside them:
    `overrides`, what you know better of the columns, `device` and `jobs`. `permutations` is K, how many members are
    asked.

    Attributes:
        density_: the `Density` that was learned.
        n_features_in_: D.
        feature_names_in_: (D,) the names of the columns, where they have any.

    >>> rng = np.random.default_rng(0)
    >>> X = np.column_stack([coins := rng.integers(0, 2, 200), coins])
    >>> model = MadeDensity(hidden=(8,), epochs=100).fit(X)
    >>> alike, unlike = model.score_samples(np.array([[1, 1], [1, 0]]))
    >>> bool(alike > unlike), model.sample(3).shape
    (True, (3, 2))
    """

    hidden: tuple[int, ...] = NetworkConfig.hidden
    dropout: float | None = NetworkConfig.dropout
    conditioning: bool = NetworkConfig.conditioning
    direct: Direct | None = NetworkConfig.direct
    preset: Preset = TrainingConfig.preset
    networks: int | None = TrainingConfig.networks
    orderings: Literal["natural", "all"] | int | None = TrainingConfig.orderings
    questions: QuestionsAsked = TrainingConfig.questions
    question_share: float | None = TrainingConfig.question_share
    objective: Literal["bound", "mixture", "product"] = TrainingConfig.objective
    orderings_per_step: int = TrainingConfig.orderings_per_step
    connectivity: Connectivity | None = TrainingConfig.connectivity
    missing: Missing = TrainingConfig.missing
    relations: RelationsUsed = TrainingConfig.relations
    validation: float = TrainingConfig.validation
    epochs: int | None = TrainingConfig.epochs
    steps: int | None = TrainingConfig.steps
    batch_size: int | None = TrainingConfig.batch_size
    learning_rate: float = TrainingConfig.learning_rate
    weight_decay: float | None = TrainingConfig.weight_decay
    averaging: float = TrainingConfig.averaging
    patience: int = TrainingConfig.patience
    time_limit: float | None = TrainingConfig.time_limit
    precision: Precision = TrainingConfig.precision
    seed: int = TrainingConfig.seed
    overrides: Overrides | None = None
    device: str = "cpu"
    jobs: int = 1
    permutations: int | None = None

    def fit(self, X: object, y: object = None) -> Self:
        """Learns the density of a table.

        Args:
            X: the rows to learn from, (N, D).
            y: not used; for pipelines.

        Raises:
            UserError: a setting is out of its range, or the table has no column worth learning.
            ValueError: X is no table.
        """
        frame = self._checked(X, reset=True)
        configs = self._of(NetworkConfig), self._of(TrainingConfig), self.overrides or Overrides()
        self.density_: Density = Density(train_run(frame, None, self.device, configs, jobs=self.jobs))
        return self

    def score_samples(self, X: object) -> NDArray[np.float64]:
        """Returns (N,) the log-density of each row, nats.

        Raises:
            UserError: a cell is nothing that its column can hold.
            ValueError: the columns are not those of `fit`.
        """
        check_is_fitted(self)
        frame = self._checked(X, reset=False)
        return self.density_.score_samples(frame, permutations=self.permutations, seed=self.seed)

    def score(self, X: object, y: object = None) -> float:
        """Returns the mean log-density of the rows, nats: the higher, the better.

        Args:
            X: rows, (N, D).
            y: not used.

        Raises:
            UserError: as `score_samples`.
        """
        return float(np.mean(self.score_samples(X)))

    def sample(
        self, n_samples: int = 1, random_state: int | np.random.RandomState | None = None
    ) -> pd.DataFrame | NDArray[Any]:
        """Draws rows.

        Args:
            n_samples: how many.
            random_state: a seed, or what draws one; by default the `seed` of the estimator.

        Returns:
            The columns that were learned, those of `fit` but for identifiers and the like: an array where `fit` had
            one, else a DataFrame.
        """
        check_is_fitted(self)
        seed = self.seed if random_state is None else int(check_random_state(random_state).randint(_MOST))
        drawn = self.density_.sample(n_samples, permutations=self.permutations, seed=seed)
        return drawn if hasattr(self, "feature_names_in_") else drawn.to_numpy()

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 (a type of scikit-learn)
        """What cells may be: anything that a table holds."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags

    def _checked(self, X: object, *, reset: bool) -> pd.DataFrame:
        """Returns a table as a DataFrame with the names of `fit`, refused where its columns are not those.

        Args:
            X: the table.
            reset: whether this is `fit`, whose columns they are from now on.
        """
        rows = _rows(X)
        validate_data(self, rows, reset=reset, skip_check_array=True)
        names = getattr(self, "feature_names_in_", range(self.n_features_in_))
        return pd.DataFrame(rows).set_axis([str(name) for name in names], axis=1)

    def _of(self, config: type[NetworkConfig | TrainingConfig]) -> Any:  # noqa: ANN401 (one of these)
        """Makes a configuration of the parameters that are its settings."""
        return config(**{setting.name: getattr(self, setting.name) for setting in fields(config)})


def _rows(X: object) -> "pd.DataFrame | NDArray[Any]":
    """Returns a table in any form as a DataFrame, where it has names, else as an array."""
    if (frame := frame_of(X)) is not None:
        return frame
    found: NDArray[Any] = check_array(X, dtype=None, ensure_all_finite="allow-nan")
    return found
