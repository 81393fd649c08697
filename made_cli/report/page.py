"""The page: sections of text, tables and figures, written as HTML.

Knows: the parts that a page has. The words are the sections' own, the look is that of `page.html`; whatever comes from
a table is escaped.
"""

from dataclasses import dataclass, field

from jinja2 import Environment, PackageLoader, StrictUndefined

from made_cli.report.inline import Drawing


@dataclass(frozen=True)
class Listing:
    """A table of the page.

    Attributes:
        title: what it shows.
        headers: of its columns.
        rows: of texts.
        left: how many columns are set to the left; the others are figures.
        note: on which rows it was measured, and how to read it.
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1
    note: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page, with a heading.

    Attributes:
        name: of its own on the page.
        title: the heading.
        text: paragraphs.
        tables: after the text.
        figures: after the tables.
        small: whether figures stand several in a row.
    """

    name: str
    title: str
    text: tuple[str, ...] = ()
    tables: tuple[Listing, ...] = ()
    figures: tuple[Drawing, ...] = ()
    small: bool = False


@dataclass(frozen=True)
class Page:
    """A report.

    Attributes:
        title: what it is about.
        lead: what was found, in a few sentences.
        sections: in turn.
        made_by: the program and its version.
    """

    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
    made_by: str
    language: str = field(default="en", init=False)

    def html(self) -> str:
        """Returns the page, which needs nothing beside it."""
        environment = Environment(
            loader=PackageLoader("made_cli.report", "."),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return environment.get_template("page.html").render(page=self)
