"""`made report`: a page that needs nothing beside it, whose figures are those of the other commands."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from made_cli.errors import Exit
from made_cli.report import likeness, surprisals
from tests.cli.conftest import BRIEF_REPORT
from tests.cli.program import error, made
from tests.contrast import LEAST, contrast

pytestmark = pytest.mark.usefixtures("few_rows")
ROOT = Path(__file__).resolve().parents[2]
EVIL = '<script src="https://evil.example/x.js">alert("$1 & $2")</script>'


class Page(HTMLParser):
    """The elements of a page, and its text without them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.cells: list[str] = []
        self.words: dict[str, str] = {}
        self.source = text
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.text += data
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1] += data
        if self.open and self.open[-1] in ("title", "desc"):
            identity = self.elements[-1][1].get("id") or "title"
            self.words[identity] = self.words.get(identity, "") + data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def reported(*arguments: str | Path) -> Page:
    done = made("report", *arguments, *BRIEF_REPORT)
    assert (done.code, done.err) == (0, "")
    return Page(done.out)


@pytest.fixture(scope="module")
def page(report_of_mixed: Path) -> Page:
    """Of the run and its table. Not to be changed."""
    return Page(report_of_mixed.read_text(encoding="utf-8"))


def checked(page: Page) -> None:
    """What holds of every page."""
    figures = page.named("svg")
    assert len(figures) == len(page.named("figure")) == len(page.named("figcaption")) > 3
    for figure in figures:
        assert figure["role"] == "img"
        title, alt = (figure["aria-labelledby"] or "").split()
        assert page.words[title].strip()
        assert page.words[alt].strip()
    tags = [tag for tag, _ in page.elements]
    assert not {"script", "img", "link", "iframe", "object"} & set(tags)
    for _, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert "://" not in (value or "")
            if name in ("href", "src"):
                assert (value or "").startswith("#")
    identities = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identities) == len(set(identities))
    assert {(each["href"] or "")[1:] for each in page.named("a")} == {each["id"] for each in page.named("section")}
    headings = [tag for tag in tags if re.fullmatch(r"h\d", tag)]
    assert headings[0] == "h1"
    assert set(headings[1:]) == {"h2", "h3"}
    assert headings.count("h2") == len(page.named("section"))
    assert headings.count("h3") == len(page.named("figure")) + len(page.named("table"))
    assert len(page.source.encode()) < 3_000_000
    assert "nan" not in re.findall(r"[a-z]+", page.text)


def test_a_page_stands_by_itself(page: Page) -> None:
    checked(page)
    assert page.named("html")[0]["lang"] == "en"
    assert "120 rows" in page.text


def test_a_page_names_files_and_says_a_folder_once(page: Page, tables: Path) -> None:
    assert page.text.count(str(tables)) == 1
    assert page.text.count("t.csv") > 5


def test_empty_cells_of_numbers_are_told_in_words(page: Page) -> None:
    assert re.search(r"numeric; empty: 6\.7 % in the table, [\d.]+ % in the run's own; alike by", page.text)


def test_likelihoods_are_those_of_ensemble_eval(page: Page, run: Path, tables: Path) -> None:
    options = ("--samples", str(2**14), "--json", "-q")
    found = json.loads(made("ensemble-eval", run, tables / "t.csv", *options).out)
    place = page.cells.index("bound (the mean member)")
    assert page.cells[place + 1 : place + 4] == ["4", f"{found['bound']['nll']:.4f}", f"{found['bound']['se']:.4f}"]
    place = page.cells.index("equal mixture")
    assert page.cells[place + 2 : place + 5] == [
        f"{found['mixture']['nll']:.4f}",
        f"{found['mixture']['se']:.4f}",
        f"{found['gap']:z.4f}",
    ]
    place = page.cells.index("product")
    low, high = (-end for end in reversed(found["product"]["log_z_interval"]))
    assert page.cells[place + 2] == f"{found['product']['nll']:.4f}"
    assert page.cells[place + 4 : place + 6] == [f"{-found['product']['log_z']:z.4f}", f"[{low:z.4f}, {high:z.4f}]"]
    assert f"{found['positions'][0]:.3f} at the first" in page.text
    last = found["curve"][-1]
    assert f"product: {found['curve'][0]['product']:.3f} to {last['product']:.3f}" in page.text


def test_the_oddest_rows_are_those_of_least_score(page: Page, run: Path, tables: Path) -> None:
    scores = np.array([float(line) for line in made("score", run, tables / "t.csv", "-q").out.splitlines()[1:]])
    least = np.argsort(scores, kind="stable")[: surprisals.ROWS]
    shown = [f"line {row + 2}" for row in least]
    places = [page.cells.index(place) for place in shown]
    assert places == sorted(places)
    assert [page.cells[place + 2] for place in places] == [f"{scores[row]:.3f}" for row in least]


def test_surprisals_are_those_of_score(page: Page, run: Path, tables: Path) -> None:
    lines = made("score", run, tables / "t.csv", "--per-column", "-q").out.splitlines()
    rows = pd.DataFrame([line.split(",") for line in lines[1:]], columns=lines[0].split(",")).astype(float)
    for name in ("pay", "age", "city"):
        assert f"{name} {rows[name].mean():.2f} in the table" in page.text


def test_shapes_are_those_of_compare(run: Path, tables: Path, tmp_path: Path) -> None:
    page = reported(run, tables / "t.csv", "--seed", "3")
    alike = dict(re.findall(r"(?s)<h3>(\w+)</h3>.*?alike by ([\d.]+)</figcaption>", page.source))
    assert alike.keys() == {"flag", "twin", "city", "age", "pay"}
    order = [float(each) for each in re.findall(r"alike by ([\d.]+)</figcaption>", page.source)]
    assert order == sorted(order)
    found = re.search(r"columns are alike by ([\d.]+)", page.text)
    assert found is not None
    assert float(found[1]) == pytest.approx(np.mean(order), abs=1e-3)


@pytest.mark.slow
def test_what_was_learned_stands_beside_the_rest(run: Path, ordered: Path, tables: Path) -> None:
    page = reported(run, tables / "t.csv", "--fit-on", tables / "t.csv")
    assert {"weighted mixture", "pool"} <= set(page.cells)
    assert "learned on t.csv" in page.text
    checked(reported(ordered, tables / "t.csv"))


def test_what_was_saved_is_evaluated_or_named(saved: tuple[Path, dict[str, Any]], tables: Path) -> None:
    folder, found = saved
    page = reported(folder, tables / "t.csv")
    place = page.cells.index("weighted, saved")
    assert float(page.cells[place + 2]) == pytest.approx(found["weighted"]["nll"], abs=2e-4)
    assert "its figures are too good" in page.text
    page = reported(folder)
    place = page.cells.index("product")
    assert page.cells[place + 2] == f"{found['product']['log_z']:.4f}"


def test_a_report_of_the_run_alone_speaks_of_its_own_rows(run: Path) -> None:
    page = reported(run)
    checked(page)
    assert "No rows were named" in page.text
    assert "in the table" not in page.text
    assert "oddest rows" not in page.text


@pytest.mark.slow
def test_rows_are_taken_at_random_and_it_is_said(run: Path, tables: Path) -> None:
    done = made("report", run, tables / "t.csv", "--rows", "100", "-q")
    assert "100 rows, drawn at random, of the 120 rows of" in Page(done.out).text
    assert done.out == made("report", run, tables / "t.csv", "--rows", "100", "-q").out


def test_one_row_has_a_page(run: Path, tables: Path, tmp_path: Path) -> None:
    lines = (tables / "t.csv").read_text(encoding="utf-8").splitlines()[:2]
    (tmp_path / "one.csv").write_text("\n".join(lines), encoding="utf-8")
    page = reported(run, tmp_path / "one.csv")
    checked(page)
    assert "the 1 row of" in page.text


def test_unknown_cells_leave_rows_out_of_the_combinations(marginal: Path, tables: Path, tmp_path: Path) -> None:
    page = reported(marginal, tables / "t.csv")
    checked(page)
    assert "without 8 rows in which a cell is not known" in page.text
    pd.read_csv(tables / "t.csv").assign(age=None).to_csv(tmp_path / "holes.csv", index=False)
    page = reported(marginal, tmp_path / "holes.csv")
    checked(page)
    assert "has a cell that is not known" in page.text


def test_what_a_table_holds_is_text_whatever_it_looks_like(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            EVIL: rng.choice(np.array([EVIL, "</svg>", "\x1b[2J{{ 7*7 }}"], dtype=object), 150),
            "</title><b>": rng.normal(0, 1, 150).round(2),
            "id": [f"<i>{index}</i>" for index in range(150)],
        }
    )
    monkeypatch.chdir(tmp_path)
    frame.to_csv("<b>.csv", index=False)
    assert made("train", "<b>.csv", "--out", "run", "--hidden", "8", "--epochs", "2", "-q").code == 0
    page = reported("run", "<b>.csv")
    checked(page)
    assert "<script" not in page.source
    assert "</title><b>" in page.text
    assert "{{ 7*7 }}" in page.text
    assert "\x1b" not in page.source


@pytest.mark.slow
def test_a_wide_table_is_drawn_in_part_and_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    bits = (np.repeat(rng.random((150, 15)), 6, axis=1) < 0.4).astype(int)
    bits[:, 1::2] *= 2  # so that no two columns side by side are alike
    pd.DataFrame(bits).to_csv("wide.csv", index=False)
    assert made("train", "wide.csv", "--out", "run", "--hidden", "8", "--epochs", "2", "-q").code == 0
    page = reported("run", "wide.csv")
    checked(page)
    assert f"{likeness.COLUMNS} of 90 columns are drawn" in page.text
    assert "the first 60 of 90 columns" in page.text
    assert "the 40 highest of 90" in page.text
    assert "As images" not in page.text


@pytest.mark.slow
def test_columns_of_bits_that_look_like_pixels_are_drawn_as_images(report_of_images: Path) -> None:
    page = Page(report_of_images.read_text(encoding="utf-8"))
    checked(page)
    assert "24 images of 6 × 6 pixels" in page.text
    place = page.cells.index("c1 … c36 (36 columns)")
    assert page.cells[place + 1 : place + 3] == ["binary", "2 labels: 0, 1"]


def test_a_run_without_metrics_or_log_has_a_page(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    log = tmp_path / "run" / "metrics.jsonl"
    first, *_ = log.read_text(encoding="utf-8").splitlines()
    log.write_text(f'no JSON\n{first}\n{{"network": 0}}\n', encoding="utf-8")
    page = reported(tmp_path / "run")
    checked(page)
    assert "No two evaluations" in page.text
    found = json.loads(first)
    lines = [json.dumps(found | {"step": step, "valid_nll": abs(step - 700) + 1}) for step in range(1000)]
    lines += [json.dumps(found | {"step": 10**400}), json.dumps(found | {"valid_nll": float("nan")})]
    log.write_text("\n".join(lines), encoding="utf-8")
    page = reported(tmp_path / "run")
    checked(page)
    assert "from 701.000 to 1.000 at best" in page.text


def test_the_page_goes_to_a_file_and_progress_to_standard_error(run: Path, tables: Path, tmp_path: Path) -> None:
    done = made("report", run, tables / "t.csv", "-o", tmp_path / "r.html", "--rows", "100")
    assert (done.code, done.out) == (0, "")
    checked(Page((tmp_path / "r.html").read_text(encoding="utf-8")))


def test_bad_input_is_one_line(run: Path, tables: Path, tmp_path: Path) -> None:
    error(made("report", tmp_path / "none"), Exit.RUN_REFUSED, "none")
    error(made("report", run, tables / "no_pay.csv", "-q"), Exit.SCHEMA_MISMATCH, "pay")
    error(made("report", run, tables / "young.csv", "-q"), Exit.SCHEMA_MISMATCH, "line 8", "young")
    error(made("report", run, tables / "header.csv", "-q"), Exit.BAD_DATA, "no rows")
    error(made("report", run, "-o", tmp_path / "r.csv"), Exit.OUTPUT, "HTML")
    error(made("report", run, "-o", tmp_path / "no" / "r.html"), Exit.OUTPUT, "does not exist")
    error(made("report", run, "--fit-on", tables / "t.csv"), Exit.USAGE, "--fit-on")
    error(made("report", run, "--rows", "1"), Exit.USAGE, "--rows")


def test_without_what_draws_it_the_error_says_how_to_get_it(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("made_cli.report.needs.find_spec", lambda name: None)
    error(made("report", run), Exit.USAGE, "without jinja2 and matplotlib", "pip install 'made-cli[report]'")


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_words_and_lines_stand_out_from_what_is_behind(page: Page, scheme: str) -> None:
    start = {"light": ":root", "dark": "dark)", "print": "media print"}[scheme]
    block = page.source[page.source.index(start) :].split("}")[0]
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
    for behind in ("page", "card"):
        for words in ("ink", "muted", "real", "own", "third", "fourth"):
            assert contrast(_rgb(colours[words]), _rgb(colours[behind])) >= LEAST, (words, behind)


def _rgb(colour: str) -> bytes:
    return bytes.fromhex(colour.removeprefix("#"))


def test_a_page_is_not_poured_on_a_terminal() -> None:
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "made_cli", "report", "tests/runs/formats/5"]
    done = subprocess.run(
        command, stdout=follower, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False, timeout=60
    )
    os.close(follower)
    os.close(leader)
    assert done.returncode == Exit.USAGE
    assert done.stderr.splitlines() == ["Error: a report is HTML, not for a terminal", "Name a file: -o report.html"]
