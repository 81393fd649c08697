"""SVG within a page: names of its own, colours of the page, words for those who do not see it."""

import re
import warnings

from matplotlib.figure import Figure

from made_cli.report.inline import COLOURS, REAL, Drawing, inlined, settings


def drawn(name: str, label: str) -> Drawing:
    with settings():
        figure = Figure()
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=REAL, label=label)
        axes.set_xticks([0.5], [label])
        axes.legend()
        return inlined(figure, name, f"Title {label}", "What is <seen>")


def test_colours_are_those_of_the_page_and_nothing_leads_out_of_it() -> None:
    svg = drawn("one", "a").svg
    assert "var(--real)" in svg
    assert not [colour for colour in COLOURS if colour in svg]
    assert "http" not in svg
    assert "<style" not in svg
    assert "metadata" not in svg


def test_names_of_two_figures_differ_and_all_that_are_referred_to_exist() -> None:
    one, two = drawn("one", "a").svg, drawn("two", "a").svg
    names = [re.findall(r' id="([^"]+)"', svg) for svg in (one, two)]
    assert names[0]
    assert not set(names[0]) & set(names[1])
    assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', one)) <= {(n, "") for n in names[0]} | {
        ("", n) for n in names[0]
    }


def test_a_label_is_text_whatever_it_looks_like() -> None:
    for label in ("<b>&", "$x$ to $y", "$\\frac$", "#1b66c9", "東京"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            svg = drawn("one", label).svg
        escaped = label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        assert svg.count(f">{escaped}<") == 2
        assert f"Title {escaped}</title>" in svg
        assert '<desc id="one-alt">What is &lt;seen&gt;</desc>' in svg


def test_the_same_figure_gives_the_same_bytes() -> None:
    assert drawn("one", "a") == drawn("one", "a")
