"""The pages lead where they say."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "sample_data").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_lead_to_files(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert not [link for link in links if "://" not in link and not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_and_folders_that_a_page_names_exist(page: Path) -> None:
    named = re.findall(
        r"`((?:made_cli/|tests/|docs/|core/|tables/|ensemble/|inference/|training/|runs/|cli/)[\w./]*)`",
        page.read_text(),
    )
    assert not [name for name in named if not any((ROOT / top / name).exists() for top in ("", "made_cli"))]
