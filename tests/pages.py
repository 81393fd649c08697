"""What a page of Markdown holds: links, the anchors that others may lead to, and commands.

Knows: how headings become anchors, on GitHub and on the site alike; where commands stand: in blocks, fenced or
indented, a line each, or in the running text between backticks.
"""

import re
import shlex
from collections.abc import Iterator

_FENCED = re.compile(r"^```[^\n]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"^(?:\$ )?made ")


def links(text: str) -> list[tuple[str, str]]:
    """Returns where the links of a page lead, file and anchor, those to other sites left out.

    >>> links("[a](b.md#c), ![d](e.svg), [f](#g), `[not](one)`, [h](https://example.org)")
    [('b.md', 'c'), ('e.svg', ''), ('', 'g')]
    """
    found = re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", _prose(text, code=False))
    return [(file, anchor) for file, anchor in found if "://" not in file]


def anchors(text: str) -> set[str]:
    """Returns the anchors of a page's headings.

    >>> sorted(anchors("# What it takes: memory, time\\n\\n## The preset `best`\\n"))
    ['the-preset-best', 'what-it-takes-memory-time']
    """
    headings = re.findall(r"^#{1,6} +(.*?) *$", _prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(text: str) -> Iterator[list[str]]:
    r"""Yields the words of each `made` command of a page's blocks, without what the shell makes of its output.

    >>> list(commands("```sh\nmade info \\\n  run   what it holds\n```\n\n    $ made score run 'a b.csv' > s.csv\n"))
    [['made', 'info', 'run'], ['made', 'score', 'run', 'a b.csv']]
    """
    blocks = _FENCED.findall(text)
    indented = re.findall(r"^ {4,}(\S.*)$", _prose(text), re.MULTILINE)
    for line in re.sub(r"\\\n\s*", "", "\n".join((*blocks, *indented))).splitlines():
        if _COMMAND.match(line):
            words = shlex.split(re.split(r" {2,}", line)[0].removeprefix("$ "), comments=True)
            ends = (place for place, word in enumerate(words) if word in ("|", ">", "2>", "<"))
            yield words[: next(ends, None)]


def in_passing(text: str) -> Iterator[str]:
    """Yields what stands in code within the running text of a page.

    >>> list(in_passing("`made train --preset best` or `--combine product`"))
    ['made train --preset best', '--combine product']
    """
    yield from (" ".join(code.split()) for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", _prose(text)))


def options(code: str) -> list[str]:
    """Returns the options that code names.

    >>> options("made train --preset best|fast --dropout=0.1 -o - --")
    ['--preset', '--dropout']
    """
    return re.findall(r"(?<![\w-])--[a-z][a-z-]*", code)


def _prose(text: str, *, code: bool = True) -> str:
    """Returns a page without its fenced blocks, and without code in passing if that is to go."""
    text = _FENCED.sub("", text)
    return text if code else re.sub(r"`[^`]*`", "", text)
