"""A relation that was found in a table.

Knows: what a run keeps of it; nothing of the search, so that a record is read without.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Discriminator

from made_cli.tables.relations.counts import Count
from made_cli.tables.relations.relation import Relation


@dataclass(frozen=True)
class Found:
    """A relation, and how many rows keep and break it."""

    relation: Annotated[Relation, Discriminator("form")]
    count: Count
