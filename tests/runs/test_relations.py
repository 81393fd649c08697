"""Relations in run.json: read back as they were, and refused where they are none between the columns of the run."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from made_cli.config import TrainingConfig
from made_cli.runs.folder import Folder
from made_cli.tables.columns.inference import infer, schema_of
from made_cli.tables.files.table import table_of_frame
from made_cli.tables.relations.counts import Count
from made_cli.tables.relations.equations import Equation
from made_cli.tables.relations.found import Found
from made_cli.tables.relations.functions import Function
from made_cli.tables.relations.implications import Condition, Implication
from made_cli.tables.relations.orders import Order
from made_cli.tables.relations.quantity import quantities_of
from made_cli.tables.relations.relation import Relation
from tests.runs.damage import change_record, refusal
from tests.training.small import finish, trainer_of, twins

ONE, TWO, SIZE = quantities_of(schema_of(infer(table_of_frame(twins())), "twins").kinds)
CITY = 2
RELATIONS: tuple[Relation, ...] = (
    Order(ONE, TWO, strict=False),
    Equation(SIZE, (ONE, TWO), "*", 0.005),
    Function(CITY, (0, 1), {(0, 0): math.nan, (0, -1): 1.0, (1, 1): 0.0}),
    Function(3, (CITY,), {(-1,): 0.25, (1,): math.nan}, resolution=0.01, one_to_one=True),
    Implication(Condition(0, (1.0, None)), Condition(3, (0.5,), holds=False, resolution=0.01), both_ways=True),
)
FOUND = tuple(Found(relation, Count(40 + place, place)) for place, relation in enumerate(RELATIONS))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trained") / "run"
    trainer = trainer_of(twins(), TrainingConfig(epochs=1), path)
    assert trainer.folder is not None
    trainer.folder.create(replace(trainer.record, relations=FOUND))
    finish(trainer)
    return path


def test_relations_are_read_as_they_were_written(run: Path) -> None:
    record = Folder(run).open()
    assert record.relations == FOUND
    values = np.array([[1.0, 0.0, math.nan, 0.5], [0.0, 0.0, 1.0, 0.0]])
    for found, each in zip(record.relations, RELATIONS, strict=True):
        assert (found.relation.broken(values) == each.broken(values)).all()


Part = dict[str, Any]
FORGED: dict[str, tuple[int, Callable[[Part], object]]] = {
    "a form that there is not": (0, lambda r: r.update(form="inequality")),
    "no form": (0, lambda r: r.pop("form")),
    "another form": (0, lambda r: r.update(form="equation")),
    "a column beyond the last": (0, lambda r: r["high"].update(column=4)),
    "a negative column": (0, lambda r: r["low"].update(column=-1)),
    "a column twice": (0, lambda r: r["high"].update(column=0)),
    "a number too few": (0, lambda r: r["low"].update(numbers=[0.0])),
    "numbers for numbers": (0, lambda r: r["low"].update(column=3)),
    "numbers that are infinite": (0, lambda r: r["low"].update(numbers=[0.0, math.inf])),
    "a step of 0": (0, lambda r: r["low"].update(resolution=0.0)),
    "another step of numbers": (1, lambda r: r["target"].update(resolution=5e-324)),
    "no terms": (1, lambda r: r.update(terms=[])),
    "a product of one": (1, lambda r: r["terms"].pop()),
    "a rounding of NaN": (1, lambda r: r.update(rounding=math.nan)),
    "a negative rounding": (1, lambda r: r.update(rounding=-1.0)),
    "an operator that there is not": (1, lambda r: r.update(operator="-")),
    "a function of numbers": (2, lambda r: r.update(given=[0, 3])),
    "a function of nothing": (2, lambda r: r.update(given=[])),
    "a key too short": (2, lambda r: r.update(entries=[[0, 1.0]])),
    "an entry of nothing": (2, lambda r: r.update(entries=[[]])),
    "a key that is a list": (2, lambda r: r.update(entries=[[[0], 1, 1.0]])),
    "entries that are none": (2, lambda r: r.update(entries=7)),
    "a key that is no label": (2, lambda r: r["entries"][0].__setitem__(0, 99)),
    "a key of a negative label": (2, lambda r: r["entries"][0].__setitem__(0, -2)),
    "a value that is no label": (2, lambda r: r["entries"][0].__setitem__(2, 99.0)),
    "a value between labels": (2, lambda r: r["entries"][0].__setitem__(2, 0.5)),
    "a value that is infinite": (3, lambda r: r["entries"][0].__setitem__(1, math.inf)),
    "a value beyond all counting": (3, lambda r: r["entries"][0].__setitem__(1, 1e300)),
    "labels in steps": (2, lambda r: r.update(resolution=0.5)),
    "a condition of nothing": (4, lambda r: r["given"].update(values=[])),
    "a condition of no label": (4, lambda r: r["given"].update(values=[99.0])),
    "a condition of NaN": (4, lambda r: r["then"].update(values=[math.nan])),
}


@pytest.mark.parametrize("forged", FORGED)
def test_a_relation_that_is_none_is_refused(run: Path, forged: str) -> None:
    place, change = FORGED[forged]
    change_record(run, lambda record: change(record["relations"][place]["relation"]))
    assert f"relations.{place}" in refusal(run)


@pytest.mark.parametrize("count", [{"support": -1}, {"breaks": -1}, {"support": 10**30}, {"breaks": "many"}])
def test_rows_that_cannot_be_counted_are_refused(run: Path, count: Part) -> None:
    change_record(run, lambda record: record["relations"][0]["count"].update(count))
    assert "relations.0" in refusal(run)


def test_a_run_from_before_there_were_relations_uses_none(run: Path) -> None:
    def older(record: Part) -> None:
        del record["relations"], record["training"]["relations"]
        record["format_version"] = 5

    change_record(run, older)
    record = Folder(run).open()
    assert (record.relations, record.training.relations) == ((), "off")
