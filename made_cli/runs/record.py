"""What a run is: its schema, its settings, its orderings, its relations, and the data it was trained on.

Knows: the contents of `run.json`; data only. A run may join the networks of several: then it says of each of these what
is its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Literal

from made_cli.config import NetworkConfig, TrainingConfig
from made_cli.core.orderings import Ordering
from made_cli.tables.columns.schema import Schema
from made_cli.tables.relations.found import Found
from made_cli.tables.relations.rules import Rules

FORMAT_VERSION = 7
READABLE = (4, 5, 6, FORMAT_VERSION)
"""Versions of the format that are read. A manifest of version 4 has no hash of its own; versions before 6 have
no relations; before 7 all networks were of one run, and trained one after another."""

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
class Part:
    """What is its own of each run that a run joins; the attributes are those of its record."""

    network: NetworkConfig
    training: TrainingConfig
    orderings: tuple[tuple[Ordering, ...] | None, ...]
    data: DataRecord
    versions: dict[str, str]
    relations: tuple[Found, ...] = ()


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
        parts: the runs that it joins, none where it was trained; see `joined`.
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
    parts: tuple[Part, ...] = ()

    @cached_property
    def rules(self) -> Rules:
        """What the relations leave of each column, for the density."""
        return Rules(self.relations, self.schema.kinds, "hard" if self.training.relations == "hard" else "soft")

    @cached_property
    def owners(self) -> tuple["RunRecord", ...]:
        """For each network the record of the run that it was trained in."""
        if not self.parts:
            return (self,) * len(self.orderings)
        own = [replace(self, **_values(part), job=None, parts=()) for part in self.parts]
        return tuple(record for record in own for _ in record.orderings)

    def first(self, networks: int) -> tuple[Part, ...]:
        """Returns what another run joins that has so many of its networks, from the first on."""
        parts = self.parts or (Part(**{each.name: getattr(self, each.name) for each in fields(Part)}),)
        found: list[Part] = []
        for part in parts:
            if orderings := part.orderings[: networks - sum(len(each.orderings) for each in found)]:
                training = replace(part.training, networks=len(orderings))
                found.append(replace(part, training=training, orderings=orderings))
        return tuple(found)


def joined(schema: Schema, parts: Sequence[Part]) -> RunRecord:
    """Returns the record of a run that joins others: all their networks and relations, else what the first one has."""
    orderings = tuple(each for part in parts for each in part.orderings)
    relations: list[Found] = []
    for found in (each for part in parts for each in part.relations):
        if found.relation not in [each.relation for each in relations]:
            relations.append(found)
    first = replace(parts[0], orderings=orderings, relations=tuple(relations))
    training = replace(first.training, networks=len(orderings))
    return RunRecord(schema=schema, **_values(replace(first, training=training)), parts=tuple(parts))


def _values(part: Part) -> dict[str, Any]:
    return {each.name: getattr(part, each.name) for each in fields(part)}


def as_now(written: Mapping[str, object]) -> dict[str, object]:
    """Returns the JSON of a record of any version that is read as this version has it."""
    training = written.get("training")
    if written["format_version"] in (4, 5) and isinstance(training, dict):
        return {**written, "training": {**training, "relations": "off"}}
    return dict(written)
