"""`made report` as a reader sees it: in a browser, on a large screen and on a telephone, in light, dark and print."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.browser import Browser, browser, found
from tests.contrast import LEAST, contrast

pytestmark = [pytest.mark.slow, pytest.mark.skipif(found() is None, reason="needs Chromium or Chrome")]
WIDTHS = (1280, 400)
SCHEMES = ("light", "dark")
SMALLEST = 8.0
"""Pixels of the smallest letters of a figure."""
EDGE = 1.5
"""Pixels by which a letter may pass the edge of its figure."""
FIGURES = """[...document.querySelectorAll("figure svg")].map(figure => {
    const box = figure.getBoundingClientRect();
    const texts = [...figure.querySelectorAll("text")].map(text => {
        const inner = text.getBoundingClientRect(), matrix = text.getScreenCTM();
        const over = Math.max(
            box.left - inner.left, inner.right - box.right, box.top - inner.top, inner.bottom - box.bottom);
        return [text.textContent, over, parseFloat(getComputedStyle(text).fontSize) * Math.hypot(matrix.a, matrix.b)];
    });
    return {left: box.left, right: box.right, width: box.width, height: box.height, texts,
            name: figure.querySelector("title").textContent, alt: figure.querySelector("desc").textContent};
})"""
WORDS = """(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), pairs = new Map();
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement, words = walker.currentNode.textContent.trim();
        if (!words || !element.getClientRects().length) continue;
        const style = getComputedStyle(element), inFigure = element.closest("svg") !== null;
        let behind = element;
        while (behind && getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
        const back = behind ? getComputedStyle(behind).backgroundColor : "none";
        pairs.set([inFigure ? style.fill : style.color, back].join("|"), words);
    }
    return [...pairs].map(([colours, words]) => [...colours.split("|"), words]);
})()"""
HEADINGS = """[...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map(each => Number(each.tagName[1]))"""
SIZES = """[document.documentElement.scrollWidth, document.documentElement.clientWidth]"""


@pytest.fixture(scope="module")
def pages(report_of_mixed: Path, report_of_images: Path) -> list[Path]:
    """A page of columns of every kind, and one of images."""
    return [report_of_mixed, report_of_images]


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser."""
    with browser(tmp_path_factory.mktemp("browser")) as started:
        yield started


def test_a_page_asks_for_nothing_and_the_console_stays_empty(pages: list[Path], window: Browser) -> None:
    for page in pages:
        window.asked.clear()
        window.open(page, WIDTHS[0], "light")
        assert window.complaints == []
        assert window.asked == [page.as_uri()]


@pytest.mark.parametrize("width", WIDTHS)
def test_every_figure_is_on_the_screen_with_all_its_words(pages: list[Path], window: Browser, width: int) -> None:
    for page in pages:
        window.open(page, width, "light")
        wide, shown = window.value(SIZES)
        assert wide <= shown == width
        figures = window.value(FIGURES)
        assert len(figures) > 8
        for figure in figures:
            assert 0 <= figure["left"] < figure["right"] <= width, figure["name"]
            assert min(figure["width"], figure["height"]) > 60, figure["name"]
            assert figure["name"].strip()
            assert figure["alt"].strip()
            for text, over, size in figure["texts"]:
                assert over <= EDGE, (figure["name"], text)
                assert size >= SMALLEST, (figure["name"], text)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_all_words_stand_out_from_what_is_behind_them(pages: list[Path], window: Browser, scheme: str) -> None:
    for page in pages:
        window.open(page, WIDTHS[0], scheme)
        pairs = window.value(WORDS)
        assert len(pairs) > 3
        for words, behind, text in pairs:
            assert contrast(colour(words), colour(behind)) >= LEAST, (words, behind, text)


def test_dark_is_dark_and_paper_is_white(pages: list[Path], window: Browser) -> None:
    behind = "getComputedStyle(document.body).backgroundColor"
    window.open(pages[0], WIDTHS[0], "dark")
    assert max(colour(window.value(behind))) < 64
    window.command("Emulation.setEmulatedMedia", media="print")
    assert min(colour(window.value(behind))) == 255
    window.command("Emulation.setEmulatedMedia", media="")


def test_headings_go_down_a_step_at_a_time(pages: list[Path], window: Browser) -> None:
    for page in pages:
        window.open(page, WIDTHS[0], "light")
        levels: list[int] = window.value(HEADINGS)
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def colour(text: str) -> list[Any]:
    """Reads a colour that hides what is behind it, as a browser writes it.

    >>> colour("rgb(1, 20, 255)")
    [1, 20, 255]
    """
    assert text.startswith("rgb("), text
    return [int(part) for part in text.removeprefix("rgb(").removesuffix(")").split(",")]
