"""Forged run folders: what somebody would write who knows about the hashes, and means harm.

Knows: what a record, saved combinations, weights and a manifest hold.
"""

import json
import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tests.runs.damage import WEIGHTS, rewrite

Change = Callable[[Path], object]
HUGE = 10**30


def forgeries() -> Iterator[tuple[str, Change]]:
    """Yields what somebody would write who knows about the hashes."""
    records: dict[str, Callable[[dict[str, Any]], object]] = {
        "an ordering too short": lambda r: r["orderings"][0][0].update(columns=[0, 1]),
        "an ordering too long": lambda r: r["orderings"][0][0].update(columns=list(range(9))),
        "an ordering of nothing": lambda r: r["orderings"][0][0].update(columns=[]),
        "an ordering with a column twice": lambda r: r["orderings"][0][0].update(columns=[0, 0, 1, 2]),
        "an ordering of huge columns": lambda r: r["orderings"][0][0].update(columns=[0, 1, 2, HUGE]),
        "no orderings of a network": lambda r: r["orderings"].__setitem__(0, []),
        "fewer orderings than networks": lambda r: r["orderings"].pop(),
        "orderings of all columns": lambda r: r["orderings"].__setitem__(0, None),
        "a huge connectivity": lambda r: r["orderings"][0][0].update(connectivity=HUGE),
        "a negative connectivity": lambda r: r["orderings"][0][0].update(connectivity=-1),
        "huge hidden layers": lambda r: r["network"].update(hidden=[10**9, 10**9]),
        "hidden layers beyond all bounds": lambda r: r["network"].update(hidden=[HUGE]),
        "large hidden layers": lambda r: r["network"].update(hidden=[2**20, 2**20]),
        "very many hidden layers": lambda r: r["network"].update(hidden=[8] * 10**5),
        "no hidden layers": lambda r: r["network"].update(hidden=[]),
        "another hidden layer": lambda r: r["network"].update(hidden=[8, 9]),
        "no conditioning": lambda r: r["network"].update(conditioning=False),
        "no dropout": lambda r: r["network"].update(dropout=None),
        "very many networks": lambda r: r["training"].update(networks=10**9),
        "no networks": lambda r: r["training"].update(networks=None),
        "a learning rate of infinity": lambda r: r["training"].update(learning_rate=float("inf")),
        "a huge seed": lambda r: r["training"].update(seed=HUGE),
        "no columns": lambda r: r["schema"].update(kinds=[]),
        "a column twice": lambda r: r["schema"]["kinds"].__setitem__(0, r["schema"]["kinds"][1]),
        "one column fewer": lambda r: r["schema"]["kinds"].pop(),
        "more labels": lambda r: r["schema"]["kinds"][2].update(labels=[str(n) for n in range(400)]),
        "no labels": lambda r: r["schema"]["kinds"][0].update(labels=[], missing=False),
        "labels that are numbers": lambda r: r["schema"]["kinds"][0].update(labels=[0, 1]),
        "a kind that there is not": lambda r: r["schema"]["kinds"][0].update(kind="picture"),
        "no resolution": lambda r: r["schema"]["kinds"][3]["format"].update(resolution=0.0),
        "a resolution of NaN": lambda r: r["schema"]["kinds"][3]["format"].update(resolution=float("nan")),
        "very many decimals": lambda r: r["schema"]["kinds"][3]["format"].update(decimals=10**9),
        "decimals beyond all bounds": lambda r: r["schema"]["kinds"][3]["format"].update(decimals=HUGE),
        "a scaling of one point": lambda r: r["schema"]["kinds"][3]["scaling"].update(z=[0.0], transformed=[0.0]),
        "a scaling that falls": lambda r: r["schema"]["kinds"][3]["scaling"]["z"].reverse(),
        "no knots": lambda r: r["schema"]["kinds"][3].update(knots=[]),
        "very many knots": lambda r: r["schema"]["kinds"][3].update(knots=[n / 1e5 for n in range(10**5)]),
        "numbers without digits": lambda r: r["schema"]["kinds"][3]["format"].update(notation={"positive": "€"}),
        "a very long unit": lambda r: r["schema"]["kinds"][3]["format"].update(
            notation={"positive": "#" + "k" * 10**6}
        ),
        "signs between thousands that are none": lambda r: r["schema"]["kinds"][0].update(notation={"between": "ab"}),
        "a bound beyond all numbers": lambda r: r["schema"]["kinds"][3].update(lower=1e308),
        "labels that are no periods": lambda r: r["schema"]["kinds"][0].update(dtype="period[M]"),
        "labels that are none of the categories": _categories,
        "another version": lambda r: r.update(format_version=99),
        "a record that lacks a part": lambda r: r.pop("schema"),
    }
    for pattern in (
        "",
        "MM-DD",
        "YYYY",
        "%d YYYY-MM-DD",
        "YY{0000}-MM-DD",
        "YYYY-MM-DD" * 2,
        "YYYY-MM-DD" + "x" * 10**6,
    ):
        records[f"a pattern of times such as {pattern[:24]!r}"] = partial(_pattern, pattern)
    for kind, change in records.items():
        yield kind, _json("run.json", change)
    yield "a string of 300 MB", _json("run.json", lambda r: r["data"].update(source="x" * 300_000_000))
    yield "a nest of 100,000 lists", lambda path: rewrite(path, "run.json", b"[" * 100_000 + b"]" * 100_000)
    saved: dict[str, Callable[[dict[str, Any]], object]] = {
        "a member of no network": lambda e: e["members"][0].update(network=7),
        "a member of a negative network": lambda e: e["members"][0].update(network=-1),
        "a member's ordering too short": lambda e: e["members"][0]["ordering"].update(columns=[0]),
        "a member's huge connectivity": lambda e: e["members"][0]["ordering"].update(connectivity=HUGE),
        "fewer weights than members": lambda e: e["combinations"]["weighted"].update(weights=[1.0]),
        "weights of a sum of 2": lambda e: e["combinations"]["weighted"].update(weights=[1.0, 1.0]),
        "weights of NaN": lambda e: e["combinations"]["weighted"].update(weights=[float("nan"), 1.0]),
        "no members": lambda e: e.update(members=[]),
    }
    for kind, change in saved.items():
        yield kind, _json("ensemble.json", change)
    yield "metrics that are none", lambda path: rewrite(path, "metrics.json", b'{"finished": 3}')
    for header in (b"", b"\xff" * 8, (2**60).to_bytes(8, "little"), _header({"a": [0, 2**50]}), _header({"a": [0, 0]})):
        yield "weights that are none", partial(rewrite, name=WEIGHTS, data=header)
    yield "weights in a large file with holes", _sparse
    pickle = b"\x80\x04\x95\x10" + bytes(7) + b"\x8c\x05posix\x94."
    yield "a pickle", partial(rewrite, name=WEIGHTS, data=pickle)
    yield "a file outside the folder", _named("../outside.json")
    yield "a file of another kind", _named("networks/0.pt")


def _categories(record: dict[str, Any]) -> None:
    dtype = {"values": "text", "categories": ["a", "a"], "ordered": False}
    record["schema"]["kinds"][0].update(dtype=dtype)


def _pattern(pattern: str, record: dict[str, Any]) -> None:
    record["schema"]["kinds"][3].update(format={"pattern": pattern, "resolution": 1.0})


def _json(name: str, change: Callable[[dict[str, Any]], object]) -> Change:
    def changed(path: Path) -> None:
        found = json.loads((path / name).read_bytes())
        change(found)
        rewrite(path, name, json.dumps(found).encode())

    return changed


def _named(name: str) -> Change:
    def change(path: Path) -> None:
        rewrite(path, name, b"{}")

    return change


def _header(places: dict[str, list[int]]) -> bytes:
    head = {name: {"dtype": "F32", "shape": [2**40], "data_offsets": place} for name, place in places.items()}
    data = json.dumps(head).encode()
    return len(data).to_bytes(8, "little") + data


def _sparse(path: Path) -> None:
    os.truncate(path / WEIGHTS, 2**33)
