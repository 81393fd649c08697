"""The site is built of the pages as they are, and needs nothing from elsewhere."""

import re
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from docs.site_pages import AT_THE_ROOT, ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a link that leads nowhere is an error."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_MKDOCS_2_WARNING", "1")
        folder = tmp_path_factory.mktemp("site")
        build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder)))
    return folder


def test_every_page_is_on_the_site_and_no_tool(site: Path) -> None:
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} | {Path(page).stem for page in AT_THE_ROOT.values()}
    assert {path.stem for path in site.glob("*.html")} == pages | {"404"}
    assert not list(site.rglob("*.py"))


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for page in site.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|link|iframe|source)\b[^>]*\b(?:src|href)=\"?([^\s\">]+)", text)
        assert loaded
        assert not [each for each in loaded if "//" in each], page.name


def test_what_leads_to_a_page_of_the_repository_leads_to_one_of_the_site(site: Path) -> None:
    home = (site / "index.html").read_text(encoding="utf-8")
    assert 'href="benchmarks.html#the-preset-best"' in home
    assert 'id="the-preset-best"' in (site / "benchmarks.html").read_text(encoding="utf-8")
    assert 'href="sample-data.html"' in home
    assert 'href="contributing.html"' in (site / "architecture.html").read_text(encoding="utf-8")
