"""How costs grow: works are counted in rows, and the picture of them stands by itself."""

import re
from pathlib import Path
from xml.etree import ElementTree

from tests.benchmarks.growth import LEAST_READ, rows_works
from tests.benchmarks.growth_picture import write


def test_a_picture_names_what_grows_and_every_work_once_and_has_colours_for_light_and_dark(tmp_path: Path) -> None:
    path, points = tmp_path / "growth.svg", [(1, 20.0), (8, 30.0)]
    write(path, {"D, columns": {"step": points, "score": points}, "N, rows": {"score": points, "read": points}})
    text = path.read_text(encoding="utf-8")
    words = [found.text for found in ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}text")]
    for word in ("step", "score", "read", "D, columns", "N, rows", "slope 1", "slope −1"):
        assert words.count(word) == 1
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"#[0-9a-f]{6}\b", text.partition("</style>")[2])


def test_all_that_is_done_with_rows_is_counted_in_rows(tmp_path: Path) -> None:
    done = {name: work() for name, work in rows_works(LEAST_READ, tmp_path).items()}
    assert done == dict.fromkeys(("score", "sample", "read", "schema"), LEAST_READ)
