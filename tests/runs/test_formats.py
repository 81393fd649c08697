"""Run folders that earlier versions wrote are read for ever; one of a later version names the `made` to get.

`formats/N` was written by `made train` and `ensemble-eval --save` of format version N, and is never changed; that of 7,
which knows of runs that join others, by `ensemble-eval --out` of two runs.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from made_cli.errors import Exit, UserError
from made_cli.inference.sampling import sample_rows, together
from made_cli.inference.table_scores import ScoreOptions, TableScorer
from made_cli.runs.folder import Folder
from made_cli.runs.loading import load_run
from made_cli.runs.manifest import sealed
from made_cli.runs.record import FORMAT_VERSION, READABLE
from made_cli.runs.saved import combined
from made_cli.runs.verification import verify
from made_cli.tables.files.table import Table
from made_cli.tables.text.typed_columns import frame_of

FORMATS = Path(__file__).parent / "formats"
ROWS = pd.DataFrame(
    {
        "colour": ["red", "green"],
        "weight": ["5.1", "9.3"],
        "day": ["2024-03-12", "2024-08-19"],
        "sold": ["2024-03-12", "2024-08-21"],
        "crate": ["2.0", "0.7"],
        "total": ["7.1", "10.0"],
        "fruit": ["cherry", "pear"],
        "note": ["ripe", ""],
    }
)
"""The first three are the columns of versions 4 and 5."""
FRUIT = {"4": FORMATS / "4", "5": FORMATS / "5", "6": FORMATS / "6", "7": FORMATS / "7"}


def scores(path: Path, combine: str) -> list[float]:
    found = TableScorer(load_run(path), ScoreOptions(combine)).score(Table(ROWS, "fruit", None)).log_prob
    return [float(score) for score in found]


def test_there_is_a_folder_of_each_version_that_is_read() -> None:
    assert sorted(map(str, READABLE)) == sorted(FRUIT) == sorted(path.name for path in FORMATS.iterdir())


@pytest.mark.parametrize("version", FRUIT)
def test_a_run_of_a_version_is_whole_scores_and_samples(version: str) -> None:
    path = FRUIT[version]
    assert verify(path).format_version == int(version)
    assert verify(path).others == ()
    for combine in ("mixture", "product"):
        assert np.isfinite(scores(path, combine)).all()
    run = load_run(path)
    drawn = together(sample_rows(run, combined(run, "product", None, 0), 3, 0)).table
    assert frame_of(drawn).shape == (3, len(run.record.schema.kinds))


def test_the_versions_say_the_same_of_one_training() -> None:
    assert scores(FRUIT["4"], "mixture") == pytest.approx(scores(FRUIT["5"], "mixture"), abs=1e-5)


def test_a_run_has_the_relations_that_its_version_knew() -> None:
    assert [Folder(FRUIT[version]).open().relations for version in ("4", "5")] == [(), ()]
    record = Folder(FRUIT["6"]).open()
    assert [(found.relation.said(record.schema.kinds), found.count.breaks) for found in record.relations] == [
        ("weight < total", 0),
        ("total = weight + crate", 0),
        ("day <= sold", 0),
        ("colour and fruit are one and the same", 0),
        ("note is empty exactly when colour is 'green'", 0),
    ]


def test_a_run_of_version_4_that_is_saved_again_is_read(tmp_path: Path) -> None:
    path = Path(shutil.copytree(FRUIT["4"], tmp_path / "run"))
    before = scores(path, "product")
    folder = Folder(path)
    record = folder.open()
    ensemble = folder.ensemble(record)
    assert ensemble is not None
    folder.put_ensemble(ensemble)
    folder.commit()
    assert scores(path, "product") == before
    assert json.loads((path / "manifest.json").read_bytes())["format"]["version"] == str(FORMAT_VERSION)


@pytest.mark.parametrize("old", [b'"networks/0.safetensors"', b'"ensemble.json"', b"\n}"])
def test_a_changed_byte_in_a_manifest_of_version_4_is_refused(old: bytes, tmp_path: Path) -> None:
    path = Path(shutil.copytree(FRUIT["4"], tmp_path / "run"))
    data = (path / "manifest.json").read_bytes()
    assert old in data
    (path / "manifest.json").write_bytes(data.replace(old, old[:-2] + bytes([old[-2] ^ 1]) + old[-1:]))
    with pytest.raises(UserError) as caught:
        verify(path)
    assert caught.value.code == Exit.RUN_REFUSED


def test_a_later_version_is_refused_and_names_the_made_to_get(tmp_path: Path) -> None:
    path = Path(shutil.copytree(FRUIT["5"], tmp_path / "run"))
    (path / "manifest.json").write_bytes(
        sealed({"format": {"version": "8", "made": "7.1.0"}, "anything": {}, "sha256": {}})
    )
    with pytest.raises(UserError, match=r"format version 8, written by made 7\.1\.0") as caught:
        load_run(path)
    assert caught.value.code == Exit.RUN_REFUSED
    assert "made 7.1.0 or newer" in caught.value.hint
