"""What a run is: its schema, its settings, its orderings, its relations, and the data it was trained on.

Knows: the contents of `run.json`; data only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.core.orderings import Ordering
from made_cli.tables.columns.schema import Schema
from made_cli.tables.relations.found import Found
from made_cli.tables.relations.rules import Rules

FORMAT_VERSION = 6
READABLE = (4, 5, FORMAT_VERSION)
"""Versions of the format that are read. A manifest of version 4 has no hash of its own; versions before 6 have
no relations."""

Place = Literal["memory", "disk"]
"""Where the rows of a training are."""


@dataclass(frozen=True)
class DataRecord:
    """Where the rows came from.

    Attributes:
        source: the table, as it was named.
        valid_source: the table of validation rows, None if they were held out.
        train_rows: rows trained on.
        valid_rows: rows held out for validation.
        sha256: of the codes of the rows.
        rows: where those to train on were: in memory, or in a file, of which fewer are held out.
    """

    source: str
    valid_source: str | None
    train_rows: int
    valid_rows: int
    sha256: str
    rows: Place = "memory"


@dataclass(frozen=True)
class RunRecord:
    """The contents of `run.json`.

    Attributes:
        schema: the columns.
        network: the shape of each network.
        training: the settings.
        orderings: for each network its base orderings; None for all.
        data: where the rows came from.
        versions: of the programs that made the run.
        format_version: of the run folder.
        relations: between the columns, with the training rows that keep and break each.
        job: of a launcher, which began the run; None where a person did.
    """

    schema: Schema
    network: NetworkConfig
    training: TrainingConfig
    orderings: tuple[tuple[Ordering, ...] | None, ...]
    data: DataRecord
    versions: dict[str, str]
    format_version: int = FORMAT_VERSION
    relations: tuple[Found, ...] = ()
    job: str | None = None

    @property
    def rules(self) -> Rules:
        """What the relations leave of each column, for the density."""
        return Rules(self.relations, self.schema.kinds, "hard" if self.training.relations == "hard" else "soft")


def as_now(written: Mapping[str, object]) -> dict[str, object]:
    """Returns the JSON of a record of any version that is read as this version has it."""
    training = written.get("training")
    if written["format_version"] in (4, 5) and isinstance(training, dict):
        return {**written, "training": {**training, "relations": "off"}}
    return dict(written)
